package store

import (
	"context"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type termRow struct {
	ID           int64
	Abbreviation string
	English      string
	Chinese      string
	Version      int
}

func (termRow) TableName() string { return "glossary_terms" }

// Terms lists the glossary by abbreviation.
func (s *Store) Terms(ctx context.Context) ([]subscriptions.Term, error) {
	var rows []termRow
	// lower() so that MoHURD stands beside MOHRSS in both databases.
	if err := s.read(ctx).Order("lower(abbreviation), abbreviation").Find(&rows).Error; err != nil {
		return nil, fault(err, "glossary")
	}
	terms := make([]subscriptions.Term, len(rows))
	for i, r := range rows {
		terms[i] = subscriptions.Term(r)
	}
	return terms, nil
}

// PutTerm inserts a term, or leaves the one with the same abbreviation.
func (s *Store) PutTerm(ctx context.Context, t *subscriptions.Term) (bool, error) {
	t.Version = max(t.Version, 1)
	row := termRow(*t)
	result := s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if result.Error != nil || result.RowsAffected == 1 {
		t.ID = row.ID
		return result.Error == nil, fault(result.Error, "term %s", t.Abbreviation)
	}
	var known termRow
	err := s.write(ctx).Where("abbreviation = ?", t.Abbreviation).Take(&known).Error
	t.ID = known.ID
	return false, fault(err, "term %s", t.Abbreviation)
}
