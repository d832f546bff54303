package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// QueueBatch plans the next people of a sending edition: one transaction reads
// them by key, queues their deliveries and moves the cursor, so that a process
// that dies in between plans nobody twice and nobody not at all. It reports
// how many it queued, and whether there is more to plan. While topics move from
// people to people (TopicMove) it plans nobody, and says that there is no more: the
// next call goes on.
func (s *EditionService) QueueBatch(ctx context.Context, id int64, size int) (queued int, more bool, err error) {
	if e, err := s.Store.FindEdition(ctx, id); err != nil || e.IsCorrection() {
		if err != nil {
			return 0, false, fmt.Errorf("plan edition %d: %w", id, err)
		}
		return s.queueCorrection(ctx, e, size)
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil || e.State != EditionSending || !e.PlannedAt.IsZero() {
			return err
		}
		if _, err := tx.RunningTopicMove(ctx); !errors.Is(err, ErrNotFound) {
			return err
		}
		c, err := tx.Content(ctx, id)
		if err != nil {
			return err
		}
		people, err := tx.Recipients(ctx, e.Cursor, size)
		if err != nil {
			return err
		}
		before := e.Planned
		if err := s.plan(ctx, tx, &e, NewAudience(c), people); err != nil {
			return err
		}
		queued = e.Planned - before
		if len(people) < size {
			e.PlannedAt = s.Now()
		} else {
			e.Cursor, more = people[len(people)-1].Subscriber.ID, true
		}
		return tx.UpdateEdition(ctx, e, EditionSending)
	})
	if err != nil {
		return 0, false, fmt.Errorf("plan edition %d: %w", id, err)
	}
	return queued, more, nil
}

// plan queues the digests of these people and counts them into the edition.
func (s *EditionService) plan(ctx context.Context, tx Store, e *Edition, audience Audience, people []Recipient) error {
	if err := MarkSuppressed(ctx, tx, s.Keys, people); err != nil {
		return err
	}
	now := s.Now()
	type place struct {
		who *Recipient
		key string
	}
	var places []place
	sets := map[string]TopicSet{}
	for i := range people {
		p := &people[i]
		if p.Refusal(now) != "" {
			continue
		}
		set, ok := audience.VariantFor(p.Chosen)
		if !ok {
			e.Nothing++
			continue
		}
		key := set.Key()
		sets[key] = set
		places = append(places, place{p, key})
	}
	if len(places) == 0 {
		return nil
	}
	variants, err := tx.Variants(ctx, e.ID, slices.Collect(maps.Values(sets)))
	if err != nil {
		return err
	}
	// Due since the start: what a clock that was ahead has planned would wait until
	// the right one gets there.
	due := now
	if e.StartedAt.Before(due) {
		due = e.StartedAt
	}
	deliveries := make([]Delivery, len(places))
	for i, p := range places {
		who := p.who.Subscriber
		deliveries[i] = Delivery{Kind: KindDigest, Key: DigestKey(e.ID, who.ID), EditionID: e.ID, SubscriberID: who.ID,
			VariantID: variants[p.key].ID, Address: who.Address, Priority: PriorityDigest, State: DeliveryQueued,
			NotBefore: due, CreatedAt: now}
	}
	n, err := tx.QueueDeliveries(ctx, deliveries)
	e.Planned += n
	return err
}

// FinishIfDone closes a sending edition that has nothing open, and reports
// whether it is over. It is asked often, so it counts only when it must.
func (s *EditionService) FinishIfDone(ctx context.Context, id int64) (bool, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil || e.State != EditionSending {
		return e.State == EditionSent || e.State == EditionCancelled, err
	}
	if e.PlannedAt.IsZero() {
		return false, nil
	}
	if open, err := s.Store.HasOpen(ctx, id); err != nil || open {
		return false, err
	}
	done := false
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil || e.State != EditionSending {
			return err
		}
		books, err := tx.Books(ctx, id)
		if err != nil || books.Open() > 0 {
			return err
		}
		if err := e.Finish(books, s.Now()); err != nil {
			return err
		}
		done = true
		if err := tx.UpdateEdition(ctx, e, EditionSending); err != nil {
			return err
		}
		if err := s.follow(ctx, tx, e); err != nil {
			return err
		}
		return s.As(BySchedule).audit(ctx, tx, "edition.finish", e, fmt.Sprintf("%d sent, %d failed", books.Sent, books.Failed))
	})
	return done, err
}
