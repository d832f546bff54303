package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

type deliveryRow struct {
	ID           int64
	Kind         string
	UniqueKey    string
	EditionID    *int64
	SubscriberID *int64
	VariantID    *int64
	RefID        int64
	Address      string
	Priority     int
	State        string
	Attempts     int
	NotBefore    time.Time
	Worker       string
	LeaseUntil   *time.Time
	MessageID    string
	Code         int
	Status       string
	Detail       string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	SentAt       *time.Time
}

func (deliveryRow) TableName() string { return "deliveries" }

func (r deliveryRow) delivery() subscriptions.Delivery {
	return subscriptions.Delivery{ID: r.ID, Kind: subscriptions.Kind(r.Kind), Key: r.UniqueKey, EditionID: idOf(r.EditionID),
		SubscriberID: idOf(r.SubscriberID), VariantID: idOf(r.VariantID), RefID: r.RefID, Address: r.Address, Priority: r.Priority,
		State: subscriptions.DeliveryState(r.State), Attempts: r.Attempts, NotBefore: r.NotBefore.UTC(), Worker: r.Worker,
		LeaseUntil: timeOf(r.LeaseUntil), MessageID: r.MessageID, Code: r.Code, Status: r.Status, Detail: r.Detail,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), SentAt: timeOf(r.SentAt)}
}

func deliveriesOf(rows []deliveryRow) []subscriptions.Delivery {
	ds := make([]subscriptions.Delivery, len(rows))
	for i, r := range rows {
		ds[i] = r.delivery()
	}
	return ds
}

// QueueDeliveries inserts those whose key is new.
func (s *Store) QueueDeliveries(ctx context.Context, ds []subscriptions.Delivery) (int, error) {
	if len(ds) == 0 {
		return 0, nil
	}
	rows := make([]deliveryRow, len(ds))
	for i, d := range ds {
		rows[i] = deliveryRow{Kind: string(d.Kind), UniqueKey: d.Key, EditionID: ref(d.EditionID), SubscriberID: ref(d.SubscriberID),
			VariantID: ref(d.VariantID), RefID: d.RefID, Address: d.Address, Priority: d.Priority, State: string(subscriptions.DeliveryQueued),
			NotBefore: d.NotBefore.UTC(), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.CreatedAt.UTC()}
	}
	result := s.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "unique_key"}}, DoNothing: true}).CreateInBatches(&rows, batch)
	return int(result.RowsAffected), fault(result.Error, "deliveries")
}

// FindDeliveryByKey reads one.
func (s *Store) FindDeliveryByKey(ctx context.Context, key string) (subscriptions.Delivery, error) {
	var row deliveryRow
	err := s.read(ctx).Where("unique_key = ?", key).Take(&row).Error
	return row.delivery(), fault(err, "delivery %q", key)
}

// Deliveries lists by id.
func (s *Store) Deliveries(ctx context.Context, f subscriptions.DeliveryFilter) ([]subscriptions.Delivery, error) {
	q := s.read(ctx).Where("id > ?", f.AfterID).Order("id").Limit(limitOr(f.Limit))
	if f.EditionID != 0 {
		q = q.Where("edition_id = ?", f.EditionID)
	}
	if f.SubscriberID != 0 {
		q = q.Where("subscriber_id = ?", f.SubscriberID)
	}
	if len(f.States) > 0 {
		q = q.Where("state IN ?", f.States)
	}
	var rows []deliveryRow
	err := q.Find(&rows).Error
	return deliveriesOf(rows), fault(err, "deliveries")
}

// Claim leases what is due: mail to people who wait first, then the editions
// that are sending, each by the index of its own, so that a paused edition of a
// million rows costs nothing.
func (s *Store) Claim(ctx context.Context, worker string, limit int, now, until time.Time) ([]subscriptions.Delivery, error) {
	var claimed []subscriptions.Delivery
	err := s.tx(ctx, func(tx *Store) error {
		var editions []int64
		if err := tx.read(ctx).Model(&editionRow{}).Where("state = ?", string(subscriptions.EditionSending)).Order("id").Pluck("id", &editions).Error; err != nil {
			return err
		}
		ids, err := tx.due(ctx, "edition_id IS NULL", nil, limit, now)
		if err != nil {
			return err
		}
		for _, e := range editions {
			if len(ids) >= limit {
				break
			}
			more, err := tx.due(ctx, "edition_id = ?", []any{e}, limit-len(ids), now)
			if err != nil {
				return err
			}
			ids = append(ids, more...)
		}
		if len(ids) == 0 {
			return nil
		}
		result := tx.write(ctx).Model(&deliveryRow{}).Where("id IN ?", ids).UpdateColumns(map[string]any{
			"state": string(subscriptions.DeliveryClaimed), "worker": worker, "lease_until": until.UTC(), "updated_at": now.UTC()})
		if result.Error != nil {
			return result.Error
		}
		var rows []deliveryRow
		if err := tx.read(ctx).Where("id IN ?", ids).Order("priority, id").Find(&rows).Error; err != nil {
			return err
		}
		claimed = deliveriesOf(rows)
		return nil
	})
	return claimed, fault(err, "claim of deliveries")
}

// due finds what one claim may take. On PostgreSQL rows that another worker is
// claiming at this moment are passed over; on SQLite there is no such moment.
func (s *Store) due(ctx context.Context, where string, args []any, limit int, now time.Time) ([]int64, error) {
	var ids []int64
	q := s.read(ctx).Model(&deliveryRow{}).Where(where, args...).
		Where("state IN ('queued', 'deferred') AND not_before <= ?", now.UTC()).
		Order("priority, not_before, id").Limit(limit).
		Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked})
	return ids, q.Pluck("id", &ids).Error
}

// The two updates of the ledger. Both name the worker: one whose lease was taken
// away while it slept writes nothing.
const (
	sqlOutcome = `UPDATE deliveries SET state = ?, message_id = CASE WHEN ? = '' THEN message_id ELSE ? END, code = ?, status = ?, detail = ?,
		not_before = COALESCE(?, not_before), sent_at = ?, worker = '', lease_until = NULL, updated_at = ?
		WHERE id = ? AND worker = ? AND state IN ('claimed', 'sending')`
	// The subscriber's revision and the edition's state are compared here, in the
	// commit before the first octet: what changed since the message was composed
	// keeps it from leaving.
	sqlBegin = `UPDATE deliveries SET state = 'sending', attempts = attempts + 1, updated_at = ?
		WHERE id = ? AND worker = ? AND state = 'claimed'
		AND (subscriber_id IS NULL OR EXISTS (SELECT 1 FROM subscribers s WHERE s.id = deliveries.subscriber_id AND s.revision = ?))
		AND (edition_id IS NULL OR EXISTS (SELECT 1 FROM editions e WHERE e.id = deliveries.edition_id AND e.state = 'sending'))`
)

// Advance records outcomes and grants begins in one transaction.
func (s *Store) Advance(ctx context.Context, worker string, now time.Time, outcomes []subscriptions.Outcome, begins []subscriptions.Begin) ([]bool, error) {
	granted := make([]bool, len(begins))
	err := s.tx(ctx, func(tx *Store) error {
		db := tx.write(ctx)
		for _, o := range outcomes {
			if err := db.Exec(sqlOutcome, outcomeArgs(o, worker, now)...).Error; err != nil {
				return fmt.Errorf("record delivery %d: %w", o.DeliveryID, err)
			}
		}
		for i, b := range begins {
			result := db.Exec(sqlBegin, now.UTC(), b.DeliveryID, worker, b.Revision)
			if result.Error != nil {
				return fmt.Errorf("begin delivery %d: %w", b.DeliveryID, result.Error)
			}
			granted[i] = result.RowsAffected == 1
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return granted, nil
}

func outcomeArgs(o subscriptions.Outcome, worker string, now time.Time) []any {
	var sentAt *time.Time
	if o.State == subscriptions.DeliverySent {
		sentAt = null(now)
	}
	return []any{string(o.State), o.MessageID, o.MessageID, o.Code, o.Status, o.Detail, null(o.NotBefore), sentAt, now.UTC(), o.DeliveryID, worker}
}

// Reclaim frees what workers that are not alive held.
func (s *Store) Reclaim(ctx context.Context, now time.Time, alive []string) (subscriptions.Reclaimed, error) {
	var freed subscriptions.Reclaimed
	if len(alive) == 0 {
		alive = []string{""} // held rows have a worker: matches none of them
	}
	err := s.tx(ctx, func(tx *Store) error {
		held := func() *gorm.DB {
			return tx.write(ctx).Model(&deliveryRow{}).Where("worker <> '' AND worker NOT IN ?", alive)
		}
		uncertain := held().Where("state = 'sending' AND kind = ?", string(subscriptions.KindDigest)).UpdateColumns(map[string]any{
			"state": string(subscriptions.DeliveryUncertain), "worker": "", "lease_until": nil, "updated_at": now.UTC(),
			"detail": "the sending process ended while this message was on the wire"})
		if uncertain.Error != nil {
			return uncertain.Error
		}
		queued := held().Where("state IN ('claimed', 'sending')").UpdateColumns(map[string]any{
			"state": string(subscriptions.DeliveryQueued), "worker": "", "lease_until": nil, "updated_at": now.UTC()})
		freed = subscriptions.Reclaimed{Queued: int(queued.RowsAffected), Uncertain: int(uncertain.RowsAffected)}
		return queued.Error
	})
	return freed, fault(err, "deliveries of dead workers")
}

// Books sums an edition's deliveries and puts the planned number beside.
func (s *Store) Books(ctx context.Context, editionID int64) (subscriptions.Books, error) {
	var b subscriptions.Books
	err := s.read(ctx).Model(&editionRow{}).Select("planned").Where("id = ?", editionID).Scan(&b.Planned).Error
	if err != nil {
		return b, fault(err, "books of edition %d", editionID)
	}
	var rows []struct {
		State string
		N     int
	}
	err = s.read(ctx).Model(&deliveryRow{}).Select("state, count(*) AS n").Where("edition_id = ?", editionID).Group("state").Scan(&rows).Error
	for _, r := range rows {
		b.Add(subscriptions.DeliveryState(r.State), r.N)
	}
	return b, fault(err, "books of edition %d", editionID)
}

// NextDue is the earliest moment an open delivery may be tried.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	var rows []deliveryRow
	err := s.read(ctx).Select("not_before").
		Where("state IN ('queued', 'deferred') AND (edition_id IS NULL OR edition_id IN (SELECT id FROM editions WHERE state = 'sending'))").
		Order("not_before").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return time.Time{}, fault(err, "next delivery")
	}
	return rows[0].NotBefore.UTC(), nil
}

// SkipOpen ends what is still open, except what is on the wire.
func (s *Store) SkipOpen(ctx context.Context, editionID int64, reason string, now time.Time) error {
	err := s.write(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND state IN ('queued', 'claimed', 'deferred')", editionID).
		UpdateColumns(map[string]any{"state": string(subscriptions.DeliverySkipped), "detail": reason, "worker": "",
			"lease_until": nil, "updated_at": now.UTC()}).Error
	return fault(err, "open deliveries of edition %d", editionID)
}

// ResolveUncertain queues uncertain deliveries again, or accepts them as sent.
func (s *Store) ResolveUncertain(ctx context.Context, editionID int64, resend bool, now time.Time) (int, error) {
	set := map[string]any{"state": string(subscriptions.DeliverySent), "sent_at": now.UTC(), "updated_at": now.UTC(), "detail": "accepted as sent by an editor"}
	if resend {
		set = map[string]any{"state": string(subscriptions.DeliveryQueued), "not_before": now.UTC(), "updated_at": now.UTC(), "detail": "sent again by an editor"}
	}
	result := s.write(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND state = 'uncertain'", editionID).UpdateColumns(set)
	return int(result.RowsAffected), fault(result.Error, "uncertain deliveries of edition %d", editionID)
}
