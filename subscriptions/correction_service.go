package subscriptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// CorrectionStore finds corrections, and those who are to get them.
type CorrectionStore interface {
	// Dispatches lists all editions, corrections too, the newest period first and in
	// it what was begun last.
	Dispatches(ctx context.Context) ([]Edition, error)
	// Corrections lists those of an edition, the oldest first.
	Corrections(ctx context.Context, editionID int64) ([]Edition, error)
	// Got reads the next deliveries of the edition after the id that were sent or are
	// uncertain, of these variants, in order of id. Fewer than limit means there are no
	// more.
	Got(ctx context.Context, editionID, afterID int64, variants []int64, limit int) ([]Delivery, error)
	// CountGot counts the people of those deliveries by variant and by where the person
	// stands now.
	CountGot(ctx context.Context, editionID int64, variants []int64) ([]GotCount, error)
}

// GotCount is how many people got one of the variants and stand so now.
type GotCount struct {
	VariantID int64
	Status    SubscriberStatus
	People    int
}

// Correct begins a correction of an entry of an edition that has begun to leave.
func (s *EditionService) Correct(ctx context.Context, editionID, itemID int64, words Correction) (Edition, error) {
	words, err := words.clean()
	if err != nil {
		return Edition{}, err
	}
	words.Corrects, words.CorrectsItem = editionID, itemID
	var e Edition
	err = s.Store.InTx(ctx, func(tx Store) error {
		was, item, err := correctable(ctx, tx, editionID, itemID)
		if err != nil {
			return err
		}
		e, err = NewEdition(correctionTitle(item), was.Period, s.Now())
		if err != nil {
			return err
		}
		e.Kind, e.Correction = EditionCorrection, words
		if err := s.add(ctx, tx, &e); err != nil {
			return err
		}
		return s.audit(ctx, tx, "edition.create", e, "corrects “"+item.Title+"” in "+was.Title)
	})
	return e, err
}

// correctionTitle names a correction within the bounds of a title.
func correctionTitle(i Item) string {
	const head = "Correction: "
	title := head + strings.Join(strings.Fields(i.Title), " ")
	if len(title) > maxTitle {
		title = strings.ToValidUTF8(title[:maxTitle-4], "") + " …"
	}
	return title
}

// correctable reads an edition and its entry, if that can be corrected.
func correctable(ctx context.Context, store Store, editionID, itemID int64) (Edition, Item, error) {
	e, err := store.FindEdition(ctx, editionID)
	if err != nil {
		return e, Item{}, err
	}
	switch {
	case e.IsCorrection():
		return e, Item{}, refused("a correction is not corrected").hint("Write another correction of the entry itself.")
	case !e.Public():
		return e, Item{}, refused("nothing of edition %d has left", e.ID).hint("Change the item; who gets it gets what is right.")
	}
	c, err := store.Content(ctx, editionID)
	if err != nil {
		return e, Item{}, err
	}
	item, ok := c.Item(itemID)
	if !ok {
		return e, Item{}, notFound("edition %d has no such entry", editionID)
	}
	return e, item, nil
}

// Reword changes the words of a correction that is not frozen.
func (s *EditionService) Reword(ctx context.Context, id int64, words Correction) (Edition, error) {
	words, err := words.clean()
	if err != nil {
		return Edition{}, err
	}
	return s.change(ctx, id, "edition.edit", func(_ Store, e *Edition) (string, error) {
		switch {
		case !e.IsCorrection():
			return "", refused("edition %d is no correction", id)
		case e.State != EditionCollecting:
			return "", e.wrong("changed", "Open it again first; the approval is then gone.")
		}
		e.Wrong, e.Right = words.Wrong, words.Right
		return "the words of the correction", nil
	})
}

// collectCorrection puts together what a correction says: the entry as it is now, at
// the place it had.
func (s *EditionService) collectCorrection(ctx context.Context, store Store, e Edition) (Content, error) {
	c := Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period}
	sent, err := store.Content(ctx, e.Corrects)
	if err != nil {
		return c, err
	}
	was, ok := sent.Item(e.CorrectsItem)
	if !ok {
		return c, notFound("edition %d has no such entry", e.Corrects)
	}
	now, err := store.FindItem(ctx, e.CorrectsItem)
	if err != nil {
		return c, err
	}
	now.Number, now.Topics, now.EditionID = was.Number, was.Topics, was.EditionID
	now.WebinarSlug = "" // the webinar is announced once
	c.Topics, c.About, c.Contact, c.Entries = sent.Topics, sent.About, sent.Contact, []Item{now}
	if c.Glossary, err = store.Terms(ctx); err != nil {
		return c, err
	}
	c.Corrected = &Corrected{EditionID: e.Corrects, Slug: sent.Slug, Title: sent.Title, Wrong: e.Wrong, Right: e.Right, Was: was}
	c.Look, err = s.Settings.look(ctx, store)
	return c, err
}

// variantsOf gives the variants of the corrected edition whose letters had the entry.
func variantsOf(ctx context.Context, store Store, sent Content, itemID int64) ([]int64, error) {
	item, ok := sent.Item(itemID)
	if !ok {
		return nil, notFound("edition %d has no such entry", sent.EditionID)
	}
	all, err := store.EditionVariants(ctx, sent.EditionID)
	ids := []int64{}
	for _, v := range all {
		if sent.holds(item, v.Topics) {
			ids = append(ids, v.ID)
		}
	}
	return ids, err
}

// queueCorrection plans the next people of a correction that is sending (QueueBatch).
// It holds the corrected edition first, then the correction, as everybody does who
// needs both.
func (s *EditionService) queueCorrection(ctx context.Context, found Edition, size int) (queued int, more bool, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		was, err := tx.FindEdition(ctx, found.Corrects)
		if err != nil {
			return err
		}
		e, err := tx.FindEdition(ctx, found.ID)
		if err != nil || e.State != EditionSending || !e.PlannedAt.IsZero() {
			return err
		}
		sent, err := tx.Content(ctx, e.Corrects)
		if err != nil {
			return err
		}
		variants, err := variantsOf(ctx, tx, sent, e.CorrectsItem)
		if err != nil {
			return err
		}
		got, err := tx.Got(ctx, e.Corrects, e.Cursor, variants, size)
		if err != nil {
			return err
		}
		before := e.Planned
		if e.Cursor == 0 {
			e.Nothing = 0 // counted anew with each walk
		}
		if err := s.planCorrection(ctx, tx, &e, got); err != nil {
			return err
		}
		queued = e.Planned - before
		if len(got) == size {
			e.Cursor, more = got[size-1].ID, true
			return tx.UpdateEdition(ctx, e, EditionSending)
		}
		e.Cursor = 0
		// What was on the wire when the edition was cancelled comes to its end without
		// anybody being told: look once more.
		onTheWire := false
		if was.State == EditionCancelled {
			if onTheWire, err = tx.HasOpen(ctx, was.ID); err != nil {
				return err
			}
		}
		if !onTheWire {
			e.PlannedAt = s.Now()
		}
		return tx.UpdateEdition(ctx, e, EditionSending)
	})
	if err != nil {
		return 0, false, fmt.Errorf("plan correction %d: %w", found.ID, err)
	}
	return queued, more, nil
}

// planCorrection queues a letter to those of the deliveries' people who may be
// written to, and counts the others as Nothing.
func (s *EditionService) planCorrection(ctx context.Context, tx Store, e *Edition, got []Delivery) error {
	ids := make([]int64, len(got))
	for i, d := range got {
		ids[i] = d.SubscriberID
	}
	people, err := tx.RecipientsByID(ctx, ids)
	if err == nil {
		err = MarkSuppressed(ctx, tx, s.Keys, people)
	}
	if err != nil {
		return err
	}
	byID := make(map[int64]Recipient, len(people))
	for _, p := range people {
		byID[p.Subscriber.ID] = p
	}
	now := s.Now()
	due := now
	if e.StartedAt.Before(due) {
		due = e.StartedAt
	}
	var letters []Delivery
	for _, d := range got {
		p, ok := byID[d.SubscriberID]
		if !ok || p.Refusal(now) != "" {
			e.Nothing++
			continue
		}
		letters = append(letters, Delivery{Kind: KindCorrection, Key: e.DeliveryKey(d.SubscriberID), EditionID: e.ID, SubscriberID: d.SubscriberID,
			VariantID: d.VariantID, Address: p.Subscriber.Address, Priority: PriorityDigest, State: DeliveryQueued, NotBefore: due, CreatedAt: now})
	}
	n, err := tx.QueueDeliveries(ctx, letters)
	e.Planned += n
	return err
}

// follow has the corrections of an edition that have begun planned once more: more
// letters have left. The caller holds the edition.
func (s *EditionService) follow(ctx context.Context, tx Store, e Edition) error {
	corrections, err := tx.Corrections(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, listed := range corrections {
		c, err := tx.FindEdition(ctx, listed.ID) // held
		if err != nil {
			return err
		}
		was := c.State
		switch was {
		case EditionSending, EditionPaused:
		case EditionSent:
			c.State, c.FinishedAt = EditionSending, c.CancelledAt
		default:
			continue // not begun, or over
		}
		c.Cursor, c.PlannedAt = 0, c.CancelledAt // zero
		if err := tx.UpdateEdition(ctx, c, was); err != nil {
			return err
		}
	}
	return nil
}

// CorrectionNotice is what readers of the archive are told about an entry.
type CorrectionNotice struct {
	At           Date
	Wrong, Right string // Markdown
}

// notices are the corrections of an entry that have begun to leave, the newest first.
func notices(ctx context.Context, store Store, editionID, itemID int64) ([]CorrectionNotice, error) {
	all, err := store.Corrections(ctx, editionID)
	if err != nil {
		return nil, err
	}
	var said []CorrectionNotice
	for _, e := range slices.Backward(all) {
		if e.CorrectsItem == itemID && e.Public() {
			said = append(said, CorrectionNotice{DateOf(e.StartedAt), e.Wrong, e.Right})
		}
	}
	return said, nil
}

// ofCorrection is who gets a correction: those who got the entry and may be written
// to. Whose address was suppressed meanwhile without their leaving is found by the
// plan, and counted here with the others.
func (s *ReachService) ofCorrection(ctx context.Context, c Content, exact bool) (Reach, error) {
	r := Reach{Asked: map[int64]int{}, Entries: make([]int, len(c.Entries))}
	sent, err := s.Store.Content(ctx, c.Corrected.EditionID)
	if err != nil {
		return r, err
	}
	ids, err := variantsOf(ctx, s.Store, sent, c.Corrected.Was.ID)
	if err != nil {
		return r, err
	}
	count := func(ctx context.Context) ([]GotCount, error) { return s.Store.CountGot(ctx, sent.EditionID, ids) }
	var counts []GotCount
	known := exact
	if exact {
		counts, err = count(ctx)
	} else {
		counts, known, err = s.got.of(ctx, c.EditionID, count)
	}
	if err != nil || !known {
		return r, err
	}
	r.At = s.Now()
	one := VariantReach{Entries: len(c.Entries), Topics: NewTopicSet(c.Entries[0].Topics...)}
	for _, n := range counts {
		switch n.Status {
		case SubscriberActive:
			one.People += n.People
		case SubscriberPaused:
			r.Paused += n.People
		default:
			r.Nothing += n.People
		}
	}
	r.People, r.Mailable = one.People, one.People
	for i := range r.Entries {
		r.Entries[i] = one.People
	}
	if one.People > 0 {
		r.Letters, r.Variants = 1, []VariantReach{one}
	}
	return r, nil
}

// gotEntry reports whether the person got the entry that a content corrects, or may
// have got it.
func gotEntry(ctx context.Context, store Store, c Content, personID int64) (bool, error) {
	d, err := store.FindDeliveryByKey(ctx, DigestKey(c.Corrected.EditionID, personID))
	if CodeOf(err) == NotFound {
		return false, nil
	}
	if err != nil || d.State != DeliverySent && d.State != DeliveryUncertain {
		return false, err
	}
	sent, err := store.Content(ctx, c.Corrected.EditionID)
	if err != nil {
		return false, err
	}
	ids, err := variantsOf(ctx, store, sent, c.Corrected.Was.ID)
	return slices.Contains(ids, d.VariantID), err
}

// CorrectionPage is a correction with what it is about, for the desk.
type CorrectionPage struct {
	Edition  Edition
	Original Edition
	Content  Content // as frozen, or as it would be now
	Now      Item    // the item as it is
}

// Correction reads one.
func (s *EditionService) Correction(ctx context.Context, id int64) (CorrectionPage, error) {
	var p CorrectionPage
	var err error
	if p.Edition, err = s.Store.FindEdition(ctx, id); err != nil {
		return p, err
	}
	if !p.Edition.IsCorrection() {
		return p, notFound("there is no correction %d", id)
	}
	if p.Original, err = s.Store.FindEdition(ctx, p.Edition.Corrects); err != nil {
		return p, err
	}
	if p.Now, err = s.Store.FindItem(ctx, p.Edition.CorrectsItem); err != nil {
		return p, err
	}
	p.Content, err = s.Collect(ctx, id)
	if p.Content.Corrected == nil && err != nil && p.Edition.State == EditionCancelled { // before it was frozen
		p.Content, err = s.collectCorrection(ctx, s.Store, p.Edition)
	}
	return p, err
}

// Unchanged reports whether the entry still says what was sent: its text at least.
func (p CorrectionPage) Unchanged() bool {
	if p.Content.Corrected == nil || len(p.Content.Entries) == 0 {
		return false
	}
	was, now := p.Content.Corrected.Was, p.Content.Entries[0]
	return cmp.Or(strings.Compare(was.Title, now.Title), strings.Compare(was.Body, now.Body), strings.Compare(was.Summary, now.Summary),
		strings.Compare(was.SearchText(), now.SearchText())) == 0
}
