package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type peopleImportRow struct {
	ID        int64
	Name      string
	State     string
	At        time.Time
	ChangedAt time.Time
	EditorID  *int64
	Actor     string
	Size      int
	RowCount  int
	Columns   string
	Topics    string
	Confirmed bool
	Source    string
	GivenOn   string
	Evidence  string
	Done      int
	Report    string
	Withdrawn string
	Note      string
	Fault     string
}

func (peopleImportRow) TableName() string { return "people_imports" }

type peopleImportListRow struct {
	ImportID int64 `gorm:"primaryKey"`
	List     []byte
}

func (peopleImportListRow) TableName() string { return "people_import_lists" }

type peopleImportLineRow struct {
	ID       int64
	ImportID int64
	Line     int
	Outcome  string
	Why      string
}

func (peopleImportLineRow) TableName() string { return "people_import_lines" }

func toPeopleImportRow(p subscriptions.PeopleImport) (peopleImportRow, error) {
	row := peopleImportRow{ID: p.ID, Name: p.Name, State: string(p.State), At: p.At.UTC(), ChangedAt: p.ChangedAt.UTC(), EditorID: ref(p.EditorID), Actor: p.By,
		Size: p.Size, RowCount: p.Rows, Topics: strings.Join(p.Topics, ","), Confirmed: p.Confirmed, Source: p.Source, Evidence: p.Evidence, Done: p.Done,
		Note: p.Note, Fault: p.Fault}
	if !p.GivenOn.IsZero() {
		row.GivenOn = p.GivenOn.String()
	}
	for _, part := range []struct {
		value any
		into  *string
	}{{p.Columns, &row.Columns}, {p.Report, &row.Report}, {p.Withdrawn, &row.Withdrawn}} {
		b, err := json.Marshal(part.value)
		if err != nil {
			return row, err
		}
		*part.into = string(b)
	}
	return row, nil
}

func (r peopleImportRow) peopleImport() (subscriptions.PeopleImport, error) {
	p := subscriptions.PeopleImport{ID: r.ID, Name: r.Name, State: subscriptions.PeopleImportState(r.State), At: r.At.UTC(), ChangedAt: r.ChangedAt.UTC(),
		EditorID: idOf(r.EditorID), By: r.Actor, Size: r.Size, Rows: r.RowCount, Confirmed: r.Confirmed, Source: r.Source, GivenOn: day(r.GivenOn),
		Evidence: r.Evidence, Done: r.Done, Note: r.Note, Fault: r.Fault}
	if r.Topics != "" {
		p.Topics = strings.Split(r.Topics, ",")
	}
	for _, part := range []struct {
		from string
		into any
	}{{r.Columns, &p.Columns}, {r.Report, &p.Report}, {r.Withdrawn, &p.Withdrawn}} {
		if err := json.Unmarshal([]byte(part.from), part.into); err != nil {
			return p, fault(err, "list %d", r.ID)
		}
	}
	return p, nil
}

// AddPeopleImport inserts an import, with its list unless that is nil.
func (s *Store) AddPeopleImport(ctx context.Context, p *subscriptions.PeopleImport, list []byte) error {
	return s.tx(ctx, func(tx *Store) error {
		row, err := toPeopleImportRow(*p)
		if err == nil {
			err = tx.write(ctx).Create(&row).Error
		}
		if err != nil {
			return fault(err, "list of people")
		}
		p.ID = row.ID
		if list == nil {
			return nil
		}
		return fault(tx.write(ctx).Create(&peopleImportListRow{row.ID, list}).Error, "list %d", row.ID)
	})
}

// UpdatePeopleImport writes all fields.
func (s *Store) UpdatePeopleImport(ctx context.Context, p subscriptions.PeopleImport) error {
	row, err := toPeopleImportRow(p)
	if err == nil {
		err = s.write(ctx).Select("*").Omit("id").Where("id = ?", p.ID).Updates(&row).Error
	}
	return fault(err, "list %d", p.ID)
}

// FindPeopleImport reads one; inside a transaction it is held.
func (s *Store) FindPeopleImport(ctx context.Context, id int64) (subscriptions.PeopleImport, error) {
	var row peopleImportRow
	if err := s.hold(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return subscriptions.PeopleImport{}, fault(err, "list of people %d", id)
	}
	return row.peopleImport()
}

// PeopleImports lists the newest.
func (s *Store) PeopleImports(ctx context.Context, before int64, limit int) ([]subscriptions.PeopleImport, error) {
	q := s.read(ctx).Order("id DESC").Limit(limitOr(limit))
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var rows []peopleImportRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, fault(err, "lists of people")
	}
	all := make([]subscriptions.PeopleImport, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.peopleImport(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// WorkingPeopleImports reads the ids of those that somebody has to go on with.
func (s *Store) WorkingPeopleImports(ctx context.Context) (ids []int64, err error) {
	// Index people_imports_working.
	err = s.read(ctx).Model(&peopleImportRow{}).Where("state IN ('checking', 'running', 'withdrawing') AND (size > 0 OR state = 'withdrawing')").
		Order("id").Pluck("id", &ids).Error
	return ids, fault(err, "lists of people")
}

// DropPeopleImport deletes one; its list and lines go with it.
func (s *Store) DropPeopleImport(ctx context.Context, id int64) error {
	return fault(s.write(ctx).Where("id = ?", id).Delete(&peopleImportRow{}).Error, "list %d", id)
}

// List reads a list that is kept.
func (s *Store) List(ctx context.Context, id int64) ([]byte, error) {
	var row peopleImportListRow
	err := s.read(ctx).Where("import_id = ?", id).Take(&row).Error
	return row.List, fault(err, "list %d kept", id)
}

// AddListLines inserts lines.
func (s *Store) AddListLines(ctx context.Context, lines []subscriptions.ListLine) error {
	if len(lines) == 0 {
		return nil
	}
	rows := make([]peopleImportLineRow, len(lines))
	for i, l := range lines {
		rows[i] = peopleImportLineRow{ImportID: l.ImportID, Line: l.Line, Outcome: string(l.Outcome), Why: l.Why}
	}
	return fault(s.write(ctx).CreateInBatches(&rows, batch).Error, "lines of a list")
}

// ListLines reads the next in the order they were written.
func (s *Store) ListLines(ctx context.Context, importID, afterID int64, limit int) ([]subscriptions.ListLine, error) {
	var rows []peopleImportLineRow
	if err := s.read(ctx).Where("import_id = ? AND id > ?", importID, afterID).Order("id").Limit(limitOr(limit)).Find(&rows).Error; err != nil {
		return nil, fault(err, "lines of list %d", importID)
	}
	lines := make([]subscriptions.ListLine, len(rows))
	for i, r := range rows {
		lines[i] = subscriptions.ListLine{ID: r.ID, ImportID: r.ImportID, Line: r.Line, Outcome: subscriptions.ListOutcome(r.Outcome), Why: r.Why}
	}
	return lines, nil
}

// DropListLines deletes the lines of one.
func (s *Store) DropListLines(ctx context.Context, importID int64) error {
	return fault(s.write(ctx).Where("import_id = ?", importID).Delete(&peopleImportLineRow{}).Error, "lines of list %d", importID)
}

// DropLists forgets the lists, and their lines, that nothing has happened to since
// until, oldest first; what was never taken in goes altogether.
func (s *Store) DropLists(ctx context.Context, until time.Time, limit int) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		var rows []peopleImportRow
		err := tx.read(ctx).Where("size > 0 AND changed_at <= ? AND state NOT IN ('running', 'withdrawing')", until.UTC()).
			Order("changed_at").Limit(limit).Find(&rows).Error
		if err != nil {
			return err
		}
		for _, r := range rows {
			if state := subscriptions.PeopleImportState(r.State); state != subscriptions.ListDone && state != subscriptions.ListWithdrawn {
				err = tx.DropPeopleImport(ctx, r.ID)
			} else {
				err = tx.dropList(ctx, r.ID)
			}
			if err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, fault(err, "lists of people")
}

// dropList forgets a list and its lines, and keeps what became of it.
func (s *Store) dropList(ctx context.Context, id int64) error {
	if err := s.write(ctx).Where("import_id = ?", id).Delete(&peopleImportListRow{}).Error; err != nil {
		return err
	}
	if err := s.DropListLines(ctx, id); err != nil {
		return err
	}
	return s.write(ctx).Model(&peopleImportRow{}).Where("id = ?", id).UpdateColumns(map[string]any{"size": 0}).Error
}

// ImportConsents reads what a list gave.
func (s *Store) ImportConsents(ctx context.Context, importID, afterID int64, limit int) ([]subscriptions.Consent, error) {
	var rows []consentRow
	err := s.read(ctx).Where("import_id = ? AND id > ? AND kind <> 'withdrawn'", importID, afterID).Order("id").Limit(limitOr(limit)).Find(&rows).Error
	consents := make([]subscriptions.Consent, len(rows))
	for i, r := range rows {
		consents[i] = r.consent()
	}
	return consents, fault(err, "consents of list %d", importID)
}

// HasDigest looks for a digest that left, or may have.
func (s *Store) HasDigest(ctx context.Context, subscriberID int64, since time.Time) (bool, error) {
	var n int64
	err := s.read(ctx).Model(&deliveryRow{}).Where("subscriber_id = ? AND kind = ? AND created_at >= ? AND state IN ('sending', 'sent', 'uncertain')",
		subscriberID, string(subscriptions.KindDigest), since.UTC()).Limit(1).Count(&n).Error
	return n > 0, fault(err, "digests of subscriber %d", subscriberID)
}
