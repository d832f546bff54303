package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type importRow struct {
	ID       int64
	Kind     string
	Name     string
	State    string
	At       time.Time
	TakenAt  *time.Time
	UndoneAt *time.Time
	EditorID *int64
	Actor    string
	FeedID   *int64
	Counts   string
	Report   string
}

func (importRow) TableName() string { return "imports" }

type importEntryRow struct {
	ImportID int64 `gorm:"primaryKey"`
	Position int   `gorm:"primaryKey"`
	Title    string
	File     string
	Line     int
	Key      string
	Outcome  string
	Why      string
	Alike    string
	Draft    string
	ItemID   *int64
	Mark     string
}

func (importEntryRow) TableName() string { return "import_entries" }

func toImportRow(r subscriptions.ImportRun) (importRow, error) {
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return importRow{}, err
	}
	report, err := json.Marshal(r.Report)
	return importRow{ID: r.ID, Kind: string(r.Kind), Name: r.Name, State: string(r.State), At: r.At.UTC(), TakenAt: null(r.TakenAt), UndoneAt: null(r.UndoneAt),
		EditorID: ref(r.EditorID), Actor: r.By, FeedID: ref(r.FeedID), Counts: string(counts), Report: string(report)}, err
}

func (r importRow) run() (subscriptions.ImportRun, error) {
	run := subscriptions.ImportRun{ID: r.ID, Kind: subscriptions.ImportKind(r.Kind), Name: r.Name, State: subscriptions.ImportState(r.State), At: r.At.UTC(),
		TakenAt: timeOf(r.TakenAt), UndoneAt: timeOf(r.UndoneAt), EditorID: idOf(r.EditorID), By: r.Actor, FeedID: idOf(r.FeedID)}
	if err := json.Unmarshal([]byte(r.Counts), &run.Counts); err != nil {
		return run, fault(err, "counts of import %d", r.ID)
	}
	if r.Report == "" { // lists leave it out
		return run, nil
	}
	return run, fault(json.Unmarshal([]byte(r.Report), &run.Report), "report of import %d", r.ID)
}

func toImportEntryRow(e subscriptions.ImportEntry) (importEntryRow, error) {
	row := importEntryRow{ImportID: e.ImportID, Position: e.Position, Title: e.Title, File: e.Place.File, Line: e.Place.Line, Key: e.Key,
		Outcome: string(e.Outcome), Why: e.Why, ItemID: ref(e.ItemID), Mark: e.Mark}
	alike, err := json.Marshal(e.Alike)
	if err != nil {
		return row, err
	}
	row.Alike = string(alike)
	switch e.Outcome {
	case subscriptions.EntryTaken, subscriptions.EntryUndone, subscriptions.EntryStays:
		return row, nil // the item has it
	}
	draft, err := json.Marshal(e.Draft)
	row.Draft = string(draft)
	return row, err
}

func (r importEntryRow) entry() (subscriptions.ImportEntry, error) {
	e := subscriptions.ImportEntry{ImportID: r.ImportID, Position: r.Position, Title: r.Title, Place: subscriptions.Place{File: r.File, Line: r.Line}, Key: r.Key,
		Outcome: subscriptions.EntryOutcome(r.Outcome), Why: r.Why, ItemID: idOf(r.ItemID), Mark: r.Mark}
	if err := json.Unmarshal([]byte(r.Alike), &e.Alike); err != nil {
		return e, err
	}
	if r.Draft == "" {
		return e, nil
	}
	return e, json.Unmarshal([]byte(r.Draft), &e.Draft)
}

// AddImport inserts an import with its entries, which get its id.
func (s *Store) AddImport(ctx context.Context, r *subscriptions.ImportRun, entries []subscriptions.ImportEntry) error {
	return s.tx(ctx, func(tx *Store) error {
		row, err := toImportRow(*r)
		if err != nil {
			return fault(err, "import of %s", r.Name)
		}
		if err := tx.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "import of %s", r.Name)
		}
		r.ID = row.ID
		for n := range entries {
			entries[n].ImportID = row.ID
		}
		return tx.UpdateImportEntries(ctx, entries)
	})
}

// UpdateImport writes all fields.
func (s *Store) UpdateImport(ctx context.Context, r subscriptions.ImportRun) error {
	row, err := toImportRow(r)
	if err == nil {
		err = s.write(ctx).Select("*").Omit("id").Where("id = ?", r.ID).Updates(&row).Error
	}
	return fault(err, "import %d", r.ID)
}

// UpdateImportEntries writes all fields, of entries that are new too.
func (s *Store) UpdateImportEntries(ctx context.Context, entries []subscriptions.ImportEntry) error {
	rows := make([]importEntryRow, len(entries))
	for n, e := range entries {
		var err error
		if rows[n], err = toImportEntryRow(e); err != nil {
			return fault(err, "entry %d of import %d", e.Position, e.ImportID)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(rows, 100).Error, "entries of an import")
}

// FindImport reads one; inside a transaction it is held.
func (s *Store) FindImport(ctx context.Context, id int64) (subscriptions.ImportRun, error) {
	var row importRow
	if err := s.hold(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return subscriptions.ImportRun{}, fault(err, "import %d", id)
	}
	return row.run()
}

// Imports lists the newest, without their reports.
func (s *Store) Imports(ctx context.Context, before int64, limit int) ([]subscriptions.ImportRun, error) {
	q := s.read(ctx).Omit("report").Order("id DESC").Limit(limitOr(limit))
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var rows []importRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "imports")
	}
	runs := make([]subscriptions.ImportRun, len(rows))
	for n, r := range rows {
		var err error
		if runs[n], err = r.run(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// ImportEntries lists by position.
func (s *Store) ImportEntries(ctx context.Context, importID int64, from, limit int) ([]subscriptions.ImportEntry, error) {
	var rows []importEntryRow
	if err := s.read(ctx).Where("import_id = ? AND position >= ?", importID, from).Order("position").Limit(limitOr(limit)).Find(&rows).Error; err != nil {
		return nil, fault(err, "entries of import %d", importID)
	}
	entries := make([]subscriptions.ImportEntry, len(rows))
	for n, r := range rows {
		var err error
		if entries[n], err = r.entry(); err != nil {
			return nil, fault(err, "entry %d of import %d", r.Position, importID)
		}
	}
	return entries, nil
}

// PruneImports deletes reports of a rehearsal that nobody took in.
func (s *Store) PruneImports(ctx context.Context, before time.Time, limit int) (int, error) {
	r := s.write(ctx).Where("id IN (SELECT id FROM imports WHERE state = 'prepared' AND at < ? ORDER BY at LIMIT ?)", before.UTC(), limitOr(limit)).Delete(&importRow{})
	return int(r.RowsAffected), fault(r.Error, "imports that were not taken in")
}

// ItemMarks reads what tells items apart, of all of them: a few columns and their
// links, in two queries.
func (s *Store) ItemMarks(ctx context.Context) ([]subscriptions.ItemMark, error) {
	var rows []itemRow
	if err := s.read(ctx).Select("id", "slug", "title", "standard_identifier").Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "items")
	}
	marks := make([]subscriptions.ItemMark, len(rows))
	at := make(map[int64]*subscriptions.ItemMark, len(rows))
	for n, r := range rows {
		marks[n] = subscriptions.ItemMark{ID: r.ID, Slug: r.Slug, Title: r.Title, Identifier: r.StandardIdentifier}
		at[r.ID] = &marks[n]
	}
	var sources []itemSourceRow
	if err := s.read(ctx).Select("item_id", "url").Find(&sources).Error; err != nil {
		return nil, fault(err, "links of items")
	}
	for _, r := range sources {
		if m := at[r.ItemID]; m != nil {
			m.Links = append(m.Links, r.URL)
		}
	}
	return marks, nil
}

// DeleteItem deletes an item with its topics, its sources and what was read out
// of it. It answers Conflict when something else belongs to the item: a place in
// an edition that somebody gave it, a file, words that are not saved yet.
func (s *Store) DeleteItem(ctx context.Context, id int64) error {
	// A transaction of its own, or a savepoint: a refusal of the database must not
	// end the transaction around it.
	err := s.write(ctx).Transaction(func(tx *gorm.DB) error {
		var placed int64
		if err := tx.Model(&editionItemRow{}).Where("item_id = ?", id).Count(&placed).Error; err != nil {
			return err
		}
		if placed > 0 {
			return gorm.ErrForeignKeyViolated
		}
		for _, part := range []any{&itemTopicRow{}, &itemSourceRow{}, &itemWordRow{}, &itemReadRow{}} {
			if err := tx.Where("item_id = ?", id).Delete(part).Error; err != nil {
				return err
			}
		}
		words := "DELETE FROM item_search WHERE rowid = ?"
		if s.postgres {
			words = "DELETE FROM item_search WHERE item_id = ?"
		}
		if err := tx.Exec(words, id).Error; err != nil {
			return err
		}
		return tx.Where("id = ?", id).Delete(&itemRow{}).Error
	})
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: "something belongs to the item that would be lost", Err: err}
	}
	return fault(err, "item %d", id)
}
