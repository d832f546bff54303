package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type feedRow struct {
	ID           int64
	URL          string
	Title        string
	Every        int64 // seconds
	CreatedAt    time.Time
	Etag         string
	LastModified string
	LookedAt     *time.Time
	FoundAt      *time.Time
	NextAt       *time.Time
	Fault        string
	Failures     int
	PausedAt     *time.Time
	EndedAt      *time.Time
}

func (feedRow) TableName() string { return "feeds" }

type feedTopicRow struct {
	FeedID   int64
	TopicID  int64
	Position int
}

func (feedTopicRow) TableName() string { return "feed_topics" }

type feedEntryRow struct {
	FeedID int64
	Key    string
	SeenAt time.Time
}

func (feedEntryRow) TableName() string { return "feed_entries" }

func toFeedRow(f subscriptions.WatchedFeed) feedRow {
	return feedRow{ID: f.ID, URL: f.URL, Title: f.Title, Every: int64(f.Every / time.Second), CreatedAt: f.CreatedAt.UTC(), Etag: f.ETag, LastModified: f.LastModified,
		LookedAt: null(f.LookedAt), FoundAt: null(f.FoundAt), NextAt: null(f.NextAt), Fault: f.Fault, Failures: f.Failures, PausedAt: null(f.PausedAt), EndedAt: null(f.EndedAt)}
}

func (r feedRow) feed() subscriptions.WatchedFeed {
	return subscriptions.WatchedFeed{ID: r.ID, URL: r.URL, Title: r.Title, Every: time.Duration(r.Every) * time.Second, CreatedAt: r.CreatedAt.UTC(), ETag: r.Etag, LastModified: r.LastModified,
		LookedAt: timeOf(r.LookedAt), FoundAt: timeOf(r.FoundAt), NextAt: timeOf(r.NextAt), Fault: r.Fault, Failures: r.Failures, PausedAt: timeOf(r.PausedAt), EndedAt: timeOf(r.EndedAt)}
}

// Feeds lists the watched by title, then the ended.
func (s *Store) Feeds(ctx context.Context) ([]subscriptions.WatchedFeed, error) {
	return s.feeds(ctx, s.read(ctx).Order("CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, title, id").Limit(limitOr(0)))
}

// DueFeeds lists those to look at, the longest due first.
func (s *Store) DueFeeds(ctx context.Context, now time.Time, limit int) ([]subscriptions.WatchedFeed, error) {
	return s.feeds(ctx, s.read(ctx).Where("ended_at IS NULL AND paused_at IS NULL AND (next_at IS NULL OR next_at <= ?)", now.UTC()).
		Order("next_at, id").Limit(limitOr(limit)))
}

// FindFeed reads one; inside a transaction it is held.
func (s *Store) FindFeed(ctx context.Context, id int64) (subscriptions.WatchedFeed, error) {
	feeds, err := s.feeds(ctx, s.hold(ctx).Where("id = ?", id).Limit(1))
	if err == nil && len(feeds) == 0 {
		err = fault(gorm.ErrRecordNotFound, "feed %d", id)
	}
	if err != nil {
		return subscriptions.WatchedFeed{}, err
	}
	return feeds[0], nil
}

// feeds reads the rows of a query with their topics.
func (s *Store) feeds(ctx context.Context, q *gorm.DB) ([]subscriptions.WatchedFeed, error) {
	var rows []feedRow
	if err := q.Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, fault(err, "feeds")
	}
	feeds := make([]subscriptions.WatchedFeed, len(rows))
	ids := make([]int64, len(rows))
	at := make(map[int64]*subscriptions.WatchedFeed, len(rows))
	for n, r := range rows {
		feeds[n], ids[n] = r.feed(), r.ID
		at[r.ID] = &feeds[n]
	}
	var topics []feedTopicRow
	if err := s.read(ctx).Where("feed_id IN ?", ids).Order("feed_id, position").Find(&topics).Error; err != nil {
		return nil, fault(err, "topics of feeds")
	}
	for _, t := range topics {
		at[t.FeedID].Topics = append(at[t.FeedID].Topics, t.TopicID)
	}
	return feeds, nil
}

// AddFeed inserts one.
func (s *Store) AddFeed(ctx context.Context, f *subscriptions.WatchedFeed) error {
	return s.tx(ctx, func(tx *Store) error {
		row := toFeedRow(*f)
		if err := tx.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "feed %s", f.URL)
		}
		f.ID = row.ID
		return tx.addFeedTopics(ctx, *f)
	})
}

// UpdateFeed writes all fields.
func (s *Store) UpdateFeed(ctx context.Context, f subscriptions.WatchedFeed) error {
	return s.tx(ctx, func(tx *Store) error {
		row := toFeedRow(f)
		if err := tx.write(ctx).Select("*").Omit("id").Where("id = ?", f.ID).Updates(&row).Error; err != nil {
			return fault(err, "feed %d", f.ID)
		}
		if err := tx.write(ctx).Where("feed_id = ?", f.ID).Delete(&feedTopicRow{}).Error; err != nil {
			return fault(err, "feed %d", f.ID)
		}
		return tx.addFeedTopics(ctx, f)
	})
}

func (s *Store) addFeedTopics(ctx context.Context, f subscriptions.WatchedFeed) error {
	rows := make([]feedTopicRow, len(f.Topics))
	for n, id := range f.Topics {
		rows[n] = feedTopicRow{f.ID, id, n}
	}
	if len(rows) == 0 {
		return nil
	}
	return fault(s.write(ctx).Create(&rows).Error, "topics of feed %s", f.URL)
}

// KnowFeedEntries remembers entries; the known stay.
func (s *Store) KnowFeedEntries(ctx context.Context, feedID int64, keys []string, now time.Time) error {
	rows := make([]feedEntryRow, len(keys))
	for n, key := range keys {
		rows[n] = feedEntryRow{feedID, key, now.UTC()}
	}
	if len(rows) == 0 {
		return nil
	}
	return fault(s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, batch).Error, "entries of feed %d", feedID)
}

// KnownFeedEntry asks by key.
func (s *Store) KnownFeedEntry(ctx context.Context, feedID int64, key string) (bool, error) {
	var n int64
	err := s.read(ctx).Model(&feedEntryRow{}).Where("feed_id = ? AND key = ?", feedID, key).Count(&n).Error
	return n > 0, fault(err, "entries of feed %d", feedID)
}
