package store_test

import (
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
