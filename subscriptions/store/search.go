package store

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// Search is FTS5 on SQLite and a tsvector on PostgreSQL. Both get words that
// package subscriptions has made, of letters and digits alone, and neither takes
// a text apart by itself: their own parsers know no Chinese, and would find
// different things. What a person types never reaches a query language either;
// the words of its phrases do, each quoted.

// searchKey names the column that is an entry's id.
func (s *Store) searchKey() string {
	if s.postgres {
		return "entry_id"
	}
	return "rowid"
}

// addWords puts the words of an entry into the index.
func (s *Store) addWords(ctx context.Context, id int64, item subscriptions.Item) error {
	fields := item.SearchFields()
	if s.postgres {
		return s.write(ctx).Exec("INSERT INTO archive_search (entry_id, words) VALUES (?, ?::tsvector)", id, tsvector(fields)).Error
	}
	args := []any{id}
	for _, field := range fields {
		args = append(args, spaced(field))
	}
	return s.write(ctx).Exec("INSERT INTO archive_search (rowid, title, standard, issuer, body) VALUES (?, ?, ?, ?, ?)", args...).Error
}

// spaced writes the words of a text with spaces between.
func spaced(text string) string { return strings.Join(subscriptions.SearchWords(text), " ") }

// tsvector writes words with their places and weights: 'gb':1B 't':2B. A place
// is left free between two fields, so that no phrase runs from one into another.
// https://www.postgresql.org/docs/current/datatype-textsearch.html
func tsvector(fields [4]string) string {
	var b strings.Builder
	at := 0
	for i, field := range fields {
		for _, w := range subscriptions.SearchWords(field) {
			at++
			b.WriteString("'" + w + "':" + strconv.Itoa(at) + string(rune('A'+i)) + " ")
		}
		at++
	}
	return b.String()
}

// match writes phrases in FTS5's language: "gb t" AND "3527"*.
// https://www.sqlite.org/fts5.html#full_text_query_syntax
func match(phrases []subscriptions.Phrase) string {
	parts := make([]string, len(phrases))
	for i, p := range phrases {
		parts[i] = `"` + strings.Join(p.Words, " ") + `"`
		if p.Prefix {
			parts[i] += "*"
		}
	}
	return strings.Join(parts, " AND ")
}

// tsquery writes them in PostgreSQL's: ('gb' <-> 't') & ('3527':*).
func tsquery(phrases []subscriptions.Phrase) string {
	parts := make([]string, len(phrases))
	for i, p := range phrases {
		parts[i] = "('" + strings.Join(p.Words, "' <-> '") + "'"
		if p.Prefix {
			parts[i] += ":*"
		}
		parts[i] += ")"
	}
	return strings.Join(parts, " & ")
}

// found is a query of the public entries that have the phrases, and the order in
// which the best come first. A word of the title counts ten times one of the
// text in both databases.
func (s *Store) found(ctx context.Context, phrases []subscriptions.Phrase, f subscriptions.ArchiveFilter) (q *gorm.DB, order string) {
	if s.postgres {
		q = s.read(ctx).Table("archive_search AS s CROSS JOIN (SELECT ?::tsquery AS q) AS asked", tsquery(phrases)).
			Joins("JOIN archive_entries AS e ON e.id = s.entry_id").Where("s.words @@ asked.q")
		// 1 divides by the logarithm of the length.
		order = "ts_rank('{0.1, 0.3, 0.6, 1.0}', s.words, asked.q, 1) DESC, e.date DESC, e.id DESC"
	} else {
		q = s.read(ctx).Table("archive_search AS s").
			Joins("JOIN archive_entries AS e ON e.id = s.rowid").Where("s.archive_search MATCH ?", match(phrases))
		order = "bm25(archive_search, 10.0, 6.0, 3.0, 1.0), e.date DESC, e.id DESC"
	}
	q = q.Joins("JOIN editions AS d ON d.id = e.edition_id").Where("d.started_at IS NOT NULL")
	if f.TopicID != 0 {
		q = q.Where("EXISTS (SELECT 1 FROM archive_topics AS t WHERE t.entry_id = e.id AND t.topic_id = ?)", f.TopicID)
	}
	return q, order
}

// SearchEntries lists the entries that have all of the phrases.
func (s *Store) SearchEntries(ctx context.Context, phrases []subscriptions.Phrase, f subscriptions.ArchiveFilter) ([]subscriptions.ArchiveEntry, error) {
	if len(phrases) == 0 {
		return nil, nil
	}
	q, order := s.found(ctx, phrases, f)
	return archiveEntries(q.Select(archiveColumns).Order(order).Limit(limitOr(f.Limit)).Offset(f.Offset))
}

// CountSearch counts them.
func (s *Store) CountSearch(ctx context.Context, phrases []subscriptions.Phrase, f subscriptions.ArchiveFilter) (int, error) {
	if len(phrases) == 0 {
		return 0, nil
	}
	q, _ := s.found(ctx, phrases, f)
	var n int64
	err := q.Count(&n).Error
	return int(n), fault(err, "number of entries found")
}
