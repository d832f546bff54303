package importer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// abbreviation opens an entry of the page of abbreviations: a word with at
// least two capitals, then the English name, or a Chinese one.
var abbreviation = regexp.MustCompile(`^([A-Z][A-Za-z0-9/&-]{0,14})\s*(?:[-–—:=]\s*)?((?:[A-Z\p{Han}].*)?)$`)

// entryTerm is an abbreviation and the lines below it that go with it.
type entryTerm struct {
	line          *line
	short         string
	english, name text // name in Chinese
}

// terms reads the page of abbreviations. Columns were set beside each other, so
// that the Chinese name stands behind the English one, below it, or in both
// places; what is Chinese tells itself.
func (r *newsletterReader) terms(lines []*line) {
	var all []*entryTerm
	var at *entryTerm
	for _, l := range lines {
		rest := l.text
		if short, name, ok := opensTerm(l.text, at); ok {
			at = &entryTerm{line: l, short: short, english: text{j: r.j}, name: text{j: r.j}}
			all = append(all, at)
			rest = name
		}
		if at == nil {
			continue // a word of introduction; it becomes a finding
		}
		l.used = true
		english, chinese := splitHan(rest)
		at.english.add(english)
		at.name.b = append(at.name.b, strings.ReplaceAll(chinese, " ", "")...)
	}
	seen := map[string]bool{}
	for _, t := range all {
		term := subscriptions.Term{Abbreviation: t.short, English: tidyName(t.english.String(), t.short), Chinese: strings.Trim(string(t.name.b), ",;，；、")}
		if err := term.Validate(); err != nil {
			r.find(t.line.no, subscriptions.SeverityWarning, t.line.text, "Add it to the glossary by hand.", "An abbreviation without a name was left out.")
			continue
		}
		if seen[t.short] {
			r.find(t.line.no, subscriptions.SeverityWarning, t.line.text, "Look which of the names is right.", "The abbreviation %s stands in the list twice; the first was taken.", t.short)
			continue
		}
		seen[t.short] = true
		r.found.Terms = append(r.found.Terms, term)
	}
	if len(all) == 0 && len(lines) > 0 {
		r.find(lines[0].no, subscriptions.SeverityWarning, lines[0].text, "Add them to the glossary by hand.", "No abbreviations were found on their page.")
	}
}

// opensTerm decides whether the line begins an entry. Below a name that has no
// Chinese yet, an acronym may be a word of that name; it is one if it would
// break the order of the alphabet.
func opensTerm(s string, above *entryTerm) (short, name string, ok bool) {
	m := abbreviation.FindStringSubmatch(s)
	if m == nil || capitals(m[1]) < 2 || strings.HasSuffix(m[1], "-") {
		return "", "", false
	}
	if above != nil && len(above.name.b) == 0 && m[1][0] < above.short[0] {
		return "", "", false
	}
	return m[1], m[2], true
}

func capitals(s string) (n int) {
	for _, r := range s {
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n
}

// splitHan parts the English from the Chinese. A sign between or before Chinese
// words is theirs: 国家互联网信息办公室&中共中央…
func splitHan(s string) (english, chinese string) {
	at := strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if at < 0 {
		return s, ""
	}
	if before := strings.TrimRight(s[:at], " "); before == "&" || strings.HasSuffix(before, " &") {
		at = len(before) - 1
	}
	// Behind the Chinese, the English of the next line may follow.
	end := strings.LastIndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) || r == '）' || r == '》' || r == '&' })
	_, size := utf8.DecodeRuneInString(s[end:])
	tail := strings.TrimSpace(s[end+size:])
	return strings.TrimSpace(strings.TrimSpace(s[:at]) + " " + tail), s[at : end+size]
}

func tidyName(s, short string) string {
	s = strings.Trim(s, " ,;")
	s = strings.TrimSpace(strings.TrimSuffix(s, "("+short+")"))
	return strings.Trim(s, " ,;")
}
