package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestOfSeveralProcessesOneIsInside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		boom := errors.New("boom")
		ran, err := s.Exclusively(ctx, "schedule", func() error {
			// What stands beside is another connection, as another process would be.
			inside := 0
			within, err := s.Exclusively(ctx, "schedule", func() error { inside++; return nil })
			must(t, err)
			if s.IsPostgres() == within || within != (inside == 1) {
				t.Errorf("a second one ran: %v, %d times", within, inside)
			}
			other, err := s.Exclusively(ctx, "something else", func() error { return nil })
			must(t, err)
			if !other {
				t.Error("another name waits for the first")
			}
			// And it can write while it is inside.
			return s.Release(ctx, "here")
		})
		if err != nil || !ran {
			t.Fatalf("ran %v, %v", ran, err)
		}
		if ran, err = s.Exclusively(ctx, "schedule", func() error { return boom }); !ran || !errors.Is(err, boom) {
			t.Errorf("afterwards: ran %v, %v", ran, err)
		}
		if ran, err = s.Exclusively(ctx, "schedule", func() error { return nil }); !ran || err != nil {
			t.Errorf("after a fault: ran %v, %v", ran, err)
		}
	})
}

func TestADatabaseSendsFromItsPlaceOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		here := &subscriptions.InstanceService{Store: s, BaseURL: "https://tidings.example.org"}
		staging := &subscriptions.InstanceService{Store: s, BaseURL: "https://staging.example.org"}
		must(t, here.CheckReleased(ctx))
		must(t, here.CheckReleased(ctx))
		if err := staging.CheckReleased(ctx); !errors.Is(err, subscriptions.ErrRefused) || subscriptions.HintOf(err) == "" {
			t.Errorf("another address: %v, want a refusal with a hint", err)
		}
		must(t, staging.Release(ctx))
		must(t, staging.CheckReleased(ctx))
		if err := here.CheckReleased(ctx); !errors.Is(err, subscriptions.ErrRefused) {
			t.Errorf("the first one after the move: %v", err)
		}
		keys := storetest.Keys(t)
		must(t, here.CheckSecret(ctx, keys))
		other, err := subscriptions.NewKeyring([]byte("another secret of enough length"))
		must(t, err)
		if err := here.CheckSecret(ctx, other); !errors.Is(err, subscriptions.ErrRefused) || subscriptions.HintOf(err) == "" {
			t.Errorf("another secret: %v, want a refusal with a hint", err)
		}
		must(t, here.CheckSecret(ctx, keys))
	})
}

func TestTwoDatabasesHaveTwoPlaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		one, err := s.Place(t.Context())
		must(t, err)
		other := storetest.New(t)
		if s.IsPostgres() {
			other = storetest.NewPostgres(t)
		}
		two, err := other.Place(t.Context())
		must(t, err)
		again, err := s.Place(t.Context())
		must(t, err)
		if one == two || one != again {
			t.Errorf("%q, the other %q, again %q", one, two, again)
		}
	})
}

func TestAWorkerWhoseProcessHasEndedIsNotAlive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tidings.db")
	open := func() *store.Store {
		s, err := store.Open(t.Context(), path, store.Options{})
		must(t, err)
		return s
	}
	here, there := open(), open()
	defer here.Close()
	_, err := here.Migrate(t.Context())
	must(t, err)
	now := storetest.Now()
	for range 2 { // the second beat finds its lock taken by itself
		must(t, here.Beat(t.Context(), "STAYS", now))
		must(t, there.Beat(t.Context(), "ENDS", now))
	}
	alive := func() []string {
		ids, err := here.Workers(t.Context(), now, time.Second)
		must(t, err)
		return ids
	}
	same(t, []string{"ENDS", "STAYS"}, alive())
	must(t, there.Close())
	same(t, []string{"STAYS"}, alive())
	same(t, []string{"STAYS"}, alive()) // and stays dead

	// Nor is one that left, and nothing stays behind.
	must(t, here.Leave(t.Context(), "STAYS"))
	same(t, 0, len(alive()))
	files, err := filepath.Glob(path + "-worker-*")
	must(t, err)
	same(t, 0, len(files))
}

// A machine that was off for an hour has no worker whose heartbeat is fresh, and the
// file of the one that was cut off.
func TestTheFileOfAWorkerThatDiedLongAgoIsTakenAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tidings.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	_, err = s.Migrate(t.Context())
	must(t, err)
	must(t, s.Beat(t.Context(), "ENDS", storetest.Now()))
	must(t, s.Close()) // as the end of the process would
	s, err = store.Open(t.Context(), path, store.Options{})
	must(t, err)
	defer s.Close()
	later := storetest.Now().Add(time.Hour)
	must(t, s.Beat(t.Context(), "SLOW", storetest.Now()))
	must(t, s.Beat(t.Context(), "HERE", later))
	_, err = s.Reclaim(t.Context(), later, []string{"HERE"})
	must(t, err)
	files, err := filepath.Glob(path + "-worker-*")
	must(t, err)
	same(t, []string{path + "-worker-HERE", path + "-worker-SLOW"}, files)
}

// A clock that was hours ahead has been set right; the worker that went by it died
// before. Its heartbeat keeps nothing alive, and its row is taken away.
func TestAHeartbeatFarFromNowIsNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := storetest.Now()
		must(t, s.Beat(t.Context(), "ahead", now.Add(3*time.Hour)))
		must(t, s.Beat(t.Context(), "behind", now.Add(-3*time.Hour)))
		must(t, s.Beat(t.Context(), "here", now.Add(time.Second)))
		ids, err := s.Workers(t.Context(), now, time.Minute)
		must(t, err)
		same(t, []string{"here"}, ids)
		_, err = s.Reclaim(t.Context(), now, ids)
		must(t, err)
		ids, err = s.Workers(t.Context(), now, 24*time.Hour)
		must(t, err)
		same(t, []string{"here"}, ids)
	})
}
