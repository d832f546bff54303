package mailer

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// Message is one mail to one recipient, ready to be encoded.
type Message struct {
	DeliveryID int64
	VariantID  int64  // of a digest: the topics it was made for
	Envelope   string // MAIL FROM
	EnvelopeID string // what a report names the letter by (RFC 3461, 4.4), letters and digits; "" for nothing
	To         subscriptions.Mailbox
	MessageID  string // without brackets
	Date       time.Time
	Headers    []Header // this person's own, such as List-Unsubscribe
	Body       *Body
	Fill       []Fill // one a slot of the body
	// Standing is what a letter of a webinar was composed from (subscriptions.Begin),
	// and Until when it is no longer true: from then on it must not leave. Zero: any.
	Standing int64
	Until    time.Time
}

// Header is a field (RFC 5322, 2.2) whose value is one line of ASCII.
type Header struct{ Name, Value string }

// Body is what all messages of a variant share: sender, subject, common headers
// and the two texts, in which slots stand where a person's own lines go. It must
// not change once a message uses it.
type Body struct {
	From    subscriptions.Mailbox
	ReplyTo string
	Subject string
	Headers []Header
	Text    string // complete alternative, lines end in LF
	HTML    string
	Slots   int // how many
	Invite  *Invite

	once    sync.Once
	encoded any
	err     error
}

// Invite is a calendar that travels with a message: as its third alternative, and as
// a file (RFC 6047, 2.4; MAIL 38). A body with one has no slots.
type Invite struct {
	Method string // REQUEST, CANCEL: as in the calendar
	Name   string // of the file
	Data   []byte
}

// Fill is what goes into a slot: plain text in the text part, and markup,
// escaped by whoever made it, in the HTML part.
type Fill struct{ Text, HTML string }

// Encoded builds the sender's own form of the body the first time it is asked
// and keeps it for as long as the body lives: encoded once a variant, never once
// a person.
func (b *Body) Encoded(build func(*Body) (any, error)) (any, error) {
	b.once.Do(func() { b.encoded, b.err = build(b) })
	return b.encoded, b.err
}

// Slots are marked by single control characters, which no text of ours may
// hold: an encoder that writes octets as =XX never tears one apart, so the
// places can be found again after go-mail has wrapped and encoded the lines.
const slotMarks = "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"

// MaxSlots is how many slots a body can have.
const MaxSlots = len(slotMarks)

// SlotMark is the mark of slot i, counted from 0.
func SlotMark(i int) string { return slotMarks[i : i+1] }

// SlotOf tells which slot a mark stands for.
func SlotOf(mark byte) (int, bool) {
	i := strings.IndexByte(slotMarks, mark)
	return i, i >= 0
}

// StripMarks takes control characters out of text that goes into a body, so
// that nobody's words are mistaken for a slot.
func StripMarks(s string) string {
	if !strings.ContainsAny(s, slotMarks+"\x00\x7f") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// Render puts the person's lines into the two texts: the message as a reader
// sees it, without encoding. Previews and tests use it.
func (m *Message) Render() (text, html string) {
	fill := func(s string, of func(Fill) string) string {
		pairs := make([]string, 0, 2*len(m.Fill))
		for i, f := range m.Fill {
			pairs = append(pairs, SlotMark(i), of(f))
		}
		return strings.NewReplacer(pairs...).Replace(s)
	}
	return fill(m.Body.Text, func(f Fill) string { return f.Text }), fill(m.Body.HTML, func(f Fill) string { return f.HTML })
}

// Check refuses what must never leave: a header that could become two, an address
// that could become more, a slot without its value, a value that is not UTF-8.
func (m *Message) Check() error {
	if m.Body == nil {
		return errors.New("the message has no body")
	}
	if len(m.Fill) != m.Body.Slots || m.Body.Slots > MaxSlots {
		return fmt.Errorf("the body has %d slots, the message fills %d", m.Body.Slots, len(m.Fill))
	}
	if i := m.Body.Invite; i != nil && (m.Body.Slots != 0 || !plain(i.Method, `;"\\`) || !plain(i.Name, `;"\\/`) || i.Name == "" || len(i.Data) == 0) {
		return errors.New("the message's invitation cannot be sent")
	}
	for _, h := range append(append([]Header{
		{"To", m.To.Name + m.To.Address}, {"From", m.Body.From.Name + m.Body.From.Address}, {"Reply-To", m.Body.ReplyTo},
		{"Subject", m.Body.Subject}, {"Message-ID", m.MessageID}, {"MAIL FROM", m.Envelope},
	}, m.Body.Headers...), m.Headers...) {
		if !plain(h.Name, ":") && h.Name != "MAIL FROM" {
			return fmt.Errorf("%q is no name of a header", h.Name)
		}
		if i := strings.IndexFunc(h.Value, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
			return fmt.Errorf("the %s header holds a control character", h.Name)
		}
		if !utf8.ValidString(h.Value) {
			return fmt.Errorf("the %s header is not valid UTF-8", h.Name)
		}
	}
	for _, a := range []Header{{"To", m.To.Address}, {"From", m.Body.From.Address}, {"MAIL FROM", m.Envelope}, {"Message-ID", m.MessageID}} {
		if !plain(a.Value, "<>") {
			return fmt.Errorf("the address in %s holds a space, a bracket or a character outside ASCII", a.Name)
		}
	}
	if m.EnvelopeID != "" && !plain(m.EnvelopeID, "+=") {
		return errors.New("the envelope's id holds a character that a parameter may not")
	}
	for _, f := range m.Fill {
		if strings.ContainsAny(f.Text, slotMarks) || strings.ContainsAny(f.HTML, slotMarks) {
			return errors.New("a value for a slot holds a control character")
		}
		if !utf8.ValidString(f.Text) || !utf8.ValidString(f.HTML) {
			return errors.New("a value for a slot is not valid UTF-8")
		}
	}
	return nil
}

// plain reports whether s is visible ASCII without the characters in not.
func plain(s, not string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(not, r) })
}
