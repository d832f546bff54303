package public

import (
	"bytes"
	"fmt"
	"html"
	"mime"
	"net/mail"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// Letter is a message of the inbox, taken apart to be read.
type Letter struct {
	InboxMessage
	Subject string
	Sender  string // the From header, with its name
	Text    string
	Source  string
	Headers []Header
	Faults  []string // what the parser found wrong with the message
	HasHTML bool
	html    string
	view    inboxView
}

// Header is a line of a message's head, unfolded and decoded.
type Header struct{ Name, Value string }

// NewLetter takes a message apart, to be shown in the view and as wide as a
// phone or a desk.
func NewLetter(m InboxMessage, view string, phone bool) *Letter {
	return newLetter(m, inboxView{View: view, Phone: phone})
}

func newLetter(m InboxMessage, v inboxView) *Letter {
	l := &Letter{InboxMessage: m, view: v, Headers: headersOf(m.Data), Source: strings.ToValidUTF8(string(m.Data), "\uFFFD")}
	for _, h := range l.Headers {
		switch {
		case strings.EqualFold(h.Name, "Subject"):
			l.Subject = h.Value
		case strings.EqualFold(h.Name, "From"):
			l.Sender = h.Value
			if m, err := mail.ParseAddress(h.Value); err == nil && m.Name != "" {
				l.Sender = m.Name + " <" + m.Address + ">"
			}
		}
	}
	envelope, err := enmime.ReadEnvelope(bytes.NewReader(m.Data))
	if err != nil {
		l.Faults = append(l.Faults, err.Error())
		l.Text = l.Source
	} else {
		l.Text, l.html = envelope.Text, envelope.HTML
		for _, e := range envelope.Errors {
			l.Faults = append(l.Faults, e.Error())
		}
	}
	l.HasHTML = l.html != ""
	if !l.HasHTML {
		l.html = "<!doctype html><meta charset=utf-8><title>Plain text</title><pre style=\"white-space:pre-wrap\">" + html.EscapeString(l.Text) + "</pre>"
	}
	return l
}

// View is how the letter is shown: "" as a letter, or text, source, headers.
func (l Letter) View() string { return l.view.View }

// Phone reports whether it is shown as wide as a phone.
func (l Letter) Phone() bool { return l.view.Phone }

// Link gives the path of this letter in another view.
func (l Letter) Link(view string) string {
	v := l.view
	v.View = view
	return v.link(l.N)
}

// WidthLink gives the path of this letter as wide as a phone or a desk.
func (l Letter) WidthLink(phone bool) string {
	v := l.view
	v.View, v.Phone = "", phone
	return v.link(l.N)
}

// Back gives the path of the list.
func (l Letter) Back() string {
	v := l.view
	v.View, v.Phone = "", false
	return v.link(0)
}

// Size says how large the message is.
func (m InboxMessage) Size() string {
	if n := len(m.Data); n >= 1000 {
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	return fmt.Sprintf("%d bytes", len(m.Data))
}

// subjectOf reads one header without taking the whole message apart.
func subjectOf(data []byte) string {
	for _, h := range headersOf(data) {
		if strings.EqualFold(h.Name, "Subject") {
			return h.Value
		}
	}
	return ""
}

// headersOf reads the head of a message in its own order, with folded lines
// joined (RFC 5322, 2.2.3) and encoded words decoded (RFC 2047).
func headersOf(data []byte) []Header {
	head, _, _ := bytes.Cut(bytes.ReplaceAll(headOf(data), []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	var headers []Header
	for line := range strings.SplitSeq(strings.ToValidUTF8(string(head), "\uFFFD"), "\n") {
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			if n := len(headers); n > 0 {
				headers[n-1].Value += " " + strings.TrimSpace(line)
			}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			headers = append(headers, Header{name, strings.TrimSpace(value)})
		}
	}
	var words mime.WordDecoder
	for i, h := range headers {
		if decoded, err := words.DecodeHeader(h.Value); err == nil {
			headers[i].Value = decoded
		}
	}
	return headers
}

// headOf cuts the body off before anything is copied.
func headOf(data []byte) []byte {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if at := bytes.Index(data, []byte(end)); at >= 0 {
			return data[:at+len(end)]
		}
	}
	return data
}
