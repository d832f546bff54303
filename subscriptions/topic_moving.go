package subscriptions

import (
	"context"
	"slices"
	"time"
)

// moving is one batch of a TopicMove: what is known of its people, and what is to
// be written.
type moving struct {
	*TopicMove
	now         time.Time
	topics      []Topic // all
	topic, into Topic
	names       []string // all the topic ever had in events
	people      map[int64]Subscriber
	rows        map[int64][]Subscription
	consents    map[int64][]Consent

	touched []int64
	end     []int64
	confirm []Subscription
	open    []*Subscription
	events  []*Consent
}

// read fetches what decides about these people.
func (b *moving) read(ctx context.Context, tx Store, ids []int64) error {
	rows, err := tx.Subscriptions(ctx, ids...)
	if err != nil {
		return err
	}
	for _, r := range rows {
		b.rows[r.SubscriberID] = append(b.rows[r.SubscriberID], r)
	}
	consents, err := tx.ConsentsOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, c := range consents {
		b.consents[c.SubscriberID] = append(b.consents[c.SubscriberID], c)
	}
	if b.topics, err = tx.AllTopics(ctx); err != nil {
		return err
	}
	old, err := tx.OldSlugs(ctx)
	if err != nil {
		return err
	}
	for _, t := range b.topics {
		switch t.ID {
		case b.TopicID:
			b.topic = t
		case b.IntoID:
			b.into = t
		}
	}
	b.names = []string{b.topic.Slug}
	for slug, id := range old {
		if id == b.TopicID {
			b.names = append(b.names, slug)
		}
	}
	return nil
}

// one decides about the person of a row, as it is now.
func (b *moving) one(row Subscription) {
	id := row.SubscriberID
	if b.Kind == MoveReturn {
		b.giveBack(row)
		return
	}
	at := slices.IndexFunc(b.rows[id], func(r Subscription) bool { return r.ID == row.ID && r.State != SubscriptionEnded })
	if at < 0 {
		return // they left since it was read
	}
	row = b.rows[id][at]
	b.rows[id][at].End(b.now, EndMerged)
	b.end = append(b.end, row.ID)
	b.touched = append(b.touched, id)
	b.Ended++
	if b.Kind == MoveRetire {
		return
	}
	open, last := b.has(id, b.IntoID)
	switch {
	case open != nil && open.State == SubscriptionPending && last.EndReason.Declined():
		b.KeptOut++ // a form asks for what they left, and waits for their hand
	case open != nil:
		b.Had++
		if open.State == SubscriptionPending && row.State == SubscriptionActive {
			open.State, open.ConfirmedAt = SubscriptionActive, b.now
			b.confirm = append(b.confirm, *open)
			b.tell(id)
		}
	case last.EndReason.Declined():
		b.KeptOut++
	default:
		b.Opened++
		b.give(id, b.IntoID, row.State)
	}
}

// giveBack opens again what the retirement has ended.
func (b *moving) giveBack(row Subscription) {
	id := row.SubscriberID
	open, last := b.has(id, b.TopicID)
	if last.ID != row.ID || row.ConfirmedAt.IsZero() {
		return // an earlier retirement; or it was never confirmed
	}
	p := b.people[id]
	switch {
	case open != nil && open.State == SubscriptionActive:
		b.Had++
	case !p.EndedAt.IsZero() || !p.ErasedAt.IsZero() || b.chosenSince(id, row.EndedAt):
		b.KeptOut++
	case open != nil: // a form asks for it anew, and waits; they need not confirm what they had
		b.Opened++
		b.touched = append(b.touched, id)
		open.State, open.ConfirmedAt = SubscriptionActive, b.now
		b.confirm = append(b.confirm, *open)
		b.tell(id)
	default:
		b.Opened++
		b.touched = append(b.touched, id)
		b.give(id, b.TopicID, SubscriptionActive)
	}
}

// has gives the person's open row of the topic, nil for none, and the last that
// ended.
func (b *moving) has(id, topic int64) (open *Subscription, last Subscription) {
	for i, r := range b.rows[id] {
		switch {
		case r.TopicID != topic:
		case r.State == SubscriptionEnded:
			last = r
		default:
			open = &b.rows[id][i]
		}
	}
	return open, last
}

// chosenSince reports whether the person has chosen or left anything since, by
// their own hand.
func (b *moving) chosenSince(id int64, since time.Time) bool {
	return slices.ContainsFunc(b.consents[id], func(c Consent) bool {
		return !c.At.Before(since) && c.Origin == 0 && (c.Kind == ConsentChanged || c.Kind == ConsentWithdrawn || c.Kind == ConsentErased)
	})
}

// give opens a topic for the person; an active one with the event that proves it.
func (b *moving) give(id, topic int64, state SubscriptionState) {
	row := Subscription{SubscriberID: id, TopicID: topic, State: state, CreatedAt: b.now}
	if state == SubscriptionActive {
		row.ConfirmedAt = b.now
	}
	b.open = append(b.open, &row)
	b.rows[id] = append(b.rows[id], row)
	if state == SubscriptionActive {
		b.tell(id)
	}
}

// tell writes the event: the topic that became active, and what it rests on.
func (b *moving) tell(id int64) {
	source, given := "merge", b.into
	if b.Kind == MoveReturn {
		source, given = "return", b.topic
	}
	b.events = append(b.events, &Consent{SubscriberID: id, Kind: ConsentChanged, Topics: []string{given.Slug},
		Wording: b.wording(b.topic, b.into), Source: source, At: b.now, Origin: b.origin(id)})
}

// origin is the last event with which the person agreed to the topic, under any of
// its names.
func (b *moving) origin(id int64) int64 {
	for _, c := range slices.Backward(b.consents[id]) {
		switch c.Kind {
		case ConsentConfirmed, ConsentImported, ConsentChanged:
			if slices.ContainsFunc(c.Topics, func(slug string) bool { return slices.Contains(b.names, slug) }) {
				return c.ID
			}
		}
	}
	return 0
}

// write stores what was decided.
func (b *moving) write(ctx context.Context, tx Store) error {
	reason := EndMerged
	if b.Kind == MoveRetire {
		reason = EndRetired
	}
	if err := tx.EndSubscriptions(ctx, b.end, b.now, reason); err != nil {
		return err
	}
	for _, row := range b.confirm {
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	if err := tx.AddSubscriptions(ctx, b.open); err != nil {
		return err
	}
	if err := tx.AddConsents(ctx, b.events); err != nil {
		return err
	}
	return tx.RaiseRevisions(ctx, b.touched)
}

// successor follows merges to the topic that this one is part of now, and reports
// whether it runs.
func successor(all []Topic, t Topic) (Topic, bool) {
	for range all { // a merge goes into a topic that runs, so that there is no circle
		at := slices.IndexFunc(all, func(o Topic) bool { return o.ID == t.MergedInto })
		if t.MergedInto == 0 || at < 0 {
			break
		}
		t = all[at]
	}
	return t, t.RetiredAt.IsZero()
}

// current gives the topics as what they are part of now, those that run.
func current(all []Topic, ids []int64) []Topic {
	var now []int64
	for _, t := range topicsIn(all, NewTopicSet(ids...)) {
		if into, runs := successor(all, t); runs {
			now = append(now, into.ID)
		}
	}
	return topicsIn(all, NewTopicSet(now...))
}

// topicNamed finds the topic that a name in an address means today: by its own
// name, by one it had before, and by those of topics that were merged into it.
func topicNamed(ctx context.Context, store Store, slug string) (Topic, error) {
	all, err := store.AllTopics(ctx)
	if err != nil {
		return Topic{}, err
	}
	_, now, err := topicByName(ctx, store, all, slug)
	return now, err
}

// topicByName finds the topic that has or had the name, and what it is part of now.
func topicByName(ctx context.Context, store Store, all []Topic, slug string) (named, now Topic, err error) {
	at := slices.IndexFunc(all, func(t Topic) bool { return t.Slug == slug })
	if at < 0 {
		old, err := store.OldSlugs(ctx)
		if err != nil {
			return named, now, err
		}
		id := old[slug]
		if at = slices.IndexFunc(all, func(t Topic) bool { return t.ID == id }); at < 0 {
			return named, now, notFound("there is no topic %q", slug)
		}
	}
	now, _ = successor(all, all[at])
	return all[at], now, nil
}
