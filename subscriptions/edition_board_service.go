package subscriptions

import (
	"context"
	"slices"
	"strings"
)

// Board is an edition as editors see it: what it holds and why, what it does not
// hold, and what comes by itself.
type Board struct {
	Edition  Edition
	Content  Content
	Entries  []BoardEntry  // all, in order
	Sections []EntrySpan   // topics in the order of the sections, those without entries too
	Out      []BoardOut    // left out or moved, by decision
	Soon     []Deadline    // what a letter of today would say closes soon
	Events   []EventReason // the webinars that come by themselves
	Previous Edition       // zero when there is none
}

// BoardEntry is an entry with why it is here.
type BoardEntry struct {
	Entry
	Row    EditionItem // zero: it stands where it fell
	Event  bool        // it stands with its webinar, after all sections
	Late   bool        // dated in the period before, published when that was frozen
	ByHand bool        // it would not have fallen in
	From   *Edition    // the edition it was moved from
}

// Pinned says so to templates.
func (e BoardEntry) Pinned() bool { return e.Row.Placement == PlacementPinned }

// EntrySpan is a section and how many entries it has.
type EntrySpan struct {
	Topic   Topic
	Words   SectionText
	Entries int
}

// BoardOut is an item that could be here and is not.
type BoardOut struct {
	Item Item
	Row  EditionItem
	Now  *Edition // the edition it is in; nil when it is in none
}

// EventReason is a webinar with the entry that announces it, if there is one.
type EventReason struct {
	Webinar Webinar
	Entry   *BoardEntry
}

// Board reads an edition for its editors.
func (s *EditionService) Board(ctx context.Context, id int64) (Board, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err == nil {
		err = e.issue()
	}
	if err != nil {
		return Board{}, err
	}
	b := Board{Edition: e}
	var sh shelf
	if e.State == EditionCollecting {
		d, err := s.draft(ctx, s.Store, e)
		if err != nil {
			return b, err
		}
		b.Content, sh = d.content, d.shelf
	} else if sh, err = s.frozenBoard(ctx, &b); err != nil {
		return b, err
	}
	b.Previous = sh.previous(e)
	b.entries(sh)
	if err := s.out(ctx, &b, sh); err != nil {
		return b, err
	}
	b.Soon = ClosingSoon(b.Content.Entries, DateOf(s.Now()))
	for _, w := range b.Content.Webinars {
		reason := EventReason{Webinar: w}
		for n := range b.Entries {
			if b.Entries[n].WebinarSlug == w.Slug {
				reason.Entry = &b.Entries[n]
				break
			}
		}
		b.Events = append(b.Events, reason)
	}
	return b, nil
}

// frozenBoard reads what was frozen, and the decisions that led there. An edition
// that was cancelled before may hold nothing.
func (s *EditionService) frozenBoard(ctx context.Context, b *Board) (shelf, error) {
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return shelf{}, err
	}
	rows, err := s.Store.EditionItems(ctx, EditionItemFilter{HeldBy: b.Edition.ID})
	if err != nil {
		return shelf{}, err
	}
	b.Content, err = s.Store.Content(ctx, b.Edition.ID)
	if CodeOf(err) == NotFound {
		b.Content = Content{EditionID: b.Edition.ID, Title: b.Edition.Title, Period: b.Edition.Period}
		b.Content.Topics, err = s.Store.Topics(ctx)
	}
	return newShelf(editions, rows), err
}

func (b *Board) entries(sh shelf) {
	spans := map[int64]int{}
	for _, t := range b.Content.Topics {
		spans[t.ID] = len(b.Sections)
		b.Sections = append(b.Sections, EntrySpan{Topic: t, Words: b.Content.Section(t.ID)})
	}
	for _, i := range b.Content.Entries {
		row, _ := sh.row(b.Edition.ID, i.ID)
		e := BoardEntry{Entry: b.Content.Entry(i, 0), Row: row, Event: eventLast(b.Content, i) == 1, Late: sh.late(i, b.Edition)}
		for _, r := range sh.rows[i.ID] {
			if at := sh.at(r.EditionID); r.Placement == PlacementMoved && at >= 0 {
				e.From = &sh.editions[at]
			}
		}
		e.ByHand = row.in() && e.From == nil && !sh.falls(i, b.Edition)
		if at, ok := spans[i.Home()]; ok && !e.Event {
			b.Sections[at].Entries++
		}
		b.Entries = append(b.Entries, e)
	}
}

// out finds what was taken out, and where it is now.
func (s *EditionService) out(ctx context.Context, b *Board, sh shelf) error {
	rows, err := s.Store.EditionItems(ctx, EditionItemFilter{EditionID: b.Edition.ID})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r EditionItem) bool { return r.in() })
	slices.SortStableFunc(rows, func(a, b EditionItem) int { return b.At.Compare(a.At) })
	for _, r := range rows {
		i, err := s.Store.FindItem(ctx, r.ItemID)
		if err != nil {
			return err
		}
		if i.State != ItemPublished {
			continue // withdrawn: it is nowhere
		}
		o := BoardOut{Item: i, Row: r}
		now := i.EditionID
		if now == 0 && b.Edition.State == EditionCollecting {
			now = sh.holder(i)
		}
		if at := sh.at(now); at >= 0 && now != b.Edition.ID {
			o.Now = &sh.editions[at]
		}
		b.Out = append(b.Out, o)
	}
	return nil
}

// EditionSize is an edition in a list.
type EditionSize struct {
	Edition
	Entries int
	Content *Content // of those that have not begun to leave; else nil
}

// mostDrafts is of how many editions that have not left the contents are read
// for a list; there are seldom two.
const mostDrafts = 6

// Sizes lists all editions, the newest period first, with how much they hold.
func (s *EditionService) Sizes(ctx context.Context) ([]EditionSize, error) {
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.Store.CountEditionItems(ctx)
	if err != nil {
		return nil, err
	}
	sizes := make([]EditionSize, len(editions))
	drafts := 0
	for n, e := range editions {
		sizes[n] = EditionSize{Edition: e, Entries: counts[e.ID]}
		if e.Public() || e.State == EditionCancelled || drafts == mostDrafts {
			continue
		}
		drafts++
		var c Content
		if e.State == EditionCollecting {
			c, err = s.collect(ctx, s.Store, e)
		} else {
			c, err = s.Store.Content(ctx, e.ID)
		}
		if err != nil {
			return nil, err
		}
		sizes[n].Entries, sizes[n].Content = len(c.Entries), &c
	}
	return sizes, nil
}

// FindItems finds published items that are in no frozen edition by a few words
// of their title or identifier, the newest first, to add one by hand.
func (s *EditionService) FindItems(ctx context.Context, words string) ([]Item, error) {
	words = strings.ReplaceAll(strings.ToValidUTF8(words[:min(len(words), maxTitle)], ""), "\x00", "")
	all := strings.Fields(words)
	return s.Store.FreeItemsLike(ctx, strings.Join(all[:min(len(all), 8)], " "), foundItems)
}

// foundItems is how many a search for one item shows.
const foundItems = 20
