package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// historyPage is how many revisions stand on a page.
const historyPage = 50

// ItemHistory is a page of what an item said, newest first.
type ItemHistory struct {
	Item      Item
	Revisions []ItemRevision
	Changed   map[int64][]string // by number: the fields that the save changed
	Paging
}

// History reads a page of it, from 1.
func (s *ItemService) History(ctx context.Context, id int64, page int) (ItemHistory, error) {
	h := ItemHistory{Changed: map[int64][]string{}}
	var err error
	if h.Item, err = s.Store.FindItem(ctx, id); err != nil {
		return h, err
	}
	total, err := s.Store.CountItemRevisions(ctx, id)
	if err != nil {
		return h, err
	}
	h.Paging = newPaging(page, total, historyPage)
	// One more, to compare the last of the page with.
	found, err := s.Store.ItemRevisions(ctx, id, historyPage+1, h.offset())
	if err != nil {
		return h, err
	}
	for n, r := range found {
		before := slices.IndexFunc(found[n+1:], func(b ItemRevision) bool { return !b.Aside })
		if before >= 0 {
			h.Changed[r.Number] = ChangedFields(found[n+1+before].Item, r.Item)
		}
	}
	h.Revisions = found[:min(len(found), historyPage)]
	return h, nil
}

// Revision reads one revision and what the item said before it; nil before the
// first.
func (s *ItemService) Revision(ctx context.Context, id, number int64) (r ItemRevision, before *ItemRevision, err error) {
	if r, err = s.Store.FindItemRevision(ctx, id, number); err != nil {
		return r, nil, err
	}
	b, err := s.Store.ItemRevisionBefore(ctx, id, number)
	if CodeOf(err) == NotFound {
		return r, nil, nil
	}
	return r, &b, err
}

// Restore makes an old revision the newest: the words come back, the state and a
// link that readers may have stay.
func (s *ItemService) Restore(ctx context.Context, id, number, version int64, by Actor) (Item, error) {
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
		r, err := tx.FindItemRevision(ctx, id, number)
		if err != nil {
			return err
		}
		i = restored(was, r.Item)
		if i.Slug != was.Slug {
			if i.Slug, err = freeItemSlug(ctx, tx, i); err != nil {
				return err
			}
		}
		if i.State == ItemPublished && len(i.Topics) == 0 {
			return refused("revision %d has no topic, and the item is published", number).hint("Withdraw the item first, or edit it.")
		}
		changed := ChangedFields(was, i)
		if len(changed) == 0 {
			return nil
		}
		note := fmt.Sprintf("Restored revision %d", number)
		if err := saveItem(ctx, tx, was, &i, by, now, note, ""); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "item.restore", ItemSlot(id), i.Title, fmt.Sprintf("revision %d: %s", number, strings.Join(changed, ", ")))
	})
	return i, err
}

// restored is the item with the words of an older state.
func restored(now, old Item) Item {
	i := now
	for _, f := range itemFields {
		if f.put != nil {
			f.put(&i, old)
		}
	}
	if i.Public() {
		i.Slug = now.Slug
	}
	return i
}

// Public reports whether readers may have the item's link already.
func (i Item) Public() bool { return !i.PublishedAt.IsZero() || i.EditionID != 0 }

// SetAside keeps an editor's words beside the item without saving them into it:
// they decided for somebody else's. They stand in the history and can be restored.
func (s *ItemService) SetAside(ctx context.Context, id int64, e ItemEdit, by Actor) (Item, error) {
	var i Item
	err := s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		was, err := tx.FindItem(ctx, id)
		if err != nil {
			return err
		}
		i = was
		aside := was
		if e.onto(&aside); aside.Slug == "" {
			aside.Slug = was.Slug
		}
		if len(ChangedFields(was, aside)) == 0 {
			return nil
		}
		if len(aside.Body) > 2*MaxBody {
			return invalid("body", "the text has %d bytes, which is more than is kept", len(aside.Body))
		}
		if err := firstRevision(ctx, tx, &was); err != nil {
			return err
		}
		i.Version = was.Version + 1
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
		aside.Version = i.Version
		if err := tx.AddItemRevision(ctx, &ItemRevision{ItemID: id, Number: i.Version, At: now, EditorID: by.EditorID, Actor: by.Name,
			Note: "Put aside: the other text was kept", Aside: true, Item: aside}); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "item.aside", ItemSlot(id), i.Title, strings.Join(ChangedFields(i, aside), ", "))
	})
	return i, err
}

// What may be kept of a form that is not saved.
const (
	maxUnsaved      = 2 << 20 // bytes
	maxUnsavedItems = 50      // forms of new items an editor may leave open
)

// KeepWords keeps a form as it stands, at most every few seconds. Of two windows
// of one editor the second is told (Conflict).
func (s *ItemService) KeepWords(ctx context.Context, u UnsavedItem) (UnsavedItem, error) {
	if len(u.Words) > maxUnsaved || len(u.Slot) > 40 {
		return u, invalid("body", "the form holds more than is kept before it is saved").hint("Save it, or shorten it.")
	}
	u.Turn++
	u.SavedAt = s.Now()
	if title := auditText(u.Title); len(title) > maxTitle {
		u.Title = strings.ToValidUTF8(title[:maxTitle], "")
	} else {
		u.Title = title
	}
	return u, s.Store.InTx(ctx, func(tx Store) error {
		if u.Turn == 1 && u.ItemID == 0 {
			open, err := tx.UnsavedItems(ctx, u.EditorID, maxUnsavedItems)
			if err != nil {
				return err
			}
			if len(open) == maxUnsavedItems {
				return refused("you have %d forms that are not saved", maxUnsavedItems).hint("Save or drop some of them; they are on the list of items.")
			}
		}
		return tx.PutUnsavedItem(ctx, u)
	})
}
