package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// When a subscriber's letters go to another address, their places in webinars go with
// them: reminders, a new time and the letter afterwards reach the mailbox that is
// read. Who waits keeps the place in the line. Where both addresses have registered
// for a webinar one registration stays, the one that is worth more; the place of the
// other is given on. A change that is taken back takes back the places that were the
// subscriber's, and none that somebody at the other address took for themselves.

// seatsToMove are the registrations that follow the person from their address, by
// webinar.
func seatsToMove(ctx context.Context, store Store, person Subscriber, restores bool) ([]Registration, error) {
	all, err := store.RegistrationsOf(ctx, person.ID, person.Address)
	all = slices.DeleteFunc(all, func(r Registration) bool {
		return r.State == RegistrationCancelled || AddressKey(r.Address) != AddressKey(person.Address) || restores && r.SubscriberID != person.ID
	})
	slices.SortFunc(all, func(a, b Registration) int { return int(a.WebinarID - b.WebinarID) })
	return all, err
}

// holdSeats takes the webinars of the registrations, before the person is taken: that
// is the order of all who decide about places.
func holdSeats(ctx context.Context, tx Store, seats []Registration) (map[int64]Webinar, error) {
	held := map[int64]Webinar{}
	for _, r := range seats {
		if _, ok := held[r.WebinarID]; ok {
			continue
		}
		w, err := tx.FindWebinar(ctx, r.WebinarID)
		if err != nil {
			return nil, err
		}
		held[r.WebinarID] = w
	}
	return held, nil
}

// moveSeats takes the registrations to the address to. change names the change of the
// address, once and for ever.
func moveSeats(ctx context.Context, tx Store, person Subscriber, to string, change int64, restores bool, held map[int64]Webinar, now time.Time) error {
	seats, err := seatsToMove(ctx, tx, person, restores)
	if err != nil {
		return err
	}
	var moved []int64
	for _, r := range seats {
		w, known := held[r.WebinarID]
		if !known { // they have registered in the very moment
			if w, err = tx.FindWebinar(ctx, r.WebinarID); err != nil {
				return err
			}
		}
		if r, err = tx.FindRegistration(ctx, r.ID); err != nil {
			return err
		}
		toCome := w.State == WebinarAnnounced && now.Before(w.Starts)
		there, err := tx.FindOpenRegistration(ctx, w.ID, to)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case !toCome:
			continue // both have been there, or not; nothing more is given on
		case worthMore(there, r):
			if err := giveWay(ctx, tx, r, now); err != nil {
				return err
			}
			there.SubscriberID = person.ID
			if err := tx.UpdateRegistration(ctx, there); err != nil {
				return err
			}
			if _, err := promote(ctx, tx, w, now); err != nil {
				return err
			}
			continue
		default:
			if err := giveWay(ctx, tx, there, now); err != nil {
				return err
			}
		}
		// The invitation to the new address lies above the one to the old.
		turns, err := tx.RegistrationTurns(ctx, w.ID, to)
		if err != nil {
			return err
		}
		r.Address, r.SubscriberID, r.Turns = to, person.ID, max(r.Turns+1, turns)
		if err := tx.UpdateRegistration(ctx, r); err != nil {
			return err
		}
		moved = append(moved, r.ID)
		if !toCome {
			continue
		}
		kind := seatKind(r)
		if r.State == RegistrationPending {
			kind = KindRegisterConfirm
		}
		if err := queueSeat(ctx, tx, r, kind, fmt.Sprintf("address-%d", change), now); err != nil {
			return err
		}
		if _, err := promote(ctx, tx, w, now); err != nil {
			return err
		}
	}
	return tx.MoveSeatMail(ctx, moved, to)
}

// worthMore reports whether the registration at the new address stays. A place is
// worth more than one in the line, and that more than a form nobody has confirmed; of
// two in the line the earlier one stays.
func worthMore(there, r Registration) bool {
	worth := []RegistrationState{RegistrationPending, RegistrationWaiting, RegistrationActive}
	a, b := slices.Index(worth, there.State), slices.Index(worth, r.State)
	if a == b && there.State == RegistrationWaiting {
		return !r.ConfirmedAt.Before(there.ConfirmedAt)
	}
	return a >= b
}

// giveWay ends a registration beside which the person has another. No letter says so:
// a CANCEL would take the other out of their calendar as well.
func giveWay(ctx context.Context, tx Store, r Registration, now time.Time) error {
	if err := r.Cancel(now); err != nil {
		return err
	}
	return tx.UpdateRegistration(ctx, r)
}
