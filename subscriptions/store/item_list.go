package store

import (
	"context"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// itemOrders are the orders of a list. Each ends with the id.
var itemOrders = map[subscriptions.ItemSort]string{
	subscriptions.SortByDate:    "date, id",
	subscriptions.SortNewest:    "date DESC, id DESC",
	subscriptions.SortByChange:  "updated_at DESC, id DESC",
	subscriptions.SortByTitle:   "title, id",
	subscriptions.SortByClosing: "comments_until = '', comments_until, id",
}

// Items lists in the order the filter asks for.
func (s *Store) Items(ctx context.Context, f subscriptions.ItemFilter) ([]subscriptions.Item, error) {
	order, ok := itemOrders[f.Sort]
	if !ok {
		order = itemOrders[subscriptions.SortByDate]
	}
	return s.items(ctx, s.filtered(s.read(ctx), f).Order(order).Limit(limitOr(f.Limit)).Offset(f.Offset))
}

// CountMatching counts what Items would list.
func (s *Store) CountMatching(ctx context.Context, f subscriptions.ItemFilter) (int, error) {
	var n int64
	err := s.filtered(s.read(ctx).Model(&itemRow{}), f).Count(&n).Error
	return int(n), fault(err, "number of items")
}

// filtered narrows a query of items.
func (s *Store) filtered(q *gorm.DB, f subscriptions.ItemFilter) *gorm.DB {
	if len(f.States) > 0 {
		q = q.Where("state IN ?", f.States)
	}
	if !f.Period.From.IsZero() {
		q = q.Where("date >= ?", f.Period.From.String())
	}
	if !f.Period.To.IsZero() {
		q = q.Where("date <= ?", f.Period.To.String())
	}
	if f.TopicID != 0 {
		q = q.Where("id IN (SELECT item_id FROM item_topics WHERE topic_id = ?)", f.TopicID)
	}
	if f.NoTopic {
		q = q.Where("id NOT IN (SELECT item_id FROM item_topics)")
	}
	if f.EditionID != 0 {
		q = q.Where("edition_id = ?", f.EditionID)
	}
	if f.Free {
		q = q.Where("edition_id IS NULL")
	}
	if len(f.IDs) > 0 {
		q = q.Where("id IN ?", f.IDs)
	}
	if f.Issuer != "" {
		q = q.Where("issuer = ? AND issuer <> ''", f.Issuer)
	}
	if f.HasDeadline {
		q = q.Where("comments_until <> ''")
	}
	if f.ChangedBy != 0 {
		q = q.Where("id IN (SELECT item_id FROM item_revisions WHERE editor_id = ?)", f.ChangedBy)
	}
	if len(f.Phrases) > 0 {
		if s.postgres {
			q = q.Where("id IN (SELECT item_id FROM item_search WHERE words @@ ?::tsquery)", tsquery(f.Phrases))
		} else {
			q = q.Where("id IN (SELECT rowid FROM item_search WHERE item_search MATCH ?)", match(f.Phrases))
		}
	}
	return q
}

// ItemIssuers lists issuing bodies, those with the most items first.
func (s *Store) ItemIssuers(ctx context.Context, limit int) ([]string, error) {
	var issuers []string
	err := s.read(ctx).Model(&itemRow{}).Where("issuer <> ''").Group("issuer").Order("count(*) DESC, issuer").
		Limit(limitOr(limit)).Pluck("issuer", &issuers).Error
	return issuers, fault(err, "issuing bodies")
}

// The two halves of what is alike; each has an index of its own.
const (
	alikeByStandard = "SELECT id AS item_id, title, state, standard_key AS key, FALSE AS link FROM items WHERE standard_key <> '' AND standard_key IN ?"
	alikeByLink     = "SELECT i.id AS item_id, i.title, i.state, s.url_key AS key, TRUE AS link FROM item_sources AS s JOIN items AS i ON i.id = s.item_id" +
		" WHERE s.url_key <> '' AND s.url_key IN ?"
)

// ItemsLike lists items that have one of the keys, by id.
func (s *Store) ItemsLike(ctx context.Context, k subscriptions.ItemKeys, limit int) ([]subscriptions.ItemLike, error) {
	var found []subscriptions.ItemLike
	for _, half := range []struct {
		query string
		keys  []string
	}{{alikeByStandard, k.Standards}, {alikeByLink, k.Links}} {
		if len(half.keys) == 0 {
			continue
		}
		var rows []subscriptions.ItemLike
		if err := s.read(ctx).Raw(half.query+" ORDER BY item_id LIMIT ?", half.keys, limitOr(limit)).Scan(&rows).Error; err != nil {
			return nil, fault(err, "items alike")
		}
		found = append(found, rows...)
	}
	return found, nil
}

// itemRules numbers the way in which an item becomes keys and words of the
// index. Whoever changes it, or how package subscriptions makes words or keys,
// adds one: Migrate indexes every item anew.
const itemRules = 1

// addItemWords puts the words of an item into the index, in place of those it had.
func (s *Store) addItemWords(ctx context.Context, i subscriptions.Item) error {
	fields := i.SearchFields()
	if s.postgres {
		return fault(s.write(ctx).Exec("INSERT INTO item_search (item_id, words) VALUES (?, ?::tsvector)"+
			" ON CONFLICT (item_id) DO UPDATE SET words = EXCLUDED.words", i.ID, tsvector(fields)).Error, "words of item %d", i.ID)
	}
	args := []any{i.ID}
	for _, field := range fields {
		args = append(args, spaced(field))
	}
	return fault(s.write(ctx).Exec("INSERT OR REPLACE INTO item_search (rowid, title, standard, issuer, body) VALUES (?, ?, ?, ?, ?)", args...).Error,
		"words of item %d", i.ID)
}

// indexItems indexes those items that are not, or by older rules.
func (s *Store) indexItems(ctx context.Context) error {
	for {
		done := false
		err := s.tx(ctx, func(tx *Store) error {
			items, err := tx.items(ctx, tx.hold(ctx).Where("indexed < ?", itemRules).Order("id").Limit(100))
			if err != nil {
				return err
			}
			done = len(items) == 0
			for _, i := range items {
				if err := tx.UpdateItem(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || done {
			return err
		}
	}
}
