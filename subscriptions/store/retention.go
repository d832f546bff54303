package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
)

// What the retention clocks ask for. Each batch takes its rows from an index, so
// that the last thousand due among millions cost no more than the first.

type retentionRow struct {
	Clock  string
	DoneTo int64
}

func (retentionRow) TableName() string { return "retention" }

const (
	// Index subscribers_unconfirmed. Who signed up again lately is left out.
	dueUnconfirmed = `SELECT * FROM subscribers WHERE confirmed_at IS NULL AND erased_at IS NULL AND created_at <= ?
		AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscriber_id = subscribers.id AND c.at > ?) ORDER BY created_at LIMIT ?`
	// Index subscribers_left.
	dueLeft = `SELECT * FROM subscribers WHERE confirmed_at IS NOT NULL AND ended_at IS NOT NULL AND erased_at IS NULL AND ended_at <= ?
		AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscriber_id = subscribers.id AND c.at > ?) ORDER BY ended_at LIMIT ?`
	// Index consents_whole_ip.
	dueIPs = `SELECT id, ip FROM consents WHERE ip <> '' AND ip NOT LIKE '%/%' AND at <= ? ORDER BY at LIMIT ?`
	// Index consents_ip.
	dropIPs = `UPDATE consents SET ip = '' WHERE id IN (SELECT id FROM consents WHERE ip <> '' AND at <= ? ORDER BY at LIMIT ?)`
	// Index registrations_webinar; of webinars there are a few hundred.
	duePendingRegistrations = `SELECT id FROM registrations WHERE state = 'pending' AND address_key <> '' AND created_at <= ? LIMIT ?`
	dueRegistrations        = `SELECT id FROM registrations WHERE address_key <> '' AND webinar_id IN (SELECT id FROM webinars WHERE ends <= ?) LIMIT ?`
	// Index address_changes_created.
	dropAddressChanges = `DELETE FROM address_changes WHERE id IN (SELECT id FROM address_changes
		WHERE created_at <= ? AND (confirmed_at IS NULL OR confirmed_at <= ?) ORDER BY created_at LIMIT ?)`
	// By the ids.
	nextDeliveries = `SELECT id, created_at, worker FROM deliveries WHERE id > ? ORDER BY id LIMIT ?`
	dropAnswers    = `UPDATE deliveries SET detail = '' WHERE id > ? AND id <= ? AND detail <> '' AND state <> 'skipped'`
)

// Unconfirmed reads people who never confirmed and have not signed up after
// until, the longest waiting first. Inside a transaction they are locked.
func (s *Store) Unconfirmed(ctx context.Context, until time.Time, limit int) ([]subscriptions.Subscriber, error) {
	return s.due(ctx, dueUnconfirmed, until, until, limit)
}

// Left reads people whose time here ended by until, who are not erased and have
// not signed up again after quiet, the longest gone first.
func (s *Store) Left(ctx context.Context, until, quiet time.Time, limit int) ([]subscriptions.Subscriber, error) {
	return s.due(ctx, dueLeft, until, quiet, limit)
}

func (s *Store) due(ctx context.Context, query string, until, quiet time.Time, limit int) ([]subscriptions.Subscriber, error) {
	if s.postgres && s.inTx {
		query += " FOR UPDATE SKIP LOCKED" // who acts at this moment is not forgotten in it
	}
	var rows []subscriberRow
	if err := s.read(ctx).Raw(query, until.UTC(), quiet.UTC(), limit).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return nil, fault(err, "people to be forgotten")
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	// Asked once more now that the rows are locked: on PostgreSQL a sign-up may have
	// come between the question and the lock.
	var back []int64
	if err := s.read(ctx).Model(&consentRow{}).Where("subscriber_id IN ? AND at > ?", ids, quiet.UTC()).Pluck("subscriber_id", &back).Error; err != nil {
		return nil, fault(err, "people to be forgotten")
	}
	people := make([]subscriptions.Subscriber, 0, len(rows))
	for _, r := range rows {
		if !slices.Contains(back, r.ID) {
			people = append(people, r.subscriber())
		}
	}
	return people, nil
}

// Forget takes away who these people were, wherever it is written, and ends what
// is open with the reason.
func (s *Store) Forget(ctx context.Context, ids []int64, reason subscriptions.EndReason, now time.Time) (skipped int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		// The person first: a message that is being composed does not begin any more.
		err := tx.write(ctx).Model(&subscriberRow{}).Where("id IN ? AND erased_at IS NULL", ids).UpdateColumns(map[string]any{
			"address": "", "address_key": nil, "name": "", "organisation": "", "zone": "", "dates": "", "paused_until": nil, "erased_at": now.UTC(),
			"end_reason": gorm.Expr("CASE WHEN ended_at IS NULL THEN ? ELSE end_reason END", string(reason)),
			"ended_at":   gorm.Expr("COALESCE(ended_at, ?)", now.UTC()), "revision": gorm.Expr("revision + 1")}).Error
		if err != nil {
			return err
		}
		err = tx.write(ctx).Model(&subscriptionRow{}).Where("subscriber_id IN ? AND state <> 'ended'", ids).UpdateColumns(map[string]any{
			"state": string(subscriptions.SubscriptionEnded), "ended_at": now.UTC(), "end_reason": string(reason)}).Error
		if err != nil {
			return err
		}
		open := tx.write(ctx).Model(&deliveryRow{}).Where("subscriber_id IN ? AND state IN ('queued', 'deferred', 'claimed')", ids).
			UpdateColumns(map[string]any{"state": string(subscriptions.DeliverySkipped), "address": "", "detail": "erased", "worker": "",
				"lease_until": nil, "updated_at": now.UTC()})
		if open.Error != nil {
			return open.Error
		}
		skipped = int(open.RowsAffected)
		// Servers repeat the address in their words.
		err = tx.write(ctx).Model(&deliveryRow{}).Where("subscriber_id IN ? AND address <> ''", ids).
			UpdateColumns(map[string]any{"address": "", "detail": ""}).Error
		if err != nil {
			return err
		}
		for _, wish := range []any{&deadlineWishRow{}, &deadlineReminderRow{}} {
			if err := tx.write(ctx).Where("subscriber_id IN ?", ids).Delete(wish).Error; err != nil {
				return err
			}
		}
		// So do lists that brought them, once those have done what they were for.
		var lists []int64
		err = tx.read(ctx).Model(&consentRow{}).Where(`subscriber_id IN ? AND import_id IN
			(SELECT id FROM people_imports WHERE size > 0 AND state IN ('done', 'withdrawn'))`, ids).Distinct().Pluck("import_id", &lists).Error
		if err != nil {
			return err
		}
		for _, id := range lists {
			if err := tx.dropList(ctx, id); err != nil {
				return err
			}
		}
		// So do the addresses that they moved from, or wished to move to.
		err = tx.write(ctx).Model(&addressChangeRow{}).Where("subscriber_id IN ?", ids).UpdateColumns(map[string]any{"address": "", "replaced": ""}).Error
		if err != nil {
			return err
		}
		if err := tx.forgetBounces(ctx, ids); err != nil {
			return err
		}
		return tx.write(ctx).Model(&consentRow{}).Where("subscriber_id IN ? AND ip <> ''", ids).UpdateColumns(map[string]any{"ip": ""}).Error
	})
	return skipped, fault(err, "people to be forgotten")
}

// ShortenIPs rewrites the IP addresses, still whole, of the next events up to
// until, and says how many.
func (s *Store) ShortenIPs(ctx context.Context, until time.Time, limit int, shorten func(ip string) string) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		var rows []struct {
			ID int64
			IP string
		}
		if err := tx.read(ctx).Raw(dueIPs, until.UTC(), limit).Scan(&rows).Error; err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			if err := tx.write(ctx).Exec("UPDATE consents SET ip = ? WHERE id = ?", shorten(r.IP), r.ID).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return n, fault(err, "IP addresses of consents")
}

// DropIPs takes away what is left of the IP addresses of the next events.
func (s *Store) DropIPs(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec(dropIPs, until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "IP addresses of consents")
}

// DropRegistrations takes the persons out of the next registrations for webinars
// that were over by until, and out of the letters about them.
func (s *Store) DropRegistrations(ctx context.Context, now, until time.Time, limit int) (n int, err error) {
	return s.dropRegistrations(ctx, dueRegistrations, now, until, limit)
}

// DropPendingRegistrations does the same with those that nobody has confirmed by
// until, and ends them.
func (s *Store) DropPendingRegistrations(ctx context.Context, now, until time.Time, limit int) (int, error) {
	return s.dropRegistrations(ctx, duePendingRegistrations, now, until, limit)
}

func (s *Store) dropRegistrations(ctx context.Context, due string, now, until time.Time, limit int) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		var ids []int64
		if err := tx.read(ctx).Raw(due, until.UTC(), limit).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		for from := 0; from < len(ids); from += batch {
			if err := tx.write(ctx).Model(&registrationRow{}).Where("id IN ?", ids[from:min(from+batch, len(ids))]).UpdateColumns(map[string]any{
				"address": "", "address_key": "", "name": "", "organisation": "", "zone": "", "answers": "", "source": "",
				"ended_at": gorm.Expr("CASE WHEN state = 'pending' THEN ? ELSE ended_at END", now.UTC()),
				"state":    gorm.Expr("CASE WHEN state = 'pending' THEN 'cancelled' ELSE state END")}).Error; err != nil {
				return err
			}
		}
		return tx.forgetRegistrationMail(ctx, ids, now)
	})
	return n, fault(err, "registrations for past webinars")
}

// DropAnswers takes away what mail servers said about the next deliveries that
// were queued by until; why we skipped one stays. It walks them by id and remembers
// how far it came, so passed may be more than it changed.
//
// Ids grow with time: what lies before an old row is old, also when a clock that
// was ahead has dated it into the future. The walk ends at the first row that is
// too young, or that a worker holds at this moment.
func (s *Store) DropAnswers(ctx context.Context, now, until time.Time, limit int) (passed int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		at := retentionRow{Clock: "answers"}
		if err := tx.hold(ctx).Where("clock = ?", at.Clock).Limit(1).Find(&at).Error; err != nil {
			return err
		}
		var rows []deliveryRow
		if err := tx.read(ctx).Raw(nextDeliveries, at.DoneTo, limit).Scan(&rows).Error; err != nil {
			return err
		}
		last := -1
		for i, r := range rows {
			if r.Worker != "" || r.CreatedAt.After(until) && !r.CreatedAt.After(now) {
				break
			}
			if !r.CreatedAt.After(until) {
				last = i
			}
		}
		if last < 0 {
			return nil
		}
		passed = last + 1
		if err := tx.write(ctx).Exec(dropAnswers, at.DoneTo, rows[last].ID).Error; err != nil {
			return err
		}
		at.DoneTo = rows[last].ID
		return tx.write(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "clock"}}, UpdateAll: true}).Create(&at).Error
	})
	return passed, fault(err, "answers of mail servers")
}

// DropAddressChanges deletes the next changes of address that were asked for by
// until, and confirmed by then if they were.
func (s *Store) DropAddressChanges(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec(dropAddressChanges, until.UTC(), until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "changes of address")
}
