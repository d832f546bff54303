package page

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
	"sesec.eu/tidings/templates/markdown"
)

// funcs is the vocabulary of the site's templates: how the service says a
// date, an hour in two places, a list, a number of things.
func (r *look) funcs() template.FuncMap {
	return template.FuncMap{
		"site":   func() subscriptions.Identity { return r.house.Identity },
		"text":   r.text,
		"said":   r.said,
		"logo":   r.logo,
		"styles": func() string { return r.styles },
		"tones": func() [2]subscriptions.Tones {
			p := r.house.Identity.Colours()
			return [2]subscriptions.Tones{p.Light.Tones(), p.Dark.Tones()}
		},
		"asset":      r.Asset,
		"demo":       func() bool { return r.Demo },
		"inbox":      func() bool { return r.Inbox },
		"clockMoves": func() bool { return r.ClockMoves },
		"localNow":   func() string { return r.Now().In(r.zone).Format("2006-01-02T15:04") },
		"timeNow":    func() string { return r.Now().In(r.zone).Format("15:04") },
		"navlink": func(section, path, text string) NavLink {
			return NavLink{path, text, section == path}
		},
		"today":     r.today,
		"address":   idn.Display,
		"formToken": r.formToken,
		"seconds":   waiting,

		"date":    dateHTML,
		"moment":  func(t time.Time) string { return t.In(r.zone).Format("2 January 2006, 15:04") },
		"clock":   r.clock,
		"second":  func(t time.Time) string { return t.In(r.zone).Format("15:04:05") },
		"dayhour": r.dayAndHour,
		"abbr":    abbreviate,
		"short":   excerpt,
		"moving": func(edition int64, e subscriptions.BoardEntry, to []subscriptions.Topic) Moving {
			return Moving{edition, e, to}
		},
		"when":     func(w subscriptions.Webinar) template.HTML { return unbroken(r.when(w)) },
		"leaf":     r.leaf,
		"upcoming": func(w subscriptions.Webinar) bool { return w.Upcoming(r.Now()) },
		"open": func(p *subscriptions.CommentPeriod) bool {
			return p != nil && r.today().DaysUntil(p.Until) >= 0
		},
		"inDays": func(d subscriptions.Date) string { return inDays(r.today().DaysUntil(d)) },

		"before":     func(d time.Duration) string { return waitWords(d) + " before" },
		"markdown":   prose,
		"count":      Count,
		"number":     Number,
		"bytes":      Bytes,
		"size":       func(s string) int64 { return int64(len(s)) },
		"octets":     func(n int) int64 { return int64(n) },
		"weekday":    Weekday,
		"deskNav":    deskNav,
		"mark":       mark,
		"act":        act,
		"state":      func(s any) string { return State(fmt.Sprint(s)) },
		"topics":     topicNames,
		"sentence":   Sentence,
		"paragraphs": paragraphs,
		"lines":      func(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") },
		"host":       host,
		"language":   language,
		"consent":    func() string { return r.house.Identity.Consent().Text },
		"anchor":     subscriptions.Slugify,
	}
}

// formToken is the word in whose place HTML puts the token, once it has taken the
// page's ETag: otherwise no two answers would be the same.
func (r *Renderer) formToken() string {
	if r.FormToken == nil {
		return ""
	}
	return r.slot
}

// NavLink is an entry of the site's navigation.
type NavLink struct {
	Path, Text string
	Current    bool
}

// clock is the hour of what came today, and the day of what came before.
func (r *look) clock(t time.Time) string {
	t = t.In(r.zone)
	if subscriptions.DateOf(t) == r.today() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan")
}

// dayAndHour is a moment of these months: 28 March, 16:02. Of another year it has
// the year.
func (r *look) dayAndHour(t time.Time) string {
	t = t.In(r.zone)
	if t.Year() != r.today().Year {
		return t.Format("2 January 2006, 15:04")
	}
	return t.Format("2 January, 15:04")
}

func dateHTML(d subscriptions.Date) template.HTML {
	if d.IsZero() {
		return ""
	}
	return template.HTML(`<time datetime="` + d.String() + `">` + d.Words() + `</time>`) //nolint:gosec // digits, letters and spaces
}

// when says when a webinar takes place, in both places of the site: "Tuesday
// 11 June 2019, 09:30–10:30 in Brussels, 15:30–16:30 in Beijing". Where the
// second place has another day by then, its day is named.
func (r *look) when(w subscriptions.Webinar) string {
	const day, hour = "Monday 2 January 2006", "15:04"
	here, there := w.Starts.In(r.zone), w.Starts.In(r.second)
	said := here.Format(day) + ", " + span(here, w.Ends.In(r.zone), hour) + " in " + subscriptions.PlaceOf(r.house.Identity.Zone)
	if r.house.Identity.Second == r.house.Identity.Zone {
		return said
	}
	said += ", "
	if here.YearDay() != there.YearDay() {
		said += there.Format("Monday") + " "
	}
	return said + span(there, w.Ends.In(r.second), hour) + " in " + subscriptions.PlaceOf(r.house.Identity.Second)
}

func span(from, to time.Time, layout string) string {
	return from.Format(layout) + "–" + to.Format(layout)
}

// hours are the ends of a webinar within a sentence of ours.
var hours = regexp.MustCompile(`\d+:\d+–\d+:\d+`)

// unbroken keeps hours on one line.
func unbroken(sentence string) template.HTML {
	return template.HTML(hours.ReplaceAllString(template.HTMLEscapeString(sentence), `<span class="nb">$0</span>`)) //nolint:gosec // escaped in this line
}

// waitWords says how long a wait is, in its largest whole unit.
func waitWords(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%day == 0:
		return Count(int(d/day), "day", "days")
	case d%time.Hour == 0:
		return Count(int(d/time.Hour), "hour", "hours")
	}
	return Count(int(d/time.Minute), "minute", "minutes")
}

// Leaf is a leaf of a calendar.
type Leaf struct {
	Month string
	Day   int
	Year  int
}

func (r *look) leaf(w subscriptions.Webinar) Leaf {
	t := w.Starts.In(r.zone)
	return Leaf{t.Month().String(), t.Day(), t.Year()}
}

// waiting says how long to wait, in whole seconds or minutes, never too short.
func waiting(d time.Duration) string {
	if s := int((d + time.Second - 1) / time.Second); s < 100 {
		return Count(s, "second", "seconds")
	}
	return Count(int((d+time.Minute-1)/time.Minute), "minute", "minutes")
}

func inDays(n int) string {
	switch {
	case n == 0:
		return "today is the last day"
	case n == 1:
		return "tomorrow is the last day"
	}
	return fmt.Sprintf("%d days left", n)
}

// prose renders Markdown. A table may be wider than a phone: it scrolls in a
// box of its own, which the keyboard can reach.
// Its headings start at the level given.
func prose(level int, src string) template.HTML {
	html := string(markdown.Parse(src, level).HTML())
	html = strings.ReplaceAll(html, "<table", `<div class="scroll" role="group" aria-label="Table" tabindex="0"><table`)
	html = strings.ReplaceAll(html, "</table>", "</table></div>")
	return template.HTML(html) //nolint:gosec // sanitised by package markdown, which leaves no "<table" in text
}

// Count says a number of things: "1 entry", "11 entries".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Bytes says how large a file is: "812 bytes", "48 KB", "1.4 MB".
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return Count(int(n), "byte", "bytes")
	case n < 1_000_000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// Number writes a number with a comma between thousands: 1,204.
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Weekday writes a day in full: Thursday, 14 February 2019.
func Weekday(d subscriptions.Date) string {
	return d.In(time.UTC).Format("Monday, 2 January 2006")
}

// State writes a state as a word at the beginning of a sentence: Collecting.
func State(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], "_", " ")
}

// mark is the sign of how a check came out, with a word for who does not see it.
func mark(l subscriptions.Level) template.HTML {
	switch l {
	case subscriptions.LevelBad:
		return `<i class="ba"><span aria-hidden="true">✕</span><span class="unseen">Wrong:</span></i>`
	case subscriptions.LevelWarn:
		return `<i class="wa"><span aria-hidden="true">!</span><span class="unseen">Look:</span></i>`
	}
	return `<i class="ok"><span aria-hidden="true">✓</span><span class="unseen">Well:</span></i>`
}

// deskNav is the navigation of the desk.
func deskNav(section string) []NavLink {
	nav := []NavLink{{Path: "/desk", Text: "Today"}, {Path: "/desk/items", Text: "Items"}, {Path: "/desk/editions", Text: "Editions"}, {Path: "/desk/webinars", Text: "Webinars"},
		{Path: "/desk/people", Text: "People"}, {Path: "/desk/returns", Text: "Returns"}, {Path: "/desk/statistics", Text: "Statistics"}, {Path: "/desk/settings", Text: "Settings"}}
	for i := range nav {
		nav[i].Current = nav[i].Path == section
	}
	return nav
}

// topicNames lists topics in a sentence: "IoT, Blockchain and Cybersecurity".
func topicNames(topics []subscriptions.Topic) string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return List(names)
}

// List joins words as a sentence does: "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func host(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// language names the languages in which sources are written.
func language(tag string) string {
	switch strings.ToLower(strings.SplitN(tag, "-", 2)[0]) {
	case "", "en":
		return ""
	case "zh":
		return "Chinese"
	case "de":
		return "German"
	case "fr":
		return "French"
	}
	return tag
}
