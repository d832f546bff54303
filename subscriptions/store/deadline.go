package store

import (
	"context"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// deadlines is a query of public items by the index items_comments, which holds
// none without a deadline.
func (s *Store) deadlines(ctx context.Context, f subscriptions.DeadlineFilter) *gorm.DB {
	states := []string{string(subscriptions.ItemPublished)}
	if f.Withdrawn {
		states = append(states, string(subscriptions.ItemWithdrawn))
	}
	// Added to an empty text the state is no use as an index: nearly all items are
	// published, few have a deadline.
	q := s.read(ctx).Model(&itemRow{}).Where("comments_until <> '' AND state || '' IN ?", states).
		Where("EXISTS (SELECT 1 FROM editions e WHERE e.id = items.edition_id AND e.started_at IS NOT NULL)")
	if !f.From.IsZero() {
		q = q.Where("comments_until >= ?", f.From.String())
	}
	if !f.Before.IsZero() {
		q = q.Where("comments_until < ?", f.Before.String())
	}
	if len(f.Topics) > 0 {
		q = q.Where("EXISTS (SELECT 1 FROM item_topics t WHERE t.item_id = items.id AND t.topic_id IN ?)", f.Topics)
	}
	return q
}

// PublicDeadlines reads the items.
func (s *Store) PublicDeadlines(ctx context.Context, f subscriptions.DeadlineFilter) ([]subscriptions.Item, error) {
	order := "comments_until, id"
	if !f.Before.IsZero() {
		order = "comments_until DESC, id DESC"
	}
	return s.items(ctx, s.deadlines(ctx, f).Order(order).Limit(limitOr(f.Limit)).Offset(f.Offset))
}

// CountPublicDeadlines counts them.
func (s *Store) CountPublicDeadlines(ctx context.Context, f subscriptions.DeadlineFilter) (int, error) {
	var n int64
	err := s.deadlines(ctx, f).Count(&n).Error
	return int(n), fault(err, "number of deadlines")
}
