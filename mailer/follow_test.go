package mailer_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// A letter that lets a person's mail go first is the next, and does not wait until
// the run is over.
func TestALetterThatLetsAnotherGoFirstFollowsIt(t *testing.T) {
	t.Parallel()
	const people = 100
	h := newHouse(t, people, slowly(2*time.Millisecond))
	h.planned()
	w := h.worker(1)
	var mu sync.Mutex
	var composed []string
	inHand := make(chan struct{})
	l := newLetters()
	l.hook = func(_ context.Context, d subscriptions.Delivery) error {
		mu.Lock()
		composed = append(composed, d.Address)
		first := len(composed) == 1
		mu.Unlock()
		if first {
			// While it is being composed and the lane of the edition is full, somebody
			// asks for a link.
			for full := 0; full < 10; time.Sleep(20 * time.Millisecond) {
				if h.books().Claimed > 2 {
					full++
				}
			}
			h.queue(subscriptions.KindManage, 99, "manage:99")
			close(inHand)
			h.until("the link is claimed", func() bool { return h.row("manage:99").State == subscriptions.DeliveryClaimed })
			time.Sleep(50 * time.Millisecond) // and handed over
		}
		return nil
	}
	w.Composer = l
	h.run(w)
	<-inHand
	h.over()
	var arrived []string
	for _, m := range h.mail.Messages() {
		arrived = append(arrived, m.To)
	}
	if len(arrived) != people+1 || arrived[0] != reader(99) {
		t.Fatalf("%d messages, the first to %s", len(arrived), arrived[0])
	}
	if at := slices.Index(arrived, composed[0]); at > 3 {
		t.Errorf("the letter that was in hand first arrived as number %d", at+1)
	}
}

// Fewer connections are fewer at once, and not when the run is over.
func TestFewerConnectionsAreObeyedInMidRun(t *testing.T) {
	t.Parallel()
	const people = 1500
	h := newHouse(t, people, slowly(10*time.Millisecond))
	h.planned()
	w := h.worker(6)
	h.run(w)
	h.until("all connections work", func() bool { return h.mail.Stats().Open == 6 && h.mail.Count() > 50 })
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: 1})
	told := h.mail.Count()
	h.until("one connection is left", func() bool { return h.mail.Stats().Open <= 1 })
	if b := h.books(); b.Open() == 0 {
		t.Errorf("the run was over before; it had sent %d when it was told", told)
	}
}
