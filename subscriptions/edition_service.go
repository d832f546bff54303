package subscriptions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// EditionService is what an editor does with an edition: collect, freeze,
// approve, send, stop. Each move reads the row, asks the noun, and writes it
// back only if nobody else has moved it meanwhile.
type EditionService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time
}

// Create starts a collecting edition. A slug that is taken gets a number. Who
// sends the newsletter and how they are reached is carried over from the newest
// edition: it seldom changes.
func (s *EditionService) Create(ctx context.Context, title string, period Period) (Edition, error) {
	e, err := NewEdition(title, period, s.Now())
	if err != nil {
		return e, err
	}
	return e, s.Store.InTx(ctx, func(tx Store) error {
		past, err := tx.Editions(ctx)
		if err != nil {
			return err
		}
		if len(past) > 0 {
			e.About, e.Contact = past[0].About, past[0].Contact
		}
		return s.add(ctx, tx, &e)
	})
}

func (s *EditionService) add(ctx context.Context, tx Store, e *Edition) error {
	base := e.Slug
	for n := 2; ; n++ {
		_, err := tx.FindEditionBySlug(ctx, e.Slug)
		if errors.Is(err, ErrNotFound) {
			return tx.AddEdition(ctx, e)
		}
		if err != nil {
			return err
		}
		e.Slug = fmt.Sprintf("%s-%d", strings.TrimRight(base[:min(len(base), maxSlug-4)], "-"), n)
	}
}

// Collect gives the edition as it would be frozen now.
func (s *EditionService) Collect(ctx context.Context, id int64) (Content, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return Content{}, err
	}
	if e.State != EditionCollecting {
		return s.Store.Content(ctx, id)
	}
	return s.collect(ctx, s.Store, e)
}

// collect puts together what is published and free: the items dated in the
// period, items without a date, and late ones, dated in the period before but
// published after that edition was frozen. Entries come by topic, in the order the topics have, then
// as they are numbered or dated; what announces a webinar comes last.
func (s *EditionService) collect(ctx context.Context, store Store, e Edition) (Content, error) {
	topics, err := store.Topics(ctx)
	if err != nil {
		return Content{}, err
	}
	terms, err := store.Terms(ctx)
	if err != nil {
		return Content{}, err
	}
	webinars, err := store.Webinars(ctx)
	if err != nil {
		return Content{}, err
	}
	items, err := store.Items(ctx, ItemFilter{States: []ItemState{ItemPublished}, Free: true, Limit: maxEntries * 10})
	if err != nil {
		return Content{}, err
	}
	previous, err := s.previous(ctx, store, e)
	if err != nil {
		return Content{}, err
	}
	c := Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period, Intro: e.Intro, About: e.About,
		Contact: e.Contact, Topics: topics, Glossary: terms}
	for _, i := range items {
		late := !previous.FrozenAt.IsZero() && previous.Period.Contains(i.Date) && !i.PublishedAt.Before(previous.FrozenAt)
		if i.Date.IsZero() || e.Period.Contains(i.Date) || late {
			c.Entries = append(c.Entries, i)
		}
	}
	if len(c.Entries) > maxEntries {
		return Content{}, refused("edition %d would hold %d items; an edition has at most %d", e.ID, len(c.Entries), maxEntries).
			hint("Shorten its period.")
	}
	now := s.Now()
	for _, w := range webinars {
		if w.State == WebinarAnnounced && now.Before(w.Starts) {
			c.Webinars = append(c.Webinars, w)
		}
	}
	place := map[int64]int{}
	for n, t := range topics {
		place[t.ID] = n
	}
	slices.SortStableFunc(c.Entries, func(a, b Item) int {
		return cmp.Or(eventLast(c, a)-eventLast(c, b), cmp.Compare(place[a.Home()], place[b.Home()]),
			cmp.Compare(a.Number, b.Number), a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID))
	})
	for n := range c.Entries {
		c.Entries[n].Number = n + 1
	}
	return c, nil
}

// maxEntries bounds an edition: ten times the largest one anybody would read.
const maxEntries = 500

func eventLast(c Content, i Item) int {
	if _, ok := c.Webinar(i.WebinarSlug); ok {
		return 1
	}
	return 0
}

// previous is the latest edition whose period ends before e's begins.
func (s *EditionService) previous(ctx context.Context, store Store, e Edition) (Edition, error) {
	all, err := store.Editions(ctx)
	if err != nil {
		return Edition{}, err
	}
	for _, p := range all { // newest first
		if p.ID != e.ID && p.State != EditionCancelled && p.Period.To.Compare(e.Period.From) < 0 {
			return p, nil
		}
	}
	return Edition{}, nil
}

// Freeze fixes what the edition says and takes its items.
func (s *EditionService) Freeze(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(tx Store, e *Edition) error {
		c, err := s.collect(ctx, tx, *e)
		if err != nil {
			return err
		}
		if err := e.Freeze(c, s.Now()); err != nil {
			return err
		}
		for _, entry := range c.Entries {
			item, err := tx.FindItem(ctx, entry.ID)
			if err != nil {
				return err
			}
			item.EditionID = e.ID
			if err := tx.UpdateItem(ctx, item); err != nil {
				return err
			}
		}
		return tx.PutContent(ctx, c)
	})
}

// Reopen gives a frozen edition back to collecting, and its items with it.
func (s *EditionService) Reopen(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(tx Store, e *Edition) error {
		if err := e.Reopen(); err != nil {
			return err
		}
		return releaseItems(ctx, tx, e.ID)
	})
}

func releaseItems(ctx context.Context, tx Store, editionID int64) error {
	items, err := tx.Items(ctx, ItemFilter{EditionID: editionID, Limit: maxEntries})
	if err != nil {
		return err
	}
	for _, i := range items {
		i.EditionID = 0
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// Approve agrees to the frozen state the hash names.
func (s *EditionService) Approve(ctx context.Context, id int64, hash, by string) (Edition, error) {
	return s.move(ctx, id, func(_ Store, e *Edition) error { return e.Approve(hash, by, s.Now()) })
}

// Start begins the send; a worker does the rest. Starting twice sends once.
func (s *EditionService) Start(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(_ Store, e *Edition) error { return e.Start(s.Now()) })
}

// Pause stops the send before the next message.
func (s *EditionService) Pause(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(_ Store, e *Edition) error { return e.Pause() })
}

// Resume goes on.
func (s *EditionService) Resume(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(_ Store, e *Edition) error { return e.Resume() })
}

// Cancel ends the edition: what is still open is skipped. Items of an edition
// of which nothing has left are free for the next one.
func (s *EditionService) Cancel(ctx context.Context, id int64) (Edition, error) {
	return s.move(ctx, id, func(tx Store, e *Edition) error {
		began := !e.StartedAt.IsZero()
		if err := e.Cancel(s.Now()); err != nil {
			return err
		}
		if !began {
			return releaseItems(ctx, tx, e.ID)
		}
		return tx.SkipOpen(ctx, e.ID, "cancelled", s.Now())
	})
}

// Resolve decides about deliveries of which nobody knows whether they arrived:
// send them again with the same Message-ID, or accept them as sent.
func (s *EditionService) Resolve(ctx context.Context, id int64, resend bool) (int, error) {
	var n int
	err := s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil {
			return err
		}
		if resend && e.State == EditionCancelled {
			return e.wrong("sent again", fmt.Sprintf("Accept what is uncertain: tidings edition resolve %d --accept", id))
		}
		if n, err = tx.ResolveUncertain(ctx, id, resend, s.Now()); err != nil || n == 0 || !resend || e.State != EditionSent {
			return err
		}
		// There is something to send again: the run is open once more.
		e.State, e.FinishedAt = EditionSending, time.Time{}
		return tx.UpdateEdition(ctx, e, EditionSent)
	})
	return n, err
}

// move runs one state change of an edition in a transaction.
func (s *EditionService) move(ctx context.Context, id int64, f func(tx Store, e *Edition) error) (Edition, error) {
	var e Edition
	err := s.Store.InTx(ctx, func(tx Store) error {
		var err error
		if e, err = tx.FindEdition(ctx, id); err != nil {
			return err
		}
		was := e.State
		if err := f(tx, &e); err != nil {
			return err
		}
		return tx.UpdateEdition(ctx, e, was)
	})
	return e, err
}

// Status is an edition with its books.
type Status struct {
	Edition Edition
	Books   Books
}

// Status reads where an edition stands, counted from the rows.
func (s *EditionService) Status(ctx context.Context, id int64) (Status, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return Status{}, err
	}
	books, err := s.Store.Books(ctx, id)
	return Status{e, books}, err
}

// QueueBatch plans the next people of a sending edition: one transaction reads
// them by key, queues their deliveries and moves the cursor, so that a process
// that dies in between plans nobody twice and nobody not at all. It reports
// whether there is more to plan.
func (s *EditionService) QueueBatch(ctx context.Context, id int64, size int) (more bool, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id)
		if err != nil || e.State != EditionSending || !e.PlannedAt.IsZero() {
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
		if err := s.plan(ctx, tx, &e, NewAudience(c), people); err != nil {
			return err
		}
		if len(people) < size {
			e.PlannedAt = s.Now()
		} else {
			e.Cursor, more = people[len(people)-1].Subscriber.ID, true
		}
		return tx.UpdateEdition(ctx, e, EditionSending)
	})
	if err != nil {
		return false, fmt.Errorf("plan edition %d: %w", id, err)
	}
	return more, nil
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
	deliveries := make([]Delivery, len(places))
	for i, p := range places {
		who := p.who.Subscriber
		deliveries[i] = Delivery{Kind: KindDigest, Key: DigestKey(e.ID, who.ID), EditionID: e.ID, SubscriberID: who.ID,
			VariantID: variants[p.key].ID, Address: who.Address, Priority: PriorityDigest, State: DeliveryQueued,
			NotBefore: now, CreatedAt: now}
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
		return tx.UpdateEdition(ctx, e, EditionSending)
	})
	return done, err
}
