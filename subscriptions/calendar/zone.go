package calendar

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"

	"sesec.eu/tidings/subscriptions"
)

// A VTIMEZONE says by which steps the wall clock of a zone went forward and back
// around the events. It lists the steps one by one as the tz database has them, a
// year before and a year after: a rule for ever would be a guess about laws.

// step is a moment from which the wall clock of a zone is another.
type step struct {
	onset    time.Time
	from, to int // seconds east of UTC
	name     string
	summer   bool
}

// steps gives the last one before the span and all within it. A zone that never had
// one began at an arbitrary moment.
func steps(loc *time.Location, from, to time.Time) []step {
	var all []step
	for at := from; ; {
		begins, ends := at.In(loc).ZoneBounds()
		name, offset := at.In(loc).Zone()
		s := step{onset: begins, from: offset, to: offset, name: name, summer: at.In(loc).IsDST()}
		if begins.IsZero() || begins.Year() < 1900 {
			s.onset = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second)
		} else {
			_, s.from = begins.Add(-time.Second).Zone()
		}
		all = append(all, s)
		if ends.IsZero() || ends.After(to) {
			return all
		}
		at = ends
	}
}

// addZones writes a VTIMEZONE for every zone that an event is told in, in the order
// in which the events name them.
func addZones(cal *ics.Calendar, events []Event) error {
	type span struct{ from, to time.Time }
	spans := map[string]*span{}
	var names []string
	for _, e := range events {
		if e.AllDay || isUTC(e.Zone) {
			continue
		}
		s := spans[e.Zone]
		if s == nil {
			s = &span{e.Starts, e.Ends}
			spans[e.Zone], names = s, append(names, e.Zone)
		}
		if e.Starts.Before(s.from) {
			s.from = e.Starts
		}
		if e.Ends.After(s.to) {
			s.to = e.Ends
		}
	}
	for _, name := range names {
		loc, err := subscriptions.LoadZone(name)
		if err != nil {
			return err
		}
		zone := cal.AddTimezone(name)
		for _, s := range steps(loc, spans[name].from.AddDate(-1, 0, 0), spans[name].to.AddDate(1, 0, 0)) {
			if s.summer {
				d := &ics.Daylight{}
				s.write(&d.ComponentBase)
				zone.Components = append(zone.Components, d)
				continue
			}
			s.write(&zone.AddStandard().ComponentBase)
		}
	}
	return nil
}

func (s step) write(c *ics.ComponentBase) {
	// The wall clock as it stood until then (RFC 5545, 3.6.5).
	c.SetProperty(ics.ComponentPropertyDtStart, s.onset.UTC().Add(time.Duration(s.from)*time.Second).Format(wall))
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), offset(s.from))
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), offset(s.to))
	c.SetProperty(ics.ComponentProperty(ics.PropertyTzname), s.name)
}

// offset writes seconds east of UTC (RFC 5545, 3.3.14).
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}

func isUTC(zone string) bool { return zone == "UTC" || zone == "Etc/UTC" }
