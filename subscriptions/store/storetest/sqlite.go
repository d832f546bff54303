package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"sesec.eu/tidings/subscriptions/store"
)

// migrated is an SQLite file as the migrations leave it: made once a process, and
// copied for each test. Under the race detector the migrations take seconds.
var migrated struct {
	once sync.Once
	file []byte
	err  error
}

// SQLite gives the path of a migrated SQLite database in a folder of the test's own.
func SQLite(t testing.TB) (path string) {
	t.Helper()
	migrated.once.Do(func() { migrated.file, migrated.err = migrate() })
	if migrated.err != nil {
		t.Fatal(migrated.err)
	}
	path = filepath.Join(t.TempDir(), "tidings.db")
	if err := os.WriteFile(path, migrated.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func migrate() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "tidings-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "tidings.db")
	s, err := store.Open(context.Background(), path, store.Options{Now: Now})
	if err != nil {
		return nil, err
	}
	if _, err := s.Migrate(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return nil, errors.New("the database of the tests keeps a log beside it")
	}
	return os.ReadFile(path)
}
