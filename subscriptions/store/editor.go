package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type editorRow struct {
	ID           int64
	Name         string
	Address      string
	AddressKey   string
	Role         string
	PasswordHash string
	Factor       string
	FactorStep   int64
	FactorAt     *time.Time
	CreatedAt    time.Time
	SignedInAt   *time.Time
	EndedAt      *time.Time
}

func (editorRow) TableName() string { return "editors" }

func toEditorRow(e subscriptions.Editor) editorRow {
	return editorRow{ID: e.ID, Name: e.Name, Address: e.Address, AddressKey: subscriptions.AddressKey(e.Address), Role: string(e.Role),
		PasswordHash: e.PasswordHash, Factor: e.Factor, FactorStep: e.FactorStep, FactorAt: null(e.FactorAt), CreatedAt: e.CreatedAt.UTC(),
		SignedInAt: null(e.SignedInAt), EndedAt: null(e.EndedAt)}
}

func (r editorRow) editor() subscriptions.Editor {
	return subscriptions.Editor{ID: r.ID, Name: r.Name, Address: r.Address, Role: subscriptions.Role(r.Role), PasswordHash: r.PasswordHash,
		Factor: r.Factor, FactorStep: r.FactorStep, FactorAt: timeOf(r.FactorAt), CreatedAt: r.CreatedAt.UTC(),
		SignedInAt: timeOf(r.SignedInAt), EndedAt: timeOf(r.EndedAt)}
}

// Editors lists everybody who works or worked at the desk, by name.
func (s *Store) Editors(ctx context.Context) ([]subscriptions.Editor, error) {
	return editorsOf(s.read(ctx).Order("lower(name), id"))
}

// HoldEditors lists the same, and holds their rows: in order of id, so that two
// who do so do not wait for each other.
func (s *Store) HoldEditors(ctx context.Context) ([]subscriptions.Editor, error) {
	return editorsOf(s.hold(ctx).Order("id"))
}

func editorsOf(q *gorm.DB) ([]subscriptions.Editor, error) {
	var rows []editorRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "editors")
	}
	editors := make([]subscriptions.Editor, len(rows))
	for i, r := range rows {
		editors[i] = r.editor()
	}
	return editors, nil
}

// FindEditor reads one; inside a transaction the row is held.
func (s *Store) FindEditor(ctx context.Context, id int64) (subscriptions.Editor, error) {
	var row editorRow
	err := s.hold(ctx).Take(&row, id).Error
	return row.editor(), fault(err, "editor %d", id)
}

// FindEditorByAddress reads the one with the address, in any spelling.
func (s *Store) FindEditorByAddress(ctx context.Context, address string) (subscriptions.Editor, error) {
	var row editorRow
	err := s.hold(ctx).Where("address_key = ?", subscriptions.AddressKey(address)).Take(&row).Error
	return row.editor(), fault(err, "editor with this address")
}

// AddEditor inserts one; a second one with the address is a Conflict.
func (s *Store) AddEditor(ctx context.Context, e *subscriptions.Editor) error {
	row := toEditorRow(*e)
	err := s.write(ctx).Create(&row).Error
	e.ID = row.ID
	return fault(err, "editor %s", e.Address)
}

// UpdateEditor writes all fields.
func (s *Store) UpdateEditor(ctx context.Context, e subscriptions.Editor) error {
	row := toEditorRow(e)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", e.ID).Updates(&row).Error, "editor %d", e.ID)
}
