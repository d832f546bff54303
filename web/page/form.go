package page

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
)

// MaxBody is the most a form may send. The longest we ask for is a name and an
// address.
const MaxBody = 64 << 10

// FormError is a body that could not be read as a form.
type FormError struct {
	Status  int
	Message string
}

// Error gives the message.
func (e *FormError) Error() string { return e.Message }

// Form reads what a POST sent, urlencoded or multipart (RFC 8058 allows both).
// Only the body counts: what stands in the address is a link's, and a link must
// not be able to act.
//
// Of an urlencoded form that is too long, what was read comes with the error, so
// that the person's words are not lost.
func Form(c *gin.Context) (url.Values, error) {
	var read bytes.Buffer
	if c.Request.Body != nil {
		c.Request.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(c.Request.Body, &read), c.Request.Body}
	}
	err := c.Request.ParseForm()
	kind, _, _ := mime.ParseMediaType(c.ContentType())
	if err == nil && kind == "multipart/form-data" {
		err = c.Request.ParseMultipartForm(MaxBody)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		var words url.Values
		if kind == "application/x-www-form-urlencoded" {
			words, _ = url.ParseQuery(read.String()) // an escape that was cut in two at the end is no fault here
		}
		return words, &FormError{http.StatusRequestEntityTooLarge, "The form held more than we read."}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &FormError{http.StatusRequestTimeout, "The form did not arrive in time."}
	case err != nil:
		return nil, &FormError{http.StatusBadRequest, "The form could not be read."}
	}
	return c.Request.PostForm, nil
}

// TooLong reports whether the form was read in part, and can be shown again.
func TooLong(err error) bool {
	var form *FormError
	return errors.As(err, &form) && form.Status == http.StatusRequestEntityTooLarge
}

// TooLongFault says so, at the field with the longest text among those given.
func TooLongFault(sent url.Values, fields ...string) Faults {
	longest := slices.MaxFunc(fields, func(a, b string) int { return len(sent.Get(a)) - len(sent.Get(b)) })
	return Faults{{Field: longest, Message: "This is longer than we read. Shorten it, and send the form again."}}
}

// Email is the address in a form, with its domain as a mail server reads it.
func Email(sent url.Values) string { return idn.ASCII(sent.Get("email")) }

// maxWord is more than any input of ours takes.
const maxWord = 300

// Shorten cuts what is longer than any of our inputs takes, to show a form again
// that was too long to read.
func Shorten(sent url.Values) url.Values {
	short := url.Values{}
	for name, words := range sent {
		for _, w := range words[:min(len(words), maxWord)] {
			if len(w) > maxWord {
				w = strings.ToValidUTF8(w[:maxWord], "")
			}
			short.Add(name, w)
		}
	}
	return short
}

// ClientIP is the address of the person, as far as trusted proxies tell it.
func ClientIP(c *gin.Context) string { return c.ClientIP() }

// Fault is what is wrong with one field, in a sentence.
type Fault struct {
	Field   string // the name of the input; its id is the same
	Message string
}

// Faults are those of a form, in the order in which they were found.
type Faults []Fault

// For gives the faults of a field.
func (f Faults) For(field string) []string {
	var said []string
	for _, fault := range f {
		if fault.Field == field {
			said = append(said, fault.Message)
		}
	}
	return said
}

// InOrder puts the faults in the order in which the form asks for the fields.
func (f Faults) InOrder(fields ...string) Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return slices.Index(fields, a.Field) - slices.Index(fields, b.Field)
	})
	return f
}

// FaultsOf collects the faults of a form from an error, which may be several
// joined. It answers false if anything in it is not for the person to mend.
func FaultsOf(err error) (Faults, bool) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all Faults
		for _, one := range joined.Unwrap() {
			faults, ok := FaultsOf(one)
			if !ok {
				return nil, false
			}
			all = append(all, faults...)
		}
		return all, true
	}
	var e *subscriptions.Error
	if !errors.As(err, &e) || e.Code != subscriptions.Invalid || e.Field == "" {
		return nil, false
	}
	message := Sentence(e.Message)
	if e.Hint != "" {
		message += " " + Sentence(e.Hint)
	}
	return Faults{{Field: e.Field, Message: message}}, true
}
