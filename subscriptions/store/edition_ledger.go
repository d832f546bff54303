package store

import (
	"context"
	"math"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// windowRows is how many rows of each way a window looks at, unless it is told.
const windowRows = 5_000

// EditionVariants lists the variants of an edition.
func (s *Store) EditionVariants(ctx context.Context, editionID int64) ([]subscriptions.Variant, error) {
	var rows []variantRow
	if err := s.read(ctx).Where("edition_id = ?", editionID).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "variants of edition %d", editionID)
	}
	all := make([]subscriptions.Variant, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.variant(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// LedgerWindow reads a window.
func (s *Store) LedgerWindow(ctx context.Context, q subscriptions.LedgerQuery) (w subscriptions.LedgerWindow, err error) {
	if q.Window <= 0 {
		q.Window = windowRows
	}
	switch {
	case q.Variants != nil && len(q.Variants) == 0:
		return w, nil
	case q.Address == "":
		w, err = s.byStates(ctx, q)
	case !strings.HasPrefix(q.Address, "@"):
		w, err = s.byAddresses(ctx, q)
	default:
		if len(q.States) > 0 && q.After == 0 {
			// Those of a rare state are soon looked through, those of a great provider are
			// not. If they are not rare, the domain's people are walked.
			all := q
			all.Limit = q.Window
			if w, err = s.byStates(ctx, all); err != nil || w.Next == 0 && len(w.Rows) <= q.Limit {
				return w, fault(err, "ledger of edition %d", q.EditionID)
			}
		}
		w, err = s.byDomain(ctx, q)
	}
	return w, fault(err, "ledger of edition %d", q.EditionID)
}

// byStates walks the deliveries by their ids: the index deliveries_edition has those
// of a state that nobody holds in this order; held ones are few.
func (s *Store) byStates(ctx context.Context, q subscriptions.LedgerQuery) (w subscriptions.LedgerWindow, err error) {
	states := q.States
	if len(states) == 0 {
		states = subscriptions.DeliveryStates()
	}
	most := q.Limit + 1
	narrow := q.Variants != nil || q.Address != "" || !q.From.IsZero() || !q.To.IsZero()
	if narrow {
		most = q.Window
	}
	var ids []int64
	end := int64(math.MaxInt64) // beyond it a way has not been looked at
	for _, state := range states {
		at, id := s.read(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND state = ?", q.EditionID, string(state)), "id"
		if state == subscriptions.DeliveryClaimed || state == subscriptions.DeliverySending {
			// By the index deliveries_held. As a sum the id is no way to walk the whole table.
			at, id = at.Where("worker <> ''"), "id + 0"
		} else {
			at = at.Where("worker = ''")
		}
		var found []int64
		if err := at.Where(id+" > ?", q.After).Order(id).Limit(most).Pluck("id", &found).Error; err != nil {
			return w, err
		}
		if len(found) == most {
			end = min(end, found[most-1])
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	if at, found := slices.BinarySearch(ids, end); found {
		ids = ids[:at+1]
	}
	last := func(d subscriptions.Delivery) int64 { return d.ID }
	return s.chunks(ctx, q, ids, last, end, func(part []int64) *gorm.DB { return s.read(ctx).Where("id IN ?", part).Order("id") })
}

// byDomain walks the people of a domain by their ids.
func (s *Store) byDomain(ctx context.Context, q subscriptions.LedgerQuery) (w subscriptions.LedgerWindow, err error) {
	domain := byDomain.sqlite
	if s.postgres {
		domain = byDomain.postgres
	}
	var ids []int64
	err = s.read(ctx).Raw("SELECT id FROM subscribers WHERE "+domain+" = ? AND id > ? ORDER BY id LIMIT ?", q.Address[1:], q.After, q.Window).Scan(&ids).Error
	if err != nil {
		return w, err
	}
	end := int64(math.MaxInt64)
	if len(ids) == q.Window {
		end = ids[q.Window-1]
	}
	last := func(d subscriptions.Delivery) int64 { return d.SubscriberID }
	return s.chunks(ctx, q, ids, last, end, func(part []int64) *gorm.DB {
		return s.read(ctx).Where("unique_key IN ?", keysOf(q, part)).Order("subscriber_id")
	})
}

// byAddresses reads those whose address begins so, in the order of the addresses: as
// many as are looked at (most), a page that goes on by what was passed.
func (s *Store) byAddresses(ctx context.Context, q subscriptions.LedgerQuery) (w subscriptions.LedgerWindow, err error) {
	ids, err := s.beginWith(ctx, byAddress, q.Address)
	if err != nil {
		return w, err
	}
	passed := int(min(q.After, int64(len(ids))))
	place := make(map[int64]int, len(ids))
	for n, id := range ids {
		place[id] = n + 1
	}
	for from := passed; from < len(ids); from += batch {
		var rows []deliveryRow
		if err := asked(s.read(ctx).Where("unique_key IN ?", keysOf(q, ids[from:min(from+batch, len(ids))])), q).Find(&rows).Error; err != nil {
			return w, err
		}
		slices.SortFunc(rows, func(a, b deliveryRow) int { return place[idOf(a.SubscriberID)] - place[idOf(b.SubscriberID)] })
		for _, r := range rows {
			if len(w.Rows) == q.Limit {
				w.Next = int64(place[w.Rows[len(w.Rows)-1].SubscriberID])
				return w, nil
			}
			w.Rows = append(w.Rows, r.delivery())
		}
	}
	return w, nil
}

// chunks reads the rows of a window until there are enough.
func (s *Store) chunks(ctx context.Context, q subscriptions.LedgerQuery, ids []int64, last func(subscriptions.Delivery) int64, end int64, rowsOf func(part []int64) *gorm.DB) (w subscriptions.LedgerWindow, err error) {
	for from := 0; from < len(ids); from += batch {
		var rows []deliveryRow
		if err := asked(rowsOf(ids[from:min(from+batch, len(ids))]), q).Limit(q.Limit + 1 - len(w.Rows)).Find(&rows).Error; err != nil {
			return w, err
		}
		for _, r := range rows {
			if len(w.Rows) == q.Limit {
				w.Next = last(w.Rows[len(w.Rows)-1])
				return w, nil
			}
			w.Rows = append(w.Rows, r.delivery())
		}
	}
	if end != math.MaxInt64 {
		w.Next = end
	}
	return w, nil
}

// asked narrows to what no index tells.
func asked(db *gorm.DB, q subscriptions.LedgerQuery) *gorm.DB {
	if len(q.States) > 0 {
		db = db.Where("state IN ?", q.States)
	}
	if q.Variants != nil {
		db = db.Where("variant_id IN ?", q.Variants)
	}
	if !q.From.IsZero() {
		db = db.Where("COALESCE(sent_at, updated_at) >= ?", q.From.UTC())
	}
	if !q.To.IsZero() {
		db = db.Where("COALESCE(sent_at, updated_at) < ?", q.To.UTC())
	}
	if strings.HasPrefix(q.Address, "@") {
		db = db.Where("EXISTS (SELECT 1 FROM subscribers s WHERE s.id = deliveries.subscriber_id AND s.address_key LIKE ? ESCAPE '!')", "%"+like(q.Address))
	}
	return db
}

// like writes a text so that LIKE takes it as it is.
func like(s string) string { return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s) }

func keysOf(q subscriptions.LedgerQuery, subscribers []int64) []string {
	keys := make([]string, len(subscribers))
	for i, id := range subscribers {
		keys[i] = q.Key(id)
	}
	return keys
}
