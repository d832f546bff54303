package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Offer reads what the signed link of a subscriber is about: the webinar, and the
// place if they have one. It changes nothing.
func (s *RegistrationService) Offer(ctx context.Context, token string) (Seat, error) {
	return s.offered(ctx, s.Store, token)
}

func (s *RegistrationService) offered(ctx context.Context, store Store, token string) (Seat, error) {
	now := s.Now()
	claims, err := s.Keys.Parse(PurposeRegister, token, now)
	if err != nil {
		return Seat{}, err
	}
	// The webinar before the person: that is the order in which all take them.
	w, errWebinar := store.FindWebinar(ctx, claims.Ref)
	person, err := store.FindSubscriber(ctx, claims.Subscriber)
	if errors.Is(err, ErrNotFound) || err == nil && (!person.ErasedAt.IsZero() || person.ConfirmedAt.IsZero()) {
		return Seat{}, &Error{Code: Expired, Message: "this link belongs to nobody any more", Hint: "Register with your address on the page of the webinar."}
	}
	if err := errors.Join(err, errWebinar); err != nil {
		return Seat{}, err
	}
	counts, err := store.CountRegistrations(ctx, w.ID)
	if err != nil {
		return Seat{}, err
	}
	seat := Seat{Webinar: w, Known: true, Door: w.Door(counts[w.ID].Taken(), now)}
	there, err := store.FindOpenRegistration(ctx, w.ID, person.Address)
	switch {
	case err == nil:
		seat.Registration, seat.Known = there, there.State == RegistrationPending
	case errors.Is(err, ErrNotFound):
		err = nil
		seat.Registration = Registration{WebinarID: w.ID, SubscriberID: person.ID, Address: person.Address, Name: person.Name,
			Organisation: person.Organisation, Zone: person.Zone, State: RegistrationPending, CreatedAt: now, Source: "signed link"}
	}
	return seat, err
}

// TakeOffer registers the subscriber by one press: their address is confirmed. It
// may be called twice.
func (s *RegistrationService) TakeOffer(ctx context.Context, token string, answers map[string]string) (Seat, error) {
	var seat Seat
	take := func(tx Store) (err error) {
		if seat, err = s.offered(ctx, tx, token); err != nil || !seat.Known {
			return err
		}
		if !seat.Webinar.Own() {
			return refused("registration for %q is at another service", seat.Webinar.Title)
		}
		if barred, err := s.barred(ctx, tx, seat.Registration.Address); err != nil || barred {
			return errors.Join(err, refused("this address gets no mail from us").hint("Register with another one."))
		}
		given, faults := seat.Webinar.ReadAnswers(answers)
		if len(faults) > 0 {
			return errors.Join(faults...)
		}
		seat.Registration.Answers = given
		if seat.Registration.ID == 0 {
			if seat.Registration.Turns, err = tx.RegistrationTurns(ctx, seat.Webinar.ID, seat.Registration.Address); err != nil {
				return err
			}
		}
		seat.Known = false
		return s.place(ctx, tx, &seat, s.Now())
	}
	err := s.Store.InTx(ctx, take)
	if errors.Is(err, ErrConflict) {
		err = s.Store.InTx(ctx, take) // pressed twice: the other has just registered
	}
	return seat, err
}

// Own reads the page of a place. It changes nothing.
func (s *RegistrationService) Own(ctx context.Context, token string) (Seat, error) {
	claims, err := s.Keys.Parse(PurposeSeat, token, s.Now())
	if err != nil {
		return Seat{}, err
	}
	return s.seat(ctx, s.Store, claims.Subscriber)
}

// OwnLink signs the link to the page of a place.
func (s *RegistrationService) OwnLink(id int64) string {
	return s.Keys.Issue(PurposeSeat, id, 0, s.Now())
}

// Change takes what the holder of a place says about themselves anew.
func (s *RegistrationService) Change(ctx context.Context, token string, r RegisterRequest) (Seat, error) {
	claims, err := s.Keys.Parse(PurposeSeat, token, s.Now())
	if err != nil {
		return Seat{}, err
	}
	var seat Seat
	err = s.Store.InTx(ctx, func(tx Store) error {
		if seat, err = s.held(ctx, tx, claims.Subscriber); err != nil {
			return err
		}
		if !seat.Registration.Open() {
			return refused("this place was given back")
		}
		read, err := readSeat(seat.Webinar, r)
		if err != nil {
			return err
		}
		changed := &seat.Registration
		changed.Name, changed.Organisation, changed.Zone, changed.Answers = read.Name, read.Organisation, read.Zone, read.Answers
		return tx.UpdateRegistration(ctx, *changed)
	})
	return seat, err
}

// Leave gives the place back, tells the calendar, and gives the place to the first
// who waits. It may be called twice.
func (s *RegistrationService) Leave(ctx context.Context, token string) (Seat, error) {
	claims, err := s.Keys.Parse(PurposeSeat, token, s.Now())
	if err != nil {
		return Seat{}, err
	}
	var seat Seat
	err = s.Store.InTx(ctx, func(tx Store) error {
		if seat, err = s.held(ctx, tx, claims.Subscriber); err != nil {
			return err
		}
		if !seat.Registration.Open() {
			return nil
		}
		return leave(ctx, tx, &seat, s.Now())
	})
	return seat, err
}

// leave cancels an open registration. Whoever had a place gets a CANCEL for their
// calendar.
func leave(ctx context.Context, tx Store, seat *Seat, now time.Time) error {
	had := seat.Registration.State == RegistrationActive
	if err := seat.Registration.Cancel(now); err != nil {
		return err
	}
	if err := tx.UpdateRegistration(ctx, seat.Registration); err != nil {
		return err
	}
	if err := stirReaders(ctx, tx, seat.Registration); err != nil || !had {
		return err
	}
	if err := queueSeat(ctx, tx, seat.Registration, KindLeft, fmt.Sprint(seat.Registration.Turns), now); err != nil {
		return err
	}
	_, err := promote(ctx, tx, seat.Webinar, now)
	return err
}

// promote gives free places to those who wait, in the order in which they came, and
// says how many. The webinar must be held.
func promote(ctx context.Context, tx Store, w Webinar, now time.Time) (int, error) {
	if w.State != WebinarAnnounced || !now.Before(w.Starts) {
		return 0, nil
	}
	counts, err := tx.CountRegistrations(ctx, w.ID)
	if err != nil {
		return 0, err
	}
	waiting, free := counts[w.ID][RegistrationWaiting], counts[w.ID][RegistrationWaiting]
	if w.Capacity > 0 {
		free = min(w.Capacity-counts[w.ID].Taken(), waiting)
	}
	if free <= 0 {
		return 0, nil
	}
	next, err := tx.Waiting(ctx, w.ID, min(free, promoteAtOnce))
	if err != nil {
		return 0, err
	}
	for _, r := range next {
		if err := r.Promote(now); err != nil {
			return 0, err
		}
		if err := tx.UpdateRegistration(ctx, r); err != nil {
			return 0, err
		}
		if err := queueSeat(ctx, tx, r, KindPromoted, fmt.Sprint(w.Sequence), now); err != nil {
			return 0, err
		}
	}
	return len(next), stirReaders(ctx, tx, next...)
}

// promoteAtOnce bounds one transaction; the scheduler goes on.
const promoteAtOnce = 500
