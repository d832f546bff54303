package mailer_test

import (
	"errors"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

func message() *mailer.Message {
	return &mailer.Message{Envelope: "bounces@example.org", To: subscriptions.Mailbox{Name: "Reader", Address: "reader@example.net"}, MessageID: "id@example.org",
		Headers: []mailer.Header{{Name: "List-Unsubscribe", Value: "<https://example.org/u>"}}, Fill: []mailer.Fill{{Text: "a & b", HTML: "a &amp; b"}, {Text: "x", HTML: "y"}},
		Body: &mailer.Body{From: subscriptions.Mailbox{Name: "Tidings", Address: "tidings@example.org"}, ReplyTo: "editor@example.org", Subject: "News",
			Headers: []mailer.Header{{Name: "List-Id", Value: "<digest.example.org>"}}, Text: "\x01 and \x02\x01", HTML: "<p>\x01</p>\x02", Slots: 2}}
}

func TestAMessageIsRenderedWithThePersonsLines(t *testing.T) {
	t.Parallel()
	text, html := message().Render()
	if text != "a & b and xa & b" || html != "<p>a &amp; b</p>y" {
		t.Errorf("text %q, html %q", text, html)
	}
}

// Every field that becomes a header or a command, and what must not be in it.
func TestNothingThatCouldBecomeAnotherHeaderLeaves(t *testing.T) {
	t.Parallel()
	fields := map[string]func(m *mailer.Message, evil string){
		"To, name":         func(m *mailer.Message, evil string) { m.To.Name += evil },
		"To, address":      func(m *mailer.Message, evil string) { m.To.Address += evil },
		"From, name":       func(m *mailer.Message, evil string) { m.Body.From.Name += evil },
		"From, address":    func(m *mailer.Message, evil string) { m.Body.From.Address += evil },
		"Reply-To":         func(m *mailer.Message, evil string) { m.Body.ReplyTo += evil },
		"Subject":          func(m *mailer.Message, evil string) { m.Body.Subject += evil },
		"Message-ID":       func(m *mailer.Message, evil string) { m.MessageID += evil },
		"MAIL FROM":        func(m *mailer.Message, evil string) { m.Envelope += evil },
		"List-Unsubscribe": func(m *mailer.Message, evil string) { m.Headers[0].Value += evil },
		"List-Id":          func(m *mailer.Message, evil string) { m.Body.Headers[0].Value += evil },
		"a header's name":  func(m *mailer.Message, evil string) { m.Headers[0].Name += evil },
		"a common one's":   func(m *mailer.Message, evil string) { m.Body.Headers[0].Name += evil },
	}
	for field, put := range fields {
		for name, evil := range map[string]string{"CR": "x\ry", "LF": "x\ny", "CRLF": "x\r\nBcc: victim@example.net", "NUL": "x\x00", "DEL": "x\x7f",
			"no UTF-8": "x\xff", "half a character": "\xe7\xbd"} {
			m := message()
			put(m, evil)
			if err := m.Check(); err == nil {
				t.Errorf("%s in %s leaves", name, field)
			}
		}
	}
	for field, put := range map[string]func(m *mailer.Message, evil string){
		"To": fields["To, address"], "From": fields["From, address"], "MAIL FROM": fields["MAIL FROM"], "Message-ID": fields["Message-ID"]} {
		for _, evil := range []string{"> SIZE=1", "<", " ", "é"} {
			m := message()
			put(m, evil)
			if err := m.Check(); err == nil {
				t.Errorf("%q in the address of %s leaves", evil, field)
			}
		}
	}
	if err := message().Check(); err != nil {
		t.Errorf("a decent message: %v", err)
	}
	m := message()
	m.To.Name, m.Body.Subject = "信息安全", "Nr. 1 – 网络安全"
	if err := m.Check(); err != nil {
		t.Errorf("a message in Chinese: %v", err)
	}
}

func TestEverySlotHasItsValueAndNoValueIsASlot(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *mailer.Message){
		"a value is missing":              func(m *mailer.Message) { m.Fill = m.Fill[:1] },
		"there is one too many":           func(m *mailer.Message) { m.Fill = append(m.Fill, mailer.Fill{}) },
		"a value holds a mark":            func(m *mailer.Message) { m.Fill[0].Text = "\x02" },
		"a value holds a mark in HTML":    func(m *mailer.Message) { m.Fill[1].HTML = "\x01" },
		"a value is not UTF-8":            func(m *mailer.Message) { m.Fill[1].Text = "\xff" },
		"there are more slots than marks": func(m *mailer.Message) { m.Body.Slots = 99; m.Fill = make([]mailer.Fill, 99) },
		"there is no body":                func(m *mailer.Message) { m.Body = nil },
	} {
		m := message()
		change(m)
		if err := m.Check(); err == nil {
			t.Errorf("%s, and it leaves", name)
		}
	}
}

func TestEveryMarkIsASlotAndNoneIsACharacterOfText(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range mailer.MaxSlots {
		mark := mailer.SlotMark(i)
		if slot, ok := mailer.SlotOf(mark[0]); !ok || slot != i || seen[mark] || strings.ContainsAny(mark, "\t\n\r ") || mark[0] >= ' ' {
			t.Errorf("mark %q is slot %d, %v, want %d", mark, slot, ok, i)
		}
		seen[mark] = true
	}
	for _, c := range "\x00\t\n\r aé=" {
		if slot, ok := mailer.SlotOf(byte(c)); ok && c < 0x80 {
			t.Errorf("%q is slot %d", c, slot)
		}
	}
}

func TestMarksAreTakenOutOfWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"plain 文字\n\tand tab": "plain 文字\n\tand tab", "a\x01b\x1fc\x00d\x7fe": "abcde", "": ""} {
		if got := mailer.StripMarks(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestABodyIsEncodedOnce(t *testing.T) {
	t.Parallel()
	body := message().Body
	built := 0
	for range 3 {
		got, err := body.Encoded(func(*mailer.Body) (any, error) { built++; return built, errors.New("kept too") })
		if got != 1 || err == nil || built != 1 {
			t.Errorf("encoded %d times into %v, %v", built, got, err)
		}
	}
}
