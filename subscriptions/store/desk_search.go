package store

import (
	"context"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// FindItems looks through the titles of all items: of these there are some thousands,
// and no index knows the middle of a word.
func (s *Store) FindItems(ctx context.Context, words []string, limit int) ([]subscriptions.Item, error) {
	q := s.read(ctx).Order("date DESC, id DESC").Limit(limitOr(limit))
	literal := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
	for _, w := range words {
		q = q.Where(`lower(title || ' ' || issuer || ' ' || standard_identifier || ' ' || standard_original_title || ' ' || slug) LIKE ? ESCAPE '\'`, "%"+literal.Replace(w)+"%")
	}
	return s.items(ctx, q)
}
