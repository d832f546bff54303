package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type itemDraftRow struct {
	EditorID int64  `gorm:"primaryKey;autoIncrement:false"`
	Slot     string `gorm:"primaryKey"`
	ItemID   *int64
	Version  int64
	Turn     int64
	Title    string
	Words    string
	SavedAt  time.Time
}

func (itemDraftRow) TableName() string { return "item_drafts" }

func (r itemDraftRow) draft() subscriptions.UnsavedItem {
	return subscriptions.UnsavedItem{EditorID: r.EditorID, Slot: r.Slot, ItemID: idOf(r.ItemID), Version: r.Version, Turn: r.Turn,
		Title: r.Title, Words: r.Words, SavedAt: r.SavedAt.UTC()}
}

// PutUnsavedItem keeps a draft in one statement, so that of two windows that keep
// at the same moment one is told.
func (s *Store) PutUnsavedItem(ctx context.Context, d subscriptions.UnsavedItem) error {
	row := itemDraftRow{EditorID: d.EditorID, Slot: d.Slot, ItemID: ref(d.ItemID), Version: d.Version, Turn: d.Turn, Title: d.Title,
		Words: d.Words, SavedAt: d.SavedAt.UTC()}
	done := s.write(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "editor_id"}, {Name: "slot"}},
		DoUpdates: clause.AssignmentColumns([]string{"version", "turn", "title", "words", "saved_at"}),
		Where:     clause.Where{Exprs: []clause.Expression{gorm.Expr("item_drafts.turn = ?", d.Turn-1)}},
	}).Create(&row)
	if done.Error == nil && done.RowsAffected == 0 {
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: "this form is open in another window of yours, and was kept there last",
			Hint: "Save in one of the windows, and close the other."}
	}
	return fault(done.Error, "draft %s", d.Slot)
}

// FindUnsavedItem reads an editor's draft.
func (s *Store) FindUnsavedItem(ctx context.Context, editorID int64, slot string) (subscriptions.UnsavedItem, error) {
	var row itemDraftRow
	err := s.read(ctx).Where("editor_id = ? AND slot = ?", editorID, slot).Take(&row).Error
	return row.draft(), fault(err, "draft %s", slot)
}

// UnsavedItems lists an editor's drafts, latest first, without the words.
func (s *Store) UnsavedItems(ctx context.Context, editorID int64, limit int) ([]subscriptions.UnsavedItem, error) {
	return s.itemDrafts(s.read(ctx).Where("editor_id = ?", editorID).Limit(limitOr(limit)))
}

// UnsavedOfItem lists who is writing in an item, latest first, without the words.
func (s *Store) UnsavedOfItem(ctx context.Context, itemID int64) ([]subscriptions.UnsavedItem, error) {
	return s.itemDrafts(s.read(ctx).Where("item_id = ?", itemID).Limit(limitOr(0)))
}

func (s *Store) itemDrafts(q *gorm.DB) ([]subscriptions.UnsavedItem, error) {
	var rows []itemDraftRow
	if err := q.Omit("words").Order("saved_at DESC, slot").Find(&rows).Error; err != nil {
		return nil, fault(err, "drafts")
	}
	drafts := make([]subscriptions.UnsavedItem, len(rows))
	for n, row := range rows {
		drafts[n] = row.draft()
	}
	return drafts, nil
}

// DeleteUnsavedItem takes a draft away; one that is not there is no fault.
func (s *Store) DeleteUnsavedItem(ctx context.Context, editorID int64, slot string) error {
	return fault(s.write(ctx).Where("editor_id = ? AND slot = ?", editorID, slot).Delete(&itemDraftRow{}).Error, "draft %s", slot)
}
