package subscriptions

import (
	"cmp"
	"context"
	"slices"
)

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

// collect puts together what the edition holds (see shelf.holder), in order.
func (s *EditionService) collect(ctx context.Context, store Store, e Edition) (Content, error) {
	if e.IsCorrection() {
		return s.collectCorrection(ctx, store, e)
	}
	d, err := s.draft(ctx, store, e)
	return d.content, err
}

// draft is a collecting edition with what decided its order.
type draft struct {
	content Content
	shelf   shelf
	free    []Item // all that a collecting edition could hold
}

// draft reads an edition that is collecting.
func (s *EditionService) draft(ctx context.Context, store Store, e Edition) (draft, error) {
	var d draft
	topics, err := store.Topics(ctx)
	if err != nil {
		return d, err
	}
	terms, err := store.Terms(ctx)
	if err != nil {
		return d, err
	}
	webinars, err := store.Webinars(ctx)
	if err != nil {
		return d, err
	}
	sections, err := store.EditionSections(ctx, e.ID)
	if err != nil {
		return d, err
	}
	if d.shelf, d.free, err = readShelf(ctx, store); err != nil {
		return d, err
	}
	c := Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period, Intro: e.Intro, About: e.About,
		Contact: e.Contact, Subject: e.Subject, Preheader: e.Preheader, Topics: topics, Glossary: terms}
	for _, i := range d.free {
		if d.shelf.holder(i) == e.ID {
			c.Entries = append(c.Entries, filed(i, topics))
		}
	}
	if c.Look, err = s.Settings.look(ctx, store); err != nil {
		return d, err
	}
	now := s.Now()
	for _, w := range webinars {
		if w.State == WebinarAnnounced && now.Before(w.Starts) {
			c.Webinars = append(c.Webinars, w)
		}
	}
	arrange(&c, d.shelf, sections)
	d.content = c
	return d, nil
}

// filed is the item with a home that is there: one whose home was retired is at
// home in the next of its topics.
func filed(i Item, topics []Topic) Item {
	there := idsOf(topics)
	i.Topics = slices.Clone(i.Topics)
	if at := slices.IndexFunc(i.Topics, there.Has); at > 0 {
		home := i.Topics[at]
		i.Topics = append([]int64{home}, slices.Delete(i.Topics, at, at+1)...)
	}
	return i
}

// readShelf reads what decides where free items stand, and those items.
func readShelf(ctx context.Context, store Store) (shelf, []Item, error) {
	editions, err := store.Editions(ctx)
	if err != nil {
		return shelf{}, nil, err
	}
	rows, err := store.EditionItems(ctx, EditionItemFilter{Free: true})
	if err != nil {
		return shelf{}, nil, err
	}
	sh := newShelf(editions, rows)
	span := Period{}
	for _, e := range sh.editions {
		if e.State != EditionCollecting {
			continue
		}
		from := e.Period.From
		if p := sh.previous(e); p.ID != 0 && p.Period.From.Compare(from) < 0 {
			from = p.Period.From // the late ones
		}
		if span.From.IsZero() || from.Compare(span.From) < 0 {
			span.From = from
		}
		if e.Period.To.Compare(span.To) > 0 {
			span.To = e.Period.To
		}
	}
	items, err := store.FreeItems(ctx, span)
	return sh, items, err
}

// arrange brings the content into order. Sections come as the topics do, or as
// an editor ordered them. In each come first what is pinned, then the others as
// they are numbered or dated, or as an editor ordered them; what announces a
// webinar stands with it, after all sections.
func arrange(c *Content, s shelf, sections []EditionSection) {
	c.Topics, c.Sections = orderTopics(c.Topics, sections)
	place := map[int64]int{}
	for n, t := range c.Topics {
		place[t.ID] = n
	}
	rows := map[int64]EditionItem{}
	for n := range c.Entries {
		i := &c.Entries[n]
		row, _ := s.row(c.EditionID, i.ID)
		rows[i.ID] = row
		if at := slices.Index(i.Topics, row.TopicID); at > 0 {
			i.Topics = append([]int64{row.TopicID}, slices.Delete(i.Topics, at, at+1)...)
		}
	}
	slices.SortStableFunc(c.Entries, func(a, b Item) int {
		return cmp.Or(eventLast(*c, a)-eventLast(*c, b), cmp.Compare(place[a.Home()], place[b.Home()]),
			pinnedFirst(rows[a.ID])-pinnedFirst(rows[b.ID]),
			cmp.Compare(a.Number, b.Number), a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID))
	})
	groups := slices.Collect(chunksBy(c.Entries, func(i Item) [3]int {
		return [3]int{eventLast(*c, i), place[i.Home()], pinnedFirst(rows[i.ID])}
	}))
	for _, group := range groups {
		orderGroup(group, rows)
	}
	for n := range c.Entries {
		c.Entries[n].Number = n + 1
	}
}

// orderGroup puts entries of one section, in their natural order, into the order
// that was chosen.
func orderGroup(entries []Item, rows map[int64]EditionItem) {
	natural := make([]int64, len(entries))
	byID := make(map[int64]Item, len(entries))
	var chosen []EditionItem
	for n, i := range entries {
		natural[n], byID[i.ID] = i.ID, i
		if r := rows[i.ID]; r.in() {
			chosen = append(chosen, r)
		}
	}
	slices.SortStableFunc(chosen, func(a, b EditionItem) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), a.At.Compare(b.At), cmp.Compare(a.ItemID, b.ItemID))
	})
	placed := make([]int64, len(chosen))
	for n, r := range chosen {
		placed[n] = r.ItemID
	}
	for n, id := range weave(natural, placed) {
		entries[n] = byID[id]
	}
}

// orderTopics gives the topics in the order of the sections, and the words of
// those that have some.
func orderTopics(topics []Topic, sections []EditionSection) ([]Topic, []SectionText) {
	sections = slices.Clone(sections)
	slices.SortFunc(sections, func(a, b EditionSection) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.TopicID, b.TopicID))
	})
	var texts []SectionText
	var placed, natural []int64
	byID := map[int64]Topic{}
	for _, t := range topics {
		natural, byID[t.ID] = append(natural, t.ID), t
	}
	for _, s := range sections {
		if s.Position > 0 {
			placed = append(placed, s.TopicID)
		}
		if _, ok := byID[s.TopicID]; ok && (s.Heading != "" || s.Intro != "") {
			texts = append(texts, SectionText{TopicID: s.TopicID, Heading: s.Heading, Intro: s.Intro})
		}
	}
	ordered := make([]Topic, 0, len(topics))
	for _, id := range weave(natural, placed) {
		ordered = append(ordered, byID[id])
	}
	return ordered, texts
}

func pinnedFirst(r EditionItem) int {
	if r.Placement == PlacementPinned {
		return 0
	}
	return 1
}

func eventLast(c Content, i Item) int {
	if _, ok := c.Webinar(i.WebinarSlug); ok {
		return 1
	}
	return 0
}

// chunksBy cuts a sorted slice where the key changes.
func chunksBy[T any, K comparable](all []T, key func(T) K) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && key(all[to]) == key(all[from]) {
				to++
			}
			if !yield(all[from:to]) {
				return
			}
			from = to
		}
	}
}
