package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/public"
)

// box is an inbox that holds what a test puts into it.
type box []public.InboxMessage

func (b box) Messages() []public.InboxMessage { return b }

func (b box) Message(n int) (public.InboxMessage, bool) {
	if n < 1 || n > len(b) {
		return public.InboxMessage{}, false
	}
	return b[n-1], true
}

type brokenBox struct{}

func (brokenBox) Messages() []public.InboxMessage         { panic("the box is broken") }
func (brokenBox) Message(int) (public.InboxMessage, bool) { panic("the box is broken") }

const letter = "From: =?utf-8?q?SESEC_Tid=C3=AFngs?= <tidings@example.org>\r\nTo: anna@example.org\r\n" +
	"Subject: =?utf-8?b?MiBpbiBDeWJlcnNlY3VyaXR5IMK3IA==?=\r\n =?utf-8?b?5pWw5o2u?=\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThe text =E5=9B=BD\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<!doctype html><p class=\"x\">The <b>page</b> <a href=\"#a\">in</a> <a class=\"y\" href=\"https://example.org\">out</a></p>\r\n--b--\r\n"

// newBox has a letter, one of plain text, and one that no parser takes.
func newBox(t *testing.T) box {
	t.Helper()
	at := time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)
	return box{
		{N: 1, From: "tidings@example.org", To: "anna@example.org", Received: at, Data: []byte(letter)},
		{N: 2, From: "tidings@example.org", To: "ben@example.org", Received: at, Data: []byte("Subject: Plain\r\n\r\nOnly <text>.\r\n")},
		{N: 3, From: "tidings@example.org", To: "ben@example.org", Received: at, Data: []byte("Content-Type: multipart/mixed; boundary=\r\n\r\n\xff\xfe--")},
	}
}

func TestInboxShowsALetter(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Inbox, o.Demo = newBox(t), true })
	subject := "2 in Cybersecurity · 数据"
	s.get("/").want(t, http.StatusOK, "This is a demo: mail goes nowhere", `href="/inbox"`)
	s.get("/inbox").want(t, http.StatusOK, "3 letters", subject, "anna@example.org", "Plain", "10:00")
	s.get("/inbox/1").want(t, http.StatusOK, subject, "SESEC Tidïngs &lt;tidings@example.org&gt;", `src="/inbox/1/html"`, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	s.get("/inbox/1?width=phone").want(t, http.StatusOK, `class="letter phone"`)
	s.get("/inbox/1?view=text").want(t, http.StatusOK, "The text 国")
	s.get("/inbox/1?view=source").want(t, http.StatusOK, "Content-Transfer-Encoding: quoted-printable", "The text =E5=9B=BD")
	s.get("/inbox/1?view=headers").want(t, http.StatusOK, `<th scope="row">Subject</th><td>`+subject+"</td>")
	page := s.get("/inbox/1/html")
	page.want(t, http.StatusOK, "<b>page</b>", `<a target="_blank" class="y" href="https://example.org">`, `<a href="#a">`)
	if got := page.Header.Get("X-Frame-Options"); got != "SAMEORIGIN" {
		t.Errorf("X-Frame-Options: %q", got)
	}
	source := s.get("/inbox/1/source")
	source.want(t, http.StatusOK)
	if source.body != letter {
		t.Error("the source is not the message as it came")
	}
	s.get("/inbox/2/html").want(t, http.StatusOK, "Only &lt;text&gt;.")
	s.get("/inbox/3").want(t, http.StatusOK, "Not a well-formed message")
	s.get("/inbox/9").want(t, http.StatusNotFound, "There is no such letter.")
}

func TestInboxListsByPage(t *testing.T) {
	var many box
	for n := range 120 {
		many = append(many, public.InboxMessage{N: n + 1, To: fmt.Sprintf("p%d@example.org", n%2), Data: fmt.Appendf(nil, "Subject: Letter %d.\r\n\r\n", n+1)})
	}
	s := newSite(t, func(o *web.Options) { o.Inbox = many })
	first := s.get("/inbox")
	first.want(t, http.StatusOK, "120 letters", "Letter 120.", "Letter 71.", `href="/inbox?page=2"`)
	if strings.Contains(first.body, "Letter 70.") || strings.Contains(first.body, "Newer") {
		t.Error("the first page holds more than its own")
	}
	s.get("/inbox?page=3").want(t, http.StatusOK, "Letter 20.", "Letter 1.", `rel="prev"`)
	s.get("/inbox?page=99").want(t, http.StatusOK, "Letter 1.")
	s.get("/inbox?to=p1@example.org").want(t, http.StatusOK, "60 letters to p1@example.org", `href="/inbox/120?to=p1%40example.org"`)
	s.get("/inbox/70?view=text").want(t, http.StatusOK, `href="/inbox/120?view=text"`)

	empty := newSite(t, func(o *web.Options) { o.Inbox = box{} })
	empty.get("/inbox").want(t, http.StatusOK, "No letter has arrived yet")
}
