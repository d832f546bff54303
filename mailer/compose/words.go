package compose

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// inWords says a number as a sentence does: in words up to twelve.
func inWords(n int) string {
	words := [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// count says how many of something.
func count(n int, one, many string) string {
	if n == 1 {
		return inWords(n) + " " + one
	}
	return inWords(n) + " " + many
}

// sentence begins with a capital.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// daysLeft says how long a deadline is away.
func daysLeft(n int) string {
	switch n {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", n)
}

// months as a date block has room for them.
var months = [...]string{"Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"}

// day names a moment's day in full: Tuesday 11 June 2019.
func day(t time.Time) string { return dayAs(t, subscriptions.DatesWords) }

// dayAs does it as the reader writes dates: Tuesday 11/06/2019.
func dayAs(t time.Time, style subscriptions.DateStyle) string {
	return t.Weekday().String() + " " + style.Format(subscriptions.DateOf(t))
}

// times says when something is in the zones of the service, and in the reader's own
// where that is a third: a line a zone.
func (c *voice) times(starts, ends time.Time, own *time.Location, style subscriptions.DateStyle) []string {
	lines := []string{hours(starts, ends, c.zone, c.zone, style)}
	for _, zone := range []*time.Location{c.second, own} {
		if zone != nil && zone.String() != c.zone.String() && (zone == c.second || zone.String() != c.second.String()) {
			lines = append(lines, hours(starts, ends, zone, c.zone, style))
		}
	}
	return lines
}

// hours says when something is in a zone: "09:30–10:30 in Brussels (CEST, UTC+2)", with the
// weekday and the date, as the reader writes it, when it is another day there than
// where the sentence started.
func hours(starts, ends time.Time, in, from *time.Location, style subscriptions.DateStyle) string {
	a, b := starts.In(in), ends.In(in)
	s := fmt.Sprintf("%02d:%02d–%02d:%02d in %s", a.Hour(), a.Minute(), b.Hour(), b.Minute(), city(in.String()))
	var beside []string
	if zone := zoneName(a); zone != city(in.String()) {
		beside = append(beside, zone)
	}
	if here := subscriptions.DateOf(starts.In(from)); subscriptions.DateOf(a) != here {
		if style == subscriptions.DatesWords {
			beside = append(beside, fmt.Sprintf("%s %d %s", a.Weekday(), a.Day(), a.Month()))
		} else {
			beside = append(beside, dayAs(a, style))
		}
	}
	if len(beside) > 0 {
		s += " (" + strings.Join(beside, ", ") + ")"
	}
	return s
}

// zoneName is the name of the time that is kept at a moment, with its distance to
// UTC, as subscriptions.Sitting says it: CEST, UTC+2.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	utc := "UTC"
	if offset != 0 {
		sign, away := "+", offset
		if offset < 0 {
			sign, away = "−", -offset
		}
		utc += fmt.Sprintf("%s%d", sign, away/3600)
		if m := away / 60 % 60; m != 0 {
			utc += fmt.Sprintf(":%02d", m)
		}
	}
	if name == "UTC" || name == "" || name[0] == '+' || name[0] == '-' {
		return utc
	}
	return name + ", " + utc
}

// oneDay says the day once where all lines begin with it: the sittings of a webinar,
// each of which names its own.
func oneDay(lines []string) []string {
	if len(lines) == 0 {
		return lines
	}
	day, _, _ := strings.Cut(lines[0], ", ")
	once := []string{day}
	for _, l := range lines {
		rest, same := strings.CutPrefix(l, day+", ")
		if !same {
			return lines
		}
		once = append(once, rest)
	}
	return once
}

// city is the name people know a zone by. The tz database names zones after
// their largest city in 1970, which for China is not where its standards are made.
func city(zone string) string {
	switch zone {
	case "Asia/Shanghai":
		return "Beijing"
	case "UTC", "Etc/UTC":
		return "UTC"
	}
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// language names what a source is written in, "" for English: the languages of
// China and of the standards bodies' members.
func language(tag string) string {
	names := map[string]string{"en": "", "zh": "Chinese", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
		"nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "sv": "Swedish", "ja": "Japanese", "ko": "Korean", "ru": "Russian"}
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if name, known := names[base]; known {
		return name
	}
	return line(tag)
}

// shorten cuts at a word and marks the cut.
func shorten(s string, runes int) string {
	r := []rune(s)
	if len(r) <= runes {
		return s
	}
	s = string(r[:runes])
	if at := strings.LastIndexByte(s, ' '); at > len(s)/2 {
		s = s[:at]
	}
	return strings.TrimRight(s, " ,;:–—-") + " …"
}

// join joins words as a sentence does: "a, b and c".
func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
