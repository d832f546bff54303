package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// A worker that was taken for dead may be alive and put a digest on the wire in the
// middle of the other's Reclaim: then it must not be queued, which would be a second
// letter. On PostgreSQL each statement sees what was committed before it. Here the
// first is held up by a lock until the digest is on the wire.
func TestWhatGoesOnTheWireInTheMiddleOfAReclaimIsNotQueued(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	s, err := store.Open(t.Context(), dsn, store.Options{Now: storetest.Now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	o := newOutbox(t, s, 2)
	o.digests(t)
	o.claim(t, "slow", 2, storetest.Now())
	same(t, true, o.begin(t, "slow", o.delivery(t, 0), 0))

	other, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() { must(t, other.Close(t.Context())) })
	lock, err := other.Begin(t.Context())
	must(t, err)
	_, err = lock.Exec(t.Context(), "SELECT 1 FROM deliveries WHERE id = $1 FOR UPDATE", o.delivery(t, 0).ID)
	must(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Reclaim(t.Context(), storetest.Now(), []string{"quick"})
		ended <- err
	}()
	for waiting, deadline := 0, time.Now().Add(30*time.Second); waiting == 0; time.Sleep(10 * time.Millisecond) {
		must(t, lock.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting))
		if time.Now().After(deadline) {
			t.Fatal("the Reclaim does not get to the lock")
		}
	}
	same(t, true, o.begin(t, "slow", o.delivery(t, 1), 0))
	must(t, lock.Rollback(t.Context()))
	must(t, <-ended)
	same(t, subscriptions.DeliveryUncertain, o.delivery(t, 0).State)
	if d := o.delivery(t, 1); d.State != subscriptions.DeliverySending && d.State != subscriptions.DeliveryUncertain {
		t.Errorf("what is on the wire is %s", d.State)
	}
}

// Cancel does not wait for rows that a commit of the ledger has in hand: that commit
// may be waiting for rows which Cancel has taken, and one of the two would fail.
func TestSkipOpenWaitsForNobody(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	s, err := store.Open(t.Context(), dsn, store.Options{Now: storetest.Now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	o := newOutbox(t, s, 3)
	o.digests(t)
	o.claim(t, "a", 2, storetest.Now())
	other, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() { _ = other.Close(context.Background()) })
	tx, err := other.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = $1", o.delivery(t, 0).ID)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	must(t, o.SkipOpen(ctx, o.edition.ID, "cancelled", storetest.Now()))
	o.move(t, subscriptions.EditionCancelled)
	must(t, tx.Commit(t.Context()))
	books, err := o.Books(t.Context(), o.edition.ID)
	must(t, err)
	same(t, subscriptions.Books{Planned: 3, Sending: 1, Skipped: 2}, books)
	// What comes back from there is ended as well.
	o.record(t, "a", storetest.Now(), subscriptions.Outcome{DeliveryID: o.delivery(t, 0).ID, State: subscriptions.DeliveryDeferred, NotBefore: storetest.Now()})
	_, err = o.Reclaim(t.Context(), storetest.Now(), []string{"a"})
	must(t, err)
	books, err = o.Books(t.Context(), o.edition.ID)
	must(t, err)
	same(t, subscriptions.Books{Planned: 3, Skipped: 3}, books)
}
