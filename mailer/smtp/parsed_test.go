package smtp_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// parsed is a message as a reader's program sees it.
type parsed struct {
	header   mail.Header
	boundary string
	types    []string
	raw      []string // the parts, still encoded
	parts    []string
}

// parse reads with the standard library, strictly.
func parse(t rapid.TB, raw []byte) parsed {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("not a message: %v\n%q", err, raw)
	}
	p := parsed{header: m.Header}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q: %v", m.Header.Get("Content-Type"), err)
	}
	p.boundary = params["boundary"]
	parts := multipart.NewReader(m.Body, p.boundary)
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("next part: %v\n%s", err, raw)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || params["charset"] != "UTF-8" || part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("part header %v: %v", part.Header, err)
		}
		encoded, err := io.ReadAll(part)
		if err != nil {
			t.Fatalf("read the %s part: %v", kind, err)
		}
		plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(encoded)))
		if err != nil {
			t.Fatalf("decode the %s part: %v\n%s", kind, err, encoded)
		}
		p.types, p.raw, p.parts = append(p.types, kind), append(p.raw, string(encoded)), append(p.parts, string(plain))
	}
}

// sees checks that two libraries which did not write the message read in it what
// the message says.
func sees(t rapid.TB, m *mailer.Message, raw []byte) parsed {
	t.Helper()
	text, html := m.Render()
	p := parse(t, raw)
	if len(p.types) != 2 || p.types[0] != "text/plain" || p.types[1] != "text/html" {
		t.Fatalf("the parts are %v, want the text and then the HTML", p.types)
	}
	for i, want := range []string{text, html} {
		if got := lf(p.parts[i]); got != lf(want) {
			t.Fatalf("%s reads\n%q, want\n%q, in\n%s", p.types[i], got, lf(want), p.raw[i])
		}
	}
	e, err := enmime.NewParser(enmime.DisableCharacterDetection(true)).ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("enmime: %v", err)
	}
	for _, fault := range e.Errors {
		t.Fatalf("enmime complains: %v\n%s", fault, raw)
	}
	if lf(e.Text) != lf(text) || lf(e.HTML) != lf(html) {
		t.Fatalf("enmime reads\n%q and\n%q, want\n%q and\n%q", lf(e.Text), lf(e.HTML), lf(text), lf(html))
	}
	return p
}

// decent checks what a server may check: lengths, line ends, octets (RFC 5321,
// 4.5.3.1.6; RFC 5322, 2.1.1; RFC 2045, 6.7).
func decent(t rapid.TB, raw []byte) {
	t.Helper()
	longest := 998
	for n, line := range bytes.SplitAfter(raw, []byte("\r\n")) {
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		if !ended && len(line) > 0 {
			t.Fatalf("the last line is not ended: %q", line)
		}
		if len(text) > longest {
			t.Fatalf("line %d has %d octets, allowed are %d: %q", n+1, len(text), longest, text)
		}
		if bytes.HasPrefix(text, []byte(".")) {
			t.Fatalf("line %d begins with a dot, which nobody stuffs (RFC 5321, 4.5.2): %q", n+1, text)
		}
		if bytes.ContainsAny(text, "\r\n") {
			t.Fatalf("line %d holds a bare CR or LF: %q", n+1, text)
		}
		if i := bytes.IndexFunc(text, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\t' }); i >= 0 {
			t.Fatalf("line %d holds the octet %#x: %q", n+1, text[i], text)
		}
		if len(text) == 0 {
			longest = 76
		}
	}
}

func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// words decodes a header (RFC 2047).
func words(t rapid.TB, s string) string {
	t.Helper()
	decoded, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		t.Fatalf("decode %q: %v", s, err)
	}
	return decoded
}

// letter is a message to change and send.
func letter(text, html string, fills ...mailer.Fill) *mailer.Message {
	return &mailer.Message{
		Envelope:  "bounces@example.org",
		To:        subscriptions.Mailbox{Name: "Reader", Address: "reader@example.net"},
		MessageID: "abc123@example.org",
		Date:      time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC),
		Headers: []mailer.Header{
			{Name: "List-Unsubscribe", Value: "<https://tidings.example.org/unsubscribe/AQEBdQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA>"},
			{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"},
		},
		Body: &mailer.Body{
			From:    subscriptions.Mailbox{Name: "SESEC Tidings", Address: "tidings@example.org"},
			ReplyTo: "editor@example.org",
			Subject: "January, February and March 2019",
			Headers: []mailer.Header{{Name: "List-Id", Value: "SESEC Tidings digest <digest.example.org>"}, {Name: "Auto-Submitted", Value: "auto-generated"}},
			Text:    text, HTML: html, Slots: len(fills),
		},
		Fill: fills,
	}
}
