package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxAddressChanges is how many a person may ask for in a day: each is a mail to
// an address that somebody typed.
const maxAddressChanges = 3

// ChangeAddress takes the wish to move to another address. The mail that asks
// goes there; nothing is changed before its link is used. The answer is the same
// whether the address is free, has a subscription of its own or must not be
// mailed; who owns it learns the difference by mail, or not at all (MAIL 15).
func (s *SubscriptionService) ChangeAddress(ctx context.Context, token, email string) error {
	address, err := ParseAddress(email)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		person, err := s.owner(ctx, tx, token)
		if err != nil {
			return err
		}
		now := s.Now()
		past, err := tx.AddressChanges(ctx, person.ID)
		if err != nil {
			return err
		}
		today, asked := 0, false
		for _, c := range past {
			if now.Sub(c.CreatedAt) < 24*time.Hour {
				today++
				asked = asked || c.Open() && AddressKey(c.Address) == AddressKey(address)
			}
		}
		if today >= maxAddressChanges {
			return invalid("email", "another address was asked for %d times within a day", maxAddressChanges).hint("Try again tomorrow.")
		}
		change := AddressChange{SubscriberID: person.ID, CreatedAt: now}
		free, err := s.mayMove(ctx, tx, person, address, now)
		if err != nil {
			return err
		}
		if !free || asked {
			return tx.AddAddressChange(ctx, &change) // it counts, and mails nobody twice
		}
		for _, c := range past {
			if c.Open() {
				c.Address = ""
				if err := tx.UpdateAddressChange(ctx, c); err != nil {
					return err
				}
			}
		}
		change.Address = address
		if err := tx.AddAddressChange(ctx, &change); err != nil {
			return err
		}
		return queueElsewhere(ctx, tx, KindAddress, change, address, now)
	})
}

// mayMove reports whether the address is free to be asked. Whose it is already
// gets their own link instead, as with a sign-up.
func (s *SubscriptionService) mayMove(ctx context.Context, tx Store, person Subscriber, address string, now time.Time) (bool, error) {
	if barred, err := s.barred(ctx, tx, address); err != nil || barred {
		return false, err
	}
	other, err := tx.FindSubscriberByAddress(ctx, address)
	switch {
	case errors.Is(err, ErrNotFound):
		return true, nil
	case err != nil:
		return false, err
	case other.ConfirmedAt.IsZero():
		return other.ID != person.ID, nil
	case other.EndedAt.IsZero():
		return false, queueManage(ctx, tx, other, ManageAlready, now)
	}
	return false, queueManage(ctx, tx, other, ManageAsked, now)
}

func queueElsewhere(ctx context.Context, tx Store, kind Kind, c AddressChange, address string, now time.Time) error {
	_, err := tx.QueueDeliveries(ctx, []Delivery{{Kind: kind, SubscriberID: c.SubscriberID, RefID: c.ID, Address: address,
		Key: fmt.Sprintf("%s:%d", kind, c.ID), Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}})
	return err
}

// Moving is what the page behind a link of an address change says.
type Moving struct {
	Masked string // the address letters go to, once it is done
	Done   bool   // it is, by this press or an earlier one
}

// Moving tells what ConfirmAddress or RestoreAddress, by the purpose, would do.
// It changes nothing.
func (s *SubscriptionService) Moving(ctx context.Context, p Purpose, token string) (Moving, error) {
	_, _, m, err := s.moving(ctx, s.Store, p, token)
	return m, err
}

func (s *SubscriptionService) moving(ctx context.Context, store Store, p Purpose, token string) (Subscriber, AddressChange, Moving, error) {
	claims, person, err := s.holder(ctx, store, p, token)
	if err != nil {
		return person, AddressChange{}, Moving{}, err
	}
	c, err := store.FindAddressChange(ctx, claims.Ref)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return person, c, Moving{}, err
	}
	to := c.Address
	if p == PurposeRestore {
		to = c.Replaced
	}
	if err != nil || c.SubscriberID != person.ID || to == "" {
		return person, c, Moving{}, &Error{Code: Expired, Message: "this link is over: another request took its place",
			Hint: "Ask for the link to your topics, and change the address there."}
	}
	done := AddressKey(person.Address) == AddressKey(to)
	if !c.ConfirmedAt.IsZero() && p == PurposeAddress && !done {
		return person, c, Moving{}, &Error{Code: Expired, Message: "this link was used, and the address was changed again since",
			Hint: "Ask for the link to your topics, and change the address there."}
	}
	return person, c, Moving{Masked: MaskAddress(to), Done: done}, nil
}

// ConfirmAddress moves the person to the new address, whose owner has pressed the
// button, and tells the old one. It may be called twice.
func (s *SubscriptionService) ConfirmAddress(ctx context.Context, token, ip string) (Moving, error) {
	return s.move(ctx, PurposeAddress, token, ip)
}

// RestoreAddress takes a change back by the link in the notice to the old
// address. For as long as the link lives, who had the address first is believed,
// also when it was changed again meanwhile. It may be called twice.
func (s *SubscriptionService) RestoreAddress(ctx context.Context, token, ip string) (Moving, error) {
	return s.move(ctx, PurposeRestore, token, ip)
}

func (s *SubscriptionService) move(ctx context.Context, p Purpose, token, ip string) (Moving, error) {
	var done Moving
	// Read before the transaction, which must take the webinars first.
	person, _, _, err := s.moving(ctx, s.Store, p, token)
	if err != nil {
		return done, err
	}
	seats, err := seatsToMove(ctx, s.Store, person, p == PurposeRestore)
	if err != nil {
		return done, err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		held, err := holdSeats(ctx, tx, seats)
		if err != nil {
			return err
		}
		person, change, m, err := s.moving(ctx, tx, p, token)
		if err != nil {
			return err
		}
		if done = m; m.Done {
			return nil
		}
		done.Done = true
		old := person.Address
		source := "link to the new address"
		if p == PurposeRestore {
			source = "link to the address before"
			change = AddressChange{SubscriberID: person.ID, Address: change.Replaced, Restores: change.ID, CreatedAt: now}
			if err := tx.AddAddressChange(ctx, &change); err != nil {
				return err
			}
		}
		if err := s.vacate(ctx, tx, person, change.Address, now); err != nil {
			return err
		}
		if err := moveSeats(ctx, tx, person, change.Address, change.ID, p == PurposeRestore, held, now); err != nil {
			return err
		}
		if person, err = tx.FindSubscriber(ctx, person.ID); err != nil {
			return err
		}
		person.Address = change.Address
		person.Revision++
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		change.Replaced, change.ConfirmedAt = old, now
		if err := tx.UpdateAddressChange(ctx, change); err != nil {
			return err
		}
		if err := tx.MoveDeliveries(ctx, person.ID, person.Address); err != nil {
			return err
		}
		all, rows, err := s.topicsAndRows(ctx, tx, person.ID)
		if err != nil {
			return err
		}
		wording, err := CurrentWording(ctx, tx)
		if err != nil {
			return err
		}
		// What was agreed holds for the new address, and its owner has just said so.
		if err := tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentChanged, Topics: slugsOf(topicsIn(all, activeSet(rows))),
			Wording: wording.Version, Source: source, IP: ip, At: now}}); err != nil {
			return err
		}
		if barred, err := s.barred(ctx, tx, old); err != nil || barred {
			return err
		}
		return queueElsewhere(ctx, tx, KindMoved, change, old, now)
	})
	if errors.Is(err, ErrConflict) {
		return Moving{}, taken()
	}
	return done, err
}

// vacate makes sure that nobody else holds the address. A sign-up that nobody has
// confirmed gives way: the owner of the mailbox has just said what they want.
func (s *SubscriptionService) vacate(ctx context.Context, tx Store, person Subscriber, address string, now time.Time) error {
	if barred, err := s.barred(ctx, tx, address); err != nil || barred {
		if err == nil {
			err = refused("no letter can be sent to this address").hint("Choose another one, or write to us.")
		}
		return err
	}
	other, err := tx.FindSubscriberByAddress(ctx, address)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && other.ID == person.ID:
		return s.lift(ctx, tx, address, time.Time{}, now)
	case err != nil:
		return err
	case !other.ConfirmedAt.IsZero():
		return taken()
	}
	rows, err := tx.Subscriptions(ctx, other.ID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.End(now, EndUnconfirmed)
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	other.End(now, EndUnconfirmed)
	other.Address, other.Name, other.Organisation, other.ErasedAt = "", "", "", now
	if err := tx.UpdateSubscriber(ctx, other); err != nil {
		return err
	}
	return s.lift(ctx, tx, address, time.Time{}, now)
}

func taken() error {
	return refused("this address has a subscription of its own").
		hint("Ask for its link, and unsubscribe there first if you want to bring this one here.")
}
