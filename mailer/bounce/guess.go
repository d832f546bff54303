package bounce

import "strings"

// Lines that hold addresses of others than the recipient.
var foreign = []string{"from:", "reply-to:", "sender:", "message-id", "return-path:", "message id", "mail from", "contact ", "e-mail to postmaster", "send mail to", "please send", "forward this", "help@", "questions",
	"sent by", "message from", "your message of", "originator", "support@", "postmaster", "in-reply-to", "references:", "x-sender", "absender", "expéditeur", "remitente", "mittente", "afzender", "remetente", "发件人", "差出人", "reporting-mta", "received:", "envelope-from", "smtp mail from", "administrator at", "mailto:", "http"}

// guess finds recipients without knowing the format. Each address of the notice
// is weighed: one the message was written to, in brackets, at the start of its
// line, or near words of failure weighs more.
func (l *letter) guess() []found {
	type weighed struct {
		found
		weight int
	}
	var all []weighed
	outer := firstAddress(l.root.get("to"))
	lines := strings.Split(l.text, "\n")
	for i, line := range lines {
		if !strings.Contains(line, "@") {
			continue
		}
		lower := strings.ToLower(line)
		behind := 0 // the address before
		for _, a := range addresses(line) {
			before := lower[min(behind, len(lower)):min(a.start, len(lower))]
			behind = a.end
			if isGeneric(a.address) || isMessageID(a.address) {
				continue
			}
			w := 0
			if contains(l.recipients, a.address) {
				w += 8
			}
			if l.isSender(a.address) {
				w -= 12
			}
			if strings.EqualFold(a.address, outer) && !contains(l.recipients, a.address) {
				w -= 6
			}
			for _, f := range foreign {
				if strings.Contains(before, f) {
					w -= 6
					break
				}
			}
			if sameDomain(a.address, outer) {
				w -= 2 // more likely one of ours
			}
			if a.bracketed {
				w += 2
			}
			if strings.HasSuffix(strings.TrimRight(before, " \t<\"'("), " to") {
				w += 2
			}
			if strings.Trim(before, " \t<\"'*-(>") == "" || strings.HasSuffix(strings.TrimRight(before, " \t<"), "to:") || strings.HasSuffix(before, "recipient: ") {
				w += 3
			}
			near := strings.ToLower(strings.Join(lines[max(0, i-2):min(len(lines), i+3)], " "))
			if table.has(near, groupFailure) || reasonOf(near) != "" {
				w += 3
			}
			if replyCode(near) >= 500 || enhanced(near) != "" {
				w += 2
			}
			if w > 2 {
				all = append(all, weighed{found{a.address, strings.Join(lines[max(0, i-1):min(len(lines), i+5)], " ")}, w})
			}
		}
		if len(all) > 60 {
			break
		}
	}
	best := 0
	for _, a := range all {
		best = max(best, a.weight)
	}
	var out []found
	for _, a := range all {
		if a.weight >= best-2 {
			out = append(out, a.found)
		}
	}
	return out
}

// isMessageID: what stands left of the @ was made by a machine.
func isMessageID(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	digits := 0
	for i := range len(local) {
		if isDigit(local[i]) {
			digits++
		}
	}
	return len(local) >= 20 && digits >= 10 || strings.Count(address, "@") > 1
}

func sameDomain(a, b string) bool {
	_, da, _ := strings.Cut(a, "@")
	_, db, _ := strings.Cut(b, "@")
	return da != "" && strings.EqualFold(da, db)
}

// named is the recipient of several whose name, without the domain, the notice
// tells.
func (l *letter) named() string {
	for _, address := range l.recipients {
		local, _, _ := strings.Cut(strings.ToLower(address), "@")
		if i := strings.Index(l.lower, local); i >= 0 && len(local) > 2 && (i == 0 || !isLocal(l.lower[i-1])) &&
			(i+len(local) == len(l.lower) || !isLocal(l.lower[i+len(local)]) || l.lower[i+len(local)] == '.') {
			return address
		}
	}
	return ""
}

// verp is the recipient that mailing lists write into the envelope sender:
// list-bounces+anna=example.net@lists.example.org.
func (l *letter) verp() string {
	for _, name := range []string{"to", "delivered-to", "x-original-to", "envelope-to"} {
		local, _, _ := strings.Cut(firstAddress(l.root.get(name)), "@")
		i := strings.LastIndexByte(local, '=')
		start := strings.LastIndexAny(local[:max(i, 0)], "+-")
		if i < 0 || start < 0 {
			continue
		}
		if a := firstAddress(local[start+1:i] + "@" + local[i+1:]); a != "" {
			return a
		}
	}
	return ""
}

// onlyRecipient is whom the message was written to, where that is one.
func (l *letter) onlyRecipient() string {
	for _, f := range l.original {
		if f.name != "received" {
			continue
		}
		// The last server that wrote down for whom it was knows better than To,
		// which may be a list.
		if _, rest, ok := strings.Cut(f.value, " for <"); ok {
			if a := firstAddress("<" + rest); a != "" && !l.isSender(a) && !isGeneric(a) {
				return a
			}
		}
	}
	one := ""
	for _, f := range l.original {
		if f.name != "to" && f.name != "cc" && f.name != "x-original-to" && f.name != "delivered-to" && f.name != "envelope-to" && f.name != "x-envelope-to" && f.name != "apparently-to" {
			continue
		}
		for _, a := range addresses(words(f.value)) {
			if one != "" && !strings.EqualFold(one, a.address) {
				return ""
			}
			one = a.address
		}
	}
	return one
}
