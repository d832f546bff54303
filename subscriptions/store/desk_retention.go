package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// What the retention clocks ask for about the people of the desk.

const (
	// Index audit_events_whole_ip. The triggers let nothing else be changed.
	dueAuditIPs = `SELECT id, ip FROM audit_events WHERE ip <> '' AND ip NOT LIKE '%/%' AND at <= ? ORDER BY at LIMIT ?`
	// Index audit_events_ip.
	dropAuditIPs = `UPDATE audit_events SET ip = '' WHERE id IN (SELECT id FROM audit_events WHERE ip <> '' AND at <= ? ORDER BY at LIMIT ?)`
	// Index deliveries_desk. What has not left by now does not leave any more.
	dropDeskLetters = `UPDATE deliveries SET address = '', detail = CASE WHEN state = 'skipped' THEN detail ELSE '' END,
			state = CASE WHEN state IN ('queued', 'deferred') THEN 'skipped' ELSE state END
		WHERE id IN (SELECT id FROM deliveries WHERE kind IN ('invitation', 'reset') AND address <> '' AND worker = '' AND created_at <= ? ORDER BY created_at LIMIT ?)`
	// Of editors there are a few dozen.
	forgetEditors = `UPDATE editors SET address = '', address_key = 'gone ' || id WHERE address <> '' AND ended_at <= ?`
)

var _ subscriptions.DeskRetentionStore = (*Store)(nil)

// ShortenAuditIPs rewrites the IP addresses, still whole, of the next lines up to
// until, and says how many.
func (s *Store) ShortenAuditIPs(ctx context.Context, until time.Time, limit int, shorten func(ip string) string) (n int, err error) {
	err = s.tx(ctx, func(tx *Store) error {
		var rows []struct {
			ID int64
			IP string
		}
		if err := tx.read(ctx).Raw(dueAuditIPs, until.UTC(), limit).Scan(&rows).Error; err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			if err := tx.write(ctx).Exec("UPDATE audit_events SET ip = ? WHERE id = ?", shorten(r.IP), r.ID).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return n, fault(err, "IP addresses of the audit log")
}

// DropAuditIPs takes away what is left of the IP addresses of the next lines.
func (s *Store) DropAuditIPs(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec(dropAuditIPs, until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "IP addresses of the audit log")
}

// DropDeskLetters takes the addresses out of the next letters to editors.
func (s *Store) DropDeskLetters(ctx context.Context, until time.Time, limit int) (int, error) {
	done := s.write(ctx).Exec(dropDeskLetters, until.UTC(), limit)
	return int(done.RowsAffected), fault(done.Error, "letters to editors")
}

// ForgetEditors takes the addresses of those who ended by until. There are too few
// for the limit.
func (s *Store) ForgetEditors(ctx context.Context, until time.Time, _ int) (int, error) {
	done := s.write(ctx).Exec(forgetEditors, until.UTC())
	return int(done.RowsAffected), fault(done.Error, "editors who ended")
}
