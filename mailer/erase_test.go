package mailer_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// eraser erases readers of the house, and gives their rows from before.
func (h *house) eraser() (erase func(i int), row func(i int) subscriptions.Delivery) {
	h.t.Helper()
	readers := &subscriptions.SubscriptionService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	ids := map[string]int64{}
	people, err := h.store.Recipients(h.t.Context(), 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range people {
		ids[p.Subscriber.Address] = p.Subscriber.ID
	}
	erase = func(i int) {
		if _, err := readers.EraseAddress(context.Background(), reader(i), "a test"); err != nil {
			h.t.Error(err)
		}
	}
	return erase, func(i int) subscriptions.Delivery { return h.row(subscriptions.DigestKey(h.edition, ids[reader(i)])) }
}

// While a run goes on a third of the readers are erased, and one while their own
// letter is composed. What had not begun to leave then never does, and the books
// balance.
func TestNobodyIsMailedOnceErased(t *testing.T) {
	t.Parallel()
	const people, himself, first = 300, 17, 200
	h := newHouse(t, people, slowly(2*time.Millisecond))
	erase, row := h.eraser()
	letters := newLetters()
	letters.hook = func(_ context.Context, d subscriptions.Delivery) error {
		if d.Address == reader(himself) {
			erase(himself) // claimed, and composed from what was read before
		}
		return nil
	}
	w := h.worker(3)
	w.Composer = letters
	h.run(w)
	h.until("some are sent", func() bool { return h.mail.Count() >= 30 })
	skipped := map[int]bool{himself: true}
	for i := first; i < people; i++ {
		erase(i)
		switch d := row(i); d.State {
		case subscriptions.DeliverySkipped:
			skipped[i] = true
		case subscriptions.DeliverySending, subscriptions.DeliverySent: // it was faster
		default:
			t.Errorf("after the erasure the letter to %s is %s", reader(i), d.State)
		}
	}
	h.over()
	inbox := h.inbox()
	for i := range people {
		d, n := row(i), inbox[reader(i)]
		if erased := i == himself || i >= first; erased && (d.Address != "" || strings.Contains(d.Detail, "@") || d.Worker != "") {
			t.Errorf("the row still names %s: %+v", reader(i), d)
		}
		if skipped[i] && (n != 0 || d.State != subscriptions.DeliverySkipped) || !skipped[i] && (n != 1 || d.State != subscriptions.DeliverySent) {
			t.Errorf("%s has %d letters, the row is %+v", reader(i), n, d)
		}
	}
	if len(skipped) < 30 {
		t.Errorf("only %d were erased before their letter left: the test came too late", len(skipped))
	}
	if b := h.books(); b.Sent != people-len(skipped) || b.Skipped != len(skipped) {
		t.Errorf("the books are %+v", b)
	}
}

// A letter was on the wire when its person was erased, and the server put it off:
// it is not tried again.
func TestWhatComesBackToSomebodyErasedIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[func(int)]
	h := newHouse(t, 2, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Times: 1, Match: func(to string) bool {
		if to == reader(1) {
			(*now.Load())(1)
		}
		return to == reader(1)
	}, Action: mailtest.Reply{Code: 451, Enhanced: "4.2.2", Text: "reader1@example.org has no room"}}}})
	erase, row := h.eraser()
	now.Store(&erase)
	h.run(h.worker(1))
	h.until("it is put off", func() bool { return row(1).State == subscriptions.DeliveryDeferred })
	if d := row(1); d.Address != "" || d.Detail != "" {
		t.Errorf("the row still names them: %+v", d)
	}
	h.clock.move(2 * time.Minute)
	h.over()
	if d := row(1); d.State != subscriptions.DeliverySkipped || d.Detail != "erased" || d.Attempts != 1 {
		t.Errorf("the row is %+v", d)
	}
	if n := h.inbox()[reader(1)]; n != 0 {
		t.Errorf("%d letters have arrived", n)
	}
}
