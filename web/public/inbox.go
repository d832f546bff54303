package public

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// Inbox is where the demo's mail server puts what it takes. The real service
// has none: whoever reads it can use every link in it.
type Inbox interface {
	Messages() []InboxMessage // any order
	Message(n int) (InboxMessage, bool)
}

// InboxMessage is a message as it arrived.
type InboxMessage struct {
	N        int // its number here, from 1
	From, To string
	Received time.Time
	Data     []byte
}

// InboxPage is the mail reader: the list, and one letter.
type InboxPage struct {
	page.Frame
	Rows    []InboxRow
	To      string // only mail to this address; "" for all
	Total   int
	Newer   string // path of the page before, "" when this is the first
	Older   string
	Letter  *Letter // open; nil when there is no mail at all
	Reading bool    // one letter was asked for: a phone shows it and not the list
}

// InboxRow is a letter in the list.
type InboxRow struct {
	InboxMessage
	Subject string
	Link    string
	Open    bool
}

// inboxPage is how many letters a page of the list holds.
const inboxPage = 50

// inboxView is what the reader of the mail has set: it stays the same from
// letter to letter.
type inboxView struct {
	View  string // "" is HTML; text, source, headers
	Phone bool
	To    string
	Page  int
}

func inboxViewOf(c *gin.Context) inboxView {
	v := inboxView{View: c.Query("view"), Phone: c.Query("width") == "phone", To: c.Query("to")}
	if !slices.Contains([]string{"text", "source", "headers"}, v.View) {
		v.View = ""
	}
	v.Page, _ = strconv.Atoi(c.Query("page")) // anything else is the first page
	v.Page = max(v.Page, 1)
	return v
}

// link gives the path of letter n in this view, of the list when n is 0.
func (v inboxView) link(n int) string {
	q := url.Values{}
	if v.View != "" {
		q.Set("view", v.View)
	}
	if v.Phone {
		q.Set("width", "phone")
	}
	if v.To != "" {
		q.Set("to", v.To)
	}
	if v.Page > 1 {
		q.Set("page", strconv.Itoa(v.Page))
	}
	path := "/inbox"
	if n > 0 {
		path += "/" + strconv.Itoa(n)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// InboxList answers GET /inbox: the list, with the newest letter open where
// there is room for both.
func (s *Site) InboxList(c *gin.Context) error {
	p := s.inboxPage(inboxViewOf(c), 0)
	s.allowFrame(c)
	s.Pages.HTML(c, http.StatusOK, "public/inbox", p)
	return nil
}

// InboxLetter answers GET /inbox/N.
func (s *Site) InboxLetter(c *gin.Context) error {
	m, err := s.message(c)
	if err != nil {
		return err
	}
	p := s.inboxPage(inboxViewOf(c), m.N)
	s.allowFrame(c)
	s.Pages.HTML(c, http.StatusOK, "public/inbox", p)
	return nil
}

// inboxPage reads the list, and letter n, the first of the list when n is 0.
func (s *Site) inboxPage(v inboxView, n int) InboxPage {
	all := slices.Clone(s.Inbox.Messages())
	if v.To != "" {
		all = slices.DeleteFunc(all, func(m InboxMessage) bool { return m.To != v.To })
	}
	slices.SortStableFunc(all, func(a, b InboxMessage) int { return b.N - a.N })
	p := InboxPage{Frame: page.Frame{Title: "Inbox", Section: "/inbox"}, To: v.To, Total: len(all), Reading: n > 0}
	v.Page = min(v.Page, (len(all)+inboxPage-1)/inboxPage)
	v.Page = max(v.Page, 1)
	from := (v.Page - 1) * inboxPage
	shown := all[from:min(from+inboxPage, len(all))]
	if v.Page > 1 {
		newer := v
		newer.Page--
		p.Newer = newer.link(0)
	}
	if from+inboxPage < len(all) {
		older := v
		older.Page++
		p.Older = older.link(0)
	}
	if n == 0 && len(shown) > 0 {
		n = shown[0].N
	}
	for _, m := range shown {
		p.Rows = append(p.Rows, InboxRow{m, subjectOf(m.Data), v.link(m.N), m.N == n})
	}
	if m, ok := s.Inbox.Message(n); ok {
		p.Letter = newLetter(m, v)
		if p.Reading {
			p.Title = p.Letter.Subject + ": Inbox"
		}
	}
	return p
}

func (s *Site) message(c *gin.Context) (InboxMessage, error) {
	n, err := strconv.Atoi(c.Param("n"))
	m, ok := InboxMessage{}, false
	if err == nil {
		m, ok = s.Inbox.Message(n)
	}
	if !ok {
		return m, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such letter", Hint: "All letters are listed at /inbox."}
	}
	return m, nil
}

// Headers of the inbox. The page may frame ours; the framed letter may show its
// own styles and open its links in a new window, and nothing else.
const (
	inboxPolicy  = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; " +
		"sandbox allow-popups allow-popups-to-escape-sandbox"
)

func (s *Site) allowFrame(c *gin.Context) { c.Header("Content-Security-Policy", inboxPolicy) }

// outside finds the links of a letter that lead out of it. They open in a new
// window, as they do from a mail program; those of its contents list stay.
var outside = regexp.MustCompile(`<a\b([^>]*\bhref="https?:)`)

// InboxHTML answers GET /inbox/N/html: the letter's HTML part by itself.
func (s *Site) InboxHTML(c *gin.Context) error {
	m, err := s.message(c)
	if err != nil {
		return err
	}
	letter := newLetter(m, inboxView{})
	page.Private(c)
	c.Header("Content-Security-Policy", letterPolicy)
	c.Header("X-Frame-Options", "SAMEORIGIN")
	c.Data(http.StatusOK, "text/html; charset=utf-8", outside.ReplaceAll([]byte(letter.html), []byte(`<a target="_blank"$1`)))
	return nil
}

// InboxSource answers GET /inbox/N/source: the message as it arrived, as a file
// that any mail program opens.
func (s *Site) InboxSource(c *gin.Context) error {
	m, err := s.message(c)
	if err != nil {
		return err
	}
	page.Private(c)
	c.Header("Content-Disposition", `attachment; filename="`+strconv.Itoa(m.N)+`.eml"`)
	c.Data(http.StatusOK, "message/rfc822", m.Data)
	return nil
}
