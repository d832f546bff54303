package subscriptions

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// ItemRevision is what an item said after a save. Revisions are added, in the
// transaction of the save, and never changed: whatever an editor once saved can
// be read and restored.
type ItemRevision struct {
	ID       int64
	ItemID   int64
	Number   int64 // the item's Version that this save made
	At       time.Time
	EditorID int64  // 0: nobody who signed in
	Actor    string // their name as it was then
	Note     string // one line: why, or what the service did
	Batch    string // of an act on many items at once; "" for a single one
	// Aside tells of words that were put aside in favour of somebody else's: the
	// item never said this.
	Aside bool
	Item  Item // as it was then, with its State
}

// itemState is an item as a revision keeps it: what JSON leaves out of Item is
// of no edition's concern, but of the history's.
type itemState struct {
	Item
	State     ItemState `json:"state"`
	Published time.Time `json:"published,omitzero"`
}

// EncodeItemState writes an item as a revision keeps it.
func EncodeItemState(i Item) (string, error) {
	b, err := json.Marshal(itemState{i, i.State, i.PublishedAt})
	if err != nil {
		return "", fmt.Errorf("write a revision of item %d: %w", i.ID, err)
	}
	return string(b), nil
}

// DecodeItemState reads it back.
func DecodeItemState(s string) (Item, error) {
	var state itemState
	if err := json.Unmarshal([]byte(s), &state); err != nil {
		return Item{}, fmt.Errorf("read a revision: %w", err)
	}
	i := state.Item
	i.State, i.PublishedAt = state.State, state.Published
	return i, nil
}

// UnsavedItem is what an editor has typed into the form of an item and not saved.
// It is no part of the item: nobody else sees it, and no edition.
type UnsavedItem struct {
	EditorID int64
	Slot     string // ItemSlot, or "new:" and letters of its own
	ItemID   int64  // 0 for an item that is not there yet
	Version  int64  // of the item when the editor began
	Turn     int64  // counts the times it was kept; two windows of one editor differ in it
	Title    string
	Words    string // the form as it stood, in whatever state
	SavedAt  time.Time
}

// ItemSlot is where the draft of an item lies.
func ItemSlot(id int64) string { return "item:" + strconv.FormatInt(id, 10) }

// ItemSort is the order of a list of items.
type ItemSort string

// The orders. All end with the id, so that pages neither miss nor repeat.
const (
	SortByDate    ItemSort = ""        // oldest first, as an edition reads them
	SortNewest    ItemSort = "newest"  // by date
	SortByChange  ItemSort = "changed" // latest change first
	SortByTitle   ItemSort = "title"
	SortByClosing ItemSort = "closing" // by the last day for comments, those without at the end
)

// ItemRevisionStore keeps what was saved of items, and what was not.
type ItemRevisionStore interface {
	// CountMatching counts what Items would list without Limit and Offset.
	CountMatching(ctx context.Context, f ItemFilter) (int, error)
	// ItemIssuers lists issuing bodies, those with the most items first.
	ItemIssuers(ctx context.Context, limit int) ([]string, error)
	// ItemsLike lists items that have one of the keys, by id, at most limit.
	ItemsLike(ctx context.Context, k ItemKeys, limit int) ([]ItemLike, error)

	AddItemRevision(ctx context.Context, r *ItemRevision) error
	ItemRevisions(ctx context.Context, itemID int64, limit, offset int) ([]ItemRevision, error) // newest first
	CountItemRevisions(ctx context.Context, itemID int64) (int, error)
	FindItemRevision(ctx context.Context, itemID, number int64) (ItemRevision, error)
	// ItemRevisionBefore finds what the item said just before the number.
	ItemRevisionBefore(ctx context.Context, itemID, number int64) (ItemRevision, error)
	// ItemBatch lists the revisions of an act on many items, by item.
	ItemBatch(ctx context.Context, batch string) ([]ItemRevision, error)
	// LastChanges gives the newest revision of each of the items that has one,
	// without the state.
	LastChanges(ctx context.Context, itemIDs []int64) (map[int64]ItemRevision, error)

	// PutUnsavedItem keeps a draft if the stored one has the turn before it, or
	// there is none, else it answers Conflict.
	PutUnsavedItem(ctx context.Context, d UnsavedItem) error
	FindUnsavedItem(ctx context.Context, editorID int64, slot string) (UnsavedItem, error)
	UnsavedItems(ctx context.Context, editorID int64, limit int) ([]UnsavedItem, error) // latest first, without the words
	// UnsavedOfItem lists who else is writing in an item, latest first, without the words.
	UnsavedOfItem(ctx context.Context, itemID int64) ([]UnsavedItem, error)
	DeleteUnsavedItem(ctx context.Context, editorID int64, slot string) error
}
