package importer

import (
	"regexp"
	"slices"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// furniture is what a page holds besides the text: the header with the name of
// the newsletter and its period, page numbers, lines that come back on every
// page, and the links of the page, which pdftotext repeats at its end. Removing
// it leaves the turn of the page as a mark on the line that follows.
type furniture struct {
	s      *source
	set    map[*line]bool
	period subscriptions.Period
	title  string // of the period
	at     int    // the line that names it
	j      *joiner
	gone   []*line // what was set aside as headers and footers, each text once
	// guessed are links put together without a whole one to compare them with.
	guessed []*line
}

var (
	newsletterName = regexp.MustCompile(`(?i)^\S.{0,90}\b(?:newsletter|bulletin|digest)$`)
	mentions       = regexp.MustCompile(`(?i)newsletter|bulletin|digest`)
	projectName    = regexp.MustCompile(`(?i)^Seconded European Standardi[sz]ation Expert in China(?: Project)?(?: \(SESEC\))?$`)
	pageNumber     = regexp.MustCompile(`(?i)^(?:page\s*)?[-–—|]?\s*\d{1,4}\s*(?:(?:/|of)\s*\d{1,4})?\s*[-–—|]?$`)
	pageInWords    = regexp.MustCompile(`(?i)^(?:page\s+\d{1,4}(?:\s+of\s+\d{1,4})?|[-–—]\s*\d{1,4}\s*[-–—]|\d{1,4}\s*/\s*\d{1,4})$`)
	digits         = regexp.MustCompile(`\d+`)
)

// clear sets the furniture aside.
func (s *source) clear() *furniture {
	f := &furniture{s: s, set: map[*line]bool{}}
	f.headers()
	f.edges()
	known := map[string]bool{}
	for _, l := range s.lines {
		if k := digits.ReplaceAllString(l.text, "#"); f.set[l] && !known[k] {
			known[k] = true
			f.gone = append(f.gone, l)
		}
	}
	f.j = newJoiner(slices.DeleteFunc(slices.Clone(s.lines), func(l *line) bool { return f.set[l] }))
	f.links()
	kept := s.lines[:0]
	turn := false
	for _, l := range s.lines {
		turn = turn || l.turn
		if f.set[l] {
			l.used = true
			continue
		}
		l.turn, turn = turn, false
		kept = append(kept, l)
	}
	s.lines = kept
	s.attach()
	return f
}

// headers finds the line of the period, and what stands around it: the name of
// the newsletter above, the page number and the name of the project below.
func (f *furniture) headers() {
	lines := f.s.lines
	text := func(i int) string {
		if i < 0 || i >= len(lines) {
			return ""
		}
		return lines[i].text
	}
	for i, l := range lines {
		if len(l.text) > 160 || !digits.MatchString(l.text) {
			continue
		}
		p, title, ok := periodOf(l.text)
		if !ok && mentions.MatchString(l.text) {
			// "China Newsletter, April 2019", on one line.
			if before, after, cut := cutPeriod(l.text); cut && newsletterName.MatchString(before) {
				p, title, ok = periodOf(after)
			}
		}
		named := newsletterName.MatchString(text(i - 1))
		if !ok || !named && !l.turn && i > 12 && !pageNumber.MatchString(text(i+1)) && !pageNumber.MatchString(text(i-1)) {
			continue
		}
		if f.title == "" {
			f.period, f.title, f.at = p, title, l.no
		}
		f.set[l] = true
		first := i
		if named {
			first--
			f.set[lines[first]] = true
		}
		if pageNumber.MatchString(text(first-1)) && (lines[first].turn || lines[first-1].turn) {
			first--
			f.set[lines[first]] = true
		}
		next := i + 1
		for next < len(lines) && next <= i+2 && (pageNumber.MatchString(text(next)) || projectName.MatchString(text(next))) {
			f.set[lines[next]] = true
			next++
		}
		if next < len(lines) && i > 0 {
			lines[first].turn = true
		}
	}
}

// cutPeriod parts a line where the period begins.
func cutPeriod(s string) (before, after string, ok bool) {
	for at := range s {
		if at == 0 || at < len(s)-40 || s[at-1] != ' ' {
			continue
		}
		if _, _, ok := periodOf(s[at:]); ok {
			return strings.TrimRight(s[:at], " ,;|–-"), s[at:], true
		}
	}
	return s, "", false
}

// edges finds lines that come back at the top or foot of pages.
func (f *furniture) edges() {
	pages := f.pages()
	const near = 3
	seen := map[string]int{}
	edge := func(p []*line, each func(*line)) {
		for i, l := range p {
			if i < near || i >= len(p)-near {
				each(l)
			}
		}
	}
	for _, p := range pages {
		on := map[string]bool{}
		edge(p, func(l *line) {
			if k := digits.ReplaceAllString(l.text, "#"); !on[k] {
				on[k] = true
				seen[k]++
			}
		})
	}
	for _, p := range pages {
		edge(p, func(l *line) {
			k := digits.ReplaceAllString(l.text, "#")
			often := seen[k] >= 3 && seen[k]*2 >= len(pages) && !link.MatchString(l.text) && !strings.HasPrefix(k, "#.") && !strings.HasPrefix(k, "#)")
			if often || pageInWords.MatchString(l.text) {
				f.set[l] = true
			}
		})
	}
	// A bare number is a page number where other furniture touches it on that
	// edge, or where it was found above to come back.
	for _, p := range pages {
		for i, l := range p {
			atEdge := i == 0 || i == len(p)-1 || i > 0 && f.set[p[i-1]] && i <= near || i+1 < len(p) && f.set[p[i+1]] && i >= len(p)-near
			touched := i > 0 && f.set[p[i-1]] || i+1 < len(p) && f.set[p[i+1]]
			if atEdge && touched && pageNumber.MatchString(l.text) {
				f.set[l] = true
			}
		}
	}
}

// pages parts the lines at the turns.
func (f *furniture) pages() [][]*line {
	var pages [][]*line
	from := 0
	for i, l := range f.s.lines {
		if l.turn && i > from {
			pages = append(pages, f.s.lines[from:i])
			from = i
		}
	}
	return append(pages, f.s.lines[from:])
}

// attach puts a number that stands alone on its line before the line it counts.
func (s *source) attach() {
	kept := s.lines[:0]
	var number *line
	for _, l := range s.lines {
		if number != nil && l.gap <= 1 && !l.turn {
			l.text = number.text + " " + l.text
			l.gap, l.turn = number.gap, number.turn
			number.used = true
		} else if number != nil {
			kept = append(kept, number)
		}
		number = nil
		if loneNumber.MatchString(l.text) {
			number = l
			continue
		}
		kept = append(kept, l)
	}
	if number != nil {
		kept = append(kept, number)
	}
	s.lines = kept
}

var loneNumber = regexp.MustCompile(`^\d{1,3}[.)]$`)
