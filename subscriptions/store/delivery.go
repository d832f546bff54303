package store

import (
	"context"
	"slices"
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
	Counted      bool // refused, and taken for a report
	AgainAt      *time.Time
}

func (deliveryRow) TableName() string { return "deliveries" }

func (r deliveryRow) delivery() subscriptions.Delivery {
	return subscriptions.Delivery{ID: r.ID, Kind: subscriptions.Kind(r.Kind), Key: r.UniqueKey, EditionID: idOf(r.EditionID),
		SubscriberID: idOf(r.SubscriberID), VariantID: idOf(r.VariantID), RefID: r.RefID, Address: r.Address, Priority: r.Priority,
		State: subscriptions.DeliveryState(r.State), Attempts: r.Attempts, NotBefore: r.NotBefore.UTC(), Worker: r.Worker,
		LeaseUntil: timeOf(r.LeaseUntil), MessageID: r.MessageID, Code: r.Code, Status: r.Status, Detail: r.Detail,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), SentAt: timeOf(r.SentAt), AgainAt: timeOf(r.AgainAt)}
}

func deliveriesOf(rows []deliveryRow) []subscriptions.Delivery {
	ds := make([]subscriptions.Delivery, len(rows))
	for i, r := range rows {
		ds[i] = r.delivery()
	}
	return ds
}

// newDelivery is what a row starts with; the schema has the rest. A plan writes
// a hundred thousand of them, so it carries no column more and asks for no id.
type newDelivery struct {
	Kind         string
	UniqueKey    string
	EditionID    *int64
	SubscriberID *int64
	VariantID    *int64
	RefID        int64
	Address      string
	Priority     int
	State        string
	NotBefore    time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (newDelivery) TableName() string { return "deliveries" }

// QueueDeliveries inserts those whose key is new.
func (s *Store) QueueDeliveries(ctx context.Context, ds []subscriptions.Delivery) (int, error) {
	if len(ds) == 0 {
		return 0, nil
	}
	rows := make([]newDelivery, len(ds))
	for i, d := range ds {
		rows[i] = newDelivery{Kind: string(d.Kind), UniqueKey: d.Key, EditionID: ref(d.EditionID), SubscriberID: ref(d.SubscriberID),
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
		if !slices.Contains(f.States, subscriptions.DeliveryClaimed) && !slices.Contains(f.States, subscriptions.DeliverySending) {
			q = q.Where("worker = ''") // the index deliveries_edition holds these only
		}
	}
	var rows []deliveryRow
	err := q.Find(&rows).Error
	return deliveriesOf(rows), fault(err, "deliveries")
}

// ofEditions are the kinds that wait for a person when nobody knows whether they
// arrived.
var ofEditions = []string{string(subscriptions.KindDigest), string(subscriptions.KindCorrection)}

// Reclaim frees what workers that are not alive held, and claims whose lease is
// over: of a claim whose answer was lost its own worker knows nothing. It also ends
// what was on the wire while its edition was cancelled and came back to be tried
// again: SkipOpen could not take it, and nobody would ever send it.
func (s *Store) Reclaim(ctx context.Context, now time.Time, alive []string) (subscriptions.Reclaimed, error) {
	var freed subscriptions.Reclaimed
	var dead []string
	if len(alive) == 0 {
		alive = []string{""} // held rows have a worker: matches none of them
	}
	err := s.tx(ctx, func(tx *Store) error {
		held := func() *gorm.DB {
			return tx.write(ctx).Model(&deliveryRow{}).Where("worker <> '' AND worker NOT IN ?", alive)
		}
		uncertain := held().Where("state = 'sending' AND kind IN ?", ofEditions).UpdateColumns(map[string]any{
			"state": string(subscriptions.DeliveryUncertain), "worker": "", "lease_until": nil, "updated_at": now.UTC(),
			"detail": "the sending process ended while this message was on the wire"})
		if uncertain.Error != nil {
			return uncertain.Error
		}
		// Not every "sending": on PostgreSQL one may have come about since the statement
		// before, of a worker that lives. The next Reclaim will tell.
		queued := held().Where("state = 'claimed' OR state = 'sending' AND kind NOT IN ?", ofEditions).UpdateColumns(map[string]any{
			"state": string(subscriptions.DeliveryQueued), "worker": "", "lease_until": nil, "updated_at": now.UTC()})
		if queued.Error != nil {
			return queued.Error
		}
		// Whoever still holds such a claim in hand is refused its begin, or is granted
		// it where the row is claimed anew by the same worker: once in any case.
		err := tx.write(ctx).Model(&deliveryRow{}).Where("worker <> '' AND state = 'claimed' AND lease_until < ?", now.UTC()).
			UpdateColumns(map[string]any{"state": string(subscriptions.DeliveryQueued), "worker": "", "lease_until": nil, "updated_at": now.UTC()}).Error
		if err != nil {
			return err
		}
		if err := tx.read(ctx).Model(&workerRow{}).Where("id NOT IN ?", alive).Pluck("id", &dead).Error; err != nil {
			return err
		}
		if err := tx.write(ctx).Where("id NOT IN ?", alive).Delete(&workerRow{}).Error; err != nil {
			return err
		}
		freed = subscriptions.Reclaimed{Queued: int(queued.RowsAffected), Uncertain: int(uncertain.RowsAffected)}
		return tx.write(ctx).Model(&deliveryRow{}).
			Where("state IN ('queued', 'deferred') AND edition_id IN (SELECT id FROM editions WHERE state = 'cancelled')").
			UpdateColumns(map[string]any{"state": string(subscriptions.DeliverySkipped), "detail": "cancelled", "updated_at": now.UTC()}).Error
	})
	for _, worker := range dead {
		if err == nil && s.gone(worker) {
			s.letGo(worker) // what a process that was killed long ago has left behind
		}
	}
	return freed, fault(err, "deliveries of dead workers")
}

// Books sums an edition's deliveries and puts the planned number beside, in one
// statement: a snapshot, so that they balance at every instant.
func (s *Store) Books(ctx context.Context, editionID int64) (subscriptions.Books, error) {
	var rows []struct {
		Planned int
		State   *string
		N       int
	}
	// What nobody holds is counted in one index, what workers hold, a few hundred
	// rows, in another.
	err := s.read(ctx).Raw(`SELECT e.planned, d.state, d.n FROM editions e LEFT JOIN (
			SELECT state, count(*) AS n FROM deliveries WHERE edition_id = ? AND worker = '' GROUP BY state
			UNION ALL
			SELECT state, count(*) AS n FROM deliveries WHERE edition_id = ? AND worker <> '' GROUP BY state) d ON 1 = 1
		WHERE e.id = ?`, editionID, editionID, editionID).Scan(&rows).Error
	var b subscriptions.Books
	for _, r := range rows {
		b.Planned = r.Planned
		if r.State != nil {
			b.Add(subscriptions.DeliveryState(*r.State), r.N)
		}
	}
	return b, fault(err, "books of edition %d", editionID)
}

// HasOpen tells whether anything will still happen to a delivery of the edition.
// It looks at one entry of each index, where the books read all of them.
func (s *Store) HasOpen(ctx context.Context, editionID int64) (bool, error) {
	for _, open := range []string{"worker = '' AND state IN ('queued', 'deferred')", "worker <> ''"} {
		var ids []int64
		if err := s.read(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND "+open, editionID).Limit(1).Pluck("id", &ids).Error; err != nil || len(ids) > 0 {
			return true, fault(err, "open deliveries of edition %d", editionID)
		}
	}
	return false, nil
}

// SkipOpen ends what is still open, except what is on the wire. On PostgreSQL it
// passes over rows that somebody else is changing at this moment: to wait for them
// would be to wait for a commit of the ledger, which may wait for rows taken here.
// Such a row is put on the wire just now, or comes back and is ended by Reclaim.
func (s *Store) SkipOpen(ctx context.Context, editionID int64, reason string, now time.Time) error {
	err := s.tx(ctx, func(tx *Store) error {
		for _, open := range []string{"worker = '' AND state IN ('queued', 'deferred')", "worker <> '' AND state = 'claimed'"} {
			q := tx.write(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND "+open, editionID)
			if tx.postgres {
				q = tx.write(ctx).Model(&deliveryRow{}).Where("id IN (SELECT id FROM deliveries WHERE edition_id = ? AND "+open+" FOR UPDATE SKIP LOCKED)", editionID)
			}
			err := q.
				UpdateColumns(map[string]any{"state": string(subscriptions.DeliverySkipped), "detail": reason, "worker": "",
					"lease_until": nil, "updated_at": now.UTC()}).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	return fault(err, "open deliveries of edition %d", editionID)
}

// ResolveUncertain queues uncertain deliveries again, or accepts them as sent. What
// is sent again has its attempts and its age anew: an editor wants it now.
func (s *Store) ResolveUncertain(ctx context.Context, editionID int64, resend bool, now time.Time, ids ...int64) (int, error) {
	set := map[string]any{"state": string(subscriptions.DeliverySent), "sent_at": now.UTC(), "updated_at": now.UTC(), "detail": "accepted as sent by an editor"}
	if resend {
		set = map[string]any{"state": string(subscriptions.DeliveryQueued), "not_before": now.UTC(), "updated_at": now.UTC(), "detail": "sent again by an editor",
			"attempts": 0, "again_at": now.UTC()}
	}
	q := s.write(ctx).Model(&deliveryRow{}).Where("edition_id = ? AND worker = '' AND state = 'uncertain'", editionID)
	if len(ids) > 0 {
		q = q.Where("id IN ?", ids)
	}
	result := q.UpdateColumns(set)
	return int(result.RowsAffected), fault(result.Error, "uncertain deliveries of edition %d", editionID)
}
