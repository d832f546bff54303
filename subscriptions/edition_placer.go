package subscriptions

import (
	"context"
	"slices"
	"time"
)

// placer is one decision about one item, in one transaction.
type placer struct {
	ctx context.Context
	tx  Store
	e   Edition
	draft
	item    Item
	by      Actor
	now     time.Time
	section int64 // the topic whose section the item stands in, or is to
	topic   int64 // what its row says: 0 for its home
}

// at is the item's place among the entries, -1 when it is not there; it reads
// the section on the way.
func (w *placer) at() int {
	at := slices.IndexFunc(w.content.Entries, func(i Item) bool { return i.ID == w.item.ID })
	if at >= 0 && w.section == 0 {
		w.section, w.topic = w.content.Entries[at].Home(), w.row().TopicID
	}
	return at
}

func (w *placer) row() EditionItem {
	row, _ := w.shelf.row(w.e.ID, w.item.ID)
	return row
}

// placement is the group the item is ordered in.
func (w *placer) placement() Placement {
	if w.row().Placement == PlacementPinned {
		return PlacementPinned
	}
	return PlacementOrdered
}

// group lists the entries of the section that are pinned, or that are not, in
// order. Entries that announce a webinar are a group of their own.
func (w *placer) group(p Placement) []int64 {
	var ids []int64
	for _, i := range w.content.Entries {
		row, _ := w.shelf.row(w.e.ID, i.ID)
		if i.Home() == w.section && (row.Placement == PlacementPinned) == (p == PlacementPinned) &&
			eventLast(w.content, i) == eventLast(w.content, w.item) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// put stores a decision that takes the item out.
func (w *placer) put(p Placement) error {
	return w.tx.PutEditionItems(w.ctx, EditionItem{EditionID: w.e.ID, ItemID: w.item.ID, Placement: p, By: w.by.Name, At: w.now})
}

// order stores the list as the order of its group. Rows that say so already stay
// with the name of who wrote them.
func (w *placer) order(list []int64, p Placement) error {
	var rows []EditionItem
	for n, id := range list {
		old, ok := w.shelf.row(w.e.ID, id)
		row := EditionItem{EditionID: w.e.ID, ItemID: id, Placement: p, Position: n + 1, TopicID: old.TopicID, By: w.by.Name, At: w.now}
		switch {
		case id == w.item.ID:
			row.TopicID = w.topic
		case ok && old.in():
			row.By, row.At = old.By, old.At
		}
		if row != old {
			rows = append(rows, row)
		}
	}
	return w.tx.PutEditionItems(w.ctx, rows...)
}

// again reads what has changed.
func (w *placer) again() error {
	rows, err := w.tx.EditionItems(w.ctx, EditionItemFilter{Free: true})
	if err != nil {
		return err
	}
	sections, err := w.tx.EditionSections(w.ctx, w.e.ID)
	if err != nil {
		return err
	}
	editions := w.shelf.editions
	w.shelf = newShelf(editions, rows)
	w.content.Entries = nil
	for _, i := range w.free {
		if w.shelf.holder(i) == w.e.ID {
			w.content.Entries = append(w.content.Entries, filed(i, w.content.Topics))
		}
	}
	arrange(&w.content, w.shelf, sections)
	w.section = 0
	w.at()
	return nil
}
