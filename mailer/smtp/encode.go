package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// wire is a body as it leaves: the headers all messages share, and the encoded
// parts cut at the slots.
type wire struct {
	head   []byte
	pieces [][]byte
	slots  []slot // between pieces[i] and pieces[i+1]
}

type slot struct {
	index int
	html  bool
}

// Placeholders that go-mail writes and that are taken out again: it would add a
// date and an id of its own otherwise.
var (
	noDate = time.Unix(0, 0).UTC()
	noID   = "no.id@invalid"
)

// encode builds the body through go-mail and cuts it.
func encode(b *mailer.Body) (any, error) {
	if !utf8.ValidString(b.Text) {
		return nil, errors.New("build the message: the text is not valid UTF-8")
	}
	if !utf8.ValidString(b.HTML) {
		return nil, errors.New("build the message: the HTML is not valid UTF-8")
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP),
		mail.WithBoundary(boundary(b)))
	if b.ReplyTo != "" {
		if err := msg.ReplyTo(b.ReplyTo); err != nil {
			return nil, fmt.Errorf("Reply-To %q: %w", b.ReplyTo, err)
		}
	}
	for _, h := range b.Headers {
		msg.SetGenHeader(mail.Header(h.Name), h.Value)
	}
	msg.SetDateWithValue(noDate)
	msg.SetMessageIDWithValue(noID)
	// The complete text first, the richest last (RFC 2046, 5.1.4).
	msg.SetBodyString(mail.TypeTextPlain, b.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, b.HTML)
	if b.Invite != nil {
		// Without a charset: go-mail appends one.
		msg.AddAlternativeString(mail.ContentType("text/calendar; method="+b.Invite.Method), string(b.Invite.Data))
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("build the message: %w", err)
	}
	head, body, ok := bytes.Cut(raw.Bytes(), []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("build the message: no end of its headers")
	}
	if b.Invite != nil {
		head, body = enclose(head, body, b)
	}
	w := &wire{head: without(head, "Date", "Message-ID")}
	w.head = appendHeader(w.head, "From", mailbox(b.From))
	w.head = appendHeader(w.head, "Subject", encodeText(b.Subject))
	return w, w.cut(body, b)
}

// enclose puts the alternatives into a multipart/mixed, with the calendar as a file
// beside them. go-mail would write both levels with the same boundary.
func enclose(head, body []byte, b *mailer.Body) (outer, whole []byte) {
	mark := "whole_" + strings.TrimPrefix(boundary(b), "part_")
	inner := only(head, "Content-Type")
	outer = appendHeader(without(head, "Content-Type"), "Content-Type", "multipart/mixed;\r\n boundary="+mark)
	whole = fmt.Appendf(nil, "--%s\r\n%s\r\n", mark, inner)
	whole = append(whole, bytes.TrimRight(body, "\r\n")...)
	whole = fmt.Appendf(whole, "\r\n\r\n--%s\r\nContent-Type: application/ics; name=\"%s\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"%[2]s\"\r\n\r\n", mark, b.Invite.Name)
	file := base64.StdEncoding.EncodeToString(b.Invite.Data)
	for len(file) > maxQP {
		whole = append(append(whole, file[:maxQP]...), "\r\n"...)
		file = file[maxQP:]
	}
	outer = bytes.TrimSuffix(outer, []byte("\r\n")) // as the head of a message came
	return outer, fmt.Appendf(whole, "%s\r\n--%s--\r\n", file, mark)
}

// boundary separates the parts. It is derived from what it separates: the same
// body gives the same bytes, and no text can hold the hash of itself. It is a
// plain token (RFC 2045, 5.1): go-mail writes it without quotes.
func boundary(b *mailer.Body) string {
	sum := sha256.New()
	sum.Write([]byte(b.Subject))
	sum.Write([]byte(b.Text))
	sum.Write([]byte(b.HTML))
	if b.Invite != nil {
		sum.Write(b.Invite.Data)
	}
	return "part_" + hex.EncodeToString(sum.Sum(nil)[:12])
}

// only keeps a header field, and without drops some; folded lines included.
func only(head []byte, name string) []byte { return fields(head, true, name) }

func without(head []byte, names ...string) []byte { return fields(head, false, names...) }

func fields(head []byte, keep bool, names ...string) []byte {
	var kept []byte
	dropping := false
	for line := range bytes.SplitAfterSeq(append(bytes.Clone(head), "\r\n"...), []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			dropping = keep
			name, _, _ := bytes.Cut(line, []byte(":"))
			for _, n := range names {
				if bytes.EqualFold(name, []byte(n)) {
					dropping = !keep
				}
			}
		}
		if !dropping {
			kept = append(kept, line...)
		}
	}
	return kept
}

// cut finds the encoded slot marks. In quoted-printable a literal "=" is =3D, so
// =01 can only be a mark.
func (w *wire) cut(body []byte, b *mailer.Body) error {
	// The second part begins where the last delimiter is that does not close.
	html := bytes.LastIndex(body, []byte("--"+boundary(b)+"\r\n"))
	if html < 0 {
		return errors.New("build the message: the HTML part is missing")
	}
	start := 0
	for i := 0; i+2 < len(body); i++ {
		if body[i] != '=' {
			continue
		}
		index, ok := mark(body[i+1], body[i+2])
		if !ok {
			continue
		}
		if index >= b.Slots {
			return fmt.Errorf("build the message: slot %d of %d", index, b.Slots)
		}
		w.pieces = append(w.pieces, dotless(body[start:i]))
		w.slots = append(w.slots, slot{index, i > html})
		start = i + 3
		i += 2
	}
	w.pieces = append(w.pieces, dotless(body[start:]))
	return nil
}

func mark(hi, lo byte) (int, bool) {
	const digits = "0123456789ABCDEF"
	h, l := bytes.IndexByte([]byte(digits[:2]), hi), bytes.IndexByte([]byte(digits), lo)
	if h < 0 || l < 0 {
		return 0, false
	}
	return mailer.SlotOf(byte(h<<4 | l))
}

// Encode gives the whole message as it goes over the wire, before dot-stuffing
// (RFC 5321, 4.5.2).
func Encode(m *mailer.Message) ([]byte, error) {
	return appendMessage(nil, m)
}

// appendMessage splices a person into the encoded body.
func appendMessage(buf []byte, m *mailer.Message) ([]byte, error) {
	encoded, err := m.Body.Encoded(encode)
	if err != nil {
		return nil, err
	}
	w := encoded.(*wire)
	// Trace-like fields first: the ones people look for in a source view.
	buf = appendHeader(buf, "Date", m.Date.Format(time.RFC1123Z))
	buf = appendHeader(buf, "Message-ID", "<"+m.MessageID+">")
	buf = appendHeader(buf, "To", mailbox(m.To))
	for _, h := range m.Headers {
		buf = appendHeader(buf, h.Name, mime.QEncoding.Encode("utf-8", h.Value))
	}
	buf = append(buf, w.head...)
	buf = append(buf, "\r\n"...)
	fills := encodeFills(m.Fill)
	for i, piece := range w.pieces {
		buf = append(buf, piece...)
		if i < len(w.slots) {
			s := w.slots[i]
			if s.html {
				buf = append(buf, fills[s.index].html...)
			} else {
				buf = append(buf, fills[s.index].text...)
			}
		}
	}
	return buf, nil
}

// encodeText writes unstructured text (RFC 2047), an encoded word a line. go-mail
// would begin a long subject on a line of its own, which some readers show as a
// space before it.
func encodeText(s string) string { return fold(mime.QEncoding.Encode("utf-8", s)) }

// mailbox writes a name and an address. net/mail quotes a name in ASCII; what it
// makes of others may hold characters that an encoded word in a phrase must not
// (RFC 2047, 5.3), and is one line however long.
func mailbox(m subscriptions.Mailbox) string {
	a := netmail.Address{Name: m.Name, Address: m.Address}
	if !strings.ContainsFunc(m.Name, func(r rune) bool { return r > 0x7e }) {
		return a.String()
	}
	encoding := mime.QEncoding
	if strings.ContainsAny(m.Name, "\"#$%&'(),./:;<=>?@[\\]^_`{|}~") {
		encoding = mime.BEncoding
	}
	name := encoding.Encode("utf-8", m.Name)
	a.Name = ""
	return fold(name + " " + a.String())
}

// fold puts each encoded word on a line of its own.
func fold(s string) string { return strings.ReplaceAll(s, "?= =?", "?=\r\n =?") }

func appendHeader(buf []byte, name, value string) []byte {
	buf = append(buf, name...)
	buf = append(buf, ": "...)
	buf = append(buf, value...)
	return append(buf, "\r\n"...)
}

type encodedFill struct{ text, html []byte }

// encodeFills encodes each value once, however often its slot stands in the body.
func encodeFills(fills []mailer.Fill) []encodedFill {
	out := make([]encodedFill, len(fills))
	for i, f := range fills {
		out[i].text = encodeFill(f.Text)
		if f.HTML == f.Text {
			out[i].html = out[i].text
		} else {
			out[i].html = encodeFill(f.HTML)
		}
	}
	return out
}

const softBreak = "=\r\n"

// encodeFill puts a value between soft line breaks, so that it starts and ends
// a line of its own that is no line of the text. Of nothing one remains: a space
// before the slot must not come to stand at the end of its line, where it would
// be taken away (RFC 2045, 6.7, rule 3).
func encodeFill(value string) []byte {
	if value == "" {
		return []byte(softBreak)
	}
	var b bytes.Buffer
	b.WriteString(softBreak)
	q := quotedprintable.NewWriter(&b)
	_, _ = q.Write([]byte(value)) // a bytes.Buffer takes everything
	_ = q.Close()
	b.WriteString(softBreak)
	return append([]byte(softBreak), dotless(b.Bytes()[len(softBreak):])...)
}

// maxQP is the longest line of quoted-printable (RFC 2045, 6.7, rule 5).
const maxQP = 76

// dotless writes a dot that begins a line of quoted-printable as =2E, so that
// nothing ever needs stuffing (RFC 5321, 4.5.2) and the bytes that are signed are
// the bytes that leave.
func dotless(encoded []byte) []byte {
	if !bytes.HasPrefix(encoded, []byte(".")) && !bytes.Contains(encoded, []byte("\n.")) {
		return encoded
	}
	out := make([]byte, 0, len(encoded)+64)
	for line := range bytes.SplitAfterSeq(encoded, []byte("\n")) {
		if len(line) == 0 || line[0] != '.' {
			out = append(out, line...)
			continue
		}
		out = append(out, "=2E"...)
		rest := line[1:]
		if len(bytes.TrimRight(line, "\r\n"))+2 > maxQP {
			// Too long by now. It breaks a few octets on and not within an =XX, so
			// that there is room for a dot that begins the rest.
			n := 3
			for rest[n-1] == '=' || rest[n-2] == '=' {
				n++
			}
			out = append(append(out, rest[:n]...), softBreak...)
			if rest = rest[n:]; rest[0] == '.' {
				out, rest = append(out, "=2E"...), rest[1:]
			}
		}
		out = append(out, rest...)
	}
	return out
}
