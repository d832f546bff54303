package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// monthNames match with a capital letter only: "may" is a verb.
const monthNames = `January|February|March|April|May|June|July|August|September|October|November|December|` +
	`Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec`

var (
	dayMonth  = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)?(?:\s*(?:-|–|to|and|&)\s*\d{1,2}(?:st|nd|rd|th)?)?\s+(?:of\s+)?(` + monthNames + `)\b\.?(?:,?\s+(\d{4})\b)?`)
	monthDay  = regexp.MustCompile(`\b(` + monthNames + `)\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:\s*[-–]\s*\d{1,2}\b)?(?:,?\s+(\d{4})\b)?`)
	yearFirst = regexp.MustCompile(`\b(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:\b|日)`)
	dayFirst  = regexp.MustCompile(`\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b`)
	urls      = regexp.MustCompile(`(?:https?://|www\.)[^\s<>"“”]+`)
	// asked stands before a date that is a last day for comments.
	asked = regexp.MustCompile(`(?i)(?:deadline|comments?|feedback|opinions?|consultation)\b[^.;\n]{0,60}?(?:\b(?:until|till|by|before|is|was|closes?|ends?|to|on)|:)\s+(?:on\s+)?(?:the\s+)?$`)
)

func month(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if len(name) >= 3 && m.String()[:3] == name[:3] {
			return m
		}
	}
	return 0
}

// dated is a day found in a text.
type dated struct {
	at       int
	day      subscriptions.Date
	yearless bool // the year was not written
	deadline bool // it is the last day for comments
}

// daysIn finds the days a text names, in its order. Of two days, as in 22–23
// February, it takes the first. A year that is not written is the one that
// brings the day nearest to the period.
func daysIn(s string, period subscriptions.Period) []dated {
	s = urls.ReplaceAllStringFunc(s, func(u string) string { return strings.Repeat(" ", len(u)) })
	var days []dated
	add := func(at int, y, m, d string, named time.Month) {
		year, _ := strconv.Atoi(y)
		day, _ := strconv.Atoi(d)
		if named == 0 {
			n, _ := strconv.Atoi(m)
			named = time.Month(n)
		}
		found := dated{at: at, day: subscriptions.Date{Year: year, Month: named, Day: day}, yearless: year == 0}
		if found.yearless {
			found.day.Year = nearestYear(found.day, period)
		}
		// A 30 February, or a day of a year we do not know, is no day.
		if found.day.Year == 0 || subscriptions.DateOf(found.day.In(time.UTC)) != found.day {
			return
		}
		found.deadline = asked.MatchString(s[max(0, at-100):at])
		days = append(days, found)
	}
	each := func(re *regexp.Regexp, with func(at []int, g []string)) {
		for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
			g := make([]string, len(m)/2)
			for i := range g {
				if m[2*i] >= 0 {
					g[i] = s[m[2*i]:m[2*i+1]]
				}
			}
			with(m, g)
		}
	}
	taken := map[int]bool{} // in "4 March 10 people" the month belongs to the 4
	each(dayMonth, func(at []int, g []string) {
		taken[at[4]] = true
		add(at[0], g[3], "", g[1], month(g[2]))
	})
	each(monthDay, func(at []int, g []string) {
		if !taken[at[2]] {
			add(at[0], g[3], "", g[2], month(g[1]))
		}
	})
	each(yearFirst, func(at []int, g []string) { add(at[0], g[1], g[2], g[3], 0) })
	each(dayFirst, func(at []int, g []string) { add(at[0], g[3], g[2], g[1], 0) })
	slices.SortStableFunc(days, func(a, b dated) int { return a.at - b.at })
	return days
}

func nearestYear(d subscriptions.Date, period subscriptions.Period) int {
	best, least := 0, 1<<30
	if period.From.IsZero() {
		return 0
	}
	for year := period.From.Year - 1; year <= period.To.Year+1; year++ {
		d.Year = year
		away := max(d.DaysUntil(period.From), period.To.DaysUntil(d), 0)
		if away < least {
			best, least = year, away
		}
	}
	return best
}

var (
	periodWord  = regexp.MustCompile(`^(?:` + monthNames + `|\d{4}|Q[1-4]|and|&|to|-|–|—|/|,|(?:First|Second|Third|Fourth) Quarter(?: of)?|of)`)
	issueNumber = regexp.MustCompile(`(?i)[,;|(–-]?\s*\b(?:no\.?|issue|vol(?:ume)?\.?|nr\.?)\s*\d+\)?\s*[,;:|–-]?\s*`)
)

// periodOf reads a line that is a period and nothing else: "January Feb and
// March 2019", "No. 4, April 2019", "Q2 2019". The title names each month.
func periodOf(s string) (p subscriptions.Period, title string, ok bool) {
	if len(s) > 80 {
		return p, "", false
	}
	s = strings.TrimSpace(issueNumber.ReplaceAllString(s, " "))
	var first, last subscriptions.Date // days of months whose year may follow
	var months []time.Month
	year, upTo, named := 0, false, 0
	for s != "" {
		word := periodWord.FindString(s)
		if word == "" {
			return p, "", false
		}
		s = strings.TrimSpace(s[len(word):])
		switch {
		case month(word) != 0:
			m := month(word)
			if upTo && len(months) > 0 {
				for between := months[len(months)-1]%12 + 1; between != m; between = between%12 + 1 {
					months = append(months, between)
				}
			}
			months = append(months, m)
			named, upTo = named+1, false
		case word[0] >= '0' && word[0] <= '9':
			y, _ := strconv.Atoi(word)
			if year == 0 && len(months) > 0 {
				first = subscriptions.Date{Year: y, Month: months[0], Day: 1}
			}
			year, last = y, subscriptions.Date{Year: y, Day: 1}
		case strings.Contains(word, "Q") || strings.Contains(word, "uarter"):
			quarter := strings.IndexByte("FSTQ", word[0])
			if word[0] == 'Q' {
				quarter = int(word[1] - '1')
			} else if strings.HasPrefix(word, "Fo") {
				quarter = 3
			}
			for m := range 3 {
				months = append(months, time.Month(3*quarter+m+1))
			}
		case word == "to" || strings.Contains("-–—/", word):
			upTo = true
		}
	}
	if year < 1990 || year > 2100 || len(months) == 0 || len(months) > 12 {
		return p, "", false
	}
	if first.IsZero() { // the year comes before the months
		first = subscriptions.Date{Year: year, Month: months[0], Day: 1}
	}
	last.Month = months[len(months)-1]
	if last.Year == first.Year && last.Month < first.Month { // December and January 2020
		first.Year--
	}
	p = subscriptions.Period{From: first, To: subscriptions.DateOf(last.In(time.UTC).AddDate(0, 1, -1))}
	if p.Validate() != nil {
		return p, "", false
	}
	return p, titleOf(p, months), true
}

func titleOf(p subscriptions.Period, months []time.Month) string {
	if p.From.Year != p.To.Year {
		return p.Words()
	}
	var b strings.Builder
	for i, m := range months {
		switch {
		case i > 0 && i == len(months)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(m.String())
	}
	return b.String() + " " + strconv.Itoa(p.To.Year)
}

// editionSlug names an edition by its period: 2019-q1, 2019-04.
func editionSlug(p subscriptions.Period, title string) string {
	months := (p.To.Year-p.From.Year)*12 + int(p.To.Month-p.From.Month) + 1
	year := strconv.Itoa(p.From.Year)
	switch {
	case months == 3 && p.From.Month%3 == 1:
		return year + "-q" + strconv.Itoa(int(p.From.Month)/3+1)
	case months == 1:
		return p.From.String()[:7]
	}
	return subscriptions.Slugify(title)
}
