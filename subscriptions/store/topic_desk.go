package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type topicSlugRow struct {
	Slug    string `gorm:"primaryKey"`
	TopicID int64
}

func (topicSlugRow) TableName() string { return "topic_slugs" }

// FindTopic reads a topic; two changes of it happen one after the other.
func (s *Store) FindTopic(ctx context.Context, id int64) (subscriptions.Topic, error) {
	var row topicRow
	err := s.hold(ctx).Take(&row, id).Error
	return row.topic(), fault(err, "such topic")
}

// UpdateTopic writes all fields if nobody has changed them.
func (s *Store) UpdateTopic(ctx context.Context, t *subscriptions.Topic) error {
	row := toTopicRow(*t)
	row.Version++
	result := s.write(ctx).Select("*").Omit("id", "position").Where("id = ? AND version = ?", t.ID, t.Version).Updates(&row)
	if result.Error == nil && result.RowsAffected == 0 {
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: "somebody else has changed the topic " + t.Name, Hint: "Look at it again."}
	}
	if result.Error == nil {
		t.Version = row.Version
	}
	return fault(result.Error, "topic %s", t.Slug)
}

// PlaceTopics writes the order.
func (s *Store) PlaceTopics(ctx context.Context, ids []int64) error {
	return s.tx(ctx, func(tx *Store) error {
		for i, id := range ids {
			if err := tx.write(ctx).Exec("UPDATE topics SET position = ? WHERE id = ?", i+1, id).Error; err != nil {
				return fault(err, "order of topics")
			}
		}
		return nil
	})
}

// OldSlugs reads them all: there are a few.
func (s *Store) OldSlugs(ctx context.Context) (map[string]int64, error) {
	var rows []topicSlugRow
	err := s.read(ctx).Find(&rows).Error
	slugs := make(map[string]int64, len(rows))
	for _, r := range rows {
		slugs[r.Slug] = r.TopicID
	}
	return slugs, fault(err, "old names of topics")
}

// PutOldSlug keeps a name for the topic.
func (s *Store) PutOldSlug(ctx context.Context, slug string, topicID int64) error {
	return fault(s.write(ctx).Create(&topicSlugRow{slug, topicID}).Error, "name %s of a topic", slug)
}

// DropOldSlug forgets one that is a topic's own again.
func (s *Store) DropOldSlug(ctx context.Context, slug string) error {
	return fault(s.write(ctx).Where("slug = ?", slug).Delete(&topicSlugRow{}).Error, "name %s of a topic", slug)
}

// TopicFigures counts what is filed under each topic.
func (s *Store) TopicFigures(ctx context.Context) (map[int64]subscriptions.TopicFigures, error) {
	var rows []struct {
		TopicID int64
		N       int
		Last    string
	}
	figures := map[int64]subscriptions.TopicFigures{}
	// Index item_topics_topic; of items there are some thousands.
	err := s.read(ctx).Raw(`SELECT t.topic_id, count(*) AS n, max(i.date) AS last FROM item_topics t JOIN items i ON i.id = t.item_id GROUP BY t.topic_id`).Scan(&rows).Error
	if err != nil {
		return nil, fault(err, "items of topics")
	}
	for _, r := range rows {
		figures[r.TopicID] = subscriptions.TopicFigures{Items: r.N, LastItem: day(r.Last)}
	}
	rows = nil
	err = s.read(ctx).Raw(`SELECT topic_id, count(*) AS n, '' AS last FROM webinar_topics GROUP BY topic_id`).Scan(&rows).Error
	for _, r := range rows {
		f := figures[r.TopicID]
		f.Webinars = r.N
		figures[r.TopicID] = f
	}
	return figures, fault(err, "webinars of topics")
}

// CountTopicSets reads the whole index subscriptions_subscriber, in its order.
func (s *Store) CountTopicSets(ctx context.Context) ([]subscriptions.TopicPeople, error) {
	list := "group_concat(topic_id)"
	if s.postgres {
		list = "string_agg(topic_id::text, ',' ORDER BY topic_id)"
	}
	var rows []struct {
		Topics string
		N      int
	}
	err := s.read(ctx).Raw("SELECT topics, count(*) AS n FROM (SELECT " + list + " AS topics FROM subscriptions WHERE state = 'active' GROUP BY subscriber_id) AS people GROUP BY topics").Scan(&rows).Error
	if err != nil {
		return nil, fault(err, "people of topics")
	}
	counts := map[string]*subscriptions.TopicPeople{}
	for _, r := range rows {
		set, err := subscriptions.ParseTopicSet(r.Topics)
		if err != nil {
			return nil, err
		}
		if c := counts[set.Key()]; c != nil {
			c.People += r.N
		} else {
			counts[set.Key()] = &subscriptions.TopicPeople{Topics: set, People: r.N}
		}
	}
	people := make([]subscriptions.TopicPeople, 0, len(counts))
	for _, c := range counts {
		people = append(people, *c)
	}
	slices.SortFunc(people, func(a, b subscriptions.TopicPeople) int { return strings.Compare(a.Topics.Key(), b.Topics.Key()) })
	return people, nil
}

// Refile moves the rows of what is filed, not of what is frozen.
func (s *Store) Refile(ctx context.Context, topicID, into int64) (items, webinars int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		for _, of := range []struct {
			table, key string
			n          *int
		}{{"item_topics", "item_id", &items}, {"webinar_topics", "webinar_id", &webinars}, {"feed_topics", "feed_id", nil}, {"archive_topics", "entry_id", nil}} {
			// Where both stand, the one that stays takes the better place of the two:
			// the first is the home of an item.
			if of.n != nil {
				both := tx.write(ctx).Exec("UPDATE "+of.table+" SET position = (SELECT min(o.position) FROM "+of.table+" o WHERE o."+of.key+" = "+of.table+"."+of.key+
					" AND o.topic_id IN (?, ?)) WHERE topic_id = ? AND "+of.key+" IN (SELECT "+of.key+" FROM "+of.table+" WHERE topic_id = ?)", topicID, into, into, topicID)
				if both.Error != nil {
					return both.Error
				}
				*of.n = int(both.RowsAffected)
			}
			if err := tx.write(ctx).Exec("DELETE FROM "+of.table+" WHERE topic_id = ? AND "+of.key+" IN (SELECT "+of.key+" FROM "+of.table+" WHERE topic_id = ?)", topicID, into).Error; err != nil {
				return err
			}
			moved := tx.write(ctx).Exec("UPDATE "+of.table+" SET topic_id = ? WHERE topic_id = ?", into, topicID)
			if moved.Error != nil {
				return moved.Error
			}
			if of.n != nil {
				*of.n += int(moved.RowsAffected)
			}
		}
		return tx.refileEditions(ctx, topicID, into)
	})
	return items, webinars, fault(err, "what is filed under the topic")
}

// refileEditions moves what editors have put into the topic's section of editions
// that are still collecting. Of two introductions one follows the other.
func (s *Store) refileEditions(ctx context.Context, topicID, into int64) error {
	const collecting = " AND edition_id IN (SELECT id FROM editions WHERE state = 'collecting')"
	const other = "(SELECT o.intro FROM edition_sections o WHERE o.edition_id = edition_sections.edition_id AND o.topic_id = ?)"
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE edition_items SET topic_id = ? WHERE topic_id = ?" + collecting, []any{into, topicID}},
		{"UPDATE edition_sections SET intro = CASE WHEN intro = '' THEN " + other + " ELSE intro || ? || " + other + " END WHERE topic_id = ? AND COALESCE(" + other + ", '') <> ''" + collecting,
			[]any{topicID, "\n\n", topicID, into, topicID}},
		{"DELETE FROM edition_sections WHERE topic_id = ? AND edition_id IN (SELECT o.edition_id FROM edition_sections o WHERE o.topic_id = ?)" + collecting, []any{topicID, into}},
		{"UPDATE edition_sections SET topic_id = ? WHERE topic_id = ?" + collecting, []any{into, topicID}},
	} {
		if err := s.write(ctx).Exec(step.sql, step.args...).Error; err != nil {
			return err
		}
	}
	return nil
}

// LeftBehind finds retired topics with open rows, by the index subscriptions_topic.
func (s *Store) LeftBehind(ctx context.Context) ([]subscriptions.Topic, error) {
	return topicsOf(s.read(ctx).Where("retired_at IS NOT NULL AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.topic_id = topics.id AND s.state <> 'ended')"))
}

// OpenSubscriptions reads the next open rows of a topic.
func (s *Store) OpenSubscriptions(ctx context.Context, topicID, afterID int64, limit int) ([]subscriptions.Subscription, error) {
	return s.rowsOfTopic(ctx, "state <> 'ended'", topicID, afterID, limit)
}

// RetiredSubscriptions reads the next that ended with the topic's retirement.
func (s *Store) RetiredSubscriptions(ctx context.Context, topicID, afterID int64, limit int) ([]subscriptions.Subscription, error) {
	return s.rowsOfTopic(ctx, "end_reason = 'retired'", topicID, afterID, limit)
}

func (s *Store) rowsOfTopic(ctx context.Context, which string, topicID, afterID int64, limit int) ([]subscriptions.Subscription, error) {
	var rows []subscriptionRow
	if err := s.read(ctx).Where(which).Where("topic_id = ? AND id > ?", topicID, afterID).Order("id").Limit(limitOr(limit)).Find(&rows).Error; err != nil {
		return nil, fault(err, "subscriptions of topic %d", topicID)
	}
	subs := make([]subscriptions.Subscription, len(rows))
	for i, r := range rows {
		subs[i] = r.subscription()
	}
	return subs, nil
}

// EndSubscriptions ends those of the rows that are open.
func (s *Store) EndSubscriptions(ctx context.Context, ids []int64, now time.Time, reason subscriptions.EndReason) error {
	for part := range slices.Chunk(ids, batch) {
		err := s.write(ctx).Exec("UPDATE subscriptions SET state = 'ended', ended_at = ?, end_reason = ? WHERE id IN ? AND state <> 'ended'", now.UTC(), string(reason), part).Error
		if err != nil {
			return fault(err, "subscriptions")
		}
	}
	return nil
}

// HoldSubscribers reads people by id, and locks them in that order.
func (s *Store) HoldSubscribers(ctx context.Context, ids []int64) (map[int64]subscriptions.Subscriber, error) {
	people := make(map[int64]subscriptions.Subscriber, len(ids))
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), batch) {
		var rows []subscriberRow
		if err := s.hold(ctx).Where("id IN ?", part).Order("id").Find(&rows).Error; err != nil {
			return nil, fault(err, "subscribers")
		}
		for _, r := range rows {
			people[r.ID] = r.subscriber()
		}
	}
	return people, nil
}

// RaiseRevisions says that what these people get has changed.
func (s *Store) RaiseRevisions(ctx context.Context, ids []int64) error {
	for part := range slices.Chunk(ids, batch) {
		if err := s.write(ctx).Exec("UPDATE subscribers SET revision = revision + 1 WHERE id IN ?", part).Error; err != nil {
			return fault(err, "subscribers")
		}
	}
	return nil
}

// ConsentsOf gives the events of many people, oldest first.
func (s *Store) ConsentsOf(ctx context.Context, ids []int64) ([]subscriptions.Consent, error) {
	var all []subscriptions.Consent
	for part := range slices.Chunk(ids, batch) {
		var rows []consentRow
		if err := s.read(ctx).Where("subscriber_id IN ?", part).Order("id").Find(&rows).Error; err != nil {
			return nil, fault(err, "consents")
		}
		for _, r := range rows {
			all = append(all, r.consent())
		}
	}
	return all, nil
}
