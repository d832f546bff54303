package checks

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Lines, characters and header fields of the octets that leave (MAIL 3–7, 9).
func TestHeadersAndLinesOfWhatLeaves(t *testing.T) {
	t.Parallel()
	id := house()
	for _, l := range everyLetter(t) {
		for n, line := range bytes.SplitAfter(l.raw, []byte("\r\n")) {
			text, ended := bytes.CutSuffix(line, []byte("\r\n"))
			switch {
			case len(line) > 0 && !ended:
				t.Errorf("%s: the last line is not ended", l.name)
			case len(text) > 998:
				t.Errorf("%s: line %d has %d octets", l.name, n+1, len(text))
			case bytes.ContainsAny(text, "\r\n\x00"):
				t.Errorf("%s: line %d holds a bare CR, LF or NUL", l.name, n+1)
			case bytes.ContainsFunc(text, func(r rune) bool { return r > 0x7e }):
				t.Errorf("%s: line %d is not ASCII: %q", l.name, n+1, text)
			}
		}
		m, err := mail.ReadMessage(bytes.NewReader(l.raw))
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "List-Id", "Auto-Submitted"} {
			if n := len(m.Header[name]); n != 1 {
				t.Errorf("%s: %d header fields %s", l.name, n, name)
			}
		}
		for _, name := range []string{"Bcc", "Cc", "Sender", "Return-Path", "X-Mailer"} {
			if len(m.Header[name]) > 0 {
				t.Errorf("%s: it has a header %s", l.name, name)
			}
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != l.message.To.Address {
			t.Errorf("%s: To is %q (%v)", l.name, m.Header.Get("To"), err)
		}
		if from, err := m.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != id.From.Address {
			t.Errorf("%s: From is %q (%v)", l.name, m.Header.Get("From"), err)
		}
		if got := m.Header.Get("Message-Id"); !strings.HasPrefix(got, "<") || !strings.HasSuffix(got, "@"+id.Domain()+">") {
			t.Errorf("%s: Message-ID %s is not on our domain", l.name, got)
		}
		if got := m.Header.Get("List-Id"); !strings.HasSuffix(got, "."+id.Domain()+">") {
			t.Errorf("%s: List-Id is %q", l.name, got)
		}
		if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
			t.Errorf("%s: Auto-Submitted is %q", l.name, got)
		}
		leave(t, l, m.Header)
	}
}

// leave holds the headers by which mail programs unsubscribe (RFC 8058).
func leave(t *testing.T, l letter, h mail.Header) {
	t.Helper()
	link, post := h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post")
	if must := l.kind == subscriptions.KindDigest || l.kind == subscriptions.KindWelcome; must && link == "" {
		t.Errorf("%s: it cannot be left by its header", l.name)
	}
	if (link == "") != (post == "") || len(h["List-Unsubscribe"]) > 1 || link != "" && post != "List-Unsubscribe=One-Click" {
		t.Errorf("%s: List-Unsubscribe %q goes with %q", l.name, link, post)
	}
	if link != "" && (!strings.HasPrefix(link, "<https://tidings.example.org/unsubscribe/") || strings.Count(link, "<") != 1) {
		t.Errorf("%s: List-Unsubscribe is %q", l.name, link)
	}
}

// part is a leaf of a message.
type part struct {
	kind, name string
	in         string // the multipart that holds it
	body       string // decoded, lines end in LF
	octets     int    // encoded
}

// parts takes a message apart with the standard library.
func parts(t *testing.T, l letter) []part {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	var all []part
	var walk func(contentType, in string, r io.Reader)
	walk = func(contentType, in string, r io.Reader) {
		kind, params, err := mime.ParseMediaType(contentType)
		if err != nil || !strings.HasPrefix(kind, "multipart/") {
			t.Fatalf("%s: Content-Type %q: %v", l.name, contentType, err)
		}
		for reader := multipart.NewReader(r, params["boundary"]); ; {
			p, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", l.name, err)
			}
			inner := p.Header.Get("Content-Type")
			if strings.HasPrefix(inner, "multipart/") {
				walk(inner, kind, p)
				continue
			}
			raw, err := io.ReadAll(p)
			if err != nil {
				t.Fatalf("%s: %v", l.name, err)
			}
			got := part{name: p.FileName(), in: kind, octets: len(raw), body: string(raw)}
			if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
				plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
				if err != nil {
					t.Fatalf("%s: %v", l.name, err)
				}
				got.body = string(plain)
			}
			got.kind, _, _ = strings.Cut(inner, ";")
			got.body = strings.ReplaceAll(got.body, "\r\n", "\n")
			all = append(all, got)
		}
	}
	walk(m.Header.Get("Content-Type"), "", m.Body)
	return all
}

// The complete text first, then the HTML, as alternatives; what else there is comes
// after them (MAIL 21, 38).
func TestTheTextComesFirst(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	for _, l := range everyLetter(t) {
		all := parts(t, l)
		if len(all) < 2 || all[0].kind != "text/plain" || all[1].kind != "text/html" || all[0].in != "multipart/alternative" || all[1].in != "multipart/alternative" {
			t.Errorf("%s: its parts are %+v", l.name, all)
			continue
		}
		if all[0].body != l.text || all[1].body != l.page {
			t.Errorf("%s: the parts do not say what was composed", l.name)
		}
	}
}

// sizes: Gmail clips a message whose HTML is over 102 KB.
const clipped = 102 << 10

// No letter is clipped, whatever is in it, and the whole sample edition is far from it
// (MAIL 22).
func TestNoLetterIsClipped(t *testing.T) {
	t.Parallel()
	largest := 0
	for _, l := range everyLetter(t) {
		encoded := parts(t, l)[1].octets
		if len(l.page) >= clipped {
			t.Errorf("%s: %d octets of HTML, %d as encoded", l.name, len(l.page), encoded)
		}
		if strings.HasPrefix(l.name, "edition") || strings.HasPrefix(l.name, "normal") {
			largest = max(largest, len(l.page))
			if encoded >= clipped {
				t.Errorf("%s: %d octets of HTML as encoded", l.name, encoded)
			}
		} else if strings.HasSuffix(l.name, "digest") {
			t.Logf("%s: %d octets of HTML, %d as encoded", l.name, len(l.page), encoded)
		}
		if !strings.Contains(l.page, house().Postal) {
			t.Errorf("%s: its footer is gone", l.name)
		}
	}
	t.Logf("the largest of the sample edition has %d octets of HTML", largest)
	if largest > 60_000 {
		t.Errorf("the whole sample edition has %d octets of HTML; the goal is 60,000", largest)
	}
}

// What is in the HTML, and what never is (MAIL 23, 24).
func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, l := range everyLetter(t) {
		level, titles := 0, 0
		ids := map[string]bool{}
		var jumps []string
		for n := range l.tree(t).Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "background" {
					t.Errorf("%s: <%s %s=%q>", l.name, n.Data, a.Key, a.Val)
				}
				if a.Key == "id" || a.Key == "name" && n.Data == "a" && attr(n, "id") == "" {
					if ids[a.Val] {
						t.Errorf("%s: two elements are called %s", l.name, a.Val)
					}
					ids[a.Val] = true
				}
			}
			switch n.Data {
			case "script", "form", "input", "button", "iframe", "object", "embed", "link", "base", "video", "audio", "svg", "picture":
				t.Errorf("%s: it has a <%s>", l.name, n.Data)
			case "html":
				if attr(n, "lang") == "" {
					t.Errorf("%s: its language is not told", l.name)
				}
			case "img":
				if !hasAttr(n, "alt") || attr(n, "width") == "" || !strings.HasPrefix(attr(n, "src"), "https://") {
					t.Errorf("%s: a picture without words, width or an https address: %v", l.name, n.Attr)
				}
			case "table":
				heads := slices.ContainsFunc(below(n), func(d *html.Node) bool { return d.Data == "th" })
				if layout := attr(n, "role") == "presentation"; layout == heads {
					t.Errorf("%s: a table of class %q: layout %t, heads %t", l.name, attr(n, "class"), layout, heads)
				}
			case "th":
				if attr(n, "scope") == "" {
					t.Errorf("%s: <th> %q without scope", l.name, said(n))
				}
			case "h1", "h2", "h3", "h4", "h5", "h6":
				at := int(n.Data[1] - '0')
				if at > level+1 {
					t.Errorf("%s: <%s> %q after <h%d>", l.name, n.Data, said(n), level)
				}
				if level = at; at == 1 {
					titles++
				}
				if said(n) == "" && !slices.ContainsFunc(below(n), func(d *html.Node) bool { return attr(d, "alt") != "" }) {
					t.Errorf("%s: an empty <%s>", l.name, n.Data)
				}
			case "a":
				href := attr(n, "href")
				switch {
				case href == "" && !hasAttr(n, "href"):
				case strings.HasPrefix(href, "#"):
					jumps = append(jumps, href[1:])
				case strings.HasPrefix(href, "mailto:"), strings.HasPrefix(href, "https://"):
				case strings.HasPrefix(href, "http://") && !strings.Contains(href, "tidings"): // a source that has no other
				default:
					t.Errorf("%s: a link leads to %q", l.name, href)
				}
				if words := said(n); strings.Contains(words, "://") && words != href {
					t.Errorf("%s: a link says %q and leads to %q", l.name, words, href)
				}
			}
		}
		if titles != 1 {
			t.Errorf("%s: %d <h1>", l.name, titles)
		}
		for _, to := range jumps {
			if !ids[to] {
				t.Errorf("%s: nothing is called %s, where a link leads", l.name, to)
			}
		}
	}
}

// below lists the elements in a table's own cells or in another element: not those of
// tables within.
func below(n *html.Node) (all []*html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && c.Data != "table" {
			all = append(append(all, c), below(c)...)
		}
	}
	return all
}

// said is an element's text, on one line.
func said(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
