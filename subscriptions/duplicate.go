package subscriptions

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Two items may tell the same news when they share a link or name the same
// standard. Both are compared in a normal form, which is for comparing alone:
// what an editor wrote is shown as it was written.

// NormalLink gives the form in which links are compared: no scheme, no "www.",
// no usual port, no fragment, no slash at the end, no mark of a campaign, the
// parameters in order. It gives "" for what is not a web link.
//
// "http://www.Example.org:80/a/?utm_source=x&b=1#top" → "example.org/a?b=1"
func NormalLink(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	host = strings.TrimPrefix(host, "www.")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host = net.JoinHostPort(host, port)
	}
	var b strings.Builder
	b.WriteString(host)
	b.WriteString(strings.TrimRight(u.EscapedPath(), "/"))
	separator := byte('?')
	for _, p := range normalQuery(u.RawQuery) {
		b.WriteByte(separator)
		b.WriteString(p)
		separator = '&'
	}
	return b.String()
}

// normalQuery gives the parameters that choose the page, in order. They stay as
// they are written: url.Values would drop what it cannot decode, and two pages
// would look the same.
func normalQuery(raw string) []string {
	var kept []string
	for p := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(p, "=")
		if p != "" && !campaign(strings.ToLower(name)) {
			kept = append(kept, p)
		}
	}
	slices.Sort(kept)
	return kept
}

// campaign reports whether a parameter says how a reader came, not what the
// page is.
func campaign(name string) bool {
	if strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "mtm_") || strings.HasPrefix(name, "pk_") {
		return true
	}
	switch name {
	case "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "spm":
		return true
	}
	return false
}

// NormalIdentifier gives the form in which identifiers of standards are
// compared: capitals, no spaces and strokes, one kind of hyphen, also before the
// year. The year stays, since another edition of a standard is other news. It
// gives "" for what has no letter or no number, and so names no standard.
//
// "GB/T 35273—2017", "gbt 35273-2017" and "ＧＢ／Ｔ３５２７３－２０１７" → "GBT35273-2017";
// "ISO/IEC 30141:2018" → "ISOIEC30141-2018"
func NormalIdentifier(s string) string {
	var b strings.Builder
	letter, digit := false, false
	for _, r := range s {
		if r >= '！' && r <= '～' { // full-width forms lie 0xFEE0 above ASCII
			r -= 0xFEE0
		}
		r = unicode.ToUpper(r)
		switch {
		case unicode.IsLetter(r):
			letter = true
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			digit = true
			b.WriteRune(r)
		case r == ':' || r == '−' || unicode.Is(unicode.Dash, r):
			b.WriteByte('-')
		case r == '.':
			b.WriteByte('.')
		}
	}
	if !letter || !digit {
		return ""
	}
	parts := strings.FieldsFunc(b.String(), func(r rune) bool { return r == '-' })
	return strings.Trim(strings.Join(parts, "-"), ".")
}
