package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Asking an address whether it works. Before an address ends for what may pass, a
// short letter goes there with one button. Pressing it proves that somebody reads
// there: what came back before is forgotten. It subscribes nobody.

// KindProbe asks whether the address works; RefID is the mark in its history.
const KindProbe Kind = "probe"

// mark adds one of ours to the history of an address.
func mark(ctx context.Context, tx Store, kind ReturnKind, hash, address string, subscriberID int64, why string, now time.Time) (*Bounce, error) {
	b := &Bounce{Report: ReportID(string(kind), hash, now.Format(time.RFC3339Nano)), At: now, Way: WayOurs, Kind: kind, Class: ReturnNone, Hash: hash,
		Address: address, Domain: AddressDomain(address), SubscriberID: subscriberID, Why: clipText(why)}
	_, err := tx.AddBounces(ctx, []*Bounce{b})
	return b, err
}

// ask writes to the person, where there is one to write to.
func (s *BounceService) ask(ctx context.Context, tx Store, about subject, hash string, now time.Time) error {
	person := about.person
	if person.ID == 0 || !person.ErasedAt.IsZero() || !person.EndedAt.IsZero() || AddressKey(person.Address) != AddressKey(about.address) {
		return nil
	}
	m, err := mark(ctx, tx, ReturnProbe, hash, about.address, person.ID, "", now)
	if err != nil {
		return err
	}
	_, err = tx.QueueDeliveries(ctx, []Delivery{{Kind: KindProbe, Key: fmt.Sprintf("probe:%d:%d", person.ID, m.ID), SubscriberID: person.ID, RefID: m.ID,
		Address: person.Address, Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}})
	return err
}

// Alive is what the page behind the button says.
type Alive struct {
	Masked string
	Done   bool // it was pressed before
}

// Alive tells whose address the link is about. It changes nothing.
func (s *SubscriptionService) Alive(ctx context.Context, token string) (Alive, error) {
	a, _, _, err := s.alive(ctx, s.Store, token)
	return a, err
}

func (s *SubscriptionService) alive(ctx context.Context, store Store, token string) (Alive, Subscriber, Bounce, error) {
	claims, person, err := s.holder(ctx, store, PurposeAlive, token)
	if err != nil {
		return Alive{}, person, Bounce{}, err
	}
	m, err := store.FindBounce(ctx, claims.Ref)
	if err == nil && (m.Kind != ReturnProbe || m.SubscriberID != person.ID) || errors.Is(err, ErrNotFound) {
		err = &Error{Code: Expired, Message: "this link is not needed any more"}
	}
	if err != nil {
		return Alive{}, person, m, err
	}
	a := Alive{Masked: MaskAddress(person.Address)}
	if m.Hash != s.Keys.HashAddress(person.Address) {
		a.Done = true // they have moved since
		return a, person, m, nil
	}
	past, err := store.BouncesOf(ctx, m.Hash, m.At)
	for _, b := range past {
		a.Done = a.Done || b.Kind == ReturnAlive && b.ID > m.ID
	}
	return a, person, m, err
}

// ProveAlive forgets what came back from the person's address, and lifts what
// followed from it, but for a complaint. It may be called twice.
func (s *SubscriptionService) ProveAlive(ctx context.Context, token string) (Alive, error) {
	var done Alive
	err := s.Store.InTx(ctx, func(tx Store) error {
		a, person, m, err := s.alive(ctx, tx, token)
		if done = a; err != nil || a.Done {
			return err
		}
		now := s.Now()
		if _, err := mark(ctx, tx, ReturnAlive, m.Hash, person.Address, person.ID, "", now); err != nil {
			return err
		}
		// The letter may have failed by one way and arrived by another.
		return s.lift(ctx, tx, person.Address, now, now)
	})
	return done, err
}
