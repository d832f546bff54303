package subscriptions

import (
	"context"
	"time"
)

// Registration is a person's place in a webinar. It belongs to the webinar,
// not to the newsletter: registering subscribes nobody (MAIL 20).
//
//	pending ──Confirm──▶ registered | waiting;  waiting ──Promote──▶ registered
//	registered, waiting, pending ──Cancel──▶ cancelled
//	registered ──▶ attended | missed, once the webinar is over
type Registration struct {
	ID           int64
	WebinarID    int64
	SubscriberID int64 // 0 when the person is no subscriber
	Address      string
	Name         string
	Organisation string
	Zone         string
	State        RegistrationState
	CreatedAt    time.Time
	ConfirmedAt  time.Time
	PlacedAt     time.Time // when they got a place: at the confirmation, or from the waiting list
	EndedAt      time.Time
	Turns        int               // how often they have left and come back: see calendar.Invitation
	Answers      map[string]string // by the id of the question
	Source       string            // "web form", "signed link", or what an editor wrote
	// Revision rises with every change. A letter that was composed before one does not
	// leave: see Standing.
	Revision int64
}

// Standing is what a letter of a registration was composed from. It rises with every
// decision about either of the two.
func (r Registration) Standing(w Webinar) int64 { return w.Standing() + r.Revision }

// Standing is what an announcement was composed from; never 0.
func (w Webinar) Standing() int64 { return int64(w.Version) + 1 }

// Placed is when the person got the place.
func (r Registration) Placed() time.Time {
	if r.PlacedAt.IsZero() {
		return r.ConfirmedAt
	}
	return r.PlacedAt
}

// Open reports whether the person takes part, waits, or is still to confirm.
func (r Registration) Open() bool {
	return r.State == RegistrationPending || r.State == RegistrationActive || r.State == RegistrationWaiting
}

// Seats are where a person has a place, or waits for one, by the webinar.
type Seats = map[int64]RegistrationState

// MarkSeats fills in Seats for the people of a batch, with one look for all of them.
func MarkSeats(ctx context.Context, store WebinarDeskStore, people []Recipient) error {
	addresses := make([]string, len(people))
	for i, p := range people {
		addresses[i] = p.Subscriber.Address
	}
	found, err := store.SeatsOf(ctx, addresses)
	if err != nil || len(found) == 0 {
		return err
	}
	for i := range people {
		people[i].Seats = found[AddressKey(addresses[i])]
	}
	return nil
}

// RegistrationState is where a registration stands.
type RegistrationState string

// The states of a registration.
const (
	RegistrationPending   RegistrationState = "pending"
	RegistrationActive    RegistrationState = "registered"
	RegistrationWaiting   RegistrationState = "waiting"
	RegistrationCancelled RegistrationState = "cancelled"
	RegistrationAttended  RegistrationState = "attended"
	RegistrationMissed    RegistrationState = "missed"
)

// Confirm gives the person a place, or one on the waiting list when taken
// places have reached the capacity.
func (r *Registration) Confirm(w Webinar, taken int, now time.Time) error {
	switch {
	case r.State == RegistrationActive || r.State == RegistrationWaiting:
		return nil
	case r.State != RegistrationPending:
		return refused("this registration is %s", r.State)
	case !w.TakesRegistrations(now):
		return refused("registration for %q is closed", w.Title)
	}
	r.State, r.ConfirmedAt, r.PlacedAt = RegistrationActive, now, now
	if w.Capacity > 0 && taken >= w.Capacity {
		r.State, r.PlacedAt = RegistrationWaiting, time.Time{}
	}
	return nil
}

// Promote moves the first of the waiting list to a freed place.
func (r *Registration) Promote(now time.Time) error {
	if r.State != RegistrationWaiting {
		return refused("this registration is %s, not waiting", r.State)
	}
	r.State, r.PlacedAt = RegistrationActive, now
	return nil
}

// Cancel gives the place back.
func (r *Registration) Cancel(now time.Time) error {
	switch r.State {
	case RegistrationCancelled:
		return nil
	case RegistrationAttended, RegistrationMissed:
		return refused("the webinar is over")
	}
	if r.State == RegistrationActive {
		r.Turns++ // the CANCEL lies above the invitation
	}
	r.State, r.EndedAt = RegistrationCancelled, now
	return nil
}

// Attend records after the webinar whether the person was there.
func (r *Registration) Attend(there bool) error {
	if r.State != RegistrationActive && r.State != RegistrationAttended && r.State != RegistrationMissed {
		return refused("this registration is %s", r.State)
	}
	r.State = RegistrationMissed
	if there {
		r.State = RegistrationAttended
	}
	return nil
}
