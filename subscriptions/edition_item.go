package subscriptions

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// EditionItem is what an editor decided about an item in an edition. Items
// without one stand where they fall by themselves.
type EditionItem struct {
	EditionID int64
	ItemID    int64
	Placement Placement
	Position  int   // among those of the same section and placement, from 1
	TopicID   int64 // the section it was put into; 0: its home
	By        string
	At        time.Time
}

// Placement is what was decided.
type Placement string

// The placements. Pinned and ordered items are in the edition, whatever their
// date; the others are not.
const (
	PlacementPinned  Placement = "pinned"   // before all others of its section
	PlacementOrdered Placement = "ordered"  // its place was chosen
	PlacementLeftOut Placement = "left_out" // published, and not in a newsletter
	PlacementMoved   Placement = "moved"    // waits for the next edition
)

// in reports whether the decision puts the item into the edition.
func (r EditionItem) in() bool {
	return r.Placement == PlacementPinned || r.Placement == PlacementOrdered
}

// EditionSection is what an editor decided about a topic's section in an
// edition.
type EditionSection struct {
	EditionID int64
	TopicID   int64
	Position  int    // 0: where the topic naturally stands
	Heading   string // in place of the topic's name; "" for that
	Intro     string // Markdown, before the entries
	By        string
	At        time.Time
}

// EditionItemStore keeps what editors decide about an edition that is collecting.
type EditionItemStore interface {
	// EditionItems lists decisions by edition, then item.
	EditionItems(ctx context.Context, f EditionItemFilter) ([]EditionItem, error)
	PutEditionItems(ctx context.Context, rows ...EditionItem) error // one an edition and item, replaced
	DropEditionItems(ctx context.Context, rows ...EditionItem) error
	// FreeItems lists the published items that are in no edition yet and could
	// come into one: dated in the period, without a date, or with a decision. By
	// date, then id.
	FreeItems(ctx context.Context, p Period) ([]Item, error)
	// FreeItemsLike lists published items that are in no edition and have all the
	// words in their title, identifier or slug; the newest first.
	FreeItemsLike(ctx context.Context, words string, limit int) ([]Item, error)
	// CountEditionItems counts the items that editions have taken, by edition.
	CountEditionItems(ctx context.Context) (map[int64]int, error)
	EditionSections(ctx context.Context, editionID int64) ([]EditionSection, error) // by topic
	PutEditionSections(ctx context.Context, rows ...EditionSection) error           // one an edition and topic, replaced
}

// EditionItemFilter selects decisions; zero fields do not narrow.
type EditionItemFilter struct {
	EditionID int64
	Free      bool  // of items that are in no edition yet
	HeldBy    int64 // of items that this edition has taken, by whichever edition
}

// shelf is all editions and all decisions about items that are in none yet: it
// knows for every item the one place it has.
type shelf struct {
	editions []Edition // without the cancelled, the earliest period first
	rows     map[int64][]EditionItem
}

func newShelf(editions []Edition, rows []EditionItem) shelf {
	s := shelf{rows: map[int64][]EditionItem{}}
	s.editions = slices.DeleteFunc(slices.Clone(editions), func(e Edition) bool { return e.State == EditionCancelled })
	slices.SortFunc(s.editions, func(a, b Edition) int {
		return cmp.Or(a.Period.From.Compare(b.Period.From), a.Period.To.Compare(b.Period.To), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range rows {
		s.rows[r.ItemID] = append(s.rows[r.ItemID], r)
	}
	return s
}

// at is the edition's place in the row of editions, -1 when it is not there.
func (s shelf) at(id int64) int {
	return slices.IndexFunc(s.editions, func(e Edition) bool { return e.ID == id })
}

// row is what was decided about the item in the edition.
func (s shelf) row(editionID, itemID int64) (EditionItem, bool) {
	for _, r := range s.rows[itemID] {
		if r.EditionID == editionID {
			return r, true
		}
	}
	return EditionItem{}, false
}

// holder is the collecting edition that a free, published item stands in, 0 when
// it is in none. The rules, the first that says something decides:
//
//  1. An editor put it into a collecting edition.
//  2. An editor left it out: it falls into no edition by itself any more.
//  3. An editor moved it on: the next collecting edition has it, and while
//     there is none it waits.
//  4. The earliest collecting edition it falls into has it (falls).
func (s shelf) holder(i Item) int64 {
	out, moved := false, -1
	for _, r := range s.rows[i.ID] {
		at := s.at(r.EditionID)
		if at < 0 {
			continue // cancelled, and its decisions with it
		}
		switch {
		case r.in() && s.editions[at].State == EditionCollecting:
			return r.EditionID
		case r.Placement == PlacementLeftOut:
			out = true
		case r.Placement == PlacementMoved:
			moved = max(moved, at)
		}
	}
	if out {
		return 0
	}
	for at, e := range s.editions {
		if e.State == EditionCollecting && at > moved && (moved >= 0 || s.falls(i, e)) {
			return e.ID
		}
	}
	return 0
}

// falls reports whether the item comes into the edition by itself: it is dated
// in its period, or has no date, or is late.
func (s shelf) falls(i Item, e Edition) bool {
	return i.Date.IsZero() || e.Period.Contains(i.Date) || s.late(i, e)
}

// late reports whether the item is dated in the period before the edition's, and
// was published when that edition was frozen already.
func (s shelf) late(i Item, e Edition) bool {
	p := s.previous(e)
	return !p.FrozenAt.IsZero() && p.Period.Contains(i.Date) && !i.PublishedAt.Before(p.FrozenAt)
}

// previous is the latest edition whose period ends before e's begins.
func (s shelf) previous(e Edition) Edition {
	var found Edition
	for _, p := range s.editions {
		if p.ID != e.ID && p.Period.To.Compare(e.Period.From) < 0 && (found.ID == 0 || p.Period.To.Compare(found.Period.To) >= 0) {
			found = p
		}
	}
	return found
}
