package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// CountAttempts adds one to each and gives the counts. One statement, so that
// two processes at once see two numbers.
func (s *Store) CountAttempts(ctx context.Context, attempts []subscriptions.Attempt) (map[string]int, error) {
	if len(attempts) == 0 {
		return nil, nil
	}
	// In one order everywhere: PostgreSQL locks row by row.
	attempts = slices.Clone(attempts)
	slices.SortFunc(attempts, func(a, b subscriptions.Attempt) int { return cmp.Compare(a.Hash, b.Hash) })
	args := make([]any, 0, 2*len(attempts))
	for _, a := range attempts {
		args = append(args, a.Hash, a.Ends.UTC())
	}
	var rows []struct {
		Hash string
		N    int
	}
	err := s.write(ctx).Raw("INSERT INTO attempts (hash, n, ends_at) VALUES "+strings.TrimSuffix(strings.Repeat("(?, 1, ?), ", len(attempts)), ", ")+
		" ON CONFLICT (hash) DO UPDATE SET n = attempts.n + 1 RETURNING hash, n", args...).Scan(&rows).Error
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Hash] = r.N
	}
	return counts, fault(err, "count of forms")
}

// PruneAttempts deletes up to limit of those that are over.
func (s *Store) PruneAttempts(ctx context.Context, now time.Time, limit int) (int, error) {
	result := s.write(ctx).Exec("DELETE FROM attempts WHERE hash IN (SELECT hash FROM attempts WHERE ends_at < ? LIMIT ?)", now.UTC(), limit)
	return int(result.RowsAffected), fault(result.Error, "counts of forms that are over")
}
