package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type topicRow struct {
	ID          int64
	Slug        string
	Name        string
	ShortName   string
	Description string
	Accent      string
	Position    int
	ForEveryone bool
	CreatedAt   time.Time
	RetiredAt   *time.Time
	MergedInto  *int64
	Version     int
}

func (topicRow) TableName() string { return "topics" }

func (r topicRow) topic() subscriptions.Topic {
	return subscriptions.Topic{ID: r.ID, Slug: r.Slug, Name: r.Name, ShortName: r.ShortName, Description: r.Description,
		Accent: r.Accent, Position: r.Position, ForEveryone: r.ForEveryone, CreatedAt: r.CreatedAt.UTC(), RetiredAt: timeOf(r.RetiredAt),
		MergedInto: idOf(r.MergedInto), Version: r.Version}
}

func toTopicRow(t subscriptions.Topic) topicRow {
	return topicRow{ID: t.ID, Slug: t.Slug, Name: t.Name, ShortName: t.ShortName, Description: t.Description, Accent: t.Accent, Position: t.Position,
		ForEveryone: t.ForEveryone, CreatedAt: t.CreatedAt.UTC(), RetiredAt: null(t.RetiredAt), MergedInto: ref(t.MergedInto), Version: t.Version}
}

// Topics lists those not retired, by position.
func (s *Store) Topics(ctx context.Context) ([]subscriptions.Topic, error) {
	return topicsOf(s.read(ctx).Where("retired_at IS NULL"))
}

// AllTopics lists all there ever were, by position.
func (s *Store) AllTopics(ctx context.Context) ([]subscriptions.Topic, error) {
	return topicsOf(s.read(ctx))
}

func topicsOf(q *gorm.DB) ([]subscriptions.Topic, error) {
	var rows []topicRow
	if err := q.Order("position, id").Find(&rows).Error; err != nil {
		return nil, fault(err, "topics")
	}
	topics := make([]subscriptions.Topic, len(rows))
	for i, r := range rows {
		topics[i] = r.topic()
	}
	return topics, nil
}

// AddTopic inserts a topic.
func (s *Store) AddTopic(ctx context.Context, t *subscriptions.Topic) error {
	t.Version = max(t.Version, 1)
	row := toTopicRow(*t)
	err := s.write(ctx).Create(&row).Error
	t.ID = row.ID
	return fault(err, "topic %s", t.Slug)
}
