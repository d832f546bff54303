package store

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// beginning is one of the texts whose beginning is looked for, each with an index
// of 0020_people. The expression has to be that of the index to the letter.
type beginning struct{ sqlite, postgres, where string }

var (
	byAddress      = beginning{"address_key", "address_key", ""}
	byDomain       = beginning{"substr(address_key, instr(address_key, '@') + 1)", "split_part(address_key, '@', 2)", ""}
	byName         = beginning{"lower(name)", "lower(name)", "name <> ''"}
	bySurname      = beginning{"lower(substr(name, instr(name, ' ') + 1))", "lower(substr(name, strpos(name, ' ') + 1))", "name <> ''"}
	byOrganisation = beginning{"lower(organisation)", "lower(organisation)", "organisation <> ''"}
)

// most is how many rows of one beginning are looked at: who finds more has to
// write more of it.
const most = 2000

// People lists subscribers.
func (s *Store) People(ctx context.Context, f subscriptions.PeopleFilter, now time.Time) ([]subscriptions.Subscriber, error) {
	limit := limitOr(f.Limit)
	if f.Text == "" {
		q := standing(s.read(ctx), f.Status, now)
		if f.BeforeID != 0 {
			q = q.Where("id < ?", f.BeforeID)
		}
		var rows []subscriberRow
		err := q.Order("id DESC").Limit(limit).Find(&rows).Error
		return subscribersOf(rows), fault(err, "people")
	}
	var ids []int64
	seen := map[int64]bool{}
	for _, b := range beginnings(f.Text) {
		for _, text := range spellings(strings.TrimPrefix(f.Text, "@")) {
			found, err := s.beginWith(ctx, b, text)
			if err != nil {
				return nil, fault(err, "people")
			}
			for _, id := range found {
				if !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	// In the order found; a status may leave few of many.
	var people []subscriptions.Subscriber
	for from := 0; from < len(ids) && len(people) < limit; from += batch {
		part := ids[from:min(from+batch, len(ids))]
		var rows []subscriberRow
		if err := standing(s.read(ctx), f.Status, now).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, fault(err, "people")
		}
		byID := make(map[int64]subscriberRow, len(rows))
		for _, r := range rows {
			byID[r.ID] = r
		}
		for _, id := range part {
			if r, ok := byID[id]; ok && len(people) < limit {
				people = append(people, r.subscriber())
			}
		}
	}
	return people, nil
}

func beginnings(text string) []beginning {
	switch at := strings.IndexByte(text, '@'); {
	case at == 0:
		return []beginning{byDomain}
	case at > 0:
		return []beginning{byAddress}
	}
	return []beginning{byAddress, byName, bySurname, byOrganisation, byDomain}
}

// spellings are the ways a text may stand in an index: lower() of SQLite leaves
// letters beyond ASCII as they are, and a name begins with a capital.
func spellings(text string) []string {
	first, size := utf8.DecodeRuneInString(text)
	if first < utf8.RuneSelf || unicode.ToUpper(first) == first {
		return []string{text}
	}
	return []string{text, string(unicode.ToUpper(first)) + text[size:]}
}

// beginWith reads the ids of those whose text begins so, in its order.
func (s *Store) beginWith(ctx context.Context, b beginning, text string) (ids []int64, err error) {
	where := ""
	if b.where != "" {
		where = " AND " + b.where
	}
	// The last character there is closes the range.
	from, to := text, text+"\U0010FFFF"
	if s.postgres {
		// Compared by bytes, as the indexes are (text_pattern_ops), whatever the
		// collation of the database.
		err = s.read(ctx).Raw("SELECT id FROM subscribers WHERE "+b.postgres+" ~>=~ ? AND "+b.postgres+" ~<=~ ?"+where+
			" ORDER BY "+b.postgres+" USING ~<~ LIMIT ?", from, to, most).Scan(&ids).Error
		return ids, err
	}
	err = s.read(ctx).Raw("SELECT id FROM subscribers WHERE "+b.sqlite+" >= ? AND "+b.sqlite+" <= ?"+where+" ORDER BY "+b.sqlite+" LIMIT ?",
		from, to, most).Scan(&ids).Error
	return ids, err
}

// standing narrows to a status, in the words of the partial indexes.
func standing(q *gorm.DB, status subscriptions.SubscriberStatus, now time.Time) *gorm.DB {
	switch status {
	case subscriptions.SubscriberPending:
		return q.Where("confirmed_at IS NULL AND ended_at IS NULL AND erased_at IS NULL")
	case subscriptions.SubscriberActive:
		return q.Where("confirmed_at IS NOT NULL AND ended_at IS NULL AND erased_at IS NULL AND (paused_until IS NULL OR paused_until <= ?)", now.UTC())
	case subscriptions.SubscriberPaused:
		return q.Where("paused_until IS NOT NULL AND paused_until > ? AND confirmed_at IS NOT NULL AND ended_at IS NULL AND erased_at IS NULL", now.UTC())
	case subscriptions.SubscriberEnded:
		return q.Where("ended_at IS NOT NULL AND erased_at IS NULL")
	case subscriptions.SubscriberErased:
		return q.Where("erased_at IS NOT NULL")
	}
	return q
}

func subscribersOf(rows []subscriberRow) []subscriptions.Subscriber {
	people := make([]subscriptions.Subscriber, len(rows))
	for i, r := range rows {
		people[i] = r.subscriber()
	}
	return people
}

// SuppressionList reads those in force, newest first.
func (s *Store) SuppressionList(ctx context.Context, f subscriptions.SuppressionFilter) ([]subscriptions.Suppression, error) {
	q := s.read(ctx).Where("lifted_at IS NULL")
	if f.Reason != "" {
		q = q.Where("reason = ?", string(f.Reason))
	}
	if !f.Before.IsZero() {
		q = q.Where("created_at < ?", f.Before.UTC())
	}
	var rows []suppressionRow
	if err := q.Order("created_at DESC, hash").Limit(limitOr(f.Limit)).Find(&rows).Error; err != nil {
		return nil, fault(err, "suppressions")
	}
	all := make([]subscriptions.Suppression, len(rows))
	for i, r := range rows {
		all[i] = r.suppression()
	}
	return all, nil
}

// CountSuppressed counts those in force by reason.
func (s *Store) CountSuppressed(ctx context.Context) (map[subscriptions.SuppressionReason]int, error) {
	var rows []struct {
		Reason string
		N      int
	}
	err := s.read(ctx).Raw("SELECT reason, count(*) AS n FROM suppressions WHERE lifted_at IS NULL GROUP BY reason").Scan(&rows).Error
	counts := make(map[subscriptions.SuppressionReason]int, len(rows))
	for _, r := range rows {
		counts[subscriptions.SuppressionReason(r.Reason)] = r.N
	}
	return counts, fault(err, "count of suppressions")
}
