package subscriptions

import (
	"context"
	"time"
)

// Confirmation is what a confirmation page says.
type Confirmation struct {
	Address string // masked
	Topics  []Topic
	Already bool    // there was nothing left to confirm
	Newest  bool    // the newest edition was asked for
	Welcome Welcome // what follows at once, after Confirm
	consent int64   // the sign-up whose letter was answered
}

// Confirmation tells what confirming would do. It changes nothing.
func (s *SubscriptionService) Confirmation(ctx context.Context, token string) (Confirmation, error) {
	_, c, _, err := s.confirmation(ctx, s.Store, token)
	return c, err
}

func (s *SubscriptionService) confirmation(ctx context.Context, store Store, token string) (Subscriber, Confirmation, []Subscription, error) {
	claims, person, err := s.holder(ctx, store, PurposeConfirm, token)
	if err != nil {
		return person, Confirmation{}, nil, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return person, Confirmation{}, nil, err
	}
	c := Confirmation{Address: MaskAddress(person.Address), consent: claims.Ref}
	var pending []Subscription
	var active TopicSet
	for _, row := range rows {
		switch row.State {
		case SubscriptionPending:
			pending = append(pending, row)
		case SubscriptionActive:
			active = append(active, row.TopicID)
		}
	}
	ids := make([]int64, len(pending))
	for i, p := range pending {
		ids[i] = p.TopicID
	}
	if len(pending) == 0 {
		if len(active) == 0 {
			return person, c, nil, &Error{Code: Expired, Message: "there is nothing left to confirm with this link",
				Hint: "Subscribe again; a fresh link arrives within a minute."}
		}
		c.Already, ids = true, active
	} else {
		past, err := store.Consents(ctx, person.ID)
		if err != nil {
			return person, c, nil, err
		}
		c.Newest = wantsNewest(past)
	}
	c.Topics = topicsIn(all, NewTopicSet(ids...))
	return person, c, pending, nil
}

// Confirm makes everything the person has pending active.
func (s *SubscriptionService) Confirm(ctx context.Context, token, ip string) (Confirmation, error) {
	var done Confirmation
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		person, c, pending, err := s.confirmation(ctx, tx, token)
		if err != nil {
			return err
		}
		done = c
		if c.Already {
			return nil
		}
		for _, row := range pending {
			if err := row.Confirm(now); err != nil {
				return err
			}
			if err := tx.UpdateSubscription(ctx, row); err != nil {
				return err
			}
		}
		if err := s.liftErasure(ctx, tx, person.Address, now); err != nil {
			return err
		}
		person.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		// The letter said the words of the sign-up it asks about.
		wording, err := wordingOf(ctx, tx, c.consent, person.ID)
		if err != nil {
			return err
		}
		consent := &Consent{SubscriberID: person.ID, Kind: ConsentConfirmed, Topics: slugsOf(c.Topics),
			Wording: wording, Source: "confirmation link", IP: ip, At: now}
		if err := tx.AddConsents(ctx, []*Consent{consent}); err != nil || !c.Newest {
			return err
		}
		done.Welcome, err = queueWelcome(ctx, tx, person, consent.ID, idsOf(c.Topics), now)
		return err
	})
	return done, err
}

func (s *SubscriptionService) liftErasure(ctx context.Context, tx Store, address string, now time.Time) error {
	hash := s.Keys.HashAddress(address)
	found, err := tx.Suppressions(ctx, []string{hash})
	if err != nil {
		return err
	}
	sup, ok := found[hash]
	if !ok || sup.Reason != SuppressedErased {
		return nil
	}
	sup.LiftedAt = now
	return tx.PutSuppression(ctx, sup)
}
