package page

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
)

// answers is the one table from the codes of the domain to HTTP: the status,
// and the headline of the page that says it.
var answers = map[subscriptions.Code]struct {
	status int
	title  string
}{
	subscriptions.Invalid:     {http.StatusUnprocessableEntity, "Something is missing or wrong"},
	subscriptions.NotFound:    {http.StatusNotFound, "There is no such page"},
	subscriptions.Conflict:    {http.StatusConflict, "It has changed in the meantime"},
	subscriptions.Refused:     {http.StatusConflict, "This is not possible now"},
	subscriptions.Expired:     {http.StatusGone, "This link is over"},
	subscriptions.Forged:      {http.StatusNotFound, "This link does not work"},
	subscriptions.Limited:     {http.StatusTooManyRequests, "Too many tries"},
	subscriptions.Unavailable: {http.StatusServiceUnavailable, "Not reachable for the moment"},
	subscriptions.Internal:    {http.StatusInternalServerError, "This page failed"},
}

// formAnswers are the headlines and hints for a body that could not be read.
var formAnswers = map[int]struct{ title, hint string }{
	http.StatusRequestEntityTooLarge: {"This was too much to read", "Go back and send less."},
	http.StatusRequestTimeout:        {"This took too long", "Go back and send the form again."},
	http.StatusBadRequest:            {"This could not be read", "Go back and send the form again."},
}

// Status gives the HTTP status of an error.
func Status(err error) int { return answers[subscriptions.CodeOf(err)].status }

// ErrorPage says what went wrong and what to do next.
type ErrorPage struct {
	Frame
	Status  int
	Heading string
	Message string
	Hint    string
	Ways    []Way // where to go from here
	Fresh   bool  // a link failed: the form that mails a fresh one stands on the page
}

// Way is a link out of an error page.
type Way struct{ Path, Text string }

// Handler answers a request, or says why it cannot.
type Handler func(c *gin.Context) error

// Handle makes a gin handler of h: an error becomes its page.
func (r *Renderer) Handle(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			r.Fail(c, err)
		}
	}
}

// Fail answers with the error's page. What is our fault is logged, here and
// once; the reader is told that much and nothing from inside.
func (r *Renderer) Fail(c *gin.Context, err error) {
	var form *FormError
	if errors.As(err, &form) {
		answer := formAnswers[form.Status]
		r.Say(c, form.Status, answer.title, form.Message, answer.hint)
		return
	}
	code := subscriptions.CodeOf(err)
	answer := answers[code]
	if code == subscriptions.Internal || code == subscriptions.Unavailable {
		r.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	var e *subscriptions.Error
	switch {
	case code == subscriptions.Internal:
		r.Say(c, answer.status, answer.title, "The fault is ours and is on record.", "Try again in a few minutes.")
	case code == subscriptions.NotFound && subscriptions.HintOf(err) == "":
		// Without the error's own words, which repeat the address: whoever sends a
		// reader a link would write them onto our page.
		r.NotFound(c)
	case errors.As(err, &e):
		fresh := code == subscriptions.Expired || code == subscriptions.Forged
		r.say(c, ErrorPage{Status: answer.status, Heading: answer.title, Message: Sentence(e.Message), Hint: Sentence(subscriptions.HintOf(err)),
			Ways: waysFrom(c.FullPath()), Fresh: fresh})
	}
}

// NotFound answers what is not there.
func (r *Renderer) NotFound(c *gin.Context) {
	r.Say(c, http.StatusNotFound, answers[subscriptions.NotFound].title, "The address may be mistyped, or cut off in a letter.", "")
}

// Say answers with an error page in these words.
func (r *Renderer) Say(c *gin.Context, status int, heading, message, hint string, ways ...Way) {
	r.say(c, ErrorPage{Status: status, Heading: heading, Message: message, Hint: hint, Ways: ways})
}

// onErrorKey is where OnError keeps its function in the request.
const onErrorKey = "tidings error page"

// OnError has show answer this request's error pages, where a part of the site
// has a look of its own.
func OnError(c *gin.Context, show func(ErrorPage)) { c.Set(onErrorKey, show) }

func (r *Renderer) say(c *gin.Context, p ErrorPage) {
	if show, ok := c.Value(onErrorKey).(func(ErrorPage)); ok {
		show(p)
		return
	}
	if p.Title = p.Heading; len(p.Ways) == 0 {
		p.Ways = []Way{{"/", "To the home page"}, {"/editions", "All editions"}}
	}
	r.HTML(c, p.Status, "public/error", p)
}

// Email is what stands in the form for a fresh link: nothing was entered yet.
func (ErrorPage) Email() string { return "" }

// Faults are those of that form: none yet.
func (ErrorPage) Faults() Faults { return nil }

// waysFrom offers a fresh link where an old one failed.
func waysFrom(route string) []Way {
	switch {
	case strings.HasPrefix(route, "/confirm/"):
		return []Way{{"/subscribe", "Subscribe again"}}
	case strings.HasPrefix(route, "/preferences/"), strings.HasPrefix(route, "/unsubscribe/"),
		strings.HasPrefix(route, "/address/"), strings.HasPrefix(route, "/restore/"), strings.HasPrefix(route, "/alive/"):
		return []Way{{"/manage", "Change topics or leave"}}
	}
	return nil
}

// Sentence writes a message as a sentence: a capital at the front, a full stop
// at the end.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".?:") {
		s += "."
	}
	return s
}
