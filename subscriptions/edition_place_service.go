package subscriptions

import (
	"context"
	"fmt"
	"slices"
)

// Placing is what an editor does with an item in an edition.
type Placing struct {
	Verb   PlacingVerb
	Before int64 // PlaceBefore: the entry it is to stand before
	Topic  int64 // PlaceSection: the section
}

// PlacingVerb names it.
type PlacingVerb string

// The verbs. Those that order do so within the section, and among the pinned or
// the others.
const (
	PlaceUp      PlacingVerb = "up"
	PlaceDown    PlacingVerb = "down"
	PlaceTop     PlacingVerb = "top"
	PlaceEnd     PlacingVerb = "end"
	PlaceBefore  PlacingVerb = "before"
	PlaceSection PlacingVerb = "section" // to the end of another section, one of the item's topics
	PlacePin     PlacingVerb = "pin"
	PlaceUnpin   PlacingVerb = "unpin"
	PlaceLeave   PlacingVerb = "leave-out" // stays published, in no newsletter
	PlaceOn      PlacingVerb = "move-on"   // to the next edition
	PlaceBack    PlacingVerb = "put-back"  // what was left out or moved
	PlaceAdd     PlacingVerb = "add"       // a published item, whatever its date
)

// Place decides about an item. Each decision is made on the order as it is at
// that moment, so that two editors who move at once both get what they asked.
func (s *EditionService) Place(ctx context.Context, id, itemID int64, p Placing) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEdition(ctx, id) // held: one decision after the other
		if err != nil {
			return err
		}
		if err := e.issue(); err != nil {
			return err
		}
		if e.State != EditionCollecting {
			return e.wrong("changed", "Only a collecting edition can be changed. Reopen it first.")
		}
		item, err := tx.FindItem(ctx, itemID)
		if err != nil {
			return err
		}
		d, err := s.draft(ctx, tx, e)
		if err != nil {
			return err
		}
		w := placer{ctx: ctx, tx: tx, e: e, draft: d, item: item, by: s.By, now: s.Now()}
		said, err := w.place(p)
		if err != nil || said == "" {
			return err
		}
		return s.audit(ctx, tx, "edition."+string(p.Verb), e, item.Title+": "+said)
	})
}

// place runs the verb and says what came of it; "" when nothing changed.
func (w *placer) place(p Placing) (string, error) {
	switch p.Verb {
	case PlaceAdd:
		return w.add()
	case PlaceBack:
		return w.putBack()
	}
	if w.at() < 0 {
		return "", refused("%q is not in edition %d", w.item.Title, w.e.ID).hint("Look at the edition again: somebody else may have moved it.")
	}
	switch p.Verb {
	case PlaceLeave:
		return "left out", w.put(PlacementLeftOut)
	case PlaceOn:
		return "moved to the next edition", w.put(PlacementMoved)
	case PlacePin:
		return w.pin()
	case PlaceUnpin:
		return w.unpin()
	case PlaceSection:
		return w.toSection(p.Topic)
	case PlaceBefore:
		return w.before(p.Before)
	}
	return w.shift(p.Verb)
}

func (w *placer) pin() (string, error) {
	if w.row().Placement == PlacementPinned {
		return "", nil
	}
	pins := w.group(PlacementPinned)
	return "pinned", w.order(append(pins, w.item.ID), PlacementPinned)
}

func (w *placer) unpin() (string, error) {
	if w.row().Placement != PlacementPinned {
		return "", nil
	}
	return "no longer pinned", w.order(append([]int64{w.item.ID}, w.group(PlacementOrdered)...), PlacementOrdered)
}

// toSection puts the item at the end of the section of another of its topics.
func (w *placer) toSection(topic int64) (string, error) {
	t, ok := w.content.Topic(topic)
	if !ok || !slices.Contains(w.item.Topics, topic) {
		return "", refused("%q is not filed under that topic", w.item.Title).
			hint("It can stand in the sections of its own topics. File it under more of them to move it there.")
	}
	w.section, w.topic = topic, topic
	if topic == w.item.Home() {
		w.topic = 0
	}
	rest := slices.DeleteFunc(w.group(PlacementOrdered), func(id int64) bool { return id == w.item.ID })
	return "to the section " + t.Name, w.order(append(rest, w.item.ID), PlacementOrdered)
}

// before puts the item before another; into its section, if it has that topic.
// What is pinned stays before what is not.
func (w *placer) before(other int64) (string, error) {
	if other == w.item.ID {
		return "", nil
	}
	at := slices.IndexFunc(w.content.Entries, func(i Item) bool { return i.ID == other })
	if at < 0 {
		return "", refused("the entry to stand before is not in edition %d", w.e.ID).hint("Look at the edition again: somebody else may have moved it.")
	}
	target := w.content.Entries[at]
	if target.Home() != w.section {
		if _, err := w.toSection(target.Home()); err != nil {
			return "", err
		}
		if err := w.again(); err != nil {
			return "", err
		}
	}
	mine := w.placement()
	list := slices.DeleteFunc(w.group(mine), func(id int64) bool { return id == w.item.ID })
	to := slices.Index(list, other)
	switch {
	case to >= 0:
	case mine == PlacementPinned:
		to = len(list)
	default:
		to = 0
	}
	return "before " + target.Title, w.order(slices.Insert(list, to, w.item.ID), mine)
}

// shift moves the item within its group.
func (w *placer) shift(verb PlacingVerb) (string, error) {
	mine := w.placement()
	list := w.group(mine)
	from := slices.Index(list, w.item.ID)
	to := from
	switch verb {
	case PlaceUp:
		to--
	case PlaceDown:
		to++
	case PlaceTop:
		to = 0
	case PlaceEnd:
		to = len(list) - 1
	default:
		return "", invalid("verb", "there is no move %q", verb)
	}
	if to = min(max(to, 0), len(list)-1); to == from {
		return "", nil
	}
	list = slices.Insert(slices.Delete(list, from, from+1), to, w.item.ID)
	return fmt.Sprintf("to place %d of its section", to+1), w.order(list, mine)
}

// add puts a published item in that is not here.
func (w *placer) add() (string, error) {
	switch {
	case w.at() >= 0:
		return "", nil
	case w.item.State != ItemPublished:
		return "", refused("%q is %s", w.item.Title, w.item.State).hint("Publish it first.")
	case w.item.EditionID != 0:
		return "", refused("%q stands in edition %d already", w.item.Title, w.item.EditionID).hint("An item is in one edition.")
	}
	// Elsewhere it is no longer: where it would fall in by itself it counts as moved.
	for _, other := range w.shelf.editions {
		if other.ID == w.e.ID || other.State != EditionCollecting {
			continue
		}
		row, decided := w.shelf.row(other.ID, w.item.ID)
		var err error
		switch {
		case w.shelf.falls(w.item, other):
			err = w.tx.PutEditionItems(w.ctx, EditionItem{EditionID: other.ID, ItemID: w.item.ID, Placement: PlacementMoved, By: w.by.Name, At: w.now})
		case decided:
			err = w.tx.DropEditionItems(w.ctx, row)
		}
		if err != nil {
			return "", err
		}
	}
	w.section, w.topic = filed(w.item, w.content.Topics).Home(), 0
	return "added by hand", w.order(append(w.group(PlacementOrdered), w.item.ID), PlacementOrdered)
}

// putBack takes back that the item was left out or moved.
func (w *placer) putBack() (string, error) {
	row, ok := w.shelf.row(w.e.ID, w.item.ID)
	if !ok || row.in() {
		return "", nil
	}
	if w.item.EditionID != 0 {
		return "", refused("%q stands in edition %d already", w.item.Title, w.item.EditionID).hint("Reopen that edition first.")
	}
	// It is put back from wherever it went.
	drop := []EditionItem{row}
	for _, r := range w.shelf.rows[w.item.ID] {
		if at := w.shelf.at(r.EditionID); at >= 0 && w.shelf.editions[at].State == EditionCollecting {
			drop = append(drop, r)
		}
	}
	if err := w.tx.DropEditionItems(w.ctx, drop...); err != nil {
		return "", err
	}
	if err := w.again(); err != nil {
		return "", err
	}
	if w.at() < 0 && w.item.State == ItemPublished {
		_, err := w.add() // it had come by hand
		return "put back", err
	}
	return "put back", nil
}
