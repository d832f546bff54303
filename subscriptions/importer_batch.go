package subscriptions

import (
	"context"
	"time"
)

// subscriberBatch is up to importBatch rows that are written together: one
// query for the known people, one for their subscriptions, one for the
// suppressed, then one insert a table.
type subscriberBatch struct {
	service *ImportService
	options SubscriberOptions
	topics  []Topic
	report  *SubscriberReport
	rows    []batchRow
}

type batchRow struct {
	line    int
	address string
	name    string
	topics  []Topic
}

// add checks a row; a bad one goes into the report.
func (b *subscriberBatch) add(row SubscriberRow) {
	r := batchRow{line: row.Line}
	err := row.Err
	if err == nil {
		r.address, err = ParseAddress(row.Email)
	}
	if err == nil {
		r.name, err = CleanName("name", row.Name)
	}
	if err == nil {
		r.topics, err = pickTopics(b.topics, row.Topics)
	}
	if err != nil {
		b.report.Bad++
		b.report.find(row.Line, SeverityError, err)
		return
	}
	b.rows = append(b.rows, r)
}

// person is somebody of the batch with their rows, old and new.
type person struct {
	subscriber *Subscriber
	isNew      bool
	rows       map[int64]*Subscription // open or ended, the latest a topic
	added      []Topic                 // by this batch
	confirmed  []*Subscription         // pending rows made active by this batch
	changed    bool
}

func (b *subscriberBatch) flush(ctx context.Context, store Store) error {
	if len(b.rows) == 0 {
		return nil
	}
	rows := b.rows
	b.rows = nil
	return store.InTx(ctx, func(tx Store) error {
		people, err := b.load(ctx, tx, rows)
		if err != nil {
			return err
		}
		hashes := make([]string, len(rows))
		for i, r := range rows {
			hashes[i] = b.service.Keys.HashAddress(r.address)
		}
		suppressed, err := tx.Suppressions(ctx, hashes)
		if err != nil {
			return err
		}
		now := b.service.Now()
		var order []*person // in the order of the file, so that ids follow it
		for i, r := range rows {
			if _, ok := suppressed[hashes[i]]; ok {
				b.report.Suppressed++
				continue
			}
			p := people[AddressKey(r.address)]
			if p == nil {
				p = &person{isNew: true, rows: map[int64]*Subscription{},
					subscriber: &Subscriber{Address: r.address, Name: r.name, CreatedAt: now}}
				people[AddressKey(r.address)] = p
			}
			if !p.changed {
				order = append(order, p)
			}
			b.apply(p, r, now)
		}
		return b.write(ctx, tx, order, now)
	})
}

// load finds who is known.
func (b *subscriberBatch) load(ctx context.Context, tx Store, rows []batchRow) (map[string]*person, error) {
	addresses := make([]string, len(rows))
	for i, r := range rows {
		addresses[i] = r.address
	}
	known, err := tx.SubscribersByAddress(ctx, addresses)
	if err != nil {
		return nil, err
	}
	people := make(map[string]*person, len(rows))
	byID := map[int64]*person{}
	var ids []int64
	for key, sub := range known {
		p := &person{subscriber: &sub, rows: map[int64]*Subscription{}}
		people[key], byID[sub.ID] = p, p
		ids = append(ids, sub.ID)
	}
	subs, err := tx.Subscriptions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for i := range subs {
		byID[subs[i].SubscriberID].rows[subs[i].TopicID] = &subs[i]
	}
	return people, nil
}

// apply decides what a row changes for its person and counts it.
func (b *subscriberBatch) apply(p *person, r batchRow, now time.Time) {
	if !p.subscriber.EndedAt.IsZero() {
		b.report.Ended++
		return
	}
	wasNew := p.isNew && !p.changed
	changed, ended := false, false
	for _, t := range r.topics {
		row := p.rows[t.ID]
		switch {
		case row == nil:
			row = &Subscription{TopicID: t.ID, State: SubscriptionPending, CreatedAt: now}
			if b.options.Confirmed {
				row.State, row.ConfirmedAt = SubscriptionActive, now
			}
			p.rows[t.ID] = row
			p.added = append(p.added, t)
			changed = true
		case row.State == SubscriptionEnded:
			ended = true
		case row.State == SubscriptionPending && b.options.Confirmed && row.ID != 0:
			row.State, row.ConfirmedAt = SubscriptionActive, now
			p.confirmed = append(p.confirmed, row)
			p.added = append(p.added, t)
			changed = true
		}
	}
	p.changed = p.changed || changed
	switch {
	case wasNew:
		b.report.Added++
	case changed:
		b.report.Extended++
	case ended:
		b.report.Ended++
	default:
		b.report.Unchanged++
	}
}

// write stores the batch.
func (b *subscriberBatch) write(ctx context.Context, tx Store, order []*person, now time.Time) error {
	var added []*Subscriber
	seen := map[*person]bool{}
	var people []*person
	for _, p := range order {
		if !p.changed || seen[p] {
			continue
		}
		seen[p] = true
		people = append(people, p)
		if b.options.Confirmed {
			p.subscriber.Confirm(now)
		}
		if p.isNew {
			added = append(added, p.subscriber)
		}
	}
	if err := tx.AddSubscribers(ctx, added); err != nil {
		return err
	}
	kind := ConsentGiven
	if b.options.Confirmed {
		kind = ConsentImported
	}
	wording, err := CurrentWording(ctx, tx)
	if err != nil {
		return err
	}
	var subscriptions []*Subscription
	consents := make([]*Consent, 0, len(people))
	for _, p := range people {
		if !p.isNew {
			if err := tx.UpdateSubscriber(ctx, *p.subscriber); err != nil {
				return err
			}
		}
		for _, t := range p.added {
			if row := p.rows[t.ID]; row.ID == 0 {
				row.SubscriberID = p.subscriber.ID
				subscriptions = append(subscriptions, row)
			}
		}
		for _, row := range p.confirmed {
			if err := tx.UpdateSubscription(ctx, *row); err != nil {
				return err
			}
		}
		consents = append(consents, &Consent{SubscriberID: p.subscriber.ID, Kind: kind, Topics: slugsOf(p.added),
			Wording: wording.Version, Source: b.source(), At: now})
	}
	if err := tx.AddSubscriptions(ctx, subscriptions); err != nil {
		return err
	}
	if err := tx.AddConsents(ctx, consents); err != nil {
		return err
	}
	if b.options.Confirmed {
		return nil
	}
	var mails []Delivery
	for i, p := range people {
		if !p.isNew {
			if err := queueConfirmation(ctx, tx, *p.subscriber, consents[i].ID, now); err != nil {
				return err
			}
			continue
		}
		mails = append(mails, confirmationOf(*p.subscriber, 0, consents[i].ID, now))
	}
	_, err = tx.QueueDeliveries(ctx, mails)
	return err
}

func (b *subscriberBatch) source() string {
	if b.options.Source != "" {
		return b.options.Source
	}
	return "import"
}
