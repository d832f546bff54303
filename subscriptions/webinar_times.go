package subscriptions

import (
	"fmt"
	"strings"
	"time"
)

// Sitting is when a webinar takes place, on the wall clock of one place.
type Sitting struct {
	Place string // Brussels
	Zone  string // CEST, UTC+2
	Day   string // Tuesday 11 June 2019
	Short string // Tue 11 Jun
	From  string // 9:30
	To    string // 10:30; with the day where that is another one
}

// Sittings tells the same instants in each of the zones, each once. Zones that do
// not exist are left out: they were checked when they were entered.
func Sittings(starts, ends time.Time, zones ...string) []Sitting {
	var all []Sitting
	told := map[string]bool{}
	for _, zone := range zones {
		loc, err := LoadZone(zone)
		if err != nil || told[zone] {
			continue
		}
		told[zone] = true
		from, to := starts.In(loc), ends.In(loc)
		s := Sitting{Place: PlaceOf(zone), Zone: zoneName(from), Day: from.Format("Monday 2 January 2006"), Short: from.Format("Mon 2 Jan"),
			From: from.Format("15:04"), To: to.Format("15:04")}
		if from.YearDay() != to.YearDay() {
			s.To = to.Format("Monday 15:04")
		}
		_, before := from.Zone()
		if _, after := to.Zone(); before != after {
			s.To += " (" + zoneName(to) + ")" // the clocks change while it runs
		}
		all = append(all, s)
	}
	return all
}

// PlaceOf names a zone as its people do.
func PlaceOf(zone string) string {
	if zone == "Asia/Shanghai" {
		return "Beijing" // the zone of all China; IANA names it after its largest city
	}
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// zoneName is the zone of a moment with its distance to UTC: CEST, UTC+2. Of zones
// without letters of their own the distance alone is told.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	utc := "UTC"
	if offset != 0 {
		sign := "+"
		if offset < 0 {
			sign, offset = "−", -offset
		}
		utc += fmt.Sprintf("%s%d", sign, offset/3600)
		if m := offset / 60 % 60; m != 0 {
			utc += fmt.Sprintf(":%02d", m)
		}
	}
	if name == "UTC" || name == "" || name[0] == '+' || name[0] == '-' {
		return utc
	}
	return name + ", " + utc
}

// Words is the sentence of it: Tuesday 11 June 2019, 09:30–10:30 in Brussels (CEST,
// UTC+2).
func (s Sitting) Words() string {
	return s.Day + ", " + s.From + "–" + s.To + " in " + s.Place + " (" + s.Zone + ")"
}
