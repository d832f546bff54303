package desk

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer/webpage"
	"sesec.eu/tidings/web/page"
)

// pasteBody is a little more than is read of what is pasted, so that too much is
// answered in the words of the reader.
const pasteBody = webpage.MaxSource + 1024

// paste answers POST /desk/paste, which a script sends: the HTML of a clipboard
// as the body, Markdown as the answer. Nothing is kept.
func (d *Desk) paste(v *Visit) error {
	source, err := io.ReadAll(v.Request.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		source = make([]byte, webpage.MaxSource+1) // answered as such
	case err != nil:
		return &page.FormError{Status: http.StatusBadRequest, Message: "What was pasted did not arrive whole."}
	}
	read, err := webpage.Read(string(source), webpage.Options{})
	if err != nil {
		return sayJSON(v, err)
	}
	v.JSON(http.StatusOK, read)
	return nil
}

// sayJSON answers a script with the sentence of an error; what is no fault of
// the person's is returned.
func sayJSON(v *Visit, err error) error {
	var e *subscriptions.Error
	if !errors.As(err, &e) || e.Code == subscriptions.Internal {
		return err
	}
	v.JSON(page.Status(err), gin.H{"error": page.Sentence(e.Message), "hint": page.Sentence(e.Hint)})
	return nil
}
