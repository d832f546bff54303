package store

import (
	"context"
	"errors"

	"sesec.eu/tidings/subscriptions"
)

// Backup writes an SQLite database as it is at this moment into a new file, while
// others go on reading and writing: VACUUM INTO reads one snapshot, and holds
// nobody up. What comes of it is whole and without the log beside it.
func (s *Store) Backup(ctx context.Context, file string) (err error) {
	if s.postgres {
		return errors.New("a PostgreSQL database is dumped by its own program")
	}
	// A connection of its own: the writing one would be held, the reading ones may not
	// write, not even elsewhere.
	db, err := openSQLitePool(s.path, 1, nil, nil, Options{Now: s.now})
	if err != nil {
		return fault(err, "copy of the database")
	}
	defer func() {
		pool, errPool := db.DB()
		if errPool == nil {
			errPool = pool.Close()
		}
		err = errors.Join(err, errPool)
	}()
	return fault(db.WithContext(ctx).Exec("VACUUM INTO ?", file).Error, "copy of the database")
}

// Whole asks SQLite whether the file of the database is in order.
func (s *Store) Whole(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	var answer string
	if err := s.read(ctx).Raw("PRAGMA quick_check(1)").Scan(&answer).Error; err != nil {
		return fault(err, "check of the database")
	}
	if answer != "ok" {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: "the database is damaged: " + answer, Hint: "Restore another backup."}
	}
	return nil
}

// Empty reports whether a PostgreSQL database holds no table of anybody's.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')").Scan(&n).Error
	return n == 0, fault(err, "tables of the database")
}
