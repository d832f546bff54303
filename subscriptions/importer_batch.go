package subscriptions

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// importBatch is how many rows share a transaction.
const importBatch = 1000

// subscriberBatch is up to importBatch rows that are dealt with together: one
// query for the known people, one for their subscriptions, one for the
// suppressed, then one insert a table. A dry run does the same but for the
// inserts, and remembers what it would have written.
type subscriberBatch struct {
	service *ImportService
	options SubscriberOptions
	topics  []Topic
	named   map[string]Topic // by slug, name and short name, in small letters
	report  *SubscriberReport
	rows    []batchRow
	seen    *seenRows

	keepLines bool // of what did not simply come in
	lines     []ListLine
	read      int // rows since the last flush, the bad ones too
}

func newSubscriberBatch(s *ImportService, topics []Topic, o SubscriberOptions) *subscriberBatch {
	b := &subscriberBatch{service: s, options: o, topics: topics, named: map[string]Topic{}, report: &SubscriberReport{}, seen: newSeenRows()}
	for _, t := range topics {
		for _, name := range []string{t.ShortName, t.Name, t.Slug} { // the slug wins
			b.named[strings.ToLower(name)] = t
		}
	}
	return b
}

type batchRow struct {
	line         int
	address      string
	name         string
	organisation string
	topics       []Topic
}

func (b *subscriberBatch) full() bool { return b.read >= importBatch }

// check makes a row of what was read.
func (b *subscriberBatch) check(row SubscriberRow) (r batchRow, err error) {
	r.line = row.Line
	if row.Err != nil {
		return r, row.Err
	}
	if r.address, err = ParseAddress(row.Email); err != nil {
		return r, err
	}
	if r.name, err = CleanName("name", row.Name); err != nil {
		return r, err
	}
	if r.organisation, err = CleanName("organisation", row.Organisation); err != nil {
		return r, err
	}
	slugs := b.options.Topics
	if len(row.Topics) > 0 {
		slugs = make([]string, len(row.Topics))
		for i, name := range row.Topics {
			slugs[i] = name
			if t, ok := b.named[strings.ToLower(name)]; ok {
				slugs[i] = t.Slug
			}
		}
	}
	r.topics, err = pickTopics(b.topics, slugs)
	return r, err
}

// add checks a row; a bad one goes into the report.
func (b *subscriberBatch) add(row SubscriberRow) {
	b.read++
	r, err := b.check(row)
	if err != nil {
		b.report.Bad++
		b.report.find(row.Line, SeverityError, err)
		b.line(row.Line, LineRefused, sentenceOf(err))
		return
	}
	if above := b.seen.first(r.address, r.line); above > 0 {
		b.report.Twice++
		b.line(r.line, LineTwice, fmt.Sprintf("The address stands in line %d.", above))
	}
	b.rows = append(b.rows, r)
}

// pass takes note of a row that an earlier process has dealt with.
func (b *subscriberBatch) pass(row SubscriberRow) {
	if r, err := b.check(row); err == nil {
		b.seen.first(r.address, r.line)
	}
}

func (b *subscriberBatch) line(no int, outcome ListOutcome, why string) {
	if b.keepLines {
		b.lines = append(b.lines, ListLine{Line: no, Outcome: outcome, Why: why})
	}
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

// flush deals with the rows. What commit does is done in the same transaction;
// in a dry run that is all that is written.
func (b *subscriberBatch) flush(ctx context.Context, store Store, commit func(tx Store) error) error {
	rows := b.rows
	report := *b.report
	work := func(tx Store) error {
		*b.report = report // a transaction may be tried again
		if len(rows) == 0 {
			return nil
		}
		return b.work(ctx, tx, rows)
	}
	var err error
	if b.options.DryRun {
		if err = work(store); err == nil && commit != nil {
			err = store.InTx(ctx, commit)
		}
	} else if len(rows) > 0 || commit != nil {
		err = store.InTx(ctx, func(tx Store) error {
			if err := work(tx); err != nil || commit == nil {
				return err
			}
			return commit(tx)
		})
	}
	b.rows, b.lines, b.read = nil, nil, 0
	return err
}

func (b *subscriberBatch) work(ctx context.Context, tx Store, rows []batchRow) error {
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
		if sup, ok := suppressed[hashes[i]]; ok {
			b.report.Suppressed++
			b.line(r.line, LineSuppressed, "The address gets no letters: "+suppressionWords(sup.Reason)+".")
			continue
		}
		p := people[AddressKey(r.address)]
		if p == nil {
			p = &person{isNew: true, rows: map[int64]*Subscription{},
				subscriber: &Subscriber{Address: r.address, Name: r.name, Organisation: r.organisation, CreatedAt: now}}
			people[AddressKey(r.address)] = p
		}
		if !p.changed {
			order = append(order, p)
		}
		b.apply(p, r, now)
	}
	if b.options.DryRun {
		for _, p := range order {
			b.seen.would(p.subscriber.Address, p.added)
		}
		return nil
	}
	return b.write(ctx, tx, order, now)
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
	if b.options.DryRun {
		b.recall(people, rows)
	}
	return people, nil
}

// recall adds what the rows of earlier batches would have written.
func (b *subscriberBatch) recall(people map[string]*person, rows []batchRow) {
	for _, r := range rows {
		had := b.seen.added(r.address)
		if len(had) == 0 {
			continue
		}
		p := people[AddressKey(r.address)]
		if p == nil {
			p = &person{subscriber: &Subscriber{Address: r.address}, rows: map[int64]*Subscription{}}
			people[AddressKey(r.address)] = p
		}
		for _, id := range had {
			row := &Subscription{ID: 1, TopicID: id, State: SubscriptionPending}
			if b.options.Confirmed {
				row.State = SubscriptionActive
			}
			p.rows[id] = row
		}
	}
}

// apply decides what a row changes for its person and counts it.
func (b *subscriberBatch) apply(p *person, r batchRow, now time.Time) {
	if !p.subscriber.EndedAt.IsZero() && p.subscriber.EndReason != EndTakenBack {
		b.report.Ended++
		b.line(r.line, LineLeft, "They left on "+DateOf(p.subscriber.EndedAt).Words()+", and come back by their own hand alone.")
		return
	}
	wasNew := p.isNew && !p.changed
	changed, ended := false, false
	for _, t := range r.topics {
		row := p.rows[t.ID]
		switch {
		case row == nil, row.EndReason == EndTakenBack:
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
		b.line(r.line, LineLeft, "They left these topics, and take them again by their own hand alone.")
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
		} else if p.subscriber.EndReason == EndTakenBack {
			p.subscriber.EndedAt, p.subscriber.EndReason = time.Time{}, ""
			p.subscriber.Revision++
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
			Wording: wording.Version, Source: b.source(), At: now, ImportID: b.options.Run})
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
