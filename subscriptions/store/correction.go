package store

import (
	"cmp"
	"context"
	"slices"

	"sesec.eu/tidings/subscriptions"
)

// Dispatches lists issues and corrections.
func (s *Store) Dispatches(ctx context.Context) ([]subscriptions.Edition, error) {
	var rows []editionRow
	if err := s.read(ctx).Order("period_to DESC, period_from DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fault(err, "editions")
	}
	return editionsOf(rows), nil
}

// Corrections lists those of an edition, by the index editions_corrects.
func (s *Store) Corrections(ctx context.Context, editionID int64) ([]subscriptions.Edition, error) {
	var rows []editionRow
	if err := s.read(ctx).Where("corrects = ?", editionID).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "corrections of edition %d", editionID)
	}
	return editionsOf(rows), nil
}

// Got reads who got one of the variants, or may have. Each state is walked by itself:
// the index deliveries_edition has it in the order of ids.
func (s *Store) Got(ctx context.Context, editionID, afterID int64, variants []int64, limit int) ([]subscriptions.Delivery, error) {
	if len(variants) == 0 {
		return nil, nil
	}
	var all []deliveryRow
	for _, state := range []subscriptions.DeliveryState{subscriptions.DeliverySent, subscriptions.DeliveryUncertain} {
		var rows []deliveryRow
		err := s.read(ctx).Where("edition_id = ? AND worker = '' AND state = ? AND id > ? AND variant_id IN ?", editionID, string(state), afterID, variants).
			Order("id").Limit(limit).Find(&rows).Error
		if err != nil {
			return nil, fault(err, "letters of edition %d", editionID)
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b deliveryRow) int { return cmp.Compare(a.ID, b.ID) })
	return deliveriesOf(all[:min(len(all), limit)]), nil
}

// countGot tells where those who got one of the variants stand now, as
// subscriptions.Subscriber.Status does.
const countGot = `SELECT d.variant_id, CASE WHEN s.erased_at IS NOT NULL THEN 'erased' WHEN s.ended_at IS NOT NULL THEN 'ended'
		WHEN s.confirmed_at IS NULL THEN 'pending' WHEN s.paused_until IS NOT NULL AND s.paused_until > ? THEN 'paused' ELSE 'active' END AS status, count(*) AS people
	FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
	WHERE d.edition_id = ? AND d.worker = '' AND d.state IN ('sent', 'uncertain') AND d.variant_id IN ? GROUP BY 1, 2`

// CountGot counts them.
func (s *Store) CountGot(ctx context.Context, editionID int64, variants []int64) ([]subscriptions.GotCount, error) {
	if len(variants) == 0 {
		return nil, nil
	}
	var rows []struct {
		VariantID int64
		Status    string
		People    int
	}
	if err := s.read(ctx).Raw(countGot, s.now().UTC(), editionID, variants).Scan(&rows).Error; err != nil {
		return nil, fault(err, "who got edition %d", editionID)
	}
	counts := make([]subscriptions.GotCount, len(rows))
	for i, r := range rows {
		counts[i] = subscriptions.GotCount{VariantID: r.VariantID, Status: subscriptions.SubscriberStatus(r.Status), People: r.People}
	}
	return counts, nil
}
