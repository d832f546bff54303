package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// BounceCounts sums what counts, by the index bounces_at.
func (s *Store) BounceCounts(ctx context.Context, since time.Time, limit int) ([]subscriptions.BounceCount, error) {
	var rows []subscriptions.BounceCount
	err := s.read(ctx).Raw(`SELECT domain, reason, class, kind, count(*) AS n FROM bounces
		WHERE at >= ? AND kind IN ('bounce', 'complaint') AND (hash <> '' OR delivery_id IS NOT NULL)
		GROUP BY domain, reason, class, kind ORDER BY n DESC, domain, reason LIMIT ?`, since.UTC(), limitOr(limit)).Scan(&rows).Error
	return rows, fault(err, "sums of reports")
}

// CountReturns sums by kind.
func (s *Store) CountReturns(ctx context.Context, since time.Time) (map[subscriptions.ReturnKind]int, error) {
	var rows []struct {
		Kind string
		N    int
	}
	err := s.read(ctx).Raw("SELECT kind, count(*) AS n FROM bounces WHERE at >= ? AND way <> 'ours' AND position = 0 GROUP BY kind", since.UTC()).Scan(&rows).Error
	counts := make(map[subscriptions.ReturnKind]int, len(rows))
	for _, r := range rows {
		counts[subscriptions.ReturnKind(r.Kind)] = r.N
	}
	return counts, fault(err, "sums of reports")
}

// CountComplaints counts the people of an edition who complained, by the index
// bounces_complaints.
func (s *Store) CountComplaints(ctx context.Context, editionID int64) (int, error) {
	var n int
	err := s.read(ctx).Raw("SELECT count(DISTINCT delivery_id) FROM bounces WHERE kind = 'complaint' AND edition_id = ?", editionID).Scan(&n).Error
	return n, fault(err, "complaints of edition %d", editionID)
}

// FindDelivery reads one.
func (s *Store) FindDelivery(ctx context.Context, id int64) (subscriptions.Delivery, error) {
	var row deliveryRow
	err := s.read(ctx).Take(&row, id).Error
	return row.delivery(), fault(err, "delivery %d", id)
}

// Refusals reads by the index deliveries_refused, which holds no others.
func (s *Store) Refusals(ctx context.Context, limit int) ([]subscriptions.Delivery, error) {
	var rows []deliveryRow
	err := s.read(ctx).Where("state = 'failed' AND NOT counted").Order("id").Limit(limitOr(limit)).Find(&rows).Error
	return deliveriesOf(rows), fault(err, "refused deliveries")
}

// MarkRefusals takes them out of that index.
func (s *Store) MarkRefusals(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return fault(s.write(ctx).Exec("UPDATE deliveries SET counted = TRUE WHERE id IN ? AND state = 'failed'", ids).Error, "refused deliveries")
}

// DropOriginals deletes the next messages of reports that came by until.
func (s *Store) DropOriginals(ctx context.Context, until time.Time, limit int) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		var reports []string
		if err := tx.read(ctx).Raw("SELECT report FROM bounce_originals WHERE at <= ? ORDER BY at LIMIT ?", until.UTC(), limit).Scan(&reports).Error; err != nil || len(reports) == 0 {
			return err
		}
		n = len(reports)
		if err := tx.write(ctx).Exec("UPDATE bounces SET kept = 0 WHERE report IN ?", reports).Error; err != nil {
			return err
		}
		return tx.write(ctx).Exec("DELETE FROM bounce_originals WHERE report IN ?", reports).Error
	})
	return n, fault(err, "originals of reports")
}

// DropBounceAddresses takes addresses and words out of the next reports that came by
// until.
func (s *Store) DropBounceAddresses(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec(`UPDATE bounces SET address = '', diagnostic = '', hash = '' WHERE id IN (
		SELECT id FROM bounces WHERE (address <> '' OR diagnostic <> '') AND at <= ? ORDER BY at LIMIT ?)`, until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "addresses of reports")
}

// forgetBounces takes these people out of what came back.
func (s *Store) forgetBounces(ctx context.Context, ids []int64) error {
	err := s.write(ctx).Exec("DELETE FROM bounce_originals WHERE report IN (SELECT report FROM bounces WHERE subscriber_id IN ?)", ids).Error
	if err != nil {
		return err
	}
	return s.write(ctx).Exec("UPDATE bounces SET address = '', diagnostic = '', hash = '', kept = 0 WHERE subscriber_id IN ?", ids).Error
}
