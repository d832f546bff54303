package bounce

import (
	"strings"
	"unicode/utf8"
)

// addressAt is an address and where it stands.
type addressAt struct {
	address    string
	start, end int  // of the whole, with its brackets
	bracketed  bool // in angle brackets
}

// addresses finds those of a line, in order.
func addresses(line string) []addressAt {
	var found []addressAt
	from := 0
	for {
		i := strings.IndexByte(line[from:], '@')
		if i < 0 {
			return found
		}
		at := from + i
		a, ok := around(line, at, from)
		if ok {
			found = append(found, a)
		}
		if from = at + 1; ok && a.end > from {
			from = a.end
		}
	}
}

// around grows an address from its @.
func around(line string, at, floor int) (addressAt, bool) {
	start := at
	switch {
	case start > floor && line[start-1] == '"': // "a b"@example.org
		if q := strings.LastIndexByte(line[floor:start-1], '"'); q >= 0 {
			start = floor + q
		}
	default:
		for start > floor && isLocal(line[start-1]) {
			start--
		}
	}
	// Beyond ASCII only between brackets: elsewhere it is the text around it.
	if start > floor && line[start-1] >= utf8.RuneSelf {
		s := start
		for s > floor && (isLocal(line[s-1]) || line[s-1] >= utf8.RuneSelf) {
			s--
		}
		if s > floor && line[s-1] == '<' {
			start = s
		}
	}
	bracketed := start > 0 && line[start-1] == '<'
	end := at + 1
	if end < len(line) && line[end] == '[' {
		if i := strings.IndexByte(line[end:], ']'); i > 0 && i < 60 {
			end += i + 1
		}
	} else {
		for end < len(line) && (isDomain(line[end]) || bracketed && line[end] >= utf8.RuneSelf) {
			end++
		}
	}
	local, domain := line[start:at], strings.TrimRight(line[at+1:end], ".-_")
	local = strings.TrimLeft(local, "'`*.=|/{")
	if i := strings.IndexByte(local, '='); i > 0 && labels[strings.ToLower(local[:i])] {
		local = local[i+1:]
	}
	local = strings.TrimLeft(local, "'`")
	if local == "" || domain == "" || len(local) > 200 || len(domain) > 255 || !strings.ContainsAny(domain, ".[") {
		return addressAt{}, false
	}
	if i := strings.LastIndexByte(domain, '.'); i >= 0 && domain[0] != '[' && len(domain)-i < 3 {
		return addressAt{}, false // no top level has one letter
	}
	a := addressAt{address: local + "@" + domain, start: start, end: end, bracketed: bracketed}
	if bracketed {
		a.start--
		if a.end < len(line) && line[a.end] == '>' {
			a.end++
		}
	}
	return a, true
}

// labels stand before an address and an equals sign, as in to=<x@example.org>.
var labels = map[string]bool{"to": true, "rcpt": true, "recipient": true, "address": true, "email": true, "mail": true, "user": true, "for": true,
	"orcpt": true, "smtp": true, "dn": true, "rfc822": true, "forward-path": true}

func isLocal(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}

func isDomain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}

// firstAddress is the first of a header value or a field, "" without one.
func firstAddress(s string) string {
	if found := addresses(s); len(found) > 0 {
		return found[0].address
	}
	return ""
}

// typed reads an address of a machine part: "rfc822; <a@example.org>", with any
// type or none, xtext (RFC 3461) and \x{…} (RFC 6533) decoded.
func typed(s string) string {
	kind, rest, ok := strings.Cut(s, ";")
	if !ok {
		kind, rest = "", s
	}
	rest = strings.TrimSpace(rest)
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") || strings.Contains(rest, `\x{`) {
		rest = unicodeEscapes(rest)
	}
	if !strings.Contains(rest, "@") || strings.Contains(rest, "+3D") || strings.Contains(rest, "+2B") {
		rest = xtext(rest)
	}
	if strings.ContainsFunc(rest, func(r rune) bool { return r >= utf8.RuneSelf }) && !strings.Contains(rest, "<") {
		rest = "<" + rest + ">" // beyond ASCII an address is one between brackets
	}
	if a := firstAddress(rest); a != "" {
		return a
	}
	if rest = strings.Trim(rest, "<> "); strings.Count(rest, "@") == 1 && !strings.ContainsAny(rest, " /") {
		return rest // beyond ASCII, or a domain without a dot
	}
	return ""
}

// xtext decodes +XX, as RFC 3461 writes addresses in commands.
func xtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) && upperHex(s[i+1]) && upperHex(s[i+2]) {
			b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func upperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

// unicodeEscapes decodes \x{HEX}, RFC 6533's way through seven bits.
func unicodeEscapes(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, `\x{`)
		if i < 0 {
			return b.String() + s
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 || end > 9 {
			return b.String() + s
		}
		var r rune
		for _, c := range []byte(s[i+3 : i+end]) {
			n := unhex(c)
			if n < 0 {
				return b.String() + s
			}
			r = r<<4 | rune(n)
		}
		b.WriteString(s[:i])
		b.WriteRune(r)
		s = s[i+end+1:]
	}
}
