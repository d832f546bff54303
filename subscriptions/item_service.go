package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ItemService is what an editor does with items. Rules:
//
//   - Every save is a revision, written with the item and its line in the audit
//     log in one transaction. What was once saved is never lost.
//   - A save says from which version the editor began. If somebody has saved
//     since, it answers an ItemConflict with both texts and changes nothing.
//   - What is frozen of an item is a copy (Content): editing later is allowed and
//     changes nothing of what was approved.
//   - A slug is part of links; once readers may have it, it stays.
type ItemService struct {
	Store Store
	Now   func() time.Time
}

// ItemEdit is what a save changes; nil leaves.
type ItemEdit struct {
	Version  int64 // of the item when the editor began
	Title    *string
	Slug     *string // "" makes one of the title
	Date     *Date
	Issuer   *string
	Summary  *string
	Body     *string
	Standard *Standard      // empty: none
	Comments *CommentPeriod // empty: none
	Sources  *[]Source
	Topics   *[]int64 // home first
	Note     string   // why, for the history
	State    ItemState
}

// Create makes a draft, or a published item when the edit says so.
func (s *ItemService) Create(ctx context.Context, e ItemEdit, by Actor) (Item, error) {
	var i Item
	create := func(tx Store) error {
		now := s.Now()
		i = Item{State: ItemDraft, Origin: "desk", CreatedAt: now, UpdatedAt: now}
		if err := s.apply(ctx, tx, &i, e); err != nil {
			return err
		}
		if e.State == ItemPublished {
			if err := i.Publish(now); err != nil {
				return err
			}
		}
		i.Version = 1
		if err := tx.AddItem(ctx, &i); err != nil {
			return err
		}
		if err := addRevision(ctx, tx, i, by, now, e.Note, ""); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "item.create", ItemSlot(i.ID), i.Title, "as "+string(i.State))
	}
	err := s.Store.InTx(ctx, create)
	for n := 0; n < 3 && CodeOf(err) == Conflict; n++ {
		err = s.Store.InTx(ctx, create) // somebody took the slug at this moment
	}
	return i, err
}

// Edit saves. With State ItemPublished it publishes too: both or neither.
func (s *ItemService) Edit(ctx context.Context, id int64, e ItemEdit, by Actor) (Item, error) {
	var i Item
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		was, err := tx.FindItem(ctx, id)
		if err != nil {
			return err
		}
		i = was
		if was.Version != e.Version {
			if e.onto(&i); i.Slug == "" {
				i.Slug = was.Slug
			}
			if len(ChangedFields(was, i)) == 0 {
				i = was // the same form, sent twice
				return nil
			}
			return conflict(ctx, tx, was, e)
		}
		if err := s.apply(ctx, tx, &i, e); err != nil {
			return err
		}
		if e.State == ItemPublished {
			if err := i.Publish(now); err != nil {
				return err
			}
		}
		changed := ChangedFields(was, i)
		if len(changed) == 0 {
			i = was
			return nil
		}
		if err := saveItem(ctx, tx, was, &i, by, now, e.Note, ""); err != nil {
			return err
		}
		detail := strings.Join(changed, ", ")
		if was.State != i.State {
			detail += fmt.Sprintf("; state %s → %s", was.State, i.State)
		}
		return audit(ctx, tx, by, now, "item.edit", ItemSlot(i.ID), i.Title, detail)
	})
	return i, err
}

// Publish makes the item part of the next edition of its period.
func (s *ItemService) Publish(ctx context.Context, id, version int64, by Actor) (Item, error) {
	return s.move(ctx, id, version, by, "item.publish", func(i *Item, now time.Time) error {
		if err := i.Faults(ItemPublished); err != nil {
			return err
		}
		return i.Publish(now)
	})
}

// Withdraw takes it out of everything to come; what was sent stays as it was.
func (s *ItemService) Withdraw(ctx context.Context, id, version int64, by Actor) (Item, error) {
	return s.move(ctx, id, version, by, "item.withdraw", func(i *Item, now time.Time) error {
		i.Withdraw(now)
		return nil
	})
}

// Redraft makes a draft again of what was withdrawn, or published and not taken
// by an edition yet.
func (s *ItemService) Redraft(ctx context.Context, id, version int64, by Actor) (Item, error) {
	return s.move(ctx, id, version, by, "item.draft", func(i *Item, _ time.Time) error { return i.redraft() })
}

func (i *Item) redraft() error {
	if i.State == ItemPublished && i.EditionID != 0 {
		return refused("the item %q is in an edition", i.Title).hint("Withdraw it, or reopen the edition first.")
	}
	i.State = ItemDraft
	return nil
}

// move changes the state of an item that nobody has saved meanwhile.
func (s *ItemService) move(ctx context.Context, id, version int64, by Actor, action string, f func(i *Item, now time.Time) error) (Item, error) {
	var i Item
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		was, err := tx.FindItem(ctx, id)
		if err != nil {
			return err
		}
		if was.Version != version {
			return conflict(ctx, tx, was, ItemEdit{Version: version})
		}
		i = was
		if err := f(&i, now); err != nil || i.State == was.State {
			return err
		}
		return moved(ctx, tx, was, &i, by, now, action, "")
	})
	return i, err
}

// moved saves an item whose state has changed.
func moved(ctx context.Context, tx Store, was Item, i *Item, by Actor, now time.Time, action, batch string) error {
	detail := fmt.Sprintf("state %s → %s", was.State, i.State)
	if err := saveItem(ctx, tx, was, i, by, now, detail, batch); err != nil {
		return err
	}
	if batch != "" {
		detail += "; batch " + batch
	}
	return audit(ctx, tx, by, now, action, ItemSlot(i.ID), i.Title, detail)
}

// saveItem writes an item and its revision. An item from before the desk gets
// its first revision now: what it said until this moment.
func saveItem(ctx context.Context, tx Store, was Item, i *Item, by Actor, now time.Time, note, batch string) error {
	if err := firstRevision(ctx, tx, &was); err != nil {
		return err
	}
	i.Version, i.UpdatedAt = was.Version+1, now
	if err := tx.UpdateItem(ctx, *i); err != nil {
		return err
	}
	return addRevision(ctx, tx, *i, by, now, note, batch)
}

func firstRevision(ctx context.Context, tx Store, was *Item) error {
	if was.Version != 0 {
		return nil
	}
	was.Version = 1
	at := was.UpdatedAt
	if at.IsZero() {
		at = was.CreatedAt
	}
	from := was.Origin
	if from == "" {
		from = "before the desk"
	}
	return tx.AddItemRevision(ctx, &ItemRevision{ItemID: was.ID, Number: 1, At: at, Actor: from, Note: "As it was before the first change at the desk", Item: *was})
}

func addRevision(ctx context.Context, tx Store, i Item, by Actor, now time.Time, note, batch string) error {
	return tx.AddItemRevision(ctx, &ItemRevision{ItemID: i.ID, Number: i.Version, At: now, EditorID: by.EditorID, Actor: by.Name,
		Note: note, Batch: batch, Item: i})
}

// apply puts the edit onto the item and checks it.
func (s *ItemService) apply(ctx context.Context, tx Store, i *Item, e ItemEdit) error {
	slug, public := i.Slug, i.Public()
	e.onto(i)
	var faults []error
	if e.Note = strings.TrimSpace(e.Note); len(e.Note) > maxNote || !oneLine(e.Note) {
		faults = append(faults, invalid("note", "the note is one line of at most %d characters", maxNote))
	}
	switch {
	case public && i.Slug == "":
		i.Slug = slug
	case public && i.Slug != slug:
		faults = append(faults, invalid("slug", "readers may have this link already, so it stays %s", slug))
		i.Slug = slug
	case i.Slug == slug && slug != "":
	default:
		free, err := freeItemSlug(ctx, tx, *i)
		if err != nil {
			return err
		}
		if i.Slug != "" && free != i.Slug {
			faults = append(faults, invalid("slug", "another item has the link %s", i.Slug).hint("%s is free.", free))
		} else {
			i.Slug = free
		}
	}
	if len(i.Topics) > 0 {
		topics, err := tx.AllTopics(ctx)
		if err != nil {
			return err
		}
		known := map[int64]bool{}
		for _, t := range topics {
			known[t.ID] = true
		}
		for _, id := range i.Topics {
			if !known[id] {
				faults = append(faults, invalid("topics", "there is no such topic").hint("Choose from the list."))
				break
			}
		}
	}
	return errors.Join(append(faults, i.Faults(e.State))...)
}

// onto puts the edit onto an item.
func (e ItemEdit) onto(i *Item) {
	set(&i.Title, e.Title)
	set(&i.Slug, e.Slug)
	set(&i.Date, e.Date)
	set(&i.Issuer, e.Issuer)
	set(&i.Summary, e.Summary)
	set(&i.Body, e.Body)
	set(&i.Sources, e.Sources)
	set(&i.Topics, e.Topics)
	if e.Standard != nil {
		if i.Standard = e.Standard; *e.Standard == (Standard{}) {
			i.Standard = nil
		}
	}
	if e.Comments != nil {
		if i.Comments = e.Comments; *e.Comments == (CommentPeriod{}) {
			i.Comments = nil
		}
	}
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// freeItemSlug gives the item's slug, or one made of its title, with a number behind
// it when another item has it.
func freeItemSlug(ctx context.Context, tx Store, i Item) (string, error) {
	slug := i.Slug
	if slug == "" {
		if slug = Slugify(i.Title); slug == "" {
			slug = "item"
		}
	}
	if !ValidSlug(slug) {
		return slug, nil // Faults says so
	}
	base := strings.TrimRight(slug[:min(len(slug), maxSlug-6)], "-")
	for n := 2; ; n++ {
		found, err := tx.FindItemBySlug(ctx, slug)
		if errors.Is(err, ErrNotFound) || err == nil && found.ID == i.ID {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
		slug = fmt.Sprintf("%s-%d", base, n)
	}
}
