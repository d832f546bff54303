package importer

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// section is a heading under which a newsletter puts its entries.
type section struct{ name, topic string }

// sections are the headings we know, in small letters, and their topics.
// Others are filed under horizontal, with a warning.
var sections = []section{
	{"horizontal issues", "horizontal"}, {"horizontal", "horizontal"}, {"general issues", "horizontal"}, {"general", "horizontal"},
	{"policy and regulation", "horizontal"}, {"upcoming events", "horizontal"}, {"events", "horizontal"}, {"webinars", "horizontal"},
	{"iot", "iot"}, {"internet of things", "iot"}, {"internet of things iot", "iot"},
	{"blockchain", "blockchain"}, {"block chain", "blockchain"}, {"blockchain and distributed ledger technologies", "blockchain"},
	{"communication network and service", "communication-networks"}, {"communication networks and services", "communication-networks"},
	{"communication networks", "communication-networks"}, {"telecommunication", "communication-networks"},
	{"telecommunications", "communication-networks"}, {"5g", "communication-networks"},
	{"industrial internet", "industrial-internet"},
	{"cybersecurity and digital identity", "cybersecurity"}, {"cyber security and digital identity", "cybersecurity"},
	{"cybersecurity", "cybersecurity"}, {"cyber security", "cybersecurity"}, {"information security", "cybersecurity"},
}

// fallback is where an entry goes whose section says nothing to us.
const fallback = "horizontal"

var sectionMark = regexp.MustCompile(`^(?:[A-Z]|[IVX]+)[.)]\s+`)

// topicOf gives the topic of a section's name.
func topicOf(name string) (string, bool) {
	if len(name) > 80 {
		return "", false
	}
	name = sectionMark.ReplaceAllString(name, "")
	name = strings.ReplaceAll(strings.ToLower(name), "&", " and ")
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
	for _, s := range sections {
		if s.name == name {
			return s.topic, true
		}
	}
	return "", false
}

// heading begins an entry: "7. Guidelines for …".
type heading struct {
	at    int // its line
	n     int
	style string // the sign behind the number
	title string // what follows on the line; the title may go on below
	score int
	total int // of the chain up to it
	prev  *heading
}

var (
	numbered = regexp.MustCompile(`^(\d{1,3})\s?([.)、])\s*(\D.*)$`)
	// contentsLine ends in dots and a page, as in a list of contents.
	contentsLine = regexp.MustCompile(`(?:\.\s?){3,}\s*\d{1,3}$|…\s*\d{1,3}$|\s\d{1,3}$`)
	leaders      = regexp.MustCompile(`(?:(?:\.\s?){3,}|…+)\s*\d{1,3}$`)
)

// findHeadings picks the lines that number the entries. Numbered lists in the
// entries and a list of contents look alike, so every line with a number is
// weighed, and the heaviest run of numbers that rise by one wins; of equals the
// later. The second answer are lines that look like headings and are in no run.
func (s *source) findHeadings() (chosen map[int]*heading, spare []*heading) {
	type key struct {
		style string
		n     int
	}
	best := map[key]*heading{}
	var all []*heading
	var end *heading
	for i, l := range s.lines {
		m := numbered.FindStringSubmatch(l.text)
		if m == nil || leaders.MatchString(l.text) {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		h := &heading{at: i, n: n, style: m[2], title: m[3]}
		h.score = s.weigh(h)
		h.total = h.score
		all = append(all, h)
		if prev := best[key{h.style, n - 1}]; prev != nil {
			h.prev, h.total = prev, prev.total+h.score
		} else if prev := best[key{h.style, n - 2}]; prev != nil { // a number is missing
			h.prev, h.total = prev, prev.total+h.score-1
		}
		if old := best[key{h.style, n}]; old == nil || h.total >= old.total {
			best[key{h.style, n}] = h
		}
		if end == nil || h.total >= end.total {
			end = h
		}
	}
	chosen = map[int]*heading{}
	for h := end; h != nil; h = h.prev {
		chosen[h.at] = h
	}
	// Once the headings are known, one of them alone on a weak line is a list.
	if len(chosen) == 1 && end.score < strongHeading-1 {
		clear(chosen)
	}
	first := s.firstOf(chosen)
	for _, h := range all {
		if chosen[h.at] == nil && h.score >= strongHeading && h.at > first && h.style == end.style {
			spare = append(spare, h)
		}
	}
	return chosen, spare
}

// strongHeading is the most weigh can give.
const strongHeading = 5

// weigh counts what speaks for a heading.
func (s *source) weigh(h *heading) int {
	l, score := s.lines[h.at], 1
	if _, known := s.sectionAt(h.at - 1); known || l.gap >= s.big() || l.turn {
		score += 2
	}
	if !endsSentence(l.text) && !strings.HasSuffix(l.text, ",") {
		score++
	}
	if h.at+1 < len(s.lines) {
		next := s.lines[h.at+1]
		_, section := topicOf(next.text)
		if !numbered.MatchString(next.text) && !section {
			score++
		}
	}
	return score
}

func (s *source) firstOf(chosen map[int]*heading) int {
	first := len(s.lines)
	for at := range chosen {
		first = min(first, at)
	}
	return first
}

// sectionAt gives the topic if the line is the name of a section.
func (s *source) sectionAt(i int) (topic string, known bool) {
	if i < 0 || i >= len(s.lines) {
		return "", false
	}
	if l := s.lines[i]; i == 0 || l.turn || l.gap >= s.big() {
		return topicOf(l.text)
	}
	return "", false
}

// unknownSection is true of a short line that stands by itself right above a
// heading and is no sentence.
func (s *source) unknownSection(i int) bool {
	l := s.lines[i]
	r := firstRune(l.text)
	switch {
	case i > 0 && !l.turn && l.gap < s.big(),
		utf8.RuneCountInString(l.text) > 60, !unicode.IsUpper(r) && !unicode.Is(unicode.Han, r),
		endsSentence(l.text), strings.HasSuffix(l.text, ","), strings.HasSuffix(l.text, "-"),
		link.MatchString(l.text), numbered.MatchString(l.text), strings.Contains(l.text, ": "):
		return false
	}
	marker, _, _ := bullet(l.text)
	return marker == ""
}

// front is what a heading outside of the entries announces.
type front string

const (
	frontAbout    front = "about"
	frontIntro    front = "intro"
	frontTerms    front = "abbreviations"
	frontContents front = "contents"
	frontContact  front = "contact"
)

// frontHeadings match whole lines, in small letters.
var frontHeadings = []struct {
	front front
	line  *regexp.Regexp
}{
	{frontTerms, regexp.MustCompile(`^(?:list of )?(?:abbreviations|acronyms|glossary)(?: and (?:abbreviations|acronyms))?$`)},
	{frontContents, regexp.MustCompile(`^(?:table of )?contents?$`)},
	{frontIntro, regexp.MustCompile(`^(?:in this (?:newsletter|issue|edition)|editorial|foreword|preface)$`)},
	{frontAbout, regexp.MustCompile(`^(?:introduction(?: (?:of|to) .{1,40})?|about .{1,40})$`)},
	{frontAbout, newsletterName},
	{frontContact, regexp.MustCompile(`^contacts?(?: (?:details?|us|information|persons?|points?))?(?: (?:for|of) .{1,40})?$`)},
}

// frontAt gives what the line announces, "" for none.
func (s *source) frontAt(i int) front {
	l := s.lines[i]
	if len(l.text) > 80 || i > 0 && !l.turn && l.gap < s.big() {
		return ""
	}
	for _, f := range frontHeadings {
		if f.line.MatchString(strings.TrimRight(strings.ToLower(l.text), ":")) {
			return f.front
		}
	}
	return ""
}
