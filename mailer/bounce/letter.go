package bounce

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// letter is what the layers look at: the notice as text, the machine parts, and
// the header of the message that came back inside.
type letter struct {
	root    *part
	from    string // decoded, lower case
	subject string // decoded, lower case
	head    string // all header fields in lower case, one a line

	text   string // of the notice, without the message that came back
	lower  string // the same in lower case and with spaces for line ends, byte for byte as long
	flat   string // head and notice in lower case, spaces joined
	bodyAt int    // where the notice begins in flat

	machine     []string // bodies of message/delivery-status
	feedback    string   // body of message/feedback-report
	hasFeedback bool
	receipt     bool // has a message/disposition-notification
	receiptBody string
	nested      []*part // messages inside
	original    []field // header of the message that came back
	daemon      bool    // sent by what returns mail; signs sets it
	recipients  []string
	senders     []string
}

const (
	maxText = 16 << 10 // of the notice that is looked at
	maxHead = 8 << 10
)

func newLetter(root *part) *letter {
	l := &letter{root: root}
	l.from = strings.ToLower(words(root.get("from")))
	l.subject = lowerSame(plainMarks.Replace(strings.ToValidUTF8(words(root.get("subject")), "?")))
	var plain, hyper []string
	l.collect(root, 0, &plain, &hyper)
	text := strings.Join(plain, "\n\n")
	if len(hyper) > 0 && (len(strings.TrimSpace(text)) < 20 || !strings.Contains(text, "@")) {
		text = strings.TrimSpace(text) + "\n" + strings.Join(hyper, "\n\n")
	}
	text = plainMarks.Replace(strings.ToValidUTF8(strings.ReplaceAll(text, "\r", ""), "\uFFFD"))
	text = l.split(text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	l.text = text
	l.lower = strings.NewReplacer("\n", " ", "\t", " ").Replace(lowerSame(text))
	var head strings.Builder
	for i := range root.fields {
		f := &root.fields[i]
		if head.Len() > maxHead || f.name == "received" || f.name == "dkim-signature" || strings.HasPrefix(f.name, "arc-") {
			continue
		}
		switch f.name {
		case "from":
			head.WriteString("from: " + l.from + "\n")
		case "subject":
			head.WriteString("subject: " + l.subject + "\n")
		default:
			head.WriteString(f.name + ": " + strings.ToLower(f.value) + "\n")
		}
	}
	l.head = head.String()
	flatHead := oneLine(l.head)
	l.bodyAt = len(flatHead) + 1
	l.flat = flatHead + " " + oneLine(l.lower)
	for _, f := range l.original {
		l.sort(f)
	}
	return l
}

// plainMarks are the signs for which programs that set type have others: "couldn’t
// be delivered" is what servers write as "couldn't be delivered".
var plainMarks = strings.NewReplacer("\u2019", "'", "\u2018", "'", "\u02bc", "'", "\u00a0", " ", "\u202f", " ", "\u200b", "", "\u00ad", "", "\ufeff", "")

// sort puts the addresses of the original's header on the right side.
func (l *letter) sort(f field) {
	switch f.name {
	case "to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to", "apparently-to", "resent-to", "x-envelope-to", "x-rcpt-to", "original-recipient":
		for _, a := range addresses(words(f.value)) {
			if !contains(l.recipients, a.address) {
				l.recipients = append(l.recipients, a.address)
			}
		}
	case "from", "sender", "reply-to", "return-path", "errors-to", "resent-from", "x-sender", "disposition-notification-to", "return-receipt-to", "x-envelope-from":
		for _, a := range addresses(words(f.value)) {
			l.senders = append(l.senders, a.address)
		}
	}
}

// lowerSame is lower case of the same length, so that places agree.
func lowerSame(s string) string {
	return strings.Map(func(r rune) rune {
		if low := unicode.ToLower(r); utf8.RuneLen(low) == utf8.RuneLen(r) {
			return low
		}
		return r
	}, s)
}

// collect walks the parts. inside counts the messages around.
func (l *letter) collect(p *part, inside int, plain, hyper *[]string) {
	if p.message && inside > 0 {
		if len(l.nested) == 0 {
			l.original = p.fields
		}
		l.nested = append(l.nested, p)
		return
	}
	switch {
	case strings.HasPrefix(p.media, "multipart/"):
		for _, c := range p.children {
			l.collect(c, inside, plain, hyper)
		}
		if len(p.children) == 0 && len(p.body) > 0 {
			*plain = append(*plain, p.text()) // its boundary never came
		}
		return
	case isMessage(p.media):
		for _, c := range p.children {
			l.collect(c, inside+1, plain, hyper)
		}
		if len(p.children) == 0 && len(p.body) > 0 {
			l.returned(parse(strings.NewReader(p.text())))
		}
		return
	case len(p.body) == 0:
		return
	}
	switch p.media {
	case "message/delivery-status", "message/global-delivery-status":
		l.machine = append(l.machine, p.text())
	case "message/feedback-report":
		l.feedback, l.hasFeedback = p.text(), true
	case "message/disposition-notification", "message/global-disposition-notification":
		l.receipt, l.receiptBody = true, p.text()
	case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822", "text/rfc822-header":
		l.returned(parse(strings.NewReader(p.text())))
	case "text/html":
		*hyper = append(*hyper, p.text())
	case "application/ms-tnef", "text/calendar", "text/css":
	default:
		if !strings.HasPrefix(p.media, "text/") && !strings.HasPrefix(p.media, "message/") && p.media != "application/octet-stream" {
			return
		}
		text := p.text()
		if hasMachine(text) {
			l.machine = append(l.machine, text)
		}
		if strings.HasPrefix(p.media, "text/") {
			*plain = append(*plain, text)
		}
	}
}

func (l *letter) returned(p *part) {
	if len(l.original) == 0 && len(p.fields) > 0 {
		l.original = p.fields
	}
	l.nested = append(l.nested, p)
}

// hasMachine: a text that holds fields of RFC 3464.
func hasMachine(text string) bool {
	for _, name := range []string{"\nFinal-Recipient:", "\nfinal-recipient:", "\nOriginal-Recipient:", "\nFinal-recipient:"} {
		if strings.Contains(text, name) || strings.HasPrefix(text, name[1:]) {
			return true
		}
	}
	return false
}

// knownFields begin the lines of a header; the strong ones stand in no notice.
var knownFields = map[string]int{"received": 2, "message-id": 1, "return-path": 2, "mime-version": 2, "content-type": 2, "dkim-signature": 2, "x-mailer": 1, "delivered-to": 2,
	"content-transfer-encoding": 2, "from": 1, "to": 1, "cc": 1, "subject": 1, "date": 1, "sender": 1, "reply-to": 1, "x-priority": 1, "user-agent": 1, "organization": 1, "list-id": 1, "references": 1, "in-reply-to": 1, "precedence": 1, "importance": 1}

// split finds a message that came back as text, takes its header and cuts the
// notice there.
func (l *letter) split(text string) string {
	at, inHeader, strong, known, start := 0, false, 0, 0, 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t>|")
		name, _, ok := cutField([]byte(trimmed))
		weight := knownFields[name]
		switch {
		case ok && (weight > 0 || inHeader):
			if !inHeader {
				inHeader, strong, known, start = true, 0, 0, at
			}
			if weight > 0 {
				known++
			}
			if weight == 2 {
				strong++
			}
			if known >= 3 && strong >= 1 && len(strings.TrimSpace(text[:start])) > 20 {
				l.quoted(text[start:])
				return text[:start]
			}
		case inHeader && trimmed != "" && (line[0] == ' ' || line[0] == '\t' || line[0] == '>'):
		case inHeader:
			if known >= 3 {
				l.quoted(text[start:at])
			}
			inHeader = false
		}
		at += len(line)
	}
	if inHeader && known >= 3 {
		l.quoted(text[start:])
	}
	return text
}

// quoted takes a header that stands in the text.
func (l *letter) quoted(text string) {
	if len(l.original) > 0 {
		return
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimLeft(line, " \t>|")
		name, value, ok := cutField([]byte(trimmed))
		switch {
		case ok && knownFields[name] > 0 || ok && line[0] != ' ' && line[0] != '\t':
			l.original = append(l.original, field{name, value})
		case trimmed == "" && len(l.original) > 0:
			return
		case len(l.original) > 0:
			l.original[len(l.original)-1].value += " " + trimmed
		}
		if len(l.original) > 100 {
			return
		}
	}
}

func contains(all []string, address string) bool {
	for _, a := range all {
		if strings.EqualFold(a, address) {
			return true
		}
	}
	return false
}

// isSender: the address wrote the message that came back, or gets reports of it.
func (l *letter) isSender(address string) bool {
	return contains(l.senders, address) && !contains(l.recipients, address) || strings.EqualFold(address, firstAddress(l.root.get("from")))
}

// isGeneric: a machine, or who looks after one.
func isGeneric(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return generics[strings.ToLower(local)]
}
