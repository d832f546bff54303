package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type itemRevisionRow struct {
	ID       int64
	ItemID   int64
	Number   int64
	At       time.Time
	EditorID *int64
	Actor    string
	Note     string
	Batch    string
	Aside    bool
	State    string
}

func (itemRevisionRow) TableName() string { return "item_revisions" }

func (r itemRevisionRow) revision() (subscriptions.ItemRevision, error) {
	rev := subscriptions.ItemRevision{ID: r.ID, ItemID: r.ItemID, Number: r.Number, At: r.At.UTC(), EditorID: idOf(r.EditorID),
		Actor: r.Actor, Note: r.Note, Batch: r.Batch, Aside: r.Aside}
	if r.State == "" { // it was not asked for
		return rev, nil
	}
	var err error
	rev.Item, err = subscriptions.DecodeItemState(r.State)
	return rev, err
}

// AddItemRevision inserts a revision.
func (s *Store) AddItemRevision(ctx context.Context, r *subscriptions.ItemRevision) error {
	state, err := subscriptions.EncodeItemState(r.Item)
	if err != nil {
		return err
	}
	row := itemRevisionRow{ItemID: r.ItemID, Number: r.Number, At: r.At.UTC(), EditorID: ref(r.EditorID), Actor: r.Actor, Note: r.Note,
		Batch: r.Batch, Aside: r.Aside, State: state}
	if err := s.write(ctx).Create(&row).Error; err != nil {
		return fault(err, "revision %d of item %d", r.Number, r.ItemID)
	}
	r.ID = row.ID
	return nil
}

func itemRevisions(q *gorm.DB) ([]subscriptions.ItemRevision, error) {
	var rows []itemRevisionRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "revisions")
	}
	revisions := make([]subscriptions.ItemRevision, len(rows))
	for n, row := range rows {
		var err error
		if revisions[n], err = row.revision(); err != nil {
			return nil, err
		}
	}
	return revisions, nil
}

// ItemRevisions lists those of an item, newest first.
func (s *Store) ItemRevisions(ctx context.Context, itemID int64, limit, offset int) ([]subscriptions.ItemRevision, error) {
	return itemRevisions(s.read(ctx).Where("item_id = ?", itemID).Order("number DESC").Limit(limitOr(limit)).Offset(offset))
}

// CountItemRevisions counts them.
func (s *Store) CountItemRevisions(ctx context.Context, itemID int64) (int, error) {
	var n int64
	err := s.read(ctx).Model(&itemRevisionRow{}).Where("item_id = ?", itemID).Count(&n).Error
	return int(n), fault(err, "number of revisions")
}

// FindItemRevision reads one.
func (s *Store) FindItemRevision(ctx context.Context, itemID, number int64) (subscriptions.ItemRevision, error) {
	return s.findItemRevision(s.read(ctx).Where("item_id = ? AND number = ?", itemID, number), itemID, number)
}

// ItemRevisionBefore finds what the item said just before the number.
func (s *Store) ItemRevisionBefore(ctx context.Context, itemID, number int64) (subscriptions.ItemRevision, error) {
	return s.findItemRevision(s.read(ctx).Where("item_id = ? AND number < ? AND NOT aside", itemID, number).Order("number DESC"), itemID, number)
}

func (s *Store) findItemRevision(q *gorm.DB, itemID, number int64) (subscriptions.ItemRevision, error) {
	var row itemRevisionRow
	if err := q.Take(&row).Error; err != nil {
		return subscriptions.ItemRevision{}, fault(err, "revision %d of item %d", number, itemID)
	}
	return row.revision()
}

// ItemBatch lists the revisions of an act on many items, by item.
func (s *Store) ItemBatch(ctx context.Context, batch string) ([]subscriptions.ItemRevision, error) {
	return itemRevisions(s.read(ctx).Where("batch = ? AND batch <> ''", batch).Order("item_id, number"))
}

// LastChanges gives the newest revision of each item that has one, without the
// state.
func (s *Store) LastChanges(ctx context.Context, itemIDs []int64) (map[int64]subscriptions.ItemRevision, error) {
	last := map[int64]subscriptions.ItemRevision{}
	if len(itemIDs) == 0 {
		return last, nil
	}
	found, err := itemRevisions(s.read(ctx).Omit("state").
		Where("item_id IN ? AND number = (SELECT max(n.number) FROM item_revisions AS n WHERE n.item_id = item_revisions.item_id)", itemIDs))
	for _, r := range found {
		last[r.ItemID] = r
	}
	return last, err
}
