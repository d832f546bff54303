package subscriptions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// missed is somebody who missed an edition: with the delivery that failed, or without.
type missed struct {
	person   Recipient
	delivery Delivery // zero where none was planned
	reason   MissedReason
	set      TopicSet
}

// Missed counts who missed an edition that was sent; days is how long ago somebody may
// have confirmed, or chosen, at most.
func (s *EditionService) Missed(ctx context.Context, id int64, days int) (MissedCounts, error) {
	c := MissedCounts{Days: days, Counts: map[MissedReason]int{}}
	var err error
	if c.Edition, err = s.missable(ctx, s.Store, id, days); err != nil {
		return c, err
	}
	found, more, err := s.findMissed(ctx, s.Store, c.Edition, days)
	for _, m := range found {
		c.Counts[m.reason]++
	}
	c.More = more
	return c, err
}

// missable reads an edition after its send.
func (s *EditionService) missable(ctx context.Context, store Store, id int64, days int) (Edition, error) {
	e, err := store.FindEdition(ctx, id)
	switch {
	case err != nil:
		return e, err
	case e.IsCorrection():
		return e, refused("a correction goes to those who got the entry, whenever they got it").hint("Nobody misses it.")
	case e.State != EditionSent && (e.State != EditionSending || e.PlannedAt.IsZero()):
		return e, refused("edition %d is %s; who missed it is known once it was sent", e.ID, e.State)
	case days < 1 || days > MaxMissedDays:
		return e, invalid("days", "that is a number of days from 1 to %d", MaxMissedDays)
	}
	return e, nil
}

// soft reports whether a failed letter could arrive another time.
func soft(d Delivery) bool {
	switch LostReason(d.Code, d.Status) {
	case "mailbox full", "refused by policy", "given up after days", "not reached":
		return true
	}
	return false
}

// findMissed looks for them. It reads what happened after the plan by the indexes of
// 0024, and never everybody.
func (s *EditionService) findMissed(ctx context.Context, store Store, e Edition, days int) (found []missed, more bool, err error) {
	now := s.Now()
	content, err := store.Content(ctx, e.ID)
	if err != nil {
		return nil, false, err
	}
	audience := NewAudience(content)
	seen := map[int64]bool{}
	// With a letter in the ledger that did not arrive.
	for _, way := range []struct {
		state  DeliveryState
		reason MissedReason
		may    func(Delivery) bool
	}{{DeliveryFailed, MissedSoft, soft}, {DeliverySkipped, MissedSkipped, func(d Delivery) bool { return d.Detail != "erased" }}} {
		var letters []Delivery
		for after := int64(0); ; {
			part, err := store.Undelivered(ctx, e.ID, way.state, after, 1000)
			if err != nil {
				return nil, false, err
			}
			for _, d := range part {
				if way.may(d) {
					letters = append(letters, d)
				}
			}
			if len(part) < 1000 {
				break
			}
			if len(letters) >= mostMissed {
				more = true
				break
			}
			after = part[len(part)-1].ID
		}
		for part := range slices.Chunk(letters, 1000) {
			byPerson := make(map[int64]Delivery, len(part))
			ids := make([]int64, len(part))
			for i, d := range part {
				byPerson[d.SubscriberID], ids[i] = d, d.SubscriberID
			}
			welcomed, err := store.Welcomed(ctx, e.ID, ids)
			if err != nil {
				return nil, false, err
			}
			ids = slices.DeleteFunc(ids, func(id int64) bool { return welcomed[id] })
			may, err := s.mayHave(ctx, store, audience, ids, now)
			if err != nil {
				return nil, false, err
			}
			for _, m := range may {
				m.delivery, m.reason = byPerson[m.person.Subscriber.ID], way.reason
				seen[m.person.Subscriber.ID] = true
				found = append(found, m)
			}
		}
	}
	// Without one.
	// Who was planned all the same has a letter, and is dropped by that: the plan passes
	// by somebody who chooses behind it.
	recent := latestOf(e.StartedAt, now.AddDate(0, 0, -days))
	for _, way := range []struct {
		reason MissedReason
		people func() ([]int64, error)
	}{{MissedPause, func() ([]int64, error) { return store.BackFromPause(ctx, e.StartedAt, now, mostMissed) }},
		{MissedConfirmed, func() ([]int64, error) { return store.ConfirmedSince(ctx, recent, now, mostMissed) }},
		{MissedTopics, func() ([]int64, error) { return store.ChoseSince(ctx, recent, now, mostMissed) }}} {
		all, err := way.people()
		if err != nil {
			return nil, false, err
		}
		more = more || len(all) == mostMissed
		for ids := range slices.Chunk(all, 1000) {
			have, err := store.HaveLetter(ctx, e, ids)
			if err != nil {
				return nil, false, err
			}
			ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return have[id] || seen[id] })
			may, err := s.mayHave(ctx, store, audience, ids, now)
			if err != nil {
				return nil, false, err
			}
			for _, m := range may {
				m.reason = way.reason
				seen[m.person.Subscriber.ID] = true
				found = append(found, m)
			}
		}
	}
	return found, more, nil
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mayHave keeps those of the people who may be mailed now and have something in the
// edition.
func (s *EditionService) mayHave(ctx context.Context, store Store, audience Audience, ids []int64, now time.Time) ([]missed, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	people, err := store.RecipientsByID(ctx, ids)
	if err == nil {
		err = MarkSuppressed(ctx, store, s.Keys, people)
	}
	asked := NewTopicSet(ids...) // a set of numbers: there may be others among the people
	var may []missed
	for _, p := range people {
		set, ok := audience.VariantFor(p.Chosen)
		if ok && asked.Has(p.Subscriber.ID) && p.Refusal(now) == "" {
			may = append(may, missed{person: p, set: set})
		}
	}
	return may, err
}

// SendMissed queues the letters of those who missed an edition for one of the reasons,
// and says how many. The run is open once more until they have left; its corrections
// follow. What is broken off in the middle is finished by doing it again.
func (s *EditionService) SendMissed(ctx context.Context, id int64, days int, reasons []MissedReason) (int, error) {
	if len(reasons) == 0 {
		return 0, invalid("reasons", "choose who is to get it")
	}
	for _, r := range reasons {
		if r.Words() == "" {
			return 0, invalid("reasons", "there is no reason %q", r)
		}
	}
	e, err := s.missable(ctx, s.Store, id, days)
	if err != nil {
		return 0, err
	}
	found, _, err := s.findMissed(ctx, s.Store, e, days)
	if err != nil {
		return 0, err
	}
	found = slices.DeleteFunc(found, func(m missed) bool { return !slices.Contains(reasons, m.reason) })
	total := 0
	for part := range slices.Chunk(found, 1000) {
		n, err := s.queueMissed(ctx, id, days, part)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *EditionService) queueMissed(ctx context.Context, id int64, days int, part []missed) (queued int, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := s.missable(ctx, tx, id, days) // held
		if err != nil {
			return err
		}
		// The edition is held, as it is where a welcome is queued.
		people := make([]int64, len(part))
		for i, m := range part {
			people[i] = m.person.Subscriber.ID
		}
		welcomed, err := tx.Welcomed(ctx, e.ID, people)
		if err != nil {
			return err
		}
		part := slices.DeleteFunc(slices.Clone(part), func(m missed) bool { return welcomed[m.person.Subscriber.ID] })
		was, now := e.State, s.Now()
		var again []int64
		sets, counts := map[string]TopicSet{}, map[MissedReason]int{}
		for _, m := range part {
			counts[m.reason]++
			if m.delivery.ID != 0 {
				again = append(again, m.delivery.ID)
			} else {
				sets[m.set.Key()] = m.set
			}
		}
		if queued, err = tx.QueueAgain(ctx, again, []DeliveryState{DeliveryFailed, DeliverySkipped}, "sent again to who missed it", now); err != nil {
			return err
		}
		variants, err := tx.Variants(ctx, e.ID, slices.Collect(maps.Values(sets)))
		if err != nil {
			return err
		}
		var letters []Delivery
		for _, m := range part {
			if m.delivery.ID == 0 {
				who := m.person.Subscriber
				letters = append(letters, Delivery{Kind: KindDigest, Key: DigestKey(e.ID, who.ID), EditionID: e.ID, SubscriberID: who.ID, VariantID: variants[m.set.Key()].ID,
					Address: who.Address, Priority: PriorityDigest, State: DeliveryQueued, NotBefore: now, CreatedAt: now})
			}
		}
		n, err := tx.QueueDeliveries(ctx, letters)
		if err != nil {
			return err
		}
		e.Planned += n
		if queued += n; queued == 0 {
			return nil // somebody was faster
		}
		if was == EditionSent {
			if err := s.watchAnew(ctx, tx, &e); err != nil {
				return err
			}
		}
		e.State, e.FinishedAt = EditionSending, time.Time{}
		if err := tx.UpdateEdition(ctx, e, was); err != nil {
			return err
		}
		var words []string
		for _, r := range MissedReasons() {
			if counts[r] > 0 {
				words = append(words, fmt.Sprintf("%d %s", counts[r], r))
			}
		}
		return s.audit(ctx, tx, "edition.send-missed", e, countOf(queued, "letter", "letters")+" to those who missed it: "+strings.Join(words, ", "))
	})
	if err != nil {
		return 0, err
	}
	return queued, nil
}
