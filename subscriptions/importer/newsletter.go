package importer

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sesec.eu/tidings/subscriptions"
)

// maxFindings bounds the report on a text that is no newsletter at all.
const maxFindings = 500

// Newsletter reads the plain text of a past newsletter, as pdftotext gives it.
// What comes out are drafts for an editor to check. The error is for a file
// that is no such text; whatever had to be guessed or could not be placed is a
// finding with its line.
func Newsletter(name string, r io.Reader) (subscriptions.Import, error) {
	s, err := readLines(name, r)
	if err != nil {
		return subscriptions.Import{}, err
	}
	n := &newsletterReader{s: s, all: slices.Clone(s.lines), warned: map[string]bool{}, slugs: map[string]int{}}
	f := s.clear()
	n.j, n.period, n.title, n.at = f.j, f.period, f.title, f.at
	for _, l := range f.gone[:min(len(f.gone), 50)] {
		n.find(l.no, subscriptions.SeverityNote, l.text, "", "The line belongs to the page, not to the text, and was set aside.")
	}
	for _, l := range f.guessed {
		n.find(l.no, subscriptions.SeverityWarning, l.text, "Open it and see.", "The link was broken over two lines and put together by guess.")
	}
	parts, spare := s.segments()
	n.findPeriod(parts)
	for _, p := range parts {
		if p.front == frontTerms {
			n.terms(p.lines)
		}
	}
	for _, p := range parts {
		if p.heading != nil {
			n.item(p)
		}
	}
	n.edition(parts)
	n.contents(parts)
	n.sequence(parts, spare)
	n.sweep()
	slices.SortStableFunc(n.found.Findings, func(a, b subscriptions.Finding) int { return a.Place.Line - b.Place.Line })
	return n.found, nil
}

// newsletterReader is a newsletter being read.
type newsletterReader struct {
	s      *source
	all    []*line // also those that were set aside
	j      *joiner
	period subscriptions.Period
	title  string // of the period
	at     int    // the line that names it
	found  subscriptions.Import
	warned map[string]bool // sections that were reported
	slugs  map[string]int  // slugs that are taken, and how often they were wanted
	unsaid int             // findings beyond maxFindings
}

func (r *newsletterReader) find(line int, severity subscriptions.Severity, text, hint, format string, args ...any) {
	if len(r.found.Findings) >= maxFindings && severity != subscriptions.SeverityError {
		r.unsaid++
		return
	}
	r.found.Findings = append(r.found.Findings, subscriptions.Finding{Place: subscriptions.Place{File: r.s.name, Line: line}, Severity: severity,
		Message: fmt.Sprintf(format, args...), Text: shorten(text), Hint: hint})
}

// findPeriod takes the period from the days the entries name, when no page
// header does: first the year that is written most often, then the months of
// the first day of each entry. Later days in an entry are deadlines and plans.
func (r *newsletterReader) findPeriod(parts []*segment) {
	if r.title != "" {
		return
	}
	var texts []string
	years := map[int]int{}
	for _, p := range parts {
		if p.heading == nil || isEvent(p.lines) {
			continue
		}
		text := r.j.join(p.lines[:min(len(p.lines), 40)])
		texts = append(texts, text)
		for _, d := range daysIn(text, subscriptions.Period{}) {
			years[d.day.Year]++
		}
	}
	year := 0
	for y, n := range years {
		if n > years[year] || n == years[year] && y < year {
			year = y
		}
	}
	var days []subscriptions.Date
	wide := subscriptions.Period{From: subscriptions.Date{Year: year, Month: 1, Day: 1}, To: subscriptions.Date{Year: year, Month: 12, Day: 31}}
	for _, text := range texts {
		for _, d := range daysIn(text, wide) {
			if !d.deadline && d.day.Year == year {
				days = append(days, d.day)
				break
			}
		}
	}
	if year == 0 || len(days) == 0 {
		r.find(1, subscriptions.SeverityWarning, "", "Create the edition by hand, and date the items.", "The newsletter names no period, and no day with a year to take it from.")
		return
	}
	from := slices.MinFunc(days, subscriptions.Date.Compare)
	to := slices.MaxFunc(days, subscriptions.Date.Compare)
	r.period, r.title, _ = periodOf(fmt.Sprintf("%s to %s %d", from.Month, to.Month, year))
	if from.Month == to.Month {
		r.period, r.title, _ = periodOf(fmt.Sprintf("%s %d", from.Month, year))
	}
	r.find(1, subscriptions.SeverityWarning, "", "Look whether this is the period of the newsletter.", "No page header names a period; %s was taken from the days in the entries.", r.title)
}

// edition gathers what stands around the entries.
func (r *newsletterReader) edition(parts []*segment) {
	if r.title == "" {
		return // the lines stay unused and are reported
	}
	e := subscriptions.DraftEdition{Slug: editionSlug(r.period, r.title), Title: r.title, Period: r.period,
		Place: subscriptions.Place{File: r.s.name, Line: max(r.at, 1)}}
	var about, intro, contact []string
	for _, p := range parts {
		switch p.front {
		case frontAbout:
			about = append(about, "#### "+inline(p.at.text), markdown(r.s.parseBlocks(r.j, p.lines, p.width(), false)))
		case frontIntro:
			intro = append(intro, markdown(r.s.parseBlocks(r.j, p.lines, p.width(), false)))
		case frontContact:
			for _, l := range p.lines {
				l.used = true
				contact = append(contact, contactLabel.ReplaceAllString(l.text, "$1: $2"))
			}
		}
	}
	empty := func(s string) bool { return s == "" }
	e.About = strings.Join(slices.DeleteFunc(about, empty), "\n\n")
	e.Intro = strings.Join(slices.DeleteFunc(intro, empty), "\n\n")
	e.Contact = strings.Join(contact, "\n")
	r.found.Edition = &e
}

// contactLabel is a label without a space behind it: "Mobile:+86".
var contactLabel = regexp.MustCompile(`^([\p{L}.-]{2,20}) ?: ?([^/\s])`)

// contents sets aside the list of contents: lines that say again what a heading
// says.
func (r *newsletterReader) contents(parts []*segment) {
	var headings strings.Builder
	for _, it := range r.found.Items {
		headings.WriteString(fmt.Sprint(it.Item.Number, squash(it.Item.Title), "\n"))
	}
	for _, p := range parts {
		headings.WriteString(squash(p.section) + "\n")
		if p.front != "" {
			headings.WriteString(squash(p.at.text) + "\n")
		}
	}
	known := headings.String()
	for _, p := range parts {
		if p.front != frontContents {
			continue
		}
		for _, l := range p.lines[:min(len(p.lines), 1000)] { // a longer list is none
			text := squash(leaders.ReplaceAllString(l.text, ""))
			short := squash(contentsLine.ReplaceAllString(l.text, ""))
			l.used = text == "" || strings.Contains(known, text) || len(short) > 3 && strings.Contains(known, short) || pageNumber.MatchString(l.text)
		}
	}
}

// squash keeps small letters and digits, to compare what was typed differently.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// sequence reports numbers that are missing or out of order.
func (r *newsletterReader) sequence(parts []*segment, spare []*heading) {
	before := 0
	for _, p := range parts {
		if p.heading == nil {
			continue
		}
		if before > 0 && p.heading.n != before+1 {
			r.find(p.at.no, subscriptions.SeverityWarning, p.at.text, "Look whether the entry above holds two.", "No entry %d was found between %d and %d.", before+1, before, p.heading.n)
		}
		before = p.heading.n
	}
	if before == 0 {
		r.find(1, subscriptions.SeverityError, "", "The entries of a newsletter are numbered, as in: 1. Title of the entry.", "No numbered entries were found.")
	}
	for _, h := range spare {
		l := r.s.lines[h.at]
		r.find(l.no, subscriptions.SeverityWarning, l.text, "Look whether an entry begins here; it was left in the one above.",
			"The line looks like the heading of an entry, but its number is out of order.")
	}
}

// sweep reports the lines that found no place.
func (r *newsletterReader) sweep() {
	for _, l := range r.all {
		switch {
		case !l.used:
			r.find(l.no, subscriptions.SeverityWarning, l.text, "Copy it to where it belongs, if it does.", "The line belongs to no entry and was left out.")
		case misread.MatchString(l.raw):
			r.find(l.no, subscriptions.SeverityNote, l.text, "", "“loT”, with a small L, was read as “IoT”.")
		}
	}
	if r.unsaid > 0 {
		r.found.Findings = append(r.found.Findings, subscriptions.Finding{
			Place: subscriptions.Place{File: r.s.name, Line: r.all[len(r.all)-1].no}, Severity: subscriptions.SeverityWarning,
			Message: fmt.Sprintf("There are %d further findings, which are not listed.", r.unsaid), Hint: "Look whether this is the text of one newsletter."})
	}
}

// unique makes a slug that no item of the import has.
func (r *newsletterReader) unique(slug string, number int) string {
	if slug == "" {
		slug = fmt.Sprintf("item-%d", number)
	}
	if _, taken := r.slugs[slug]; !taken {
		r.slugs[slug] = 1
		return slug
	}
	for {
		r.slugs[slug]++
		next := fmt.Sprintf("%s-%d", strings.TrimRight(slug[:min(len(slug), 74)], "-"), r.slugs[slug])
		if _, taken := r.slugs[next]; !taken {
			r.slugs[next] = 1
			return next
		}
	}
}

func (r *newsletterReader) origin(number int) string {
	return fmt.Sprintf("import %s#%d", path.Base(r.s.name), number)
}
