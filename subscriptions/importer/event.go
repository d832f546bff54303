package importer

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// labelLine is one of the lines that tell the facts of an event.
var labelLine = regexp.MustCompile(`(?i)^(topic|title|theme|subject|time and date|date and time|date|time|presenters?|speakers?|main contents?|contents?|languages?|venue|place|registration)\s*:\s*(.*)$`)

// labelled splits such a line into its label and what follows; nil for others.
func labelled(s string) []string {
	if at := strings.IndexByte(s, ':'); at < 0 || at > 20 {
		return nil
	}
	if m := labelLine.FindStringSubmatch(s); m != nil {
		return m[1:]
	}
	return nil
}

// isEvent is true of an entry with a time and another label.
func isEvent(lines []*line) bool {
	labels, timed := 0, false
	for _, l := range lines {
		if m := labelled(l.text); m != nil {
			labels++
			timed = timed || strings.Contains(strings.ToLower(m[0]), "time") || strings.Contains(strings.ToLower(m[0]), "date")
		}
	}
	return timed && labels >= 2
}

var (
	clockTimes = regexp.MustCompile(`(?i)\b(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?\s*(?:-|–|—|to|until)\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?`)
	clockTime  = regexp.MustCompile(`(?i)\b(\d{1,2})[:.h](\d{2})\s*(am|pm|a\.m\.|p\.m\.)?`)
	weekday    = regexp.MustCompile(`\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b`)
	webinarNo  = regexp.MustCompile(`\b([A-Z][A-Za-z]+)(?: [IVX]+)? (?i:webinar)[ -]?(?:(?i:no\.?) ?)?(\d{1,3})\b`)
	bracketed  = regexp.MustCompile(`\s*\([^()]*\)\s*$`)
)

// zones are the clocks that newsletters name. The first that is named counts.
var zones = []struct {
	words *regexp.Regexp
	zone  string
}{
	{regexp.MustCompile(`(?i)\bbrussels?\b|\b(?:CET|CEST|MEZ)\b|\bcentral european`), "Europe/Brussels"},
	{regexp.MustCompile(`(?i)\bbeijing\b|\bchina (?:standard )?time\b|\bpeking\b`), "Asia/Shanghai"},
	{regexp.MustCompile(`(?i)\b(?:london|uk) time\b`), "Europe/London"},
	{regexp.MustCompile(`\b(?:UTC|GMT)\b`), "UTC"},
}

// event makes a webinar of an entry, and gives its slug; "" when the facts do
// not suffice.
func (r *newsletterReader) event(it *subscriptions.DraftItem, blocks []*block) string {
	w := subscriptions.Webinar{State: subscriptions.WebinarDraft}
	var when []string
	line := it.Place.Line
	announced, whole := "", it.Item.Title
	for i, b := range blocks {
		value := strings.TrimSpace(strings.TrimRight(b.text, ". "))
		whole += "\n" + b.text
		switch label := strings.ToLower(b.label); {
		case b.kind == blockLink && (announced == "" || i > 0 && strings.Contains(strings.ToLower(blocks[i-1].text), "regist")):
			announced = b.text
		case b.kind != blockLabel:
		case strings.Contains(label, "time"), strings.Contains(label, "date"):
			when = append(when, b.text)
			line = b.line
		case label == "topic", label == "title", label == "theme", label == "subject":
			w.Title = strings.Trim(value, `“”"«»‘’ `)
		case strings.HasPrefix(label, "presenter"), strings.HasPrefix(label, "speaker"):
			w.Presenters = presenters(b.text)
		case strings.Contains(label, "content"):
			w.Contents = escape(b.text)
		case strings.HasPrefix(label, "language"):
			w.Language = value
		case label == "registration":
			if u := urls.FindString(b.text); u != "" {
				announced = bareURL(u)
			}
		}
	}
	if w.Title == "" {
		w.Title = it.Item.Title
	}
	w.Slug = subscriptions.Slugify(w.Title)
	if m := webinarNo.FindStringSubmatch(whole); m != nil {
		w.Slug = subscriptions.Slugify(m[1] + " webinar " + m[2])
	}
	if strings.HasPrefix(announced, "https://") {
		w.RegistrationURL = announced
	} else if announced != "" {
		r.find(line, subscriptions.SeverityWarning, announced, "Set the registration link of the webinar by hand.", "The registration link does not begin with https:// and was left out of the webinar.")
	}
	const byHand = "Enter the webinar by hand; the item is there."
	if !r.when(&w, strings.Join(when, ", "), line) {
		r.find(line, subscriptions.SeverityWarning, strings.Join(when, ", "), byHand, "No day and time of the event were found, so no webinar was made.")
		return ""
	}
	if err := w.Validate(); err != nil {
		r.find(line, subscriptions.SeverityWarning, w.Title, byHand, "No webinar was made: %s.", err)
		return ""
	}
	for _, other := range r.found.Webinars {
		if other.Webinar.Slug == w.Slug {
			r.find(line, subscriptions.SeverityWarning, w.Title, "Look whether they are one.", "The webinar %s was found twice; the first was taken.", w.Slug)
			return w.Slug
		}
	}
	r.found.Webinars = append(r.found.Webinars, subscriptions.DraftWebinar{Webinar: w, TopicSlugs: it.TopicSlugs, Place: it.Place})
	return w.Slug
}

// when reads "9:30- 10:30 am Brussels time, Tuesday, 11 June, 2019".
func (r *newsletterReader) when(w *subscriptions.Webinar, s string, line int) bool {
	days := daysIn(s, r.period)
	start, end, ok := clock(s)
	if len(days) == 0 || !ok {
		return false
	}
	day := days[0].day
	// An event that is announced lies ahead: without a year, 14 January in a
	// newsletter of December is the next one.
	if days[0].yearless && day.Compare(r.period.From) < 0 {
		day.Year++
	}
	w.Zone = "Europe/Brussels"
	first, named := len(s), false
	for _, z := range zones {
		if at := z.words.FindStringIndex(s); at != nil && at[0] < first {
			first, w.Zone, named = at[0], z.zone, true
		}
	}
	if !named {
		r.find(line, subscriptions.SeverityWarning, s, "Look whether it is, and set the zone of the webinar.", "The event names no time zone; Europe/Brussels was taken.")
	}
	zone, err := subscriptions.LoadZone(w.Zone)
	if err != nil {
		return false
	}
	if end < 0 {
		end = start + time.Hour
		r.find(line, subscriptions.SeverityWarning, s, "Set the end of the webinar.", "The event names no end; one hour was taken.")
	}
	wall := func(t time.Duration) (time.Time, error) {
		return subscriptions.ParseLocalTime("starts", day.String()+time.Time{}.Add(t).Format(" 15:04"), zone)
	}
	starts, err := wall(start)
	if err != nil {
		return false
	}
	ends, err := wall(end)
	if err != nil {
		return false
	}
	w.Starts, w.Ends = starts.UTC(), ends.UTC()
	if m := weekday.FindString(s); m != "" && m != starts.Weekday().String() {
		r.find(line, subscriptions.SeverityWarning, s, "Look which of the two is right.", "%s is a %s, not a %s.", day.Words(), starts.Weekday(), m)
	}
	return true
}

// clock reads the start and the end as times since midnight; an end of -1 means
// that only the start is named.
func clock(s string) (start, end time.Duration, ok bool) {
	for _, m := range clockTimes.FindAllStringSubmatch(s, -1) {
		if m[2] == "" && m[5] == "" && m[3] == "" && m[6] == "" {
			continue // 22-23 February
		}
		half := strings.ToLower(strings.ReplaceAll(m[6], ".", ""))
		end, ok = timeOf(m[4], m[5], half)
		if !ok {
			continue
		}
		if own := strings.ToLower(strings.ReplaceAll(m[3], ".", "")); own != "" {
			half = own
		}
		start, ok = timeOf(m[1], m[2], half)
		if ok && m[3] == "" && start > end { // 11:30-1 pm
			start, ok = timeOf(m[1], m[2], "am")
		}
		if ok {
			return start, end, true
		}
	}
	if m := clockTime.FindStringSubmatch(s); m != nil {
		start, ok = timeOf(m[1], m[2], strings.ToLower(strings.ReplaceAll(m[3], ".", "")))
		return start, -1, ok
	}
	return 0, 0, false
}

func timeOf(hour, minute, half string) (time.Duration, bool) {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	switch {
	case half == "pm" && h < 12:
		h += 12
	case half == "am" && h == 12:
		h = 0
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, h < 24 && m < 60
}

// presenters reads "Dr. A (see the attached CV); B, of C".
func presenters(s string) (all []subscriptions.Presenter) {
	for one := range strings.SplitSeq(strings.ReplaceAll(s, " and ", "; "), ";") {
		name, role, _ := strings.Cut(strings.TrimSpace(one), ", ")
		name = strings.Trim(bracketed.ReplaceAllString(name, ""), " .,")
		if name != "" {
			all = append(all, subscriptions.Presenter{Name: name, Role: strings.Trim(bracketed.ReplaceAllString(role, ""), " .,")})
		}
	}
	return all
}
