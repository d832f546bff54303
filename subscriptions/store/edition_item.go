package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type editionItemRow struct {
	EditionID int64 `gorm:"primaryKey;autoIncrement:false"`
	ItemID    int64 `gorm:"primaryKey;autoIncrement:false"`
	Placement string
	Position  int
	TopicID   *int64
	By        string
	At        time.Time
}

func (editionItemRow) TableName() string { return "edition_items" }

type editionSectionRow struct {
	EditionID int64 `gorm:"primaryKey;autoIncrement:false"`
	TopicID   int64 `gorm:"primaryKey;autoIncrement:false"`
	Position  int
	Heading   string
	Intro     string
	By        string
	At        time.Time
}

func (editionSectionRow) TableName() string { return "edition_sections" }

// EditionItems lists decisions by edition, then item.
func (s *Store) EditionItems(ctx context.Context, f subscriptions.EditionItemFilter) ([]subscriptions.EditionItem, error) {
	q := s.read(ctx).Order("edition_id, item_id")
	if f.EditionID != 0 {
		q = q.Where("edition_id = ?", f.EditionID)
	}
	if f.HeldBy != 0 {
		q = q.Where("item_id IN (SELECT id FROM items WHERE edition_id = ?)", f.HeldBy)
	}
	if f.Free {
		q = q.Where("item_id IN (SELECT id FROM items WHERE edition_id IS NULL)")
	}
	var rows []editionItemRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "placed items")
	}
	placed := make([]subscriptions.EditionItem, len(rows))
	for n, r := range rows {
		placed[n] = subscriptions.EditionItem{EditionID: r.EditionID, ItemID: r.ItemID, Placement: subscriptions.Placement(r.Placement),
			Position: r.Position, TopicID: idOf(r.TopicID), By: r.By, At: r.At.UTC()}
	}
	return placed, nil
}

// PutEditionItems writes decisions over those there were.
func (s *Store) PutEditionItems(ctx context.Context, placed ...subscriptions.EditionItem) error {
	if len(placed) == 0 {
		return nil
	}
	rows := make([]editionItemRow, len(placed))
	for n, p := range placed {
		rows[n] = editionItemRow{p.EditionID, p.ItemID, string(p.Placement), p.Position, ref(p.TopicID), p.By, p.At.UTC()}
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "edition_id"}, {Name: "item_id"}}}).
		CreateInBatches(&rows, batch).Error, "placed items")
}

// DropEditionItems deletes decisions.
func (s *Store) DropEditionItems(ctx context.Context, placed ...subscriptions.EditionItem) error {
	for _, p := range placed {
		err := s.write(ctx).Where("edition_id = ? AND item_id = ?", p.EditionID, p.ItemID).Delete(&editionItemRow{}).Error
		if err != nil {
			return fault(err, "placed item %d", p.ItemID)
		}
	}
	return nil
}

// FreeItems lists what could come into a collecting edition.
func (s *Store) FreeItems(ctx context.Context, p subscriptions.Period) ([]subscriptions.Item, error) {
	const most = 5000 // ten times what an edition may hold
	return s.items(ctx, s.read(ctx).Order("date, id").Limit(most).Where(`edition_id IS NULL AND state = 'published'
		AND (date = '' OR date BETWEEN ? AND ? OR id IN (SELECT item_id FROM edition_items))`, p.From.String(), p.To.String()))
}

// FreeItemsLike finds items for one who knows a word of them.
func (s *Store) FreeItemsLike(ctx context.Context, words string, limit int) ([]subscriptions.Item, error) {
	q := s.read(ctx).Order("date DESC, id DESC").Limit(limitOr(limit)).Where("edition_id IS NULL AND state = 'published'")
	for _, word := range strings.Fields(words) {
		like := "%" + escapeLike(strings.ToLower(word)) + "%"
		q = q.Where(`(lower(title) LIKE ? ESCAPE '\' OR lower(standard_identifier) LIKE ? ESCAPE '\' OR slug LIKE ? ESCAPE '\')`, like, like, like)
	}
	return s.items(ctx, q)
}

// CountEditionItems counts the items of each edition, from an index.
func (s *Store) CountEditionItems(ctx context.Context) (map[int64]int, error) {
	var rows []struct {
		EditionID int64
		N         int
	}
	err := s.read(ctx).Raw("SELECT edition_id, count(*) AS n FROM items WHERE edition_id IS NOT NULL GROUP BY edition_id").Scan(&rows).Error
	counts := make(map[int64]int, len(rows))
	for _, r := range rows {
		counts[r.EditionID] = r.N
	}
	return counts, fault(err, "number of items in editions")
}

// EditionSections lists what was decided about sections, by topic.
func (s *Store) EditionSections(ctx context.Context, editionID int64) ([]subscriptions.EditionSection, error) {
	var rows []editionSectionRow
	if err := s.read(ctx).Where("edition_id = ?", editionID).Order("topic_id").Find(&rows).Error; err != nil {
		return nil, fault(err, "sections of edition %d", editionID)
	}
	sections := make([]subscriptions.EditionSection, len(rows))
	for n, r := range rows {
		sections[n] = subscriptions.EditionSection{EditionID: r.EditionID, TopicID: r.TopicID, Position: r.Position,
			Heading: r.Heading, Intro: r.Intro, By: r.By, At: r.At.UTC()}
	}
	return sections, nil
}

// PutEditionSections writes decisions over those there were.
func (s *Store) PutEditionSections(ctx context.Context, sections ...subscriptions.EditionSection) error {
	if len(sections) == 0 {
		return nil
	}
	rows := make([]editionSectionRow, len(sections))
	for n, d := range sections {
		rows[n] = editionSectionRow{d.EditionID, d.TopicID, d.Position, d.Heading, d.Intro, d.By, d.At.UTC()}
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "edition_id"}, {Name: "topic_id"}}}).
		Create(&rows).Error, "sections of an edition")
}
