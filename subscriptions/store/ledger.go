package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// The ledger writes two rows a message, so it is the one place where the cost of
// a statement counts. GORM prepares anew in every transaction, and reading SQL
// costs more than changing the row. Here the statements are prepared once on the
// writing connection: SQLite runs them a row at a time, which is a function call;
// PostgreSQL gets all rows of a commit as JSON in one statement, because there a
// statement is a round trip.
//
// Both updates name the worker: one whose lease was taken away while it slept
// writes nothing. The begin compares the subscriber's revision and the edition's
// state in the commit before the first octet leaves: what changed since the
// message was composed keeps it from leaving. A server's words about somebody who
// was erased meanwhile are not kept: they repeat the address.

const (
	// What goes back from the wire has cost no attempt: the fault was not its own.
	outcomeSet = `UPDATE deliveries SET attempts = attempts - CASE WHEN deliveries.state = 'sending' AND %[1]s = 'queued' THEN 1 ELSE 0 END,
		state = %[1]s, message_id = COALESCE(NULLIF(%[2]s, ''), deliveries.message_id), code = %[3]s, status = %[4]s,
		detail = CASE WHEN deliveries.address = '' AND %[1]s <> 'skipped' THEN '' ELSE %[5]s END, not_before = COALESCE(%[6]s, deliveries.not_before), sent_at = %[7]s, worker = '', lease_until = NULL, updated_at = %[8]s `
	outcomeWhere = `AND deliveries.worker = %s AND (deliveries.state = 'claimed' OR deliveries.state = 'sending' AND NOT %s)`
	beginSet     = `UPDATE deliveries SET state = 'sending', attempts = attempts + 1, updated_at = %s `
	beginWhere   = `AND deliveries.worker = %[1]s AND deliveries.state = 'claimed'
		AND (deliveries.subscriber_id IS NULL
			OR EXISTS (SELECT 1 FROM subscribers s WHERE s.id = deliveries.subscriber_id AND s.revision = %[2]s))
		AND (deliveries.edition_id IS NULL
			OR EXISTS (SELECT 1 FROM editions e WHERE e.id = deliveries.edition_id AND e.state = 'sending'))`
)

// Letters of webinars are composed from the webinar and, but for announcements, from
// the registration: neither has changed since.
const beginStands = `
		AND (%[1]s = 0 OR %[1]s = CASE deliveries.kind WHEN 'webinar-announcement'
			THEN (SELECT w.version + 1 FROM webinars w WHERE w.id = deliveries.ref_id)
			ELSE (SELECT w.version + 1 + r.revision FROM registrations r JOIN webinars w ON w.id = r.webinar_id WHERE r.id = deliveries.ref_id) END)`

// beginUndo takes back a begin of which nobody was told. The moment of the commit
// tells it from every other begin.
const beginUndo = `UPDATE deliveries SET state = 'claimed', attempts = attempts - 1 WHERE id = %s AND worker = %s AND state = 'sending' AND updated_at = %s`

// beginVary notes the variant of a letter that is not the planned one.
const beginVary = `UPDATE deliveries SET variant_id = %s WHERE id = %s AND worker = %s`

var (
	sqliteVary   = fmt.Sprintf(beginVary, "?1", "?2", "?3")
	postgresVary = fmt.Sprintf(beginVary, "$1", "$2", "$3")

	sqliteUndo   = fmt.Sprintf(beginUndo, "?1", "?2", "?3")
	postgresUndo = fmt.Sprintf(beginUndo, "$1", "$2", "$3")

	sqliteOutcome = fmt.Sprintf(outcomeSet, "?1", "?2", "?3", "?4", "?5", "?6", "?7", "?8") + "WHERE deliveries.id = ?9 " + fmt.Sprintf(outcomeWhere, "?10", "?11")
	sqliteBegin   = fmt.Sprintf(beginSet, "?1") + "WHERE deliveries.id = ?2 " + fmt.Sprintf(beginWhere, "?3", "?4") + fmt.Sprintf(beginStands, "?5")

	postgresOutcome = fmt.Sprintf(outcomeSet, "v.state", "v.message_id", "v.code", "v.status", "v.detail", "v.not_before",
		"CASE WHEN v.state = 'sent' THEN $1::timestamptz END", "$1") +
		`FROM json_to_recordset($2) AS v(id bigint, state text, message_id text, code integer, status text, detail text, not_before timestamptz, unbegun boolean)
		WHERE deliveries.id = v.id ` + fmt.Sprintf(outcomeWhere, "$3", "v.unbegun")
	postgresBegin = fmt.Sprintf(beginSet, "$1") + "FROM json_to_recordset($2) AS v(id bigint, revision bigint, standing bigint) WHERE deliveries.id = v.id " +
		fmt.Sprintf(beginWhere, "$3", "v.revision") + fmt.Sprintf(beginStands, "v.standing") + " RETURNING deliveries.id"
)

// ledger keeps the prepared statements of a store.
type ledger struct {
	mu             sync.Mutex
	outcome, begin *sql.Stmt
}

// prepare makes the statements the first time; one that fails is tried again.
func (l *ledger) prepare(ctx context.Context, db *sql.DB, postgres bool) (outcome, begin *sql.Stmt, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begin != nil {
		return l.outcome, l.begin, nil
	}
	texts := [2]string{sqliteOutcome, sqliteBegin}
	if postgres {
		texts = [2]string{postgresOutcome, postgresBegin}
	}
	if outcome, err = db.PrepareContext(ctx, texts[0]); err != nil { //nolint:sqlclosecheck // kept as long as the store; Close ends it
		return nil, nil, err
	}
	if begin, err = db.PrepareContext(ctx, texts[1]); err != nil { //nolint:sqlclosecheck // the same
		return nil, nil, errors.Join(err, outcome.Close())
	}
	l.outcome, l.begin = outcome, begin
	return outcome, begin, nil
}

func (l *ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begin == nil {
		return nil
	}
	return errors.Join(l.outcome.Close(), l.begin.Close())
}

// text makes a server's words storable: PostgreSQL takes neither NUL nor what is
// not UTF-8, and a commit that fails for that would fail for ever.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

// Advance records outcomes and grants begins in one transaction.
func (s *Store) Advance(ctx context.Context, worker string, now time.Time, outcomes []subscriptions.Outcome, begins []subscriptions.Begin) ([]bool, error) {
	pool, err := s.w.DB()
	if s.inTx || err != nil {
		return nil, errors.Join(errors.New("the ledger is written in transactions of its own"), err)
	}
	outcome, begin, err := s.ledger.prepare(ctx, pool, s.postgres)
	if err != nil {
		return nil, fmt.Errorf("prepare the ledger: %w", err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin a commit of the ledger: %w", err)
	}
	write, undo, revary := writeRows, sqliteUndo, sqliteVary
	if s.postgres {
		write, undo, revary = writeRecords, postgresUndo, postgresVary
	}
	for _, b := range begins {
		if !b.Again {
			continue
		}
		if _, err := tx.ExecContext(ctx, undo, b.DeliveryID, worker, now.UTC()); err != nil {
			return nil, errors.Join(fmt.Errorf("take back the begin of delivery %d: %w", b.DeliveryID, err), tx.Rollback())
		}
	}
	granted, err := write(ctx, tx.StmtContext(ctx, outcome), tx.StmtContext(ctx, begin), worker, now.UTC(), outcomes, begins)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	for i, b := range begins {
		if granted[i] && b.VariantID != 0 { // few have chosen other topics since the plan
			if _, err := tx.ExecContext(ctx, revary, b.VariantID, b.DeliveryID, worker); err != nil {
				return nil, errors.Join(fmt.Errorf("note the variant of delivery %d: %w", b.DeliveryID, err), tx.Rollback())
			}
		}
	}
	return granted, fault(tx.Commit(), "commit of the ledger")
}

// writeRows is SQLite's way.
func writeRows(ctx context.Context, outcome, begin *sql.Stmt, worker string, now time.Time, outcomes []subscriptions.Outcome, begins []subscriptions.Begin) ([]bool, error) {
	for _, o := range outcomes {
		var sentAt *time.Time
		if o.State == subscriptions.DeliverySent {
			sentAt = &now
		}
		if _, err := outcome.ExecContext(ctx, string(o.State), o.MessageID, o.Code, o.Status, text(o.Detail), null(o.NotBefore), sentAt, now,
			o.DeliveryID, worker, o.Unbegun); err != nil {
			return nil, fmt.Errorf("record delivery %d: %w", o.DeliveryID, err)
		}
	}
	granted := make([]bool, len(begins))
	for i, b := range begins {
		result, err := begin.ExecContext(ctx, now, b.DeliveryID, worker, b.Revision, b.Standing)
		if err != nil {
			return nil, fmt.Errorf("begin delivery %d: %w", b.DeliveryID, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return nil, err
		}
		granted[i] = n == 1
	}
	return granted, nil
}

// outcomeRecord and beginRecord are the rows as PostgreSQL reads them.
type outcomeRecord struct {
	ID        int64      `json:"id"`
	State     string     `json:"state"`
	MessageID string     `json:"message_id"`
	Code      int        `json:"code"`
	Status    string     `json:"status"`
	Detail    string     `json:"detail"`
	NotBefore *time.Time `json:"not_before"`
	Unbegun   bool       `json:"unbegun"`
}

type beginRecord struct {
	ID       int64 `json:"id"`
	Revision int64 `json:"revision"`
	Standing int64 `json:"standing"`
}

// writeRecords is PostgreSQL's way.
func writeRecords(ctx context.Context, outcome, begin *sql.Stmt, worker string, now time.Time, outcomes []subscriptions.Outcome, begins []subscriptions.Begin) ([]bool, error) {
	if len(outcomes) > 0 {
		records := make([]outcomeRecord, len(outcomes))
		for i, o := range outcomes {
			records[i] = outcomeRecord{o.DeliveryID, string(o.State), o.MessageID, o.Code, o.Status, text(o.Detail), null(o.NotBefore), o.Unbegun}
		}
		list, err := json.Marshal(records)
		if err != nil {
			return nil, err
		}
		if _, err := outcome.ExecContext(ctx, now, string(list), worker); err != nil {
			return nil, fmt.Errorf("record %d outcomes: %w", len(outcomes), err)
		}
	}
	granted := make([]bool, len(begins))
	if len(begins) == 0 {
		return granted, nil
	}
	records := make([]beginRecord, len(begins))
	place := make(map[int64]int, len(begins))
	for i, b := range begins {
		records[i], place[b.DeliveryID] = beginRecord{b.DeliveryID, b.Revision, b.Standing}, i
	}
	list, err := json.Marshal(records)
	if err != nil {
		return nil, err
	}
	rows, err := begin.QueryContext(ctx, now, string(list), worker)
	if err != nil {
		return nil, fmt.Errorf("begin %d deliveries: %w", len(begins), err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		granted[place[id]] = true
	}
	return granted, rows.Err()
}
