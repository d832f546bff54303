package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type attachmentRow struct {
	ID        int64
	ItemID    int64
	Name      string
	Type      string
	Kind      string
	Size      int64
	Hash      string
	CreatedAt time.Time
	CreatedBy string
	EndedAt   *time.Time
}

func (attachmentRow) TableName() string { return "attachments" }

func toAttachmentRow(a subscriptions.Attachment) attachmentRow {
	return attachmentRow{a.ID, a.ItemID, a.Name, a.Type, string(a.Kind), a.Size, a.Hash, a.CreatedAt.UTC(), a.CreatedBy, null(a.EndedAt)}
}

func (r attachmentRow) attachment() subscriptions.Attachment {
	return subscriptions.Attachment{ID: r.ID, ItemID: r.ItemID, Name: r.Name, Type: r.Type, Kind: subscriptions.AttachmentKind(r.Kind),
		Size: r.Size, Hash: r.Hash, CreatedAt: r.CreatedAt.UTC(), CreatedBy: r.CreatedBy, EndedAt: timeOf(r.EndedAt)}
}

// AddAttachment inserts one.
func (s *Store) AddAttachment(ctx context.Context, a *subscriptions.Attachment) error {
	row := toAttachmentRow(*a)
	err := s.write(ctx).Create(&row).Error
	a.ID = row.ID
	return fault(err, "attachment %s of item %d", a.Name, a.ItemID)
}

// UpdateAttachment writes all fields.
func (s *Store) UpdateAttachment(ctx context.Context, a subscriptions.Attachment) error {
	row := toAttachmentRow(a)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", a.ID).Updates(&row).Error, "attachment %d", a.ID)
}

// FindAttachment reads one, ended or not.
func (s *Store) FindAttachment(ctx context.Context, id int64) (subscriptions.Attachment, error) {
	var row attachmentRow
	if err := s.hold(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return subscriptions.Attachment{}, fault(err, "such attachment")
	}
	return row.attachment(), nil
}

// Attachments lists what is attached to the items.
func (s *Store) Attachments(ctx context.Context, itemIDs ...int64) ([]subscriptions.Attachment, error) {
	if len(itemIDs) == 0 {
		return nil, nil
	}
	return s.attachments(s.read(ctx).Where("item_id IN ?", itemIDs))
}

// AttachmentsOf lists those that share a file.
func (s *Store) AttachmentsOf(ctx context.Context, hash string) ([]subscriptions.Attachment, error) {
	return s.attachments(s.read(ctx).Where("hash = ?", hash))
}

func (s *Store) attachments(q *gorm.DB) ([]subscriptions.Attachment, error) {
	var rows []attachmentRow
	if err := q.Where("ended_at IS NULL").Order("item_id, id").Find(&rows).Error; err != nil {
		return nil, fault(err, "attachments")
	}
	list := make([]subscriptions.Attachment, len(rows))
	for i, r := range rows {
		list[i] = r.attachment()
	}
	return list, nil
}

// AttachedFiles gives those of the hashes that are in use, or were after since.
func (s *Store) AttachedFiles(ctx context.Context, hashes []string, since time.Time) (map[string]bool, error) {
	var used []string
	err := s.read(ctx).Model(&attachmentRow{}).Where("hash IN ? AND (ended_at IS NULL OR ended_at > ?)", hashes, null(since)).
		Distinct().Pluck("hash", &used).Error
	named := map[string]bool{}
	for _, h := range used {
		named[h] = true
	}
	return named, fault(err, "files in use")
}
