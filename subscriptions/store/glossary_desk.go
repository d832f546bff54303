package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type termRevisionRow struct {
	ID           int64
	TermID       int64
	Version      int
	Abbreviation string
	English      string
	Chinese      string
	Removed      bool
	Actor        string
	At           time.Time
}

func (termRevisionRow) TableName() string { return "glossary_revisions" }

func (r termRevisionRow) revision() subscriptions.TermRevision {
	return subscriptions.TermRevision{ID: r.ID, Removed: r.Removed, Actor: r.Actor, At: r.At.UTC(),
		Term: subscriptions.Term{ID: r.TermID, Abbreviation: r.Abbreviation, English: r.English, Chinese: r.Chinese, Version: r.Version}}
}

type ignoredRow struct {
	Word string `gorm:"primaryKey"`
}

func (ignoredRow) TableName() string { return "glossary_ignored" }

type itemWordRow struct {
	ItemID int64  `gorm:"primaryKey;autoIncrement:false"`
	Word   string `gorm:"primaryKey"`
	Known  bool
}

func (itemWordRow) TableName() string { return "item_words" }

type itemReadRow struct {
	ItemID    int64     `gorm:"primaryKey;autoIncrement:false"`
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
}

func (itemReadRow) TableName() string { return "item_words_read" }

// FindTerm reads a term; two changes of it happen one after the other.
func (s *Store) FindTerm(ctx context.Context, id int64) (subscriptions.Term, error) {
	var row termRow
	err := s.hold(ctx).Take(&row, id).Error
	return subscriptions.Term(row), fault(err, "such term in the glossary")
}

// FindTermByAbbreviation reads a term.
func (s *Store) FindTermByAbbreviation(ctx context.Context, abbreviation string) (subscriptions.Term, error) {
	var row termRow
	err := s.hold(ctx).Where("abbreviation = ?", abbreviation).Take(&row).Error
	return subscriptions.Term(row), fault(err, "term %s", abbreviation)
}

// UpdateTerm writes all fields if nobody has changed them.
func (s *Store) UpdateTerm(ctx context.Context, t *subscriptions.Term) error {
	row := termRow(*t)
	row.Version++
	result := s.write(ctx).Select("*").Omit("id").Where("id = ? AND version = ?", t.ID, t.Version).Updates(&row)
	if err := unchanged(result, t.Abbreviation); err != nil {
		return err
	}
	t.Version = row.Version
	return nil
}

// RemoveTerm deletes the row if nobody has changed it.
func (s *Store) RemoveTerm(ctx context.Context, t subscriptions.Term) error {
	return unchanged(s.write(ctx).Where("id = ? AND version = ?", t.ID, t.Version).Delete(&termRow{}), t.Abbreviation)
}

func unchanged(result *gorm.DB, abbreviation string) error {
	if result.Error == nil && result.RowsAffected == 0 {
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: "somebody else has changed or removed the term " + abbreviation, Hint: "Look at it again."}
	}
	return fault(result.Error, "term %s", abbreviation)
}

// AddTermRevision keeps what a term said.
func (s *Store) AddTermRevision(ctx context.Context, r *subscriptions.TermRevision) error {
	row := termRevisionRow{TermID: r.Term.ID, Version: r.Version, Abbreviation: r.Abbreviation, English: r.English, Chinese: r.Chinese,
		Removed: r.Removed, Actor: r.Actor, At: r.At.UTC()}
	err := s.write(ctx).Create(&row).Error
	r.ID = row.ID
	return fault(err, "revision of the term %s", r.Abbreviation)
}

// TermRevisions lists what a term said before.
func (s *Store) TermRevisions(ctx context.Context, termID int64) ([]subscriptions.TermRevision, error) {
	return revisions(s.read(ctx).Where("term_id = ?", termID).Limit(50))
}

// RemovedTerms lists terms that were taken out and are not in again.
func (s *Store) RemovedTerms(ctx context.Context, limit int) ([]subscriptions.TermRevision, error) {
	return revisions(s.read(ctx).Where("removed AND abbreviation NOT IN (SELECT abbreviation FROM glossary_terms)").Limit(limitOr(limit)))
}

func revisions(q *gorm.DB) ([]subscriptions.TermRevision, error) {
	var rows []termRevisionRow
	if err := q.Order("id DESC").Find(&rows).Error; err != nil {
		return nil, fault(err, "revisions of terms")
	}
	all := make([]subscriptions.TermRevision, len(rows))
	for i, r := range rows {
		all[i] = r.revision()
	}
	return all, nil
}

// FindTermRevision reads one.
func (s *Store) FindTermRevision(ctx context.Context, id int64) (subscriptions.TermRevision, error) {
	var row termRevisionRow
	err := s.read(ctx).Take(&row, id).Error
	return row.revision(), fault(err, "such revision of a term")
}

// unread are items that were not read as they are now.
const unread = "NOT EXISTS (SELECT 1 FROM item_words_read r WHERE r.item_id = items.id AND r.updated_at = items.updated_at)"

// UnreadItems reads the next items whose words are not kept.
func (s *Store) UnreadItems(ctx context.Context, limit int) ([]subscriptions.Item, error) {
	return s.items(ctx, s.read(ctx).Where(unread).Order("id DESC").Limit(limitOr(limit)))
}

// CountUnread counts them.
func (s *Store) CountUnread(ctx context.Context) (int, error) {
	var n int64
	err := s.read(ctx).Model(&itemRow{}).Where(unread).Count(&n).Error
	return int(n), fault(err, "items to be read")
}

// PutItemWords keeps the words of an item in place of those it had.
func (s *Store) PutItemWords(ctx context.Context, i subscriptions.Item, words map[string]bool) error {
	return s.tx(ctx, func(tx *Store) error {
		if err := tx.write(ctx).Where("item_id = ?", i.ID).Delete(&itemWordRow{}).Error; err != nil {
			return fault(err, "words of item %d", i.ID)
		}
		rows := make([]itemWordRow, 0, len(words))
		for w, known := range words {
			rows = append(rows, itemWordRow{i.ID, w, known})
		}
		if len(rows) > 0 {
			if err := tx.write(ctx).CreateInBatches(&rows, batch).Error; err != nil {
				return fault(err, "words of item %d", i.ID)
			}
		}
		read := itemReadRow{i.ID, i.UpdatedAt.UTC()}
		err := tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "item_id"}}, UpdateAll: true}).Create(&read).Error
		return fault(err, "words of item %d", i.ID)
	})
}

// ForgetWords makes every item unread; what is kept stays until it is read again.
func (s *Store) ForgetWords(ctx context.Context) error {
	return fault(s.write(ctx).Exec("DELETE FROM item_words_read").Error, "words of items")
}

// WordUses counts the items of each term.
func (s *Store) WordUses(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Word string
		N    int
	}
	err := s.read(ctx).Raw("SELECT word, count(*) AS n FROM item_words WHERE known GROUP BY word").Scan(&rows).Error
	uses := make(map[string]int, len(rows))
	for _, r := range rows {
		uses[r.Word] = r.N
	}
	return uses, fault(err, "use of terms")
}

// missing are words that no term explains and nobody has passed over.
const missing = " FROM item_words w WHERE NOT w.known AND w.word NOT IN (SELECT abbreviation FROM glossary_terms) AND w.word NOT IN (SELECT word FROM glossary_ignored)"

// MissingWords lists them, what stands in most items first.
func (s *Store) MissingWords(ctx context.Context, limit, offset int) ([]subscriptions.MissingWord, error) {
	var rows []struct {
		Word  string
		N     int
		Item  int64
		Title string
	}
	err := s.read(ctx).Raw("SELECT m.word, m.n, m.item, i.title FROM (SELECT w.word, count(*) AS n, max(w.item_id) AS item"+missing+
		" GROUP BY w.word) AS m JOIN items i ON i.id = m.item ORDER BY m.n DESC, m.word LIMIT ? OFFSET ?", limitOr(limit), offset).Scan(&rows).Error
	words := make([]subscriptions.MissingWord, len(rows))
	for i, r := range rows {
		words[i] = subscriptions.MissingWord{Word: r.Word, Items: r.N, Item: r.Item, Title: r.Title}
	}
	return words, fault(err, "words without a term")
}

// CountMissingWords counts them.
func (s *Store) CountMissingWords(ctx context.Context) (int, error) {
	var n int
	err := s.read(ctx).Raw("SELECT count(DISTINCT w.word)" + missing).Scan(&n).Error
	return n, fault(err, "words without a term")
}

// IgnoredWords lists what was passed over.
func (s *Store) IgnoredWords(ctx context.Context) ([]string, error) {
	var words []string
	err := s.read(ctx).Model(&ignoredRow{}).Order("lower(word), word").Pluck("word", &words).Error
	return words, fault(err, "words passed over")
}

// IgnoreWord passes a word over; twice is once.
func (s *Store) IgnoreWord(ctx context.Context, word string) error {
	return fault(s.write(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&ignoredRow{word}).Error, "word %s", word)
}

// HeedWord takes that back.
func (s *Store) HeedWord(ctx context.Context, word string) error {
	return fault(s.write(ctx).Where("word = ?", word).Delete(&ignoredRow{}).Error, "word %s", word)
}
