package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// Undelivered reads by the index deliveries_edition.
func (s *Store) Undelivered(ctx context.Context, editionID int64, state subscriptions.DeliveryState, afterID int64, limit int) ([]subscriptions.Delivery, error) {
	var rows []deliveryRow
	err := s.read(ctx).Where("edition_id = ? AND worker = '' AND state = ? AND id > ? AND subscriber_id IS NOT NULL", editionID, string(state), afterID).
		Order("id").Limit(limit).Find(&rows).Error
	return deliveriesOf(rows), fault(err, "letters of edition %d", editionID)
}

// BackFromPause reads by the index subscribers_back.
func (s *Store) BackFromPause(ctx context.Context, since, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.read(ctx).Model(&subscriberRow{}).Where("paused_until IS NOT NULL AND paused_until > ? AND paused_until <= ? AND ended_at IS NULL AND erased_at IS NULL", since.UTC(), now.UTC()).
		Order("paused_until, id").Limit(limit).Pluck("id", &ids).Error
	return ids, fault(err, "people back from a pause")
}

// ConfirmedSince reads by the index subscribers_confirmed.
func (s *Store) ConfirmedSince(ctx context.Context, since, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.read(ctx).Model(&subscriberRow{}).Where("confirmed_at IS NOT NULL AND confirmed_at > ? AND confirmed_at <= ? AND ended_at IS NULL AND erased_at IS NULL", since.UTC(), now.UTC()).
		Order("confirmed_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, fault(err, "people who confirmed")
}

// ChoseSince reads by the index subscriptions_confirmed.
func (s *Store) ChoseSince(ctx context.Context, since, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.read(ctx).Raw("SELECT DISTINCT subscriber_id FROM subscriptions WHERE confirmed_at IS NOT NULL AND confirmed_at > ? AND confirmed_at <= ? AND state = 'active' ORDER BY subscriber_id LIMIT ?",
		since.UTC(), now.UTC(), limit).Scan(&ids).Error
	return ids, fault(err, "people who chose topics")
}

// HaveLetter looks for their digest by its key, and for a welcome.
func (s *Store) HaveLetter(ctx context.Context, e subscriptions.Edition, people []int64) (map[int64]bool, error) {
	have, err := s.Welcomed(ctx, e.ID, people)
	if err != nil || len(people) == 0 {
		return have, err
	}
	keys := make([]string, len(people))
	for i, id := range people {
		keys[i] = e.DeliveryKey(id)
	}
	var ids []int64
	if err := s.read(ctx).Model(&deliveryRow{}).Where("unique_key IN ?", keys).Pluck("subscriber_id", &ids).Error; err != nil {
		return nil, fault(err, "letters of edition %d", e.ID)
	}
	for _, id := range ids {
		have[id] = true
	}
	return have, nil
}

// Welcomed looks for a welcome with one of the edition's letters by the index
// deliveries_subscriber.
func (s *Store) Welcomed(ctx context.Context, editionID int64, people []int64) (map[int64]bool, error) {
	got := make(map[int64]bool, len(people))
	if len(people) == 0 {
		return got, nil
	}
	var ids []int64
	err := s.read(ctx).Raw(`SELECT subscriber_id FROM deliveries WHERE subscriber_id IN ? AND kind = ? AND state NOT IN ('failed', 'skipped')
		AND variant_id IN (SELECT id FROM variants WHERE edition_id = ?)`, people, string(subscriptions.KindWelcome), editionID).Scan(&ids).Error
	for _, id := range ids {
		got[id] = true
	}
	return got, fault(err, "welcomes of edition %d", editionID)
}

// QueueAgain queues what has failed or was skipped once more. It has its attempts and
// its age anew, and goes to the address of today: an editor wants it now.
func (s *Store) QueueAgain(ctx context.Context, ids []int64, states []subscriptions.DeliveryState, detail string, now time.Time) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	result := s.write(ctx).Model(&deliveryRow{}).Where("id IN ? AND worker = '' AND state IN ? AND address <> ''", ids, states).UpdateColumns(map[string]any{
		"state": string(subscriptions.DeliveryQueued), "not_before": now.UTC(), "updated_at": now.UTC(), "detail": detail, "code": 0, "status": "", "attempts": 0, "again_at": now.UTC(), "counted": false,
		"address": gorm.Expr("(SELECT s.address FROM subscribers s WHERE s.id = deliveries.subscriber_id)")})
	return int(result.RowsAffected), fault(result.Error, "letters to be sent again")
}
