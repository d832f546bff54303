package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// archiveRules numbers the way in which a frozen content becomes rows of the
// archive and words of its index. Whoever changes it, or how package
// subscriptions makes words, adds one: Migrate puts everything into rows anew.
const archiveRules = 1

type archiveEntryRow struct {
	ID        int64
	EditionID int64
	Position  int
	PeriodTo  string
	Date      string
	Entry     string
}

func (archiveEntryRow) TableName() string { return "archive_entries" }

type archiveTopicRow struct {
	TopicID   int64 `gorm:"primaryKey;autoIncrement:false"`
	EntryID   int64 `gorm:"primaryKey;autoIncrement:false"`
	PeriodTo  string
	EditionID int64
	Position  int
}

func (archiveTopicRow) TableName() string { return "archive_topics" }

// archive writes the rows of a content in place of those it had. It is called in
// a transaction.
func (s *Store) archive(ctx context.Context, c subscriptions.Content) error {
	const old = " IN (SELECT id FROM archive_entries WHERE edition_id = ?)"
	for _, statement := range []string{"DELETE FROM archive_search WHERE " + s.searchKey() + old,
		"DELETE FROM archive_topics WHERE entry_id" + old, "DELETE FROM archive_entries WHERE edition_id = ?"} {
		if err := s.write(ctx).Exec(statement, c.EditionID).Error; err != nil {
			return fault(err, "archive of edition %d", c.EditionID)
		}
	}
	if c.Corrected != nil {
		return nil // it is no issue: the entry's page tells what was corrected
	}
	into, err := s.merged(ctx)
	if err != nil {
		return err
	}
	for n, item := range c.Entries {
		entry, err := json.Marshal(c.Entry(item, 0))
		if err != nil {
			return fmt.Errorf("write entry %d of edition %d: %w", n+1, c.EditionID, err)
		}
		row := archiveEntryRow{EditionID: c.EditionID, Position: n, PeriodTo: c.Period.To.String(), Date: item.Date.String(), Entry: string(entry)}
		if err := s.write(ctx).Create(&row).Error; err != nil {
			return fault(err, "entry %d of edition %d", n+1, c.EditionID)
		}
		var topics []archiveTopicRow
		for _, id := range subscriptions.NewTopicSet(resolve(item.Topics, into)...) {
			topics = append(topics, archiveTopicRow{id, row.ID, row.PeriodTo, c.EditionID, n})
		}
		if len(topics) > 0 {
			if err := s.write(ctx).Create(&topics).Error; err != nil {
				return fault(err, "topics of entry %d of edition %d", n+1, c.EditionID)
			}
		}
		if err := s.addWords(ctx, row.ID, item); err != nil {
			return fault(err, "words of entry %d of edition %d", n+1, c.EditionID)
		}
	}
	return nil
}

// merged tells which topics are part of which now: an entry stays what it was when
// it was frozen, and is found under the topic that it would be filed under.
func (s *Store) merged(ctx context.Context) (map[int64]int64, error) {
	var rows []topicRow
	err := s.read(ctx).Where("merged_into IS NOT NULL").Find(&rows).Error
	into := make(map[int64]int64, len(rows))
	for _, r := range rows {
		into[r.ID] = *r.MergedInto
	}
	return into, fault(err, "merged topics")
}

func resolve(ids []int64, into map[int64]int64) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		for to, ok := into[id]; ok; to, ok = into[id] {
			id = to
		}
		out[i] = id
	}
	return out
}

// archiveAll puts those contents into rows that are not, or by older rules.
func (s *Store) archiveAll(ctx context.Context) error {
	var ids []int64
	if err := s.read(ctx).Raw("SELECT edition_id FROM edition_contents WHERE indexed < ? ORDER BY edition_id", archiveRules).Scan(&ids).Error; err != nil {
		return fault(err, "what the archive lacks")
	}
	for _, id := range ids {
		err := s.tx(ctx, func(tx *Store) error {
			var row contentRow
			if err := tx.hold(ctx).Where("edition_id = ?", id).Take(&row).Error; err != nil || row.Indexed >= archiveRules {
				return fault(err, "content of edition %d", id) // another process was faster
			}
			c, err := tx.Content(ctx, id)
			if err == nil {
				err = tx.PutContent(ctx, c)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("put edition %d into the archive: %w", id, err)
		}
	}
	return nil
}

// PublicEditions lists the editions that have begun to leave, the newest period
// first.
func (s *Store) PublicEditions(ctx context.Context, limit, offset int) ([]subscriptions.Edition, error) {
	var rows []editionRow
	if err := s.read(ctx).Where("started_at IS NOT NULL AND kind = 'issue'").Order("period_to DESC, period_from DESC, id DESC").
		Limit(limitOr(limit)).Offset(offset).Find(&rows).Error; err != nil {
		return nil, fault(err, "public editions")
	}
	editions := make([]subscriptions.Edition, len(rows))
	for i, r := range rows {
		editions[i] = r.edition()
	}
	return editions, nil
}

// CountPublicEditions counts them.
func (s *Store) CountPublicEditions(ctx context.Context) (int, error) {
	var n int64
	err := s.read(ctx).Table("editions").Where("started_at IS NOT NULL AND kind = 'issue'").Count(&n).Error
	return int(n), fault(err, "number of public editions")
}

// archiveColumns are what an archived entry is read from.
const archiveColumns = "e.entry, d.id AS edition_id, d.slug AS edition_slug, d.title AS edition_title, d.started_at"

type archivedRow struct {
	Entry        string
	EditionID    int64
	EditionSlug  string
	EditionTitle string
	StartedAt    time.Time
}

// archived is a query of public entries; Edition.Public is the rule.
func (s *Store) archived(ctx context.Context, f subscriptions.ArchiveFilter) (q *gorm.DB, order string) {
	if f.TopicID == 0 {
		q, order = s.read(ctx).Table("archive_entries AS e"), "e.period_to DESC, e.edition_id DESC, e.position"
	} else {
		q = s.read(ctx).Table("archive_topics AS t").Joins("JOIN archive_entries AS e ON e.id = t.entry_id").Where("t.topic_id = ?", f.TopicID)
		order = "t.period_to DESC, t.edition_id DESC, t.position"
	}
	return q.Joins("JOIN editions AS d ON d.id = e.edition_id").Where("d.started_at IS NOT NULL"), order
}

// ArchiveEntries lists entries of public editions.
func (s *Store) ArchiveEntries(ctx context.Context, f subscriptions.ArchiveFilter) ([]subscriptions.ArchiveEntry, error) {
	q, order := s.archived(ctx, f)
	return archiveEntries(q.Select(archiveColumns).Order(order).Limit(limitOr(f.Limit)).Offset(f.Offset))
}

// CountArchiveEntries counts them.
func (s *Store) CountArchiveEntries(ctx context.Context, f subscriptions.ArchiveFilter) (int, error) {
	q, _ := s.archived(ctx, f)
	var n int64
	err := q.Count(&n).Error
	return int(n), fault(err, "number of entries")
}

func archiveEntries(q *gorm.DB) ([]subscriptions.ArchiveEntry, error) {
	var rows []archivedRow
	if err := q.Scan(&rows).Error; err != nil {
		return nil, fault(err, "entries of the archive")
	}
	entries := make([]subscriptions.ArchiveEntry, len(rows))
	for i, r := range rows {
		entries[i].Edition = subscriptions.EditionRef{ID: r.EditionID, Slug: r.EditionSlug, Title: strings.TrimSpace(r.EditionTitle), StartedAt: r.StartedAt.UTC()}
		if err := json.Unmarshal([]byte(r.Entry), &entries[i].Entry); err != nil {
			return nil, fmt.Errorf("read an entry of edition %d: %w", r.EditionID, err)
		}
	}
	return entries, nil
}
