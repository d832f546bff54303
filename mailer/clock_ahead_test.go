package mailer_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// What is due was due when it was planned, and
// does not wait until the clock comes there again.
func TestAnEditionThatWasPlannedByAClockAheadIsSentByTheRightOne(t *testing.T) {
	t.Parallel()
	const people = 20
	h := newHouse(t, people, mailtest.Options{})
	h.clock.move(3 * time.Hour)
	h.planned()
	h.clock.move(-3 * time.Hour)
	h.run(h.worker(2))
	h.over()
	h.once(people)
}

// Each worker takes the other for dead when the clock has jumped, until that one
// has said that it lives. What was on the wire is uncertain then, and nothing else.
func TestAClockThatJumpsUnderTwoWorkersLosesNobodyAndRepeatsNobody(t *testing.T) {
	t.Parallel()
	const people, connections = 1800, 3
	h := newHouse(t, people, slowly(20*time.Millisecond))
	h.planned()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	began := h.clock.Now()
	stops := []func(){h.run(h.looking(connections)), h.run(h.looking(connections))}
	jumps := 0
	for h.mail.Count() < people*9/10 {
		// Between the beginning and three hours on, and there again.
		there := began.Add(time.Duration(random.Int64N(int64(3 * time.Hour))))
		h.clock.move(there.Sub(h.clock.Now()))
		jumps++
		time.Sleep(time.Duration(100+random.IntN(300)) * time.Millisecond)
		if t.Failed() {
			break
		}
	}
	h.clock.move(began.Add(4 * time.Hour).Sub(h.clock.Now()))
	h.over()
	for _, stop := range stops {
		stop()
	}
	uncertain := h.settled(people, h.mail)
	t.Logf("%d jumps, %d uncertain", jumps, uncertain)
	if uncertain > jumps*2*connections {
		t.Errorf("%d are uncertain after %d jumps", uncertain, jumps)
	}
}

// A worker that is taken for dead and lives on claims the same delivery a second
// time. Its first job for it may leave; its second must not take that one off the
// wire and have it sent again.
func TestAWorkerThatWasTakenForDeadDoesNotSendWhatItHoldsTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Times: 1, Action: mailtest.Stall(time.Second)}}})
	h.planned()
	var composed atomic.Int64
	gates := []chan struct{}{make(chan struct{}), make(chan struct{})}
	l := newLetters()
	l.hook = func(ctx context.Context, _ subscriptions.Delivery) error {
		if n := composed.Add(1); int(n) <= len(gates) {
			select {
			case <-gates[n-1]:
			case <-ctx.Done():
			}
		}
		return nil
	}
	w := h.worker(2)
	w.Composer = l
	stop := h.run(w)
	h.until("it holds the delivery", func() bool { return composed.Load() == 1 })
	// As another worker does that sees no sign of life of this one.
	if _, err := h.store.Reclaim(t.Context(), h.clock.Now(), []string{"another"}); err != nil {
		t.Fatal(err)
	}
	h.until("it holds the delivery again", func() bool { return composed.Load() == 2 })
	close(gates[0])
	h.until("the letter is on the wire", func() bool { return h.mail.Stats().Faults == 1 })
	close(gates[1])
	h.over()
	stop() // and the first letter has its answer
	h.settled(1, h.mail)
}
