package smtp_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// The words a body or a value is made of: everything that has a meaning to
// quoted-printable, to MIME or to SMTP, and everything that has none.
var fragments = []string{"word", " ", "  ", "\t", "=", "=01", "=3D", "=\r\n", ".", "..", "工业互联网", "é", "\U0001F4EC", "<p>", "</p>", "&amp;",
	"--", "--=_", "Content-Type: text/html", "From ", "\x00", "\x7f", "{}", strings.Repeat("x", 75), strings.Repeat("x", 76), strings.Repeat("长", 120),
	strings.Repeat("y ", 60), "a" + strings.Repeat(".", 80)}

func drawText(t *rapid.T, name string, marks []string) string {
	piece := rapid.SampledFrom(append(append([]string{"\n", "\n", "\r\n"}, fragments...), marks...))
	return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, name), "")
}

func drawBody(t *rapid.T) (text, html string, fills []mailer.Fill) {
	n := rapid.IntRange(0, mailer.MaxSlots).Draw(t, "slots")
	var marks []string
	for i := range n {
		marks = append(marks, mailer.SlotMark(i))
		f := mailer.Fill{Text: drawText(t, "fill", nil)}
		if f.HTML = f.Text; rapid.Bool().Draw(t, "own HTML") {
			f.HTML = drawText(t, "HTML fill", nil)
		}
		fills = append(fills, f)
	}
	if n > 0 {
		marks = append(marks, mailer.SlotMark(0)+"\n", " "+mailer.SlotMark(0)+"\r\n", mailer.SlotMark(0)+mailer.SlotMark(n-1))
	}
	text, html = drawText(t, "text", marks), drawText(t, "html", marks)
	if rapid.Bool().Draw(t, "begins with words") {
		return "Dear reader,\n" + text, "<!doctype html>\n" + html, fills
	}
	return text + "Goodbye", html + "</html>", fills
}

func TestTheEncodedMessageSaysWhatTheMessageSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := letterOf(drawBody(t))
		raw, err := smtp.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		decent(t, raw)
		p := sees(t, m, raw)
		for _, part := range p.raw {
			if strings.Contains(part, p.boundary) {
				t.Fatalf("the boundary %s stands in a part:\n%s", p.boundary, part)
			}
		}
	})
}

// letter's arguments, as drawBody gives them.
func letterOf(text, html string, fills []mailer.Fill) *mailer.Message {
	return letter(text, html, fills...)
}

func TestTheSameMessageIsEncodedIntoTheSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, html, fills := drawBody(t)
		one, err := smtp.Encode(letter(text, html, fills...))
		if err != nil {
			t.Fatal(err)
		}
		m := letter(text, html, fills...)
		for range 2 {
			again, err := smtp.Encode(m)
			if err != nil || !bytes.Equal(one, again) {
				t.Fatalf("%v\n%s\nis not\n%s", err, again, one)
			}
		}
	})
}

// Names and subjects, as people write them.
func drawLine(t *rapid.T, name string, most int) string {
	r := rapid.OneOf(rapid.RuneFrom([]rune(`abc XYZ 019 ,;:.'"()<>[]@\/&=?_-+`)), rapid.RuneFrom([]rune("网络安全法éüß")), rapid.Just(' '))
	s := strings.TrimSpace(string(rapid.SliceOfN(r, 0, most).Draw(t, name)))
	return strings.ReplaceAll(s, "=?", "=") // what looks encoded already is left as it is
}

func TestHeadersHoldNamesAndSubjectsOfAnyScript(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := letter("text\n", "<p>text</p>\n")
		m.To.Name, m.Body.From.Name, m.Body.Subject = drawLine(t, "to", 120), drawLine(t, "from", 120), drawLine(t, "subject", 300)
		checkHeaders(t, m)
	})
	for _, tc := range []struct{ name, value string }{
		{"nothing", ""},
		{"a long Chinese name", strings.Repeat("网络安全", 30)},
		{"a long word", strings.Repeat("x", 300)},
		{"long words with spaces between", strings.Repeat("x", 70) + "   " + strings.Repeat("y", 80) + "  z"},
		{"words up to the fold and beyond", strings.Repeat("seven  ", 40) + "end"},
		{"quotes and brackets", `"Doctor" (of) <nothing> \ at large, [x]@y`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := letter("text\n", "<p>text</p>\n")
			m.To.Name, m.Body.From.Name, m.Body.Subject = tc.value, tc.value, tc.value
			if len([]rune(tc.value)) > 120 {
				m.To.Name, m.Body.From.Name = "", ""
			}
			checkHeaders(t, m)
		})
	}
}

func checkHeaders(t rapid.TB, m *mailer.Message) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	raw, err := smtp.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	decent(t, raw)
	p := parse(t, raw)
	for _, name := range []string{"From", "To", "Reply-To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "List-Id",
		"List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"} {
		if n := len(p.header[name]); n != 1 {
			t.Fatalf("%d %s headers, want 1:\n%s", n, name, raw)
		}
	}
	if len(p.header) != 12 {
		t.Fatalf("there are other headers: %v", p.header)
	}
	for name, want := range map[string]subscriptions.Mailbox{"To": m.To, "From": m.Body.From, "Reply-To": {Address: m.Body.ReplyTo}} {
		list, err := p.header.AddressList(name)
		if err != nil || len(list) != 1 || *list[0] != (mail.Address{Name: want.Name, Address: want.Address}) {
			t.Fatalf("%s reads %v, %v, want %q:\n%s", name, list, err, want, raw)
		}
	}
	if got := words(t, p.header.Get("Subject")); got != m.Body.Subject {
		t.Fatalf("the subject reads %q, want %q:\n%s", got, m.Body.Subject, raw)
	}
	if got := p.header.Get("Message-Id"); got != "<"+m.MessageID+">" {
		t.Fatalf("the Message-ID is %q", got)
	}
	if date, err := p.header.Date(); err != nil || !date.Equal(m.Date) {
		t.Fatalf("the date is %v, %v, want %v", date, err, m.Date)
	}
	for _, h := range append(append([]mailer.Header{}, m.Headers...), m.Body.Headers...) {
		if got := words(t, p.header.Get(h.Name)); got != h.Value {
			t.Fatalf("%s reads %q, want %q:\n%s", h.Name, got, h.Value, raw)
		}
	}
}

func TestAListHeaderIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	m := letter("text\n", "<p>text</p>\n")
	m.Headers[0].Value = "<https://tidings.example.org/unsubscribe/" + strings.Repeat("A", 700) + ">"
	m.Body.Headers[0].Value = "The newsletter of a project with a rather long name that does not end on this line <digest.example.org>"
	checkHeaders(t, m)
}

func TestOneBodyServesManyPeople(t *testing.T) {
	t.Parallel()
	body := letter("Dear \x01,\n\nLeave: \x02\n", "<p>Dear \x01,</p><a href=\"\x02\">leave</a>\n", mailer.Fill{}, mailer.Fill{}).Body
	for i := range 3 {
		m := letter("", "", mailer.Fill{Text: fmt.Sprintf("Nr. %d & co", i), HTML: fmt.Sprintf("Nr. %d &amp; co", i)},
			mailer.Fill{Text: fmt.Sprintf("https://example.org/u/%d", i), HTML: fmt.Sprintf("https://example.org/u/%d", i)})
		m.Body, m.To.Address, m.Date = body, fmt.Sprintf("reader%d@example.net", i), m.Date.Add(time.Duration(i)*time.Hour)
		raw, err := smtp.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		decent(t, raw)
		sees(t, m, raw)
		checkHeaders(t, m)
	}
}

func TestABodyThatCannotBeRightIsNotEncoded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*mailer.Body)
		want   string
	}{
		{"a mark beyond the slots", func(b *mailer.Body) { b.Text += mailer.SlotMark(1) }, "slot 1 of 1"},
		{"a Reply-To that is no address", func(b *mailer.Body) { b.ReplyTo = "nobody" }, `Reply-To "nobody"`},
		{"text that is not UTF-8", func(b *mailer.Body) { b.Text += "\xff" }, "the text is not valid UTF-8"},
		{"HTML that is not UTF-8", func(b *mailer.Body) { b.HTML += "\xc3" }, "the HTML is not valid UTF-8"},
	} {
		m := letter("\x01\n", "\x01\n", mailer.Fill{Text: "a", HTML: "b"})
		tc.change(m.Body)
		if _, err := smtp.Encode(m); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", tc.name, err, tc.want)
		}
	}
}
