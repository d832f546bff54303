package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type suppressionRow struct {
	Hash      string
	Reason    string
	Note      string
	CreatedAt time.Time
	LiftedAt  *time.Time
}

func (suppressionRow) TableName() string { return "suppressions" }

func (r suppressionRow) suppression() subscriptions.Suppression {
	return subscriptions.Suppression{Hash: r.Hash, Reason: subscriptions.SuppressionReason(r.Reason), Note: r.Note,
		CreatedAt: r.CreatedAt.UTC(), LiftedAt: timeOf(r.LiftedAt)}
}

// Suppressions gives those in force among the hashes.
func (s *Store) Suppressions(ctx context.Context, hashes []string) (map[string]subscriptions.Suppression, error) {
	found := map[string]subscriptions.Suppression{}
	for from := 0; from < len(hashes); from += batch {
		var rows []suppressionRow
		part := hashes[from:min(from+batch, len(hashes))]
		if err := s.read(ctx).Where("hash IN ? AND lifted_at IS NULL", part).Find(&rows).Error; err != nil {
			return nil, fault(err, "suppressions")
		}
		for _, r := range rows {
			found[r.Hash] = r.suppression()
		}
	}
	return found, nil
}

// PutSuppression writes the one of its hash.
func (s *Store) PutSuppression(ctx context.Context, sup subscriptions.Suppression) error {
	row := suppressionRow{Hash: sup.Hash, Reason: string(sup.Reason), Note: sup.Note, CreatedAt: sup.CreatedAt.UTC(), LiftedAt: null(sup.LiftedAt)}
	err := s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "hash"}}, UpdateAll: true}).Create(&row).Error
	return fault(err, "suppression")
}
