// Package store keeps the nouns of package subscriptions in SQLite or
// PostgreSQL. It is the only code that knows GORM, and it holds no rule of the
// service.
//
// # Two databases, one behaviour
//
// The schema is SQL in migrations/, one folder a dialect with the same file
// names. Moments are TIMESTAMPTZ on PostgreSQL and whole microseconds since
// 1970 in columns declared TIMESTAMP on SQLite, always UTC; days are text, as
// 2019-03-31. The zero time and the zero id are NULL.
//
// # SQLite
//
// One connection writes and takes its lock when the transaction begins; eight
// read and cannot write. A pool that begins transactions as readers and turns
// them into writers later deadlocks with itself under load.
//
// # Rows
//
// Row structs are private; toRow… and the row's own method named after the noun
// translate. Updates name every column, so that a zero is written as a zero.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/lru"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	r, w     *gorm.DB // the same inside a transaction, and on PostgreSQL
	postgres bool
	inTx     bool
	now      func() time.Time
	ledger   *ledger      // nil inside a transaction
	path     string       // of the SQLite file
	locks    *workerLocks // of this process's workers; nil inside a transaction
	created  bool         // by this Open
	closers  []func() error
	contents *lru.Cache[frozen, *subscriptions.Content] // nil inside a transaction
}

var _ subscriptions.Store = (*Store)(nil)

// Close gives all connections back.
func (s *Store) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// Created is the path of the SQLite file that Open made, "" when it was there.
func (s *Store) Created() string {
	if s.created {
		return s.path
	}
	return ""
}

// Ping asks the database for an answer.
func (s *Store) Ping(ctx context.Context) error {
	return s.r.WithContext(ctx).Exec("SELECT 1").Error
}

// InTx runs f in one transaction. Inside another it joins that one.
func (s *Store) InTx(ctx context.Context, f func(tx subscriptions.Store) error) error {
	return s.tx(ctx, func(tx *Store) error { return f(tx) })
}

func (s *Store) tx(ctx context.Context, f func(tx *Store) error) error {
	if s.inTx {
		return f(s)
	}
	return s.w.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		return f(&Store{r: db, w: db, postgres: s.postgres, inTx: true, now: s.now})
	})
}

func (s *Store) read(ctx context.Context) *gorm.DB  { return s.r.WithContext(ctx) }
func (s *Store) write(ctx context.Context) *gorm.DB { return s.w.WithContext(ctx) }

// hold reads a row to change it: inside a transaction it is locked, so that two
// decisions about it are made one after the other. (SQLite drops the clause: its
// transactions are one at a time anyway.) The lock is the one of an UPDATE that leaves
// the key alone. FOR UPDATE would make the foreign key of a row elsewhere wait, and
// Confirm, which holds a person and queues for an edition, and the plan, which holds an
// edition and queues for people, would wait for each other.
func (s *Store) hold(ctx context.Context) *gorm.DB {
	q := s.read(ctx)
	if s.inTx {
		q = q.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
	}
	return q
}

// batch is how many rows one INSERT carries, and how many ids one IN list: below
// SQLite's 32,766 and PostgreSQL's 65,535 parameters for the widest table.
const batch = 1000

// fault translates a database error: what names the noun that was looked for.
func fault(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no " + what}
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return &subscriptions.Error{Code: subscriptions.Conflict, Message: what + " exists already", Err: err}
	}
	if hint := outOfReach(err); hint != "" {
		return &subscriptions.Error{Code: subscriptions.Unavailable, Message: what, Hint: hint, Err: err}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// outOfReach says what to do when the database itself is in trouble, by SQLite's
// primary result codes (https://www.sqlite.org/rescode.html).
func outOfReach(err error) string {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return ""
	}
	switch coded.Code() & 0xff {
	case 5, 6: // BUSY, LOCKED
		return "Another program holds the database. Try again, or stop it."
	case 8: // READONLY
		return "The database file or its folder cannot be written. Check who owns them."
	case 10: // IOERR
		return "The disk answers with an error. Check it, and the free space."
	case 11, 26: // CORRUPT, NOTADB
		return "The file is damaged or no database. Restore a backup."
	case 13: // FULL
		return "The disk is full. Make room; nothing was lost."
	case 14: // CANTOPEN
		return "The database file cannot be opened. Check that it and its folder can be read and written."
	}
	return ""
}

// null and timeOf translate "never" to NULL and back.
func null(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// ref and idOf translate "none" to NULL and back.
func ref(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// day reads a stored day; the schema holds nothing else.
func day(s string) subscriptions.Date {
	var d subscriptions.Date
	if err := d.UnmarshalText([]byte(s)); err != nil {
		return subscriptions.Date{}
	}
	return d
}

// limitOr bounds a list.
func limitOr(n int) int {
	if n <= 0 {
		return 500
	}
	return n
}
