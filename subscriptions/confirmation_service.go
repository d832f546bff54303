package subscriptions

import (
	"context"
	"slices"
	"time"
)

// Confirmation is what a confirmation page says.
type Confirmation struct {
	Address string  // masked
	Topics  []Topic // all that the press makes active
	Added   []Topic // those of them that a form after the letter asked for: it did not name them
	Already bool    // there was nothing left to confirm
	Newest  bool    // the newest edition was asked for
	Welcome Welcome // what follows at once, after Confirm
}

// Confirmation tells what confirming would do. It changes nothing.
func (s *SubscriptionService) Confirmation(ctx context.Context, token string) (Confirmation, error) {
	w, err := s.confirmation(ctx, s.Store, token)
	return w.Confirmation, err
}

// waiting is a confirmation with what it works on.
type waiting struct {
	Confirmation
	person  Subscriber
	pending []Subscription
	consent int64     // the sign-up whose letter is answered
	slugs   []string  // of all that waits, also of topics that have ended since
	asked   time.Time // when the form was sent that the letter answers; zero when nobody knows
}

func (s *SubscriptionService) confirmation(ctx context.Context, store Store, token string) (waiting, error) {
	claims, person, err := s.holder(ctx, store, PurposeConfirm, token)
	if err != nil {
		return waiting{}, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return waiting{}, err
	}
	w := waiting{Confirmation: Confirmation{Address: MaskAddress(person.Address)}, person: person, consent: claims.Ref}
	var ids, active []int64
	for _, row := range rows {
		switch row.State {
		case SubscriptionPending:
			w.pending, ids = append(w.pending, row), append(ids, row.TopicID)
		case SubscriptionActive:
			active = append(active, row.TopicID)
		}
	}
	if len(w.pending) == 0 {
		if len(active) == 0 {
			return w, &Error{Code: Expired, Message: "there is nothing left to confirm with this link",
				Hint: "Subscribe again; a fresh link arrives within a minute."}
		}
		w.Already, w.Topics = true, running(topicsIn(all, NewTopicSet(active...)))
		return w, nil
	}
	w.Topics, w.slugs = current(all, ids), slugsOf(topicsIn(all, NewTopicSet(ids...)))
	past, err := store.Consents(ctx, person.ID)
	if err != nil {
		return w, err
	}
	w.Newest = wantsNewest(past)
	at := slices.IndexFunc(past, func(c Consent) bool { return c.ID == claims.Ref && c.Kind == ConsentGiven })
	if at < 0 {
		return w, nil
	}
	// One letter a day: a second form of the day is behind the same link, and the
	// page tells which topics it has added.
	w.asked = past[at].At
	var added []int64
	for _, row := range w.pending {
		if row.CreatedAt.After(w.asked) {
			added = append(added, row.TopicID)
		}
	}
	w.Added = current(all, added)
	return w, nil
}

// Asked gives what a letter to confirm asks about, as of now: all topics that wait
// for it, and the last form that was sent. None is waited for when the zero
// Consent comes.
func Asked(past []Consent, rows []Subscription) (last Consent, pending TopicSet) {
	for _, row := range rows {
		if row.State == SubscriptionPending {
			pending = append(pending, row.TopicID)
		}
	}
	for _, c := range slices.Backward(past) {
		if c.Kind == ConsentGiven {
			return c, NewTopicSet(pending...)
		}
	}
	return Consent{}, nil
}

// Confirm makes everything the person has pending active.
func (s *SubscriptionService) Confirm(ctx context.Context, token, ip string) (Confirmation, error) {
	var done Confirmation
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		w, err := s.confirmation(ctx, tx, token)
		if err != nil {
			return err
		}
		person, c := w.person, w.Confirmation
		done = c
		if c.Already {
			return nil
		}
		for _, row := range w.pending {
			if err := row.Confirm(now); err != nil {
				return err
			}
			if err := tx.UpdateSubscription(ctx, row); err != nil {
				return err
			}
		}
		if err := s.lift(ctx, tx, person.Address, w.asked, now); err != nil {
			return err
		}
		person.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		// The letter said the words of the sign-up it asks about.
		wording, err := wordingOf(ctx, tx, w.consent, person.ID)
		if err != nil {
			return err
		}
		consent := &Consent{SubscriberID: person.ID, Kind: ConsentConfirmed, Topics: w.slugs,
			Wording: wording, Source: "confirmation link", IP: ip, At: now}
		if err := tx.AddConsents(ctx, []*Consent{consent}); err != nil || !c.Newest {
			return err
		}
		done.Welcome, err = queueWelcome(ctx, tx, person, consent.ID, idsOf(c.Topics), now)
		return err
	})
	return done, err
}
