package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type topicSetCountRow struct {
	Topics  string
	Refusal string
	People  int
}

func (topicSetCountRow) TableName() string { return "topic_set_counts" }

type topicSetCountedRow struct {
	ID               int64
	At               time.Time
	TookMilliseconds int64
}

func (topicSetCountedRow) TableName() string { return "topic_set_counted" }

// TopicSets gives the last count of people.
func (s *Store) TopicSets(ctx context.Context) (subscriptions.TopicSetCounts, error) {
	var c subscriptions.TopicSetCounts
	// One statement, and so one moment: a count that is replaced meanwhile is seen
	// whole or not at all.
	var rows []struct {
		At               time.Time
		TookMilliseconds int64
		Topics           *string
		Refusal          *string
		People           *int
	}
	err := s.read(ctx).Raw(`SELECT m.at, m.took_milliseconds, c.topics, c.refusal, c.people
		FROM topic_set_counted m LEFT JOIN topic_set_counts c ON TRUE ORDER BY c.people DESC, c.topics, c.refusal`).Scan(&rows).Error
	if err != nil {
		return c, fault(err, "counts of topic sets")
	}
	for _, r := range rows {
		c.At, c.Took = r.At.UTC(), time.Duration(r.TookMilliseconds)*time.Millisecond
		if r.People == nil {
			continue
		}
		set, err := subscriptions.ParseTopicSet(*r.Topics)
		if err != nil {
			return c, err
		}
		c.Counts = append(c.Counts, subscriptions.TopicSetCount{Chosen: set, Refusal: *r.Refusal, People: *r.People})
	}
	return c, nil
}

// PutTopicSets replaces the count.
func (s *Store) PutTopicSets(ctx context.Context, c subscriptions.TopicSetCounts) error {
	rows := make([]topicSetCountRow, len(c.Counts))
	for n, l := range c.Counts {
		rows[n] = topicSetCountRow{l.Chosen.Key(), l.Refusal, l.People}
	}
	return s.tx(ctx, func(tx *Store) error {
		made := topicSetCountedRow{1, c.At.UTC(), c.Took.Milliseconds()}
		if err := tx.write(ctx).Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "id"}}}).Create(&made).Error; err != nil {
			return fault(err, "counts of topic sets")
		}
		if err := tx.write(ctx).Where("1 = 1").Delete(&topicSetCountRow{}).Error; err != nil || len(rows) == 0 {
			return fault(err, "counts of topic sets")
		}
		return fault(tx.write(ctx).CreateInBatches(&rows, batch).Error, "counts of topic sets")
	})
}
