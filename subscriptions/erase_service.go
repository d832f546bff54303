package subscriptions

import (
	"context"
	"errors"
)

// Erasure is what erasing a person does, or did.
type Erasure struct {
	Masked        string // the address; "" when it was gone before
	Already       bool   // there was nobody left to erase
	Letters       int    // that were about to leave and do not
	Registrations int    // for webinars, emptied or cancelled
}

// Erasure tells whom the link would erase. It changes nothing.
func (s *SubscriptionService) Erasure(ctx context.Context, token string) (Erasure, error) {
	person, err := s.owner(ctx, s.Store, token)
	if err != nil {
		return gone(person, err)
	}
	return Erasure{Masked: MaskAddress(person.Address)}, nil
}

// gone turns a link of somebody who was erased into an answer: that is done.
func gone(person Subscriber, err error) (Erasure, error) {
	if !person.ErasedAt.IsZero() {
		return Erasure{Already: true}, nil
	}
	return Erasure{}, err
}

// Erase forgets the person who asked for the link and holds it, at once and for good: address,
// name, organisation, zone, IP addresses, places in webinars. What is left is a
// row without a name, its events, and the keyed hash of the address, so that no
// old list brings it back. What has not begun to leave does not. It may be called
// twice.
func (s *SubscriptionService) Erase(ctx context.Context, token string) (Erasure, error) {
	var done Erasure
	err := s.Store.InTx(ctx, func(tx Store) error {
		person, err := s.owner(ctx, tx, token)
		if err != nil {
			done, err = gone(person, err)
			return err
		}
		done, err = s.erase(ctx, tx, person, person.Address, "preferences link")
		return err
	})
	return done, err
}

// EraseAddress does the same by the address, for somebody who asked in another
// way, also when all there is are registrations for webinars. An address that was
// erased before is answered with Already; one that was never here is NotFound.
func (s *SubscriptionService) EraseAddress(ctx context.Context, email, source string) (Erasure, error) {
	address, err := ParseAddress(email)
	if err != nil {
		return Erasure{}, err
	}
	var done Erasure
	err = s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriberByAddress(ctx, address)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			done, err = s.erase(ctx, tx, person, address, source)
			return err
		}
		places, err := tx.RegistrationsOf(ctx, 0, address)
		if err != nil {
			return err
		}
		if len(places) > 0 {
			done, err = s.erase(ctx, tx, Subscriber{}, address, source)
			return err
		}
		hash := s.Keys.HashAddress(address)
		known, err := tx.Suppressions(ctx, []string{hash})
		if err != nil {
			return err
		}
		if _, ok := known[hash]; !ok {
			return notFound("nothing is kept about this address").hint("Check how it is spelled.")
		}
		done.Already = true
		return nil
	})
	return done, err
}

// erase does it. The person is the zero Subscriber when the address belongs to
// none.
func (s *SubscriptionService) erase(ctx context.Context, tx Store, person Subscriber, address, source string) (Erasure, error) {
	now := s.Now()
	done := Erasure{Masked: MaskAddress(address)}
	err := remember(ctx, tx, []string{s.Keys.HashAddress(address)}, "asked to be erased", now)
	if err == nil {
		done.Registrations, err = tx.ForgetRegistrations(ctx, person.ID, address, now)
	}
	if err != nil || person.ID == 0 {
		return done, err
	}
	all, rows, err := s.topicsAndRows(ctx, tx, person.ID)
	if err != nil {
		return done, err
	}
	if done.Letters, err = tx.Forget(ctx, []int64{person.ID}, EndErased, now); err != nil {
		return done, err
	}
	return done, tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentErased,
		Topics: slugsOf(topicsIn(all, activeSet(rows))), Source: source, At: now}})
}
