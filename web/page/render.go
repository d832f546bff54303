package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// worthZipping is about what one packet holds: below it, compressing saves no
// time.
const worthZipping = 1400

// Page is a page as text, for what shows it within another.
func (r *Renderer) Page(name string, data any) (string, error) {
	var b bytes.Buffer
	err := r.now().web.Execute(&b, name, data)
	filled, _ := r.fill(b.Bytes())
	return string(filled), err
}

// HTML answers with a page. A public page carries an ETag and may be asked for
// again with it; any other is stored nowhere and tells no other site its address.
func (r *Renderer) HTML(c *gin.Context, status int, name string, data framed) {
	var b bytes.Buffer
	if err := r.now().web.Execute(&b, name, data); err != nil {
		r.broken(c, err)
		return
	}
	body, kept := r.fill(b.Bytes())
	h := c.Writer.Header()
	if !data.Public() {
		Private(c)
	}
	if !data.Public() || status >= http.StatusBadRequest {
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		r.write(c, status, body, false)
		return
	}
	sum := sha256.Sum256(kept)
	tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if status == http.StatusOK && strings.Contains(c.GetHeader("If-None-Match"), tag) {
		h.Add("Vary", "Accept-Encoding")
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	r.write(c, status, body, true)
}

// formEvery is how long a page with a form has the same ETag, if nothing else on it
// changes. A form's token is good for a day: who is told that the page they have
// kept is still the same has eighteen hours left to send it.
const formEvery = 6 * time.Hour

// fill puts the form's token into the page, and gives beside it what the ETag is
// taken from: the page without the token, and the hours in which that was issued.
func (r *Renderer) fill(page []byte) (filled, kept []byte) {
	slot := []byte(r.slot)
	if r.FormToken == nil || !bytes.Contains(page, slot) {
		return page, page
	}
	return bytes.ReplaceAll(page, slot, []byte(r.FormToken())), fmt.Appendf(page[:len(page):len(page)], "%d", r.Now().Truncate(formEvery).Unix())
}

// ownReferrerKey is where SameOrigin leaves its word in the request.
const ownReferrerKey = "tidings referrer"

// SameOrigin says that the page's address holds nothing secret: our own pages may
// learn it. Under "no-referrer" a browser sends forms with "Origin: null", and one
// that is not on TLS nor on this machine tells nothing else by which the form could
// be known as ours.
func SameOrigin(c *gin.Context) { c.Set(ownReferrerKey, true) }

// Private keeps the answer out of caches and search engines, and its address,
// which may be a link that only one person has, out of Referer headers.
func Private(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if c.GetBool(ownReferrerKey) {
		h.Set("Referrer-Policy", "same-origin")
	}
	h.Set("X-Robots-Tag", "noindex")
}

// write sends the page. Pages made for one person are not compressed: the
// length of a compressed page can tell about a secret beside a guess (BREACH).
func (r *Renderer) write(c *gin.Context, status int, body []byte, zip bool) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if zip {
		h.Add("Vary", "Accept-Encoding")
		if len(body) > worthZipping && AcceptsGzip(c.Request) {
			body = Gzip(body)
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.Status(status)
	_, _ = c.Writer.Write(body) // a reader who has gone is no fault of ours
}

// Gzip compresses an answer.
func Gzip(body []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return z.Bytes()
}

// AcceptsGzip reads Accept-Encoding as far as browsers write it.
func AcceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// SeeOther sends the browser on with a GET after a form was taken, so that
// reloading the page does not send the form again.
func SeeOther(c *gin.Context, path string) { c.Redirect(http.StatusSeeOther, path) }

// broken is the answer when even a template fails: words without one.
func (r *Renderer) broken(c *gin.Context, err error) {
	r.Log.ErrorContext(c.Request.Context(), "page failed", "route", c.FullPath(), "error", err)
	Private(c)
	c.Data(http.StatusInternalServerError, "text/plain; charset=utf-8",
		fmt.Appendf(nil, "%s\n\nThis page failed. The fault is ours and is on record. Try again in a few minutes.\n", r.Identity().Site))
}

// EscapeParameter writes a value as a parameter of a header has it after UTF-8”
// (RFC 8187, 3.2): every byte but letters, digits and a few signs as %XX.
func EscapeParameter(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
