package subscriptions

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Subscriber is a person with an address.
//
// A subscriber is never deleted in passing: it ends, with a reason and a time,
// so that its consents keep a person to belong to. Erasure takes the address
// and the names away and leaves the empty row.
type Subscriber struct {
	ID           int64
	Address      string // as typed, domain in lower case; "" once erased
	Name         string
	Organisation string
	Zone         string // IANA zone of the reader, "" for the service's own
	Dates        DateStyle
	CreatedAt    time.Time
	ConfirmedAt  time.Time // first double opt-in or provable import
	PausedUntil  time.Time
	EndedAt      time.Time
	EndReason    EndReason
	ErasedAt     time.Time
	// Revision rises with every change that matters to mail: topics, pause,
	// address, end, suppression. A message composed for one revision does not
	// leave once another is stored, so leaving takes effect before the next
	// message does (MAIL 12) without asking each rule again in SQL.
	Revision int64
}

// SubscriberStatus is where a person stands, derived from the row.
type SubscriberStatus string

// The statuses.
const (
	SubscriberPending SubscriberStatus = "pending" // has not confirmed
	SubscriberActive  SubscriberStatus = "active"
	SubscriberPaused  SubscriberStatus = "paused"
	SubscriberEnded   SubscriberStatus = "ended"
	SubscriberErased  SubscriberStatus = "erased"
)

// Status tells where the person stands at the moment.
func (s Subscriber) Status(now time.Time) SubscriberStatus {
	switch {
	case !s.ErasedAt.IsZero():
		return SubscriberErased
	case !s.EndedAt.IsZero():
		return SubscriberEnded
	case s.ConfirmedAt.IsZero():
		return SubscriberPending
	case now.Before(s.PausedUntil):
		return SubscriberPaused
	}
	return SubscriberActive
}

// Location is the person's time zone, UTC where they named none: a day of theirs
// begins there.
func (s Subscriber) Location() *time.Location {
	if zone, err := LoadZone(s.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// Resumes is the day on which letters come again after a pause, the zero Date
// when there is none.
func (s Subscriber) Resumes(now time.Time) Date {
	if !now.Before(s.PausedUntil) {
		return Date{}
	}
	return DateOf(s.PausedUntil.In(s.Location()))
}

// Confirm marks the first confirmation; a later one changes nothing. A person
// who had left is back.
func (s *Subscriber) Confirm(now time.Time) {
	if s.ConfirmedAt.IsZero() {
		s.ConfirmedAt = now
	}
	s.EndedAt, s.EndReason = time.Time{}, ""
	s.Revision++
}

// End closes the person's time here. Ending twice keeps the first reason.
func (s *Subscriber) End(now time.Time, reason EndReason) {
	if s.EndedAt.IsZero() {
		s.EndedAt, s.EndReason = now, reason
		s.Revision++
	}
}

// maxName bounds names and organisations: longer is a mistake or an attack.
const maxName = 120

// CleanName trims a name, folds inner white space, takes away what cannot be
// seen (marks of direction, spaces of no width, soft hyphens: they come along
// when one copies, and could make a name read backwards) and refuses what could
// break a header or a greeting.
func CleanName(field, name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", invalid(field, "the %s is not valid text", field)
	}
	name = strings.Map(func(r rune) rune {
		// The two joiners are spelling, in Persian and Hindi.
		if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > maxName {
		return "", invalid(field, "the %s has more than %d characters", field, maxName)
	}
	for _, r := range name {
		if !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
			return "", invalid(field, "the %s holds a control character", field)
		}
	}
	return name, nil
}
