package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type preflightRow struct {
	ID         int64
	EditionID  int64
	Hash       string
	State      string
	People     int
	Links      int
	LinksDone  int
	Findings   string
	Letters    string
	Why        string
	Actor      string
	StartedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt *time.Time
}

func (preflightRow) TableName() string { return "preflights" }

type acknowledgementRow struct {
	EditionID int64  `gorm:"primaryKey;autoIncrement:false"`
	Finding   string `gorm:"primaryKey"`
	Reason    string
	Actor     string
	At        time.Time
}

func (acknowledgementRow) TableName() string { return "preflight_acknowledgements" }

type linkAnswerRow struct {
	URL       string `gorm:"primaryKey"`
	State     string
	Status    int
	Target    string
	Detail    string
	CheckedAt time.Time
}

func (linkAnswerRow) TableName() string { return "link_answers" }

var _ subscriptions.PreflightStore = (*Store)(nil)

func toPreflightRow(p subscriptions.Preflight) (preflightRow, error) {
	row := preflightRow{ID: p.ID, EditionID: p.EditionID, Hash: p.Hash, State: string(p.State), People: p.People, Links: p.Links, LinksDone: p.LinksDone,
		Why: text(p.Why), Actor: p.Actor, StartedAt: p.StartedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(), FinishedAt: null(p.FinishedAt)}
	findings, err := json.Marshal(p.Findings)
	if err != nil {
		return row, fmt.Errorf("write the findings of edition %d: %w", p.EditionID, err)
	}
	letters, err := json.Marshal(p.Letters)
	if err != nil {
		return row, fmt.Errorf("write the letters of edition %d: %w", p.EditionID, err)
	}
	row.Findings, row.Letters = string(findings), string(letters)
	return row, nil
}

// AddPreflight inserts a run.
func (s *Store) AddPreflight(ctx context.Context, p *subscriptions.Preflight) error {
	row, err := toPreflightRow(*p)
	if err != nil {
		return err
	}
	err = s.write(ctx).Create(&row).Error
	p.ID = row.ID
	return fault(err, "preflight of edition %d", p.EditionID)
}

// UpdatePreflight writes all of a run.
func (s *Store) UpdatePreflight(ctx context.Context, p subscriptions.Preflight) error {
	row, err := toPreflightRow(p)
	if err != nil {
		return err
	}
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", p.ID).UpdateColumns(&row).Error, "preflight of edition %d", p.EditionID)
}

// LastPreflight reads the newest run, with what was taken note of.
func (s *Store) LastPreflight(ctx context.Context, editionID int64) (subscriptions.Preflight, error) {
	var row preflightRow
	var p subscriptions.Preflight
	if err := s.read(ctx).Where("edition_id = ?", editionID).Order("id DESC").Take(&row).Error; err != nil {
		return p, fault(err, "preflight of edition %d", editionID)
	}
	p = subscriptions.Preflight{ID: row.ID, EditionID: row.EditionID, Hash: row.Hash, State: subscriptions.PreflightState(row.State), People: row.People,
		Links: row.Links, LinksDone: row.LinksDone, Why: row.Why, Actor: row.Actor, StartedAt: row.StartedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), FinishedAt: timeOf(row.FinishedAt)}
	if err := json.Unmarshal([]byte(row.Findings), &p.Findings); err != nil {
		return p, fmt.Errorf("read the findings of edition %d: %w", editionID, err)
	}
	if err := json.Unmarshal([]byte(row.Letters), &p.Letters); err != nil {
		return p, fmt.Errorf("read the letters of edition %d: %w", editionID, err)
	}
	var taken []acknowledgementRow
	if err := s.read(ctx).Where("edition_id = ?", editionID).Find(&taken).Error; err != nil {
		return p, fault(err, "acknowledgements of edition %d", editionID)
	}
	for n := range p.Findings {
		f := &p.Findings[n]
		f.Taken = nil
		for _, t := range taken {
			if t.Finding == f.Key && f.Level == subscriptions.FindingWarning {
				f.Taken = &subscriptions.Acknowledgement{EditionID: editionID, Finding: t.Finding, Reason: t.Reason, Actor: t.Actor, At: t.At.UTC()}
			}
		}
	}
	return p, nil
}

// PrunePreflights forgets old runs.
func (s *Store) PrunePreflights(ctx context.Context, editionID int64, keep int) error {
	return fault(s.write(ctx).Exec(`DELETE FROM preflights WHERE edition_id = ? AND id NOT IN
		(SELECT id FROM (SELECT id FROM preflights WHERE edition_id = ? ORDER BY id DESC LIMIT ?) newest)`, editionID, editionID, keep).Error,
		"preflights of edition %d", editionID)
}

// PutAcknowledgement writes over the one there was.
func (s *Store) PutAcknowledgement(ctx context.Context, a subscriptions.Acknowledgement) error {
	row := acknowledgementRow{a.EditionID, a.Finding, a.Reason, a.Actor, a.At.UTC()}
	return fault(s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "edition_id"}, {Name: "finding"}}}).Create(&row).Error,
		"acknowledgement of edition %d", a.EditionID)
}

// DropAcknowledgement takes one back.
func (s *Store) DropAcknowledgement(ctx context.Context, editionID int64, finding string) error {
	return fault(s.write(ctx).Where("edition_id = ? AND finding = ?", editionID, finding).Delete(&acknowledgementRow{}).Error,
		"acknowledgement of edition %d", editionID)
}

// LinkAnswers reads what is known of these links.
func (s *Store) LinkAnswers(ctx context.Context, urls []string) (map[string]subscriptions.LinkAnswer, error) {
	known := make(map[string]subscriptions.LinkAnswer, len(urls))
	for from := 0; from < len(urls); from += batch {
		var rows []linkAnswerRow
		if err := s.read(ctx).Where("url IN ?", urls[from:min(from+batch, len(urls))]).Find(&rows).Error; err != nil {
			return nil, fault(err, "answers of links")
		}
		for _, r := range rows {
			known[r.URL] = subscriptions.LinkAnswer{URL: r.URL, State: subscriptions.LinkState(r.State), Status: r.Status, Target: r.Target, Detail: r.Detail, CheckedAt: r.CheckedAt.UTC()}
		}
	}
	return known, nil
}

// PutLinkAnswers writes over those there were.
func (s *Store) PutLinkAnswers(ctx context.Context, answers ...subscriptions.LinkAnswer) error {
	if len(answers) == 0 {
		return nil
	}
	rows := make([]linkAnswerRow, len(answers))
	for n, a := range answers {
		rows[n] = linkAnswerRow{a.URL, string(a.State), a.Status, text(a.Target), text(a.Detail), a.CheckedAt.UTC()}
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "url"}}}).CreateInBatches(&rows, batch).Error, "answers of links")
}

// DropLinkAnswers forgets what was answered by until.
func (s *Store) DropLinkAnswers(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec("DELETE FROM link_answers WHERE url IN (SELECT url FROM link_answers WHERE checked_at <= ? ORDER BY checked_at LIMIT ?)", until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "answers of links")
}
