package bounce

import "strings"

// format is one way in which servers tell of a failure without a machine part,
// or with one that says less than the words. All strings are in lower case.
type format struct {
	name string
	// mark: any of these, in the header ("from: mail delivery sub…") or in the notice.
	mark []string
	// also: each of these beside it.
	also []string
	take []take // the first that finds an address is it
	kind Kind   // KindBounce when empty; the words of a delay still make it one
	// reason, where the words tell none.
	reason Reason
}

// take is one way to find the recipients of a format.
type take struct {
	how how
	at  string // a phrase of the notice; "" is its beginning
	to  string // where the list ends
}

type how int

const (
	listed  how = iota // paragraphs after at that begin with an address: the rest is what the server said
	same               // behind at, on its line or the next
	before             // before at, on its line
	next               // anywhere in the six lines after at
	prev               // the last in the three lines before at
	header             // in the header field named at
	chained            // listed, but each item is indented or has a mark before it
)

// found is an address and what was said of it.
type found struct{ address, text string }

// maxTries is how many places of a phrase are looked at.
const maxTries = 50

// run takes the recipients out of a letter.
func (t take) run(l *letter) []found {
	if t.how == header {
		var out []found
		for i := range l.root.fields {
			if f := &l.root.fields[i]; f.name == t.at {
				for _, a := range addresses(f.value) {
					out = append(out, found{a.address, ""})
				}
			}
		}
		return out
	}
	var out []found
	for from, tries := 0, 0; from < len(l.lower) && tries < maxTries; tries++ {
		i := strings.Index(l.lower[from:], t.at)
		if i < 0 {
			break
		}
		at := from + i
		more := t.one(l, at)
		out = append(out, more...)
		if from = at + len(t.at); t.at == "" || t.how == listed && len(more) > 0 || len(out) > 50 {
			break
		}
	}
	return out
}

func (t take) one(l *letter, at int) []found {
	end := at + len(t.at)
	switch t.how {
	case listed, chained:
		return list(l, end, t.to, t.how == chained)
	case before:
		start := strings.LastIndexByte(l.text[:at], '\n') + 1
		if a := addresses(l.text[start:at]); len(a) > 0 {
			return []found{{a[len(a)-1].address, l.paragraph(at)}}
		}
	case prev:
		start := at
		for range 4 {
			start = max(strings.LastIndexByte(l.text[:max(start, 0)], '\n'), 0)
		}
		if a := l.notOurs(addresses(l.text[start:at])); len(a) > 0 {
			return []found{{a[len(a)-1].address, l.paragraph(at)}}
		}
	case same, next:
		lines := 2
		if t.how == next {
			lines = 7
		}
		stop := end
		for range lines {
			i := strings.IndexByte(l.text[min(stop+1, len(l.text)):], '\n')
			if i < 0 {
				stop = len(l.text)
				break
			}
			stop += 1 + i
		}
		if a := l.notOurs(addresses(l.text[end:stop])); len(a) > 0 {
			return []found{{a[0].address, l.paragraph(end) + " " + l.text[end+a[0].end:min(end+a[0].end+300, len(l.text))]}}
		}
	}
	return nil
}

// list reads items that begin with an address.
func list(l *letter, from int, to string, marked bool) []found {
	text := l.text[from:]
	if to != "" {
		if i := strings.Index(l.lower[from:], to); i >= 0 {
			text = text[:i]
		}
	}
	var out []found
	quiet := 0 // lines without an address since the last
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		body := strings.TrimLeft(line, " \t")
		if marked {
			body = strings.TrimLeft(body, "*-+•·?0123456789.)|>\"' \t")
		}
		lead := 0
		for _, prefix := range []string{"smtp:", "smtp;", "rfc822;", "to:", "user:", "mailto:"} {
			if len(body) > len(prefix) && strings.EqualFold(body[:len(prefix)], prefix) {
				lead = len(prefix)
			}
		}
		a := addresses(body)
		if len(a) > 0 && a[0].start <= lead+3 && onlyMarks(body[:a[0].start], lead) {
			if !isGeneric(a[0].address) && !l.isSender(a[0].address) {
				out = append(out, found{a[0].address, strings.TrimLeft(body[a[0].end:], ":;,> \t")})
			}
			if quiet = 0; len(out) > 50 {
				break
			}
			continue
		}
		if len(out) == 0 {
			continue
		}
		if quiet++; quiet > 30 {
			break
		}
		if last := &out[len(out)-1]; len(last.text) < maxDiagnostic {
			last.text += " " + body
		}
	}
	return out
}

// onlyMarks: nothing but brackets and quotes stands before the address.
func onlyMarks(s string, lead int) bool {
	return strings.Trim(s[min(lead, len(s)):], " \t<\"'(*") == ""
}

// paragraph is the text around a place, to the next empty lines.
func (l *letter) paragraph(at int) string {
	start := strings.LastIndex(l.text[:at], "\n\n")
	if start < 0 {
		start = 0
	}
	end := strings.Index(l.text[at:], "\n\n")
	if end < 0 {
		end = len(l.text) - at
	}
	return l.text[max(start, at-400):min(at+end, at+400)]
}

// notOurs leaves out addresses that cannot be a recipient's.
func (l *letter) notOurs(all []addressAt) []addressAt {
	out := all[:0:0]
	for _, a := range all {
		if !isGeneric(a.address) && !l.isSender(a.address) {
			out = append(out, a)
		}
	}
	return out
}
