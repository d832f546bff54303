package mailer_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

// planned plans the edition before any worker runs.
func (h *house) planned() {
	h.t.Helper()
	for more := true; more; {
		var err error
		if _, more, err = h.editions.QueueBatch(h.t.Context(), h.edition, 1000); err != nil {
			h.t.Fatal(err)
		}
	}
}

// looking is a worker that looks for dead ones more often than workers say that
// they live, so that a jump is seen before it is mended.
func (h *house) looking(connections int) *mailer.Worker {
	w := h.worker(connections)
	w.Poll = 2 * time.Second
	return w
}

func TestAClockThatJumpsChangesNothingForOneWorker(t *testing.T) {
	t.Parallel()
	const people, connections = 320, 2
	for _, tc := range []struct {
		name  string
		jumps []time.Duration
	}{
		{"ahead and back", []time.Duration{3 * time.Hour, -3 * time.Hour}},
		{"back and ahead", []time.Duration{-3 * time.Hour, 3 * time.Hour}},
		{"by little more than a worker counts as alive", []time.Duration{15 * time.Second, -15 * time.Second}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, people, slowly(50*time.Millisecond))
			h.planned()
			stop := h.run(h.looking(connections))
			h.until("it sends", func() bool { return h.mail.Count() >= people/20 })
			for _, jump := range tc.jumps {
				h.clock.move(jump)
				time.Sleep(2500 * time.Millisecond) // it looks for dead workers meanwhile
				if b := h.books(); b.Open() == 0 {
					t.Fatalf("it was over before the clock had jumped enough: %+v", b)
				}
			}
			h.over()
			stop()
			h.once(people)
			if n := h.settled(people, h.mail); n > 0 {
				t.Errorf("%d are uncertain, of a worker that lived", n)
			}
			for _, d := range h.ledger() {
				if d.Attempts != 1 {
					t.Errorf("%s needed %d attempts", d.Address, d.Attempts)
				}
			}
		})
	}
}
