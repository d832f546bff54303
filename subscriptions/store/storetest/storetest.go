// Package storetest gives tests a real store, never a stand-in: SQLite in the
// test's own folder, and a PostgreSQL of the test run's own where one can be
// started.
package storetest

import (
	"context"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// Clock is when tests take place: the morning after the first quarter of 2019.
var clock = time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)

// Now is a clock that stands at 1 April 2019, 8:00 UTC.
func Now() time.Time { return clock }

// New gives a migrated SQLite store that is closed with the test.
func New(t testing.TB) *store.Store {
	t.Helper()
	return open(t, SQLite(t))
}

// NewPostgres gives a migrated PostgreSQL store of its own, or skips where no
// server can be had (see Postgres).
func NewPostgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, DSN(t))
}

// DSN gives the URL of a migrated PostgreSQL database.
func DSN(t testing.TB) string {
	t.Helper()
	return PostgresFrom(t, "tidings", func(dsn string) error {
		s, err := store.Open(context.Background(), dsn, store.Options{Now: Now})
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.Migrate(context.Background())
		return err
	})
}

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{Now: Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Each runs the test on both databases, in parallel.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, New(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, NewPostgres(t)) })
}

// Keys is a ring with a fixed secret.
func Keys(t testing.TB) *subscriptions.Keyring {
	t.Helper()
	keys, err := subscriptions.NewKeyring([]byte("a secret that only tests know"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Topics gives the standard topics by slug.
func Topics(t testing.TB, s subscriptions.Store) map[string]subscriptions.Topic {
	t.Helper()
	all, err := s.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	topics := map[string]subscriptions.Topic{}
	for _, topic := range all {
		topics[topic.Slug] = topic
	}
	return topics
}
