package public

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The inputs that are about the form and not of the person.
const (
	trap           = "homepage" // people do not see it: who fills it in is a program
	inputOpened    = "form"
	inputChallenge = "challenge"
	inputProof     = "proof"
	inputWait      = "wait"
)

// CheckPage asks for a proof of work before a form is taken. It holds the whole
// form, which its script sends on when it is done.
type CheckPage struct {
	page.Frame
	Action  string // where the form goes
	Words   []Word
	Ask     subscriptions.Challenge
	Contact string
}

// Word is one thing the person entered.
type Word struct{ Name, Value string }

// checkPolicy lets the page run our script, and that a worker beside it.
const checkPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// admit weighs a form without faults. When it answers false, the request is
// answered: by the page of those that were taken, or by what to do first.
func (s *Site) admit(c *gin.Context, name subscriptions.FormName, address string, sent url.Values, start time.Time) (bool, error) {
	words := url.Values{}
	var list []Word
	for _, field := range slices.Sorted(maps.Keys(sent)) {
		switch field {
		case trap, inputOpened, inputChallenge, inputProof, inputWait:
			continue
		}
		words[field] = sent[field]
		for _, value := range sent[field] {
			list = append(list, Word{field, value})
		}
	}
	verdict, challenge, err := s.Signups.Weigh(c.Request.Context(), subscriptions.SignupForm{
		Name: name, Address: address, Words: words.Encode(), IP: page.ClientIP(c),
		Opened: sent.Get(inputOpened), Trap: sent.Get(trap),
		Challenge: sent.Get(inputChallenge), Proof: sent.Get(inputProof), Wait: sent.Get(inputWait)})
	if err != nil || verdict == subscriptions.Pass {
		return err == nil, err
	}
	evenly(c, start)
	at, section := "/"+string(name), "/"+string(name)
	if name == subscriptions.FormRegister {
		at, section = c.Request.URL.Path, "/webinars"
	}
	contact := s.Pages.Identity().Reply()
	switch verdict {
	case subscriptions.Hush:
		page.SeeOther(c, at+"/sent")
	case subscriptions.Refuse:
		s.Pages.Say(c, http.StatusTooManyRequests, "Too many forms today", "We take a limited number a day, and it is reached. Your form was not taken.",
			"Try again tomorrow, or write to us.", page.Way{Path: "mailto:" + contact, Text: contact}, page.Way{Path: "/", Text: "To the home page"})
	default:
		c.Header("Content-Security-Policy", checkPolicy)
		c.Header("Retry-After", strconv.Itoa(int(challenge.WaitFor.Seconds())))
		s.Pages.HTML(c, http.StatusTooManyRequests, "public/check", CheckPage{Frame: page.Frame{Title: "One more step", Section: section},
			Action: at, Words: list, Ask: *challenge, Contact: contact})
	}
	return false, nil
}
