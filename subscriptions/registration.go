package subscriptions

import "time"

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
	EndedAt      time.Time
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
	case w.State != WebinarAnnounced || !now.Before(w.Starts) || !w.RegisterUntil.IsZero() && now.After(w.RegisterUntil):
		return refused("registration for %q is closed", w.Title)
	}
	r.State, r.ConfirmedAt = RegistrationActive, now
	if w.Capacity > 0 && taken >= w.Capacity {
		r.State = RegistrationWaiting
	}
	return nil
}

// Promote moves the first of the waiting list to a freed place.
func (r *Registration) Promote() error {
	if r.State != RegistrationWaiting {
		return refused("this registration is %s, not waiting", r.State)
	}
	r.State = RegistrationActive
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
