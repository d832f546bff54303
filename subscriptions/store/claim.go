package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// The claim runs for every message of a run, a few hundred a time, so it is one
// statement that finds, marks and reads the rows, and scans them itself.

// claimUpdate takes what is due under a condition. On PostgreSQL rows that
// another worker is claiming at this moment are passed over; on SQLite there is no
// such moment. The index deliveries_due answers the selection.
const claimUpdate = `UPDATE deliveries SET state = 'claimed', worker = ?, lease_until = ?, updated_at = ?
	WHERE id %s (SELECT id FROM deliveries WHERE %s AND state IN ('queued', 'deferred') AND not_before <= ?
		ORDER BY edition_id, priority, not_before, id LIMIT ?%s
	RETURNING id, kind, unique_key, edition_id, subscriber_id, variant_id, ref_id, address, priority, attempts, created_at, again_at`

// Claim leases what is due: mail to people who wait first, then the editions
// that are sending, each by the index of its own, so that a paused edition of a
// million rows costs nothing.
func (s *Store) Claim(ctx context.Context, worker string, limit int, now, until time.Time, caps ...subscriptions.EditionCap) ([]subscriptions.Delivery, error) {
	var claimed []subscriptions.Delivery
	err := s.tx(ctx, func(tx *Store) error {
		var editions []int64
		if err := tx.read(ctx).Model(&editionRow{}).Where("state = ?", string(subscriptions.EditionSending)).Order("id").Pluck("id", &editions).Error; err != nil {
			return err
		}
		var err error
		if claimed, err = tx.take(ctx, nil, lowest, worker, limit, now, until); err != nil {
			return err
		}
		for _, e := range editions {
			if len(claimed) >= limit {
				break
			}
			most := limit - len(claimed)
			for _, c := range caps {
				if c.EditionID == e {
					most = min(most, c.Most)
				}
			}
			if most <= 0 {
				continue
			}
			more, err := tx.takeOf(ctx, e, worker, most, now, until)
			if err != nil {
				return err
			}
			claimed = append(claimed, more...)
		}
		return nil
	})
	return claimed, fault(err, "claim of deliveries")
}

// ClaimUrgent leases only mail that people wait for, and what many are to get soon.
func (s *Store) ClaimUrgent(ctx context.Context, worker string, limit int, now, until time.Time) ([]subscriptions.Delivery, error) {
	claimed, err := s.take(ctx, nil, subscriptions.PriorityMany, worker, limit, now, until)
	return claimed, fault(err, "claim of deliveries")
}

// takeOf claims within one edition, a priority at a time: that it is named makes the
// moment a bound of the index, and a million letters that wait for theirs, because a
// domain is slow, cost nothing.
func (s *Store) takeOf(ctx context.Context, edition int64, worker string, limit int, now, until time.Time) (claimed []subscriptions.Delivery, err error) {
	for last := lowestPriority; len(claimed) < limit; {
		next, err := s.next(ctx, last, firstOfEdition, edition)
		if err != nil || next == nil {
			return claimed, err
		}
		last = next.Priority
		more, err := s.take(ctx, &edition, last, worker, limit-len(claimed), now, until)
		if err != nil {
			return nil, err
		}
		claimed = append(claimed, more...)
	}
	return claimed, nil
}

// lowest is a priority that every delivery has.
const lowest = 1 << 30

// take claims of one priority within one edition, or what belongs to none, down to a
// priority.
func (s *Store) take(ctx context.Context, edition *int64, priority int, worker string, limit int, now, until time.Time) (claimed []subscriptions.Delivery, err error) {
	where, in, lock := "edition_id IS NULL", "IN", ")"
	args := []any{worker, until.UTC(), now.UTC()}
	if edition != nil {
		where, args = "edition_id = ? AND priority = ?", append(args, *edition, priority)
	} else if priority != lowest {
		where, args = where+" AND priority <= ?", append(args, priority)
	}
	if s.postgres {
		// As an array the selection is made once, before the update: with IN a plan
		// that repeats it for each row would be allowed, and lock more than the limit.
		in, lock = "= ANY (ARRAY", " FOR UPDATE SKIP LOCKED))"
	}
	rows, err := s.write(ctx).Raw(fmt.Sprintf(claimUpdate, in, where, lock), append(args, now.UTC(), limit)...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		d := subscriptions.Delivery{State: subscriptions.DeliveryClaimed, Worker: worker, LeaseUntil: until.UTC(), UpdatedAt: now.UTC()}
		var editionID, subscriberID, variantID *int64
		if err := rows.Scan(&d.ID, &d.Kind, &d.Key, &editionID, &subscriberID, &variantID, &d.RefID, &d.Address, &d.Priority, &d.Attempts,
			stamp{&d.CreatedAt}, stamp{&d.AgainAt}); err != nil {
			return nil, err
		}
		d.EditionID, d.SubscriberID, d.VariantID = idOf(editionID), idOf(subscriberID), idOf(variantID)
		claimed = append(claimed, d)
	}
	// What RETURNING gives is in no order.
	slices.SortFunc(claimed, func(a, b subscriptions.Delivery) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	return claimed, rows.Err()
}

// stamp reads a moment: SQLite gives a plain number of microseconds where it does
// not know the type of the column, as in RETURNING. NULL is the zero time.
type stamp struct{ t *time.Time }

// Scan implements sql.Scanner.
func (s stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMicro(v).UTC()
	case time.Time:
		*s.t = v.UTC()
	default:
		return fmt.Errorf("a moment is stored as %T", v)
	}
	return nil
}
