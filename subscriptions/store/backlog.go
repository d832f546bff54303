package store

import (
	"context"
	"slices"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// What those who watch the service ask, every few seconds and of any number of
// rows: so each question is a few looks into an index.

// OldestDue is the moment from which the delivery that waits longest could have
// left, zero when none waits.
//
// The index deliveries_due has the earliest first only within one edition and
// one priority. So each edition that is sending, and the mail that belongs to
// none, is asked for the first row of its next priority until there is no other:
// two or three rows, where an order by the moment alone would sort a million.
func (s *Store) OldestDue(ctx context.Context, now time.Time) (time.Time, error) {
	var editions []int64
	if err := s.read(ctx).Model(&editionRow{}).Where("state = ?", string(subscriptions.EditionSending)).Order("id").Pluck("id", &editions).Error; err != nil {
		return time.Time{}, fault(err, "oldest delivery that is due")
	}
	oldest, err := s.firstDue(ctx, time.Time{}, now, firstOfNone)
	for i := 0; i < len(editions) && err == nil; i++ {
		oldest, err = s.firstDue(ctx, oldest, now, firstOfEdition, editions[i])
	}
	return oldest, fault(err, "oldest delivery that is due")
}

// The first row of the next priority, for the oldest and for the claim (takeOf). The
// order names the edition as well, which is the same in all of these rows: PostgreSQL
// sees that an index has the rows in order after "=", and not after "IS NULL".
const (
	firstOfNone = `SELECT priority, not_before FROM deliveries WHERE edition_id IS NULL AND priority > ?
		AND state IN ('queued', 'deferred') ORDER BY edition_id, priority, not_before LIMIT 1`
	firstOfEdition = `SELECT priority, not_before FROM deliveries WHERE edition_id = ? AND priority > ?
		AND state IN ('queued', 'deferred') ORDER BY edition_id, priority, not_before LIMIT 1`
)

// lowestPriority lies below all of them.
const lowestPriority = -1 << 31

// firstDue gives the earlier of oldest and what is due by the query, by now.
func (s *Store) firstDue(ctx context.Context, oldest, now time.Time, query string, edition ...any) (time.Time, error) {
	for last := lowestPriority; ; {
		next, err := s.next(ctx, last, query, edition...)
		if err != nil || next == nil {
			return oldest, err
		}
		if at := next.NotBefore.UTC(); !at.After(now) && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
		last = next.Priority
	}
}

// openRow is what the first row of a priority tells.
type openRow struct {
	Priority  int
	NotBefore time.Time
}

// next gives the first row of the priority after the last one, by the query; nil when
// there is no other.
func (s *Store) next(ctx context.Context, last int, query string, edition ...any) (*openRow, error) {
	var rows []openRow
	if err := s.read(ctx).Raw(query, append(slices.Clone(edition), last)...).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// OpenMail counts by the indexes of the books what is open and belongs to no
// edition: what nobody holds, and what a worker does.
func (s *Store) OpenMail(ctx context.Context) (int, error) {
	var free, held int64
	err := s.read(ctx).Raw(freeMail).Scan(&free).Error
	if err == nil {
		err = s.read(ctx).Raw(heldMail).Scan(&held).Error
	}
	return int(free + held), fault(err, "open mail")
}

const (
	freeMail = `SELECT count(*) FROM deliveries WHERE edition_id IS NULL AND worker = '' AND state IN ('queued', 'deferred')`
	heldMail = `SELECT count(*) FROM deliveries WHERE worker <> '' AND edition_id IS NULL`
)
