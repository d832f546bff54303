package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// segment is a run of lines that belong together.
type segment struct {
	front   front    // of a part outside of the entries
	heading *heading // of an entry
	section string   // under which the entry stands
	topic   string
	known   bool // the section is one we know
	at      *line
	lines   []*line
}

// segments parts the newsletter.
func (s *source) segments() (parts []*segment, spare []*heading) {
	chosen, spare := s.findHeadings()
	first, last := s.firstOf(chosen), -1
	for at := range chosen {
		last = max(last, at)
	}
	loose := &segment{}
	current := loose
	parts = append(parts, loose)
	begin := func(p *segment, l *line) {
		p.at, current = l, p
		parts = append(parts, p)
	}
	in := segment{topic: fallback, known: true} // the section at hand
	for i, l := range s.lines {
		if h := chosen[i]; h != nil {
			l.used = true
			begin(&segment{heading: h, section: in.section, topic: in.topic, known: in.known}, l)
			continue
		}
		heads := chosen[i+1] != nil
		if topic, ok := topicOf(l.text); ok && (heads || i > first) {
			if _, ok := s.sectionAt(i); heads || ok && (i+1 == len(s.lines) || s.lines[i+1].gap >= s.big()) {
				in = segment{section: l.text, topic: topic, known: true}
				l.used = true
				begin(&segment{section: l.text}, l)
				continue
			}
		}
		if f := s.frontAt(i); f != "" && (i < first || i > last || f == frontTerms || f == frontContact) {
			l.used = true
			begin(&segment{front: f}, l)
			continue
		}
		if heads && s.unknownSection(i) {
			in = segment{section: l.text, topic: fallback}
			l.used = true
			begin(&segment{section: l.text}, l)
			continue
		}
		current.lines = append(current.lines, l)
	}
	return parts, spare
}

// width is how long the lines of the segment get before they are broken.
func (p *segment) width() int {
	w := 40
	for _, l := range p.lines {
		if !link.MatchString(l.text) {
			w = max(w, utf8.RuneCountInString(l.text))
		}
	}
	return w
}

// title takes the rest of a broken title from the lines of the entry. A title
// has no full stop to end it, so it goes on
//
//   - after a hyphen, within quotes or brackets, and after a word that cannot
//     end it;
//   - with a line that begins small, or one short line below a full one.
func (p *segment) takeTitle(s *source) []*line {
	first := *p.at
	first.text = p.heading.title
	title := []*line{&first}
	for len(p.lines) > 0 && len(title) < 5 {
		above, l := title[len(title)-1], p.lines[0]
		if !s.spaced && l.gap > 0 || s.spaced && l.gap > 1 || link.MatchString(l.text) {
			break
		}
		if marker, _, _ := bullet(l.text); marker != "" || isTableHead(l) || labelled(l.text) != nil {
			break
		}
		full := utf8.RuneCountInString(above.text) >= 55
		short := utf8.RuneCountInString(l.text) <= 40 && !endsSentence(l.text) && full &&
			(len(p.lines) == 1 || utf8.RuneCountInString(p.lines[1].text) > utf8.RuneCountInString(l.text))
		if !(strings.HasSuffix(above.text, "-") || open(title) || dangles(above.text) ||
			unicode.IsLower(firstRune(l.text)) && !endsSentence(above.text) || short) {
			break
		}
		l.used = true
		title = append(title, l)
		p.lines = p.lines[1:]
	}
	return title
}

// open reports whether a quotation or bracket of the title is not closed yet.
func open(title []*line) bool {
	quotes, curly, brackets := 0, 0, 0
	for _, l := range title {
		quotes += strings.Count(l.text, `"`)
		curly += strings.Count(l.text, "“") - strings.Count(l.text, "”")
		brackets += strings.Count(l.text, "(") - strings.Count(l.text, ")")
	}
	return quotes%2 == 1 && curly == 0 || curly > 0 && quotes == 0 || brackets > 0
}

// dangles is true of a line whose last word wants another.
func dangles(s string) bool {
	words := strings.Fields(s)
	if len(words) == 0 {
		return false
	}
	switch w := words[len(words)-1]; w {
	case "a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "under", "with", "&", "–", "/":
		return true
	default:
		return strings.HasSuffix(w, "/")
	}
}
