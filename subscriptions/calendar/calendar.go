package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"sesec.eu/tidings/subscriptions"
)

// Method says what a calendar is to be done with (RFC 5546, 1.4).
type Method string

// The methods.
const (
	Publish Method = "PUBLISH" // read it: a file, a feed
	Request Method = "REQUEST" // an invitation, or the change of one
	Cancel  Method = "CANCEL"  // take it out of your calendar
)

// Calendar is some events and what is to be done with them.
type Calendar struct {
	Method  Method
	Name    string        // of a feed
	About   string        // of a feed, in a sentence
	Refresh time.Duration // how often a feed is worth reading; 0 for no word
	Events  []Event
}

// Event is one of them: an hour in a zone, or whole days.
type Event struct {
	UID         string // never changes
	Sequence    int    // rises with every change
	Stamp       time.Time
	Starts      time.Time
	Ends        time.Time // of whole days: the last day
	Zone        string    // IANA; the zone Starts and Ends are told in
	AllDay      bool      // whole days: the dates of Starts and Ends in UTC
	Title       string
	Description string
	Location    string
	URL         string
	Categories  []string
	Organizer   subscriptions.Mailbox // none in a feed
	Attendee    subscriptions.Mailbox // who gets the invitation; none in a feed
	Cancelled   bool
	Alarms      []time.Duration // before the start
}

// product names us in every calendar.
const product = "-//Tidings//Calendar 1//EN"

// Encode writes the calendar.
func (c Calendar) Encode() ([]byte, error) {
	cal := ics.NewCalendarFor("tidings")
	cal.SetProductId(product)
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.Method(c.Method))
	if c.Name != "" {
		cal.SetName(clean(c.Name))
	}
	if c.About != "" {
		cal.SetXWRCalDesc(clean(c.About))
	}
	if c.Refresh > 0 {
		cal.SetRefreshInterval(duration(c.Refresh))
		cal.SetXPublishedTTL(duration(c.Refresh))
	}
	if err := addZones(cal, c.Events); err != nil {
		return nil, err
	}
	for _, e := range c.Events {
		if err := c.add(cal, e); err != nil {
			return nil, fmt.Errorf("write the event %q: %w", e.UID, err)
		}
	}
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write a calendar: %w", err)
	}
	return b.Bytes(), nil
}

func (c Calendar) add(cal *ics.Calendar, e Event) error {
	switch {
	case e.UID == "" || e.Stamp.IsZero() || e.Starts.IsZero():
		return errors.New("an event needs a UID, a stamp and a start")
	case (c.Method == Request || c.Method == Cancel) && (e.Attendee.Address == "" || e.Organizer.Address == ""):
		return errors.New("an invitation needs its attendee and its organizer")
	}
	v := cal.AddEvent(clean(e.UID))
	v.SetDtStampTime(e.Stamp)
	v.SetModifiedAt(e.Stamp)
	v.SetSequence(e.Sequence)
	if err := when(v, e); err != nil {
		return err
	}
	v.SetSummary(clean(e.Title))
	if e.Description != "" {
		v.SetDescription(clean(e.Description))
	}
	if e.Location != "" {
		v.SetLocation(clean(e.Location))
	}
	if e.URL != "" {
		v.SetURL(clean(e.URL))
	}
	for _, name := range e.Categories {
		v.AddCategory(clean(name))
	}
	status := ics.ObjectStatusConfirmed
	if e.Cancelled || c.Method == Cancel {
		status = ics.ObjectStatusCancelled
	}
	v.SetStatus(status)
	if e.AllDay {
		v.SetTimeTransparency(ics.TransparencyTransparent) // a deadline makes nobody busy
	}
	if c.Method != Publish {
		v.SetOrganizer(e.Organizer.Address, ics.WithCN(parameter(e.Organizer.Name, e.Organizer.Address)))
		// They have said yes on our page: nobody is asked to answer, and no answer is read.
		v.AddAttendee(e.Attendee.Address, ics.WithCN(parameter(e.Attendee.Name, e.Attendee.Address)), ics.CalendarUserTypeIndividual,
			ics.ParticipationRoleReqParticipant, ics.ParticipationStatusAccepted,
			&ics.KeyValues{Key: string(ics.ParameterRsvp), Value: []string{"FALSE"}})
	}
	if status == ics.ObjectStatusConfirmed {
		for _, before := range e.Alarms {
			a := v.AddAlarm()
			a.SetAction(ics.ActionDisplay)
			a.SetTrigger("-" + duration(before))
			a.SetProperty(ics.ComponentPropertyDescription, clean(e.Title))
		}
	}
	return nil
}

// when writes the start and the end: a day, a moment in UTC, or a wall clock in a
// zone.
func when(v *ics.VEvent, e Event) error {
	if e.AllDay {
		ends := e.Ends
		if ends.Before(e.Starts) {
			ends = e.Starts
		}
		v.SetAllDayStartAt(e.Starts.UTC())
		v.SetAllDayEndAt(ends.UTC().AddDate(0, 0, 1)) // the first day that is not in it (RFC 5545, 3.6.1)
		return nil
	}
	loc, err := subscriptions.LoadZone(e.Zone)
	if err != nil {
		return err
	}
	if isUTC(e.Zone) {
		v.SetStartAt(e.Starts)
		v.SetEndAt(e.Ends)
		return nil
	}
	v.SetProperty(ics.ComponentPropertyDtStart, e.Starts.In(loc).Format(wall), ics.WithTZID(e.Zone))
	v.SetProperty(ics.ComponentPropertyDtEnd, e.Ends.In(loc).Format(wall), ics.WithTZID(e.Zone))
	return nil
}

const wall = "20060102T150405"

// duration writes a span (RFC 5545, 3.3.6).
func duration(d time.Duration) string {
	switch {
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("P%dD", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("PT%dH", d/time.Hour)
	}
	return fmt.Sprintf("PT%dM", d/time.Minute)
}

// clean takes out what no line of a calendar may hold (RFC 5545, 3.1): control
// characters but line breaks, which the writer escapes, and what is not UTF-8.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// parameter is a name as the value of a parameter without quotes: the writer would
// escape what is forbidden there with a backslash, which RFC 5545 does not know.
// Who has no name is called by their address.
func parameter(name, address string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\'':
			return '’'
		case strings.ContainsRune(`",;:\`+"\n\t", r):
			return ' '
		}
		return r
	}, clean(name))
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		return address
	}
	return name
}
