package subscriptions

import "time"

// Door says what a reader can do about a webinar at the moment.
type Door string

// The doors.
const (
	DoorOutside   Door = "outside"   // registration is at another service
	DoorOpen      Door = "open"      // places, or no limit
	DoorFew       Door = "few"       // the last ones
	DoorFull      Door = "full"      // the waiting list takes names
	DoorClosed    Door = "closed"    // the deadline to register is past
	DoorLive      Door = "live"      // it has begun
	DoorOver      Door = "over"      // it is over
	DoorCancelled Door = "cancelled" // it does not take place
	DoorNotYet    Door = "not yet"   // not announced
)

// fewPlaces is when a page says how many there are left.
const fewPlaces = 10

// TakesRegistrations reports whether somebody may still register with us: a state
// that the clock has left behind counts as left.
func (w Webinar) TakesRegistrations(now time.Time) bool {
	return w.State == WebinarAnnounced && now.Before(w.Starts) && (w.RegisterUntil.IsZero() || !now.After(w.RegisterUntil))
}

// Door gives it, with so many places taken.
func (w Webinar) Door(taken int, now time.Time) Door {
	switch {
	case w.State == WebinarCancelled:
		return DoorCancelled
	case w.State == WebinarDraft:
		return DoorNotYet
	case w.State == WebinarOver || !now.Before(w.Ends):
		return DoorOver
	case w.State == WebinarLive || !now.Before(w.Starts):
		return DoorLive
	case !w.RegisterUntil.IsZero() && now.After(w.RegisterUntil):
		return DoorClosed
	case !w.Own():
		return DoorOutside
	case w.Capacity > 0 && taken >= w.Capacity:
		return DoorFull
	case w.Capacity > 0 && w.Capacity-taken <= fewPlaces:
		return DoorFew
	}
	return DoorOpen
}
