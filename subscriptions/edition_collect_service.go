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
	if c.Look, err = s.Settings.look(ctx, store); err != nil {
		return Content{}, err
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
