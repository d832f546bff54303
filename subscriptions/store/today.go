package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// OpenForComments reads the items by the index items_comments, which holds none
// without a deadline.
func (s *Store) OpenForComments(ctx context.Context, from subscriptions.Date, limit int) ([]subscriptions.Item, error) {
	var ids []int64
	err := s.read(ctx).Raw("SELECT id FROM items WHERE comments_until <> '' AND comments_until >= ? AND state = 'published' ORDER BY comments_until, id LIMIT ?",
		from.String(), limitOr(limit)).Scan(&ids).Error
	if err != nil {
		return nil, fault(err, "items open for comments")
	}
	items := make([]subscriptions.Item, 0, len(ids))
	for _, id := range ids {
		i, err := s.FindItem(ctx, id)
		if err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return items, nil
}

// CountItems counts by state: a few thousand rows of an index.
func (s *Store) CountItems(ctx context.Context) (map[subscriptions.ItemState]int, error) {
	var rows []struct {
		State string
		N     int
	}
	err := s.read(ctx).Raw("SELECT state, count(*) AS n FROM items GROUP BY state").Scan(&rows).Error
	counts := make(map[subscriptions.ItemState]int, len(rows))
	for _, r := range rows {
		counts[subscriptions.ItemState(r.State)] = r.N
	}
	return counts, fault(err, "count of items")
}

// CountSuppressions counts by reason.
func (s *Store) CountSuppressions(ctx context.Context, since time.Time) (map[subscriptions.SuppressionReason]int, error) {
	var rows []struct {
		Reason string
		N      int
	}
	err := s.read(ctx).Raw("SELECT reason, count(*) AS n FROM suppressions WHERE created_at >= ? GROUP BY reason", since.UTC()).Scan(&rows).Error
	counts := make(map[subscriptions.SuppressionReason]int, len(rows))
	for _, r := range rows {
		counts[subscriptions.SuppressionReason(r.Reason)] = r.N
	}
	return counts, fault(err, "count of suppressions")
}

// Clock is PostgreSQL's; SQLite has ours.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	if !s.postgres {
		return time.Time{}, nil
	}
	var now time.Time
	err := s.read(ctx).Raw("SELECT clock_timestamp()").Scan(&now).Error
	return now.UTC(), fault(err, "clock of the database")
}

// Room is known of SQLite's disk only.
func (s *Store) Room(context.Context) (subscriptions.Room, error) {
	if s.postgres || s.path == "" {
		return subscriptions.Room{}, nil
	}
	return room(s.path), nil
}
