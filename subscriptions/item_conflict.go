package subscriptions

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// ItemConflict is a save that came second: what the item said when the editor
// began, what it says now, and what the editor wrote.
type ItemConflict struct {
	Base, Theirs, Mine Item
	By                 string // who was first
	At                 time.Time
}

// Error says what happened.
func (c *ItemConflict) Error() string {
	return fmt.Sprintf("%s has saved %q since you began", c.By, c.Theirs.Title)
}

// Unwrap makes it a Conflict for those who do not look closer.
func (c *ItemConflict) Unwrap() error {
	return &Error{Code: Conflict, Message: c.Error(), Hint: "Look at it as it is now, and decide again. Nothing is lost."}
}

// Merge puts both together, field by field: what only one of the two changed is
// taken from them, what both changed is mine. It names the fields that both
// changed and not alike: about those the editor decides.
func (c *ItemConflict) Merge() (merged Item, clash []string) {
	merged = c.Theirs
	for _, f := range itemFields {
		base, theirs, mine := f.of(c.Base), f.of(c.Theirs), f.of(c.Mine)
		if f.put == nil || reflect.DeepEqual(mine, base) || reflect.DeepEqual(mine, theirs) {
			continue
		}
		f.put(&merged, c.Mine)
		if !reflect.DeepEqual(theirs, base) {
			clash = append(clash, f.name)
		}
	}
	return merged, clash
}

// conflict tells of both texts.
func conflict(ctx context.Context, tx Store, theirs Item, e ItemEdit) error {
	if theirs.Version == 0 {
		return &Error{Code: Conflict, Message: fmt.Sprintf("the item %q has no version %d", theirs.Title, e.Version), Hint: "Open it again."}
	}
	base, err := tx.ItemRevisionBefore(ctx, theirs.ID, max(e.Version, 1)+1)
	if err != nil {
		return err
	}
	last, err := tx.FindItemRevision(ctx, theirs.ID, theirs.Version)
	if err != nil {
		return err
	}
	mine := base.Item
	if e.onto(&mine); mine.Slug == "" {
		mine.Slug = base.Item.Slug // an empty one is no words of theirs
	}
	return &ItemConflict{Base: base.Item, Theirs: theirs, Mine: mine, By: last.Actor, At: last.At}
}

// ChangedFields names what differs between two states of an item.
func ChangedFields(a, b Item) []string {
	var names []string
	for _, f := range itemFields {
		if !reflect.DeepEqual(f.of(a), f.of(b)) {
			names = append(names, f.name)
		}
	}
	return names
}

// itemFields are what a save may change, in the order of the form. Of slices and
// pointers "none" has one spelling, so that they can be compared.
var itemFields = []struct {
	name string
	of   func(Item) any
	put  func(to *Item, from Item) // nil: no form writes it
}{
	{"title", func(i Item) any { return i.Title }, func(to *Item, from Item) { to.Title = from.Title }},
	{"link", func(i Item) any { return i.Slug }, func(to *Item, from Item) { to.Slug = from.Slug }},
	{"topics", func(i Item) any { return append([]int64{}, i.Topics...) }, func(to *Item, from Item) { to.Topics = from.Topics }},
	{"date", func(i Item) any { return i.Date }, func(to *Item, from Item) { to.Date = from.Date }},
	{"issuing body", func(i Item) any { return i.Issuer }, func(to *Item, from Item) { to.Issuer = from.Issuer }},
	{"summary", func(i Item) any { return i.Summary }, func(to *Item, from Item) { to.Summary = from.Summary }},
	{"text", func(i Item) any { return i.Body }, func(to *Item, from Item) { to.Body = from.Body }},
	{"standard", func(i Item) any { return orZero(i.Standard) }, func(to *Item, from Item) { to.Standard = from.Standard }},
	{"comment period", func(i Item) any { return orZero(i.Comments) }, func(to *Item, from Item) { to.Comments = from.Comments }},
	{"sources", func(i Item) any { return append([]Source{}, i.Sources...) }, func(to *Item, from Item) { to.Sources = from.Sources }},
	{"state", func(i Item) any { return i.State }, nil},
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
