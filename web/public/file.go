package public

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/web/page"
)

// transferTime is how long a file may take to a reader on a slow line.
const transferTime = 10 * time.Minute

// What a file from outside may do in a browser: nothing. A picture stands in a
// sandbox. A PDF cannot: Chromium's viewer does not open in one, and whatever a
// PDF runs, it runs in the viewer, which knows neither cookies nor pages of ours.
const (
	filePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox; frame-ancestors 'none'"
	pdfPolicy  = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
)

// File answers GET /files/HASH/NAME: a document of an item that is out, or of any
// item for who is signed in.
func (s *Site) File(c *gin.Context) error {
	f, err := s.Attachments.Open(c.Request.Context(), c.Param("hash"), c.Param("name"), s.SignedIn(c))
	if err != nil {
		return err
	}
	defer func() { _ = f.File.Close() }() // it was only read
	h := c.Writer.Header()
	if f.Public {
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // the address holds the hash of the bytes
	} else {
		page.Private(c)
	}
	disposition := "attachment"
	if f.Inline() {
		disposition = "inline"
	}
	h.Set("Content-Disposition", disposition+"; filename*=UTF-8''"+page.EscapeParameter(f.Name))
	h.Set("Content-Type", f.Type)
	h.Set("Content-Security-Policy", filePolicy)
	if f.Type == "application/pdf" {
		h.Set("Content-Security-Policy", pdfPolicy)
	}
	h.Set("ETag", `"`+f.Hash+`"`)
	// The server's own bound is that of a page. Where it cannot be moved, as in a
	// test without a connection, there is none.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(transferTime))
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, f.File)
	return nil
}
