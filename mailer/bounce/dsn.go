package bounce

import "strings"

// statusBlock is what a machine part says of one recipient (RFC 3464 2.3).
type statusBlock struct {
	final, original, actual string // as written
	action, status          string
	diagnostic              string
	seenRecipient           bool
}

// machineFields are those that begin or belong to a recipient.
var machineFields = map[string]bool{"final-recipient": true, "original-recipient": true, "action": true, "status": true, "diagnostic-code": true,
	"x-actual-recipient": true, "remote-mta": true, "x-display-name": true, "x-supplementary-info": true, "x-notes": true, "localized-diagnostic": true}

// messageFields speak of the whole: one after a recipient begins another report.
var messageFields = map[string]bool{"reporting-mta": true, "arrival-date": true, "received-from-mta": true, "dsn-gateway": true, "original-envelope-id": true}

// statusBlocks reads a message/delivery-status, or a text that has one inside.
// Empty lines are a hint and no more: some servers leave them out between the
// recipients, others put one after every field. A recipient begins where a
// field comes a second time.
func statusBlocks(body string) []statusBlock {
	var blocks []statusBlock
	var b statusBlock
	last := "" // the field that a folded line goes on with
	flush := func() {
		if b.seenRecipient {
			blocks = append(blocks, b)
		}
		b = statusBlock{}
	}
	blank := false
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimLeft(line, " \t>|")
		if trimmed == "" {
			blank, last = true, ""
			continue
		}
		name, value, ok := cutField([]byte(trimmed))
		known := ok && (machineFields[name] || messageFields[name])
		if !known && last != "" && !(ok && line[0] != ' ' && line[0] != '\t' && strings.HasPrefix(name, "x-")) {
			// Folded, also without the indent.
			if last == "diagnostic-code" && len(b.diagnostic) < maxDiagnostic {
				b.diagnostic += " " + strings.TrimSpace(trimmed)
			} else if line[0] == ' ' || line[0] == '\t' {
				b.add(last, strings.TrimSpace(trimmed))
			}
			continue
		}
		if !known {
			last = ""
			continue
		}
		last = name
		switch {
		case messageFields[name]:
			if b.seenRecipient {
				flush()
			}
		case b.has(name) && (blank || name != "diagnostic-code"), blank && b.seenRecipient && b.action != "" && (name == "final-recipient" || name == "original-recipient"):
			flush()
			b.set(name, value)
		default:
			b.set(name, value)
		}
		blank = false
	}
	flush()
	return blocks
}

func (b *statusBlock) has(name string) bool {
	switch name {
	case "final-recipient":
		return b.final != ""
	case "original-recipient":
		return b.original != ""
	case "action":
		return b.action != ""
	case "status":
		return b.status != ""
	case "diagnostic-code":
		return b.diagnostic != ""
	}
	return false
}

func (b *statusBlock) set(name, value string) {
	switch name {
	case "final-recipient":
		b.final, b.seenRecipient = value, true
	case "original-recipient":
		b.original, b.seenRecipient = value, true
	case "x-actual-recipient":
		b.actual = value
	case "action":
		b.action = action(value)
	case "status":
		b.status = value
	case "diagnostic-code":
		b.diagnostic = strings.TrimSpace(b.diagnostic + " " + value)
	case "x-supplementary-info", "x-notes", "localized-diagnostic":
		b.diagnostic = strings.TrimSpace(b.diagnostic + " " + value)
	}
}

// add goes on with a field that was folded.
func (b *statusBlock) add(name, more string) {
	switch name {
	case "final-recipient":
		b.final += more
	case "original-recipient":
		b.original += more
	case "status":
		b.status += " " + more
	}
}

// action is one of the five of RFC 3464, or "".
func action(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, a := range []string{"failed", "delayed", "delivered", "relayed", "expanded"} {
		if strings.HasPrefix(s, a) {
			return a
		}
	}
	switch {
	case strings.HasPrefix(s, "fail"), strings.HasPrefix(s, "error"), strings.HasPrefix(s, "undeliver"):
		return "failed"
	case strings.HasPrefix(s, "delay"):
		return "delayed"
	}
	return ""
}

// address is whom we wrote to: the original recipient where the report knows
// it, else the one at which the message ended.
func (b *statusBlock) address() string {
	for _, s := range []string{b.original, b.final, b.actual} {
		if a := typed(s); a != "" && !isGeneric(a) {
			return a
		}
	}
	return ""
}

// kind is what the action says, and the status where there is none.
func (b *statusBlock) kind() Kind {
	switch b.action {
	case "failed":
		return KindBounce
	case "delayed":
		return KindDelay
	case "delivered", "relayed", "expanded":
		return KindDelivered
	}
	switch status := enhanced(b.status); {
	case strings.HasPrefix(status, "2"):
		return KindDelivered
	case strings.HasPrefix(status, "5"):
		return KindBounce
	}
	return "" // the text has to tell
}

// enhanced finds a code x.y.z (RFC 3463) in a text, "" without one.
func enhanced(s string) string {
	for i := 0; i+4 < len(s); i++ {
		c := s[i]
		if c != '2' && c != '4' && c != '5' || s[i+1] != '.' || i > 0 && (isDomain(s[i-1]) && s[i-1] != '-') {
			continue
		}
		j := i + 2
		for j < len(s) && isDigit(s[j]) && j < i+5 {
			j++
		}
		k := j + 1
		if j == i+2 || k >= len(s) || s[j] != '.' {
			continue
		}
		for k < len(s) && isDigit(s[k]) && k < j+4 {
			k++
		}
		if k == j+1 || k < len(s) && (s[k] == '.' && k+1 < len(s) && isDigit(s[k+1]) || isDigit(s[k])) {
			continue // none, or a network address
		}
		return s[i:k]
	}
	return ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// replyCode finds an SMTP code that refuses, 0 without one.
func replyCode(s string) int {
	for i := 0; i+3 <= len(s); i++ {
		c := s[i]
		if c != '4' && c != '5' || !isDigit(s[i+1]) || s[i+1] > '7' || !isDigit(s[i+2]) {
			continue
		}
		if i > 0 && (isDomain(s[i-1]) || s[i-1] == '@') {
			continue
		}
		if i+3 < len(s) && s[i+3] != ' ' && s[i+3] != '-' && s[i+3] != '\t' && s[i+3] != ':' && s[i+3] != ')' && s[i+3] != '#' && s[i+3] != ',' && s[i+3] != ';' {
			continue
		}
		return int(c-'0')*100 + int(s[i+1]-'0')*10 + int(s[i+2]-'0')
	}
	return 0
}
