package mailer_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// newHouseOn is newHouse on a given, migrated database.
func newHouseOn(t testing.TB, dsn string, n int, o mailtest.Options) *house {
	t.Helper()
	h := &house{t: t, path: dsn, keys: storetest.Keys(t), clock: newClock(), topic: "iot"}
	h.store = openStore(t, dsn)
	h.editions = &subscriptions.EditionService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	h.mail = serve(t, o)
	h.subscribe(n)
	h.approve()
	if _, err := h.editions.Start(t.Context(), h.edition); err != nil {
		t.Fatal(err)
	}
	return h
}

// second is a worker as in another process, with a pool of its own.
func (h *house) second(connections int) *mailer.Worker {
	h.t.Helper()
	s := openStore(h.t, h.path)
	return newWorker(h.t, s, &subscriptions.EditionService{Store: s, Keys: h.keys, Now: h.clock.Now}, h.keys, h.mail.URL(), h.clock.Now, connections)
}

func TestPostgreSQLIsRestartedInMidRunAndEverybodyHasOneLetter(t *testing.T) {
	t.Parallel()
	const people, connections = 600, 3
	for _, tc := range []struct {
		name string
		end  func(*storetest.Server)
	}{
		{"stopped in good order", (*storetest.Server).Stop},
		{"crashed", (*storetest.Server).Crash},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := storetest.PostgresServer(t)
			h := newHouseOn(t, server.DSN(), people, slowly(4*time.Millisecond))
			stops := []func(){h.run(h.worker(connections)), h.run(h.second(connections))}
			for restart := 1; restart <= 3; restart++ {
				h.until("some are sent", func() bool { return h.mail.Count() >= restart*people/5 })
				tc.end(server)
				before := h.mail.Count()
				time.Sleep(300 * time.Millisecond)
				// Each connection has its message to the end, and begins no other.
				if n := h.mail.Count() - before; n > 2*connections {
					t.Errorf("%d letters left without a row that says so", n)
				}
				server.Start()
			}
			h.over()
			for _, stop := range stops {
				stop()
			}
			// Neither worker has died, and none was taken for dead.
			if n := h.settled(people, h.mail); n > 0 {
				t.Errorf("%d are uncertain, of workers that lived on", n)
			}
			h.once(people)
		})
	}
}

func TestAWorkerThatDiesWhilePostgreSQLIsDownLeavesOnlyTheWireUncertain(t *testing.T) {
	t.Parallel()
	const people = 300
	server := storetest.PostgresServer(t)
	h := newHouseOn(t, server.DSN(), people, slowly(4*time.Millisecond))
	h.planned()
	die := h.live()
	h.until("some are sent", func() bool { return h.mail.Count() >= people/3 })
	server.Stop()
	die()
	server.Start()
	h.clock.move(time.Minute)
	stop := h.run(h.second(3))
	h.over()
	stop()
	if n := h.settled(people, h.mail); n > childConnections {
		t.Errorf("%d are uncertain, of %d connections", n, childConnections)
	}
}

// An outage longer than a heartbeat ends. Whoever is back first must not take the
// others, who had no way to say that they are alive, for dead.
func TestAnOutageOfPostgreSQLMakesNobodyDead(t *testing.T) {
	t.Parallel()
	const people, connections = 400, 3
	server := storetest.PostgresServer(t)
	h := newHouseOn(t, server.DSN(), people, slowly(4*time.Millisecond))
	h.planned()
	workers := []*mailer.Worker{h.worker(connections), h.second(connections)}
	var failed [2]atomic.Int64
	for i, w := range workers {
		w.Store = &beating{Store: w.Store, failed: &failed[i]}
		h.run(w)
	}
	h.until("some are sent", func() bool { return h.mail.Count() >= people/5 })
	server.Stop()
	h.until("neither can say that it is alive", func() bool { return failed[0].Load() > 0 && failed[1].Load() > 0 })
	h.clock.move(15 * time.Second)
	server.Start()
	h.over()
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
	h.once(people)
}

// beating counts the heartbeats that fail.
type beating struct {
	subscriptions.Store
	failed *atomic.Int64
}

func (b *beating) Beat(ctx context.Context, worker string, now time.Time) error {
	err := b.Store.Beat(ctx, worker, now)
	if err != nil {
		b.failed.Add(1)
	}
	return err
}
