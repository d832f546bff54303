package page

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
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
func Form(c *gin.Context) (url.Values, error) {
	err := c.Request.ParseForm()
	if kind, _, _ := mime.ParseMediaType(c.ContentType()); err == nil && kind == "multipart/form-data" {
		err = c.Request.ParseMultipartForm(MaxBody)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &FormError{http.StatusRequestEntityTooLarge, "The form held more than we read."}
	case err != nil:
		return nil, &FormError{http.StatusBadRequest, "The form could not be read."}
	}
	return c.Request.PostForm, nil
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
