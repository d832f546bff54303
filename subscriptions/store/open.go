package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver named "sqlite": no C compiler needed

	"sesec.eu/tidings/subscriptions"
)

// Options of Open.
type Options struct {
	Now func() time.Time // for what the store dates itself; time.Now when nil
	Log *slog.Logger
	// Connections bounds the pool on PostgreSQL; 0 means 16.
	Connections int
}

// Open connects to the database that dsn names: the path of an SQLite file, or
// a postgres:// URL. It does not migrate.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Connections == 0 {
		o.Connections = 16
	}
	if IsPostgres(dsn) {
		return openPostgres(ctx, dsn, o)
	}
	return openSQLite(ctx, strings.TrimPrefix(dsn, "sqlite:"), o)
}

// IsPostgres reports whether dsn names a PostgreSQL database.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

func openPostgres(ctx context.Context, dsn string, o Options) (*Store, error) {
	db, err := gorm.Open(postgres.New(postgres.Config{DSN: dsn}), config(o))
	if err != nil {
		return nil, unavailable(err, "the PostgreSQL database", "Check that the server runs and that TIDINGS_DATABASE names its host, user and database.")
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(o.Connections)
	pool.SetMaxIdleConns(o.Connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	l := new(ledger)
	s := &Store{r: db, w: db, postgres: true, now: o.Now, ledger: l, contents: newContents(), closers: []func() error{l.Close, pool.Close}}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(unavailable(err, "the PostgreSQL database", "Check that the server runs."), s.Close())
	}
	return s, nil
}

// sqlitePragmas are set on every connection. WAL lets readers go on while one
// writes; with it, synchronous NORMAL loses no consistency, only the last
// commits of a machine (not a process) that dies.
var sqlitePragmas = []string{"journal_mode(WAL)", "busy_timeout(5000)", "foreign_keys(1)", "synchronous(NORMAL)", "temp_store(MEMORY)",
	// Pages of the ledger are written again and again; the fewer checkpoints, the
	// fewer of them are copied more than once. 16 MB of log at most times.
	"wal_autocheckpoint(4000)"}

const sqliteReaders = 8

func openSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "database", Message: "there is no folder for the database " + path,
			Hint: "Create it, or name another file with TIDINGS_DATABASE."}
	}
	created := createPrivate(path)
	w, err := openSQLitePool(path, 1, url.Values{"_txlock": {"immediate"}}, nil, o)
	if err == nil {
		// The first statement on the writer creates the file and turns WAL on, so
		// that the readers find both.
		err = w.WithContext(ctx).Exec("SELECT 1").Error
	}
	if err != nil {
		return nil, unavailable(err, "the database "+path, "Check that the file is a Tidings database and that it and its folder can be written.")
	}
	r, err := openSQLitePool(path, sqliteReaders, nil, []string{"query_only(1)"}, o)
	if err != nil {
		return nil, unavailable(err, "the database "+path, "Check that the file can be read.")
	}
	l, locks := new(ledger), &workerLocks{files: map[string]*os.File{}}
	s := &Store{r: r, w: w, now: o.Now, ledger: l, locks: locks, contents: newContents(), path: path, created: created, closers: []func() error{l.Close, locks.Close}}
	for _, db := range []*gorm.DB{r, w} {
		pool, err := db.DB()
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, pool.Close)
	}
	return s, nil
}

// createPrivate makes the file of a new database, for its owner alone: it holds
// addresses of people. SQLite gives the files beside it the same mode. When it
// cannot be made it is there already, or opening it says what is wrong.
func createPrivate(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return err == nil && f.Close() == nil
}

func openSQLitePool(path string, size int, q url.Values, pragmas []string, o Options) (*gorm.DB, error) {
	if q == nil {
		q = url.Values{}
	}
	q["_pragma"] = append(append([]string{}, sqlitePragmas...), pragmas...)
	q.Set("_time_integer_format", "unix_micro")
	q.Set("_inttotime", "1")
	// A path may hold characters that mean something in a file: URI.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	pool, err := openKeeping(dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	db, err := gorm.Open(dialector{sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: pool}).(*sqlite.Dialector)}, config(o))
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return db, nil
}

// dialector is GORM's for SQLite, with the errors of the driver we use: GORM
// knows only those of the C library.
type dialector struct{ *sqlite.Dialector }

// Extended result codes (https://www.sqlite.org/rescode.html).
const (
	sqliteConstraintPrimaryKey = 1555
	sqliteConstraintUnique     = 2067
	sqliteConstraintForeignKey = 787
)

// Translate turns a driver error into GORM's.
func (d dialector) Translate(err error) error {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return err
	}
	switch coded.Code() {
	case sqliteConstraintPrimaryKey, sqliteConstraintUnique:
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case sqliteConstraintForeignKey:
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	}
	return err
}

func config(o Options) *gorm.Config {
	c := &gorm.Config{
		NowFunc:                func() time.Time { return o.Now().UTC() },
		TranslateError:         true,
		SkipDefaultTransaction: true,
		// Not PrepareStmt: its cache is one for the pool, with a lock. A transaction
		// that holds the only writing connection, and wants a statement that somebody
		// without a connection has begun to prepare, would wait for ever. Statements
		// are kept by each connection instead: statements.go, and pgx by itself.
		Logger: logger.Discard, // errors come back to the caller, who logs them once
	}
	return c
}

func unavailable(err error, what, hint string) error {
	return &subscriptions.Error{Code: subscriptions.Unavailable, Message: "cannot open " + what, Hint: hint, Err: err}
}
