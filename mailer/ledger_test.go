package mailer_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// counted is the real store, with a count of its commits and, where a test wants
// it, a moment each.
type counted struct {
	subscriptions.DeliveryStore
	slow             time.Duration
	commits, entries atomic.Int64
	failed           atomic.Int64
}

func (c *counted) Advance(ctx context.Context, worker string, now time.Time, o []subscriptions.Outcome, b []subscriptions.Begin) ([]bool, error) {
	time.Sleep(c.slow)
	granted, err := c.DeliveryStore.Advance(ctx, worker, now, o, b)
	if err != nil {
		c.failed.Add(1)
		return nil, err
	}
	c.commits.Add(1)
	c.entries.Add(int64(len(o) + len(b)))
	return granted, nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// claimed gives a house in which worker w holds n deliveries.
func claimed(t *testing.T, n int) (*house, []subscriptions.Delivery) {
	t.Helper()
	h := newHouse(t, n, mailtest.Options{})
	for more := true; more; {
		var err error
		if _, more, err = h.editions.QueueBatch(t.Context(), h.edition, 1000); err != nil {
			t.Fatal(err)
		}
	}
	held, err := h.store.Claim(t.Context(), "w", n, h.clock.Now(), h.clock.Now().Add(time.Hour))
	if err != nil || len(held) != n {
		t.Fatalf("%d claimed, %v", len(held), err)
	}
	return h, held
}

func (h *house) revision(id int64) int64 {
	h.t.Helper()
	s, err := h.store.FindSubscriber(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Revision
}

func TestOneCommitCarriesWhatAllConnectionsSay(t *testing.T) {
	t.Parallel()
	const connections, each = 20, 15
	h, held := claimed(t, connections*each)
	store := &counted{DeliveryStore: h.store, slow: 2 * time.Millisecond}
	l := mailer.NewLedger(t.Context(), store, "w", h.clock.Now, quiet())
	revision := h.revision(held[0].SubscriberID)
	var wg sync.WaitGroup
	for c := range connections {
		wg.Go(func() {
			var last *subscriptions.Outcome
			for _, d := range held[c*each : (c+1)*each] {
				if !l.Write(last, &subscriptions.Begin{DeliveryID: d.ID, Revision: revision}) {
					t.Errorf("delivery %d was not granted", d.ID)
				}
				last = &subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySent}
			}
			l.Write(last, nil)
		})
	}
	wg.Wait()
	l.Close()
	if b := h.books(); b.Sent != connections*each {
		t.Errorf("the books are %+v", b)
	}
	if n, commits := store.entries.Load(), store.commits.Load(); n != 2*connections*each || commits > 4*each {
		t.Errorf("%d entries in %d commits", n, commits)
	}
}

func TestABeginIsGrantedOnlyToWhomTheClaimBelongsAndForThePersonAsTheyWere(t *testing.T) {
	t.Parallel()
	h, held := claimed(t, 4)
	l := mailer.NewLedger(t.Context(), h.store, "w", h.clock.Now, quiet())
	defer l.Close()
	revision := h.revision(held[0].SubscriberID)
	begin := func(i int, revision int64) bool {
		return l.Write(nil, &subscriptions.Begin{DeliveryID: held[i].ID, Revision: revision})
	}
	if !begin(0, revision) {
		t.Error("a claim of ours is not granted")
	}
	if begin(0, revision) {
		t.Error("what is on the wire is granted again")
	}
	if begin(1, revision+1) {
		t.Error("a person who has changed is granted")
	}
	if _, err := h.store.Reclaim(t.Context(), h.clock.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if begin(2, revision) {
		t.Error("a claim that was taken away is granted")
	}
	l.Write(&subscriptions.Outcome{DeliveryID: held[3].ID, State: subscriptions.DeliverySent}, nil)
	if d := h.row(held[3].Key); d.State != subscriptions.DeliveryQueued {
		t.Errorf("an outcome for what is no longer ours is kept: %+v", d)
	}
}

// lock holds the database against every other writer until it is called.
func lock(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		if err = errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	})
}

// The store itself waits five seconds for a lock before it gives up.
func TestWhatCannotBeWrittenIsWrittenLaterAndNothingIsLost(t *testing.T) {
	t.Parallel()
	h, held := claimed(t, 6)
	store := &counted{DeliveryStore: h.store}
	l := mailer.NewLedger(t.Context(), store, "w", h.clock.Now, quiet())
	revision := h.revision(held[0].SubscriberID)
	for _, d := range held {
		l.Write(nil, &subscriptions.Begin{DeliveryID: d.ID, Revision: revision})
	}
	release := lock(t, h.path)
	defer release()
	var wg sync.WaitGroup
	for i, d := range held {
		wg.Go(func() {
			l.Write(&subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySent, MessageID: fmt.Sprint(i)}, nil)
		})
	}
	h.until("a commit has failed", func() bool { return store.failed.Load() > 0 })
	if b := h.books(); b.Sending != 6 {
		t.Errorf("while it is locked the books are %+v", b)
	}
	release()
	wg.Wait()
	l.Close()
	if b := h.books(); b.Sent != 6 {
		t.Errorf("the books are %+v", b)
	}
	for i, d := range held {
		if got := h.row(d.Key); got.MessageID != fmt.Sprint(i) || got.Attempts != 1 {
			t.Errorf("the row is %+v", got)
		}
	}
}

func TestTheEndOfAllPatienceEndsTheRetries(t *testing.T) {
	t.Parallel()
	h, held := claimed(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	store := &counted{DeliveryStore: h.store}
	l := mailer.NewLedger(ctx, store, "w", h.clock.Now, quiet())
	release := lock(t, h.path)
	defer release()
	began := make(chan bool)
	go func() {
		began <- l.Write(nil, &subscriptions.Begin{DeliveryID: held[0].ID, Revision: h.revision(held[0].SubscriberID)})
	}()
	time.Sleep(50 * time.Millisecond)
	cancel()
	select {
	case granted := <-began:
		if granted {
			t.Error("what was not written is granted")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the ledger goes on for ever")
	}
	l.Close()
	release()
	if d := h.row(held[0].Key); d.State != subscriptions.DeliveryClaimed {
		t.Errorf("the row is %+v", d)
	}
}

// A whole run, with a database that is locked for longer than it waits while
// messages are on the wire.
func TestALockedDatabaseHoldsARunUpAndSpoilsNothing(t *testing.T) {
	t.Parallel()
	const people = 120
	h := newHouse(t, people, slowly(3*time.Millisecond))
	h.run(h.worker(4))
	h.until("some are sent", func() bool { return h.mail.Count() >= 30 })
	release := lock(t, h.path)
	time.Sleep(100 * time.Millisecond)
	held := h.mail.Count()
	time.Sleep(5500 * time.Millisecond)
	if n := h.mail.Count(); n != held {
		t.Errorf("%d messages left without a row that says so", n-held)
	}
	release()
	h.over()
	h.once(people)
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
}
