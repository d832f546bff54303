package mailer_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// slowly makes each message take a moment on the wire, so that there is a middle
// of a run to do something in.
func slowly(d time.Duration) mailtest.Options {
	return mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Action: mailtest.Stall(d)}}}
}

func TestEverybodyGetsExactlyOneMessage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                string
		people, connections int
	}{{"nobody at all", 0, 2}, {"one", 1, 4}, {"one connection", 100, 1}, {"more people than a claim", 700, 5}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, tc.people, mailtest.Options{})
			stop := h.run(h.worker(tc.connections))
			h.over()
			stop()
			h.once(tc.people)
			if b := h.books(); b.Sent != tc.people || b.Planned != tc.people {
				t.Errorf("the books are %+v", b)
			}
			if st := h.mail.Stats(); st.Peak > tc.connections || tc.people > 500 && st.Peak < 2 {
				t.Errorf("%d connections at once, asked for %d", st.Peak, tc.connections)
			}
			for i := range min(tc.people, 3) {
				d := h.digest(i)
				if d.State != subscriptions.DeliverySent || d.Code != 250 || d.Attempts != 1 || d.MessageID == "" || d.SentAt.IsZero() || d.Worker != "" {
					t.Errorf("the row is %+v", d)
				}
			}
			again := h.run(h.worker(2))
			time.Sleep(50 * time.Millisecond)
			again()
			h.once(tc.people)
		})
	}
}

func TestTwoWorkersShareTheWork(t *testing.T) {
	t.Parallel()
	const people = 400
	h := newHouse(t, people, slowly(time.Millisecond))
	one, two := h.run(h.worker(2)), h.run(newWorker(t, openStore(t, h.path), h.editions, h.keys, h.mail.URL(), h.clock.Now, 2))
	h.over()
	one()
	two()
	h.once(people)
	if st := h.mail.Stats(); st.Peak < 3 {
		t.Errorf("%d connections at once: one of them did nothing", st.Peak)
	}
}

func TestAPauseStopsBeforeTheNextMessageAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	const people, connections = 300, 3
	h := newHouse(t, people, slowly(3*time.Millisecond))
	h.run(h.worker(connections))
	h.until("fifty are sent", func() bool { return h.mail.Count() >= 50 })
	if _, err := h.editions.Pause(t.Context(), h.edition); err != nil {
		t.Fatal(err)
	}
	paused := h.mail.Count()
	h.until("everything is given back", func() bool { b := h.books(); return b.Claimed+b.Sending == 0 })
	time.Sleep(100 * time.Millisecond)
	if n := h.mail.Count(); n > paused+connections {
		t.Errorf("%d messages left after the pause, at most the %d on the wire may", n-paused, connections)
	}
	if b := h.books(); b.Sent != h.mail.Count() || b.Queued != people-b.Sent {
		t.Errorf("the books are %+v, %d messages were sent", b, h.mail.Count())
	}
	if _, err := h.editions.Resume(t.Context(), h.edition); err != nil {
		t.Fatal(err)
	}
	h.over()
	h.once(people)
	if d := h.digest(people - 1); d.Attempts != 1 {
		t.Errorf("the pause cost attempts: %+v", d)
	}
}

func TestACancelledEditionSendsNothingMore(t *testing.T) {
	t.Parallel()
	const people, connections = 200, 2
	h := newHouse(t, people, slowly(3*time.Millisecond))
	h.run(h.worker(connections))
	h.until("twenty are sent", func() bool { return h.mail.Count() >= 20 })
	if _, err := h.editions.Cancel(t.Context(), h.edition); err != nil {
		t.Fatal(err)
	}
	cancelled := h.mail.Count()
	h.until("the books are closed", func() bool { return h.books().Open() == 0 })
	time.Sleep(50 * time.Millisecond)
	if n := h.mail.Count(); n > cancelled+connections {
		t.Errorf("%d messages left after the end", n-cancelled)
	}
	if b := h.books(); b.Sent != h.mail.Count() || b.Skipped != people-b.Sent {
		t.Errorf("the books are %+v, %d messages were sent", b, h.mail.Count())
	}
}

// Both persons were claimed as readers; one leaves while others are composed, one
// while their own letter is.
func TestWhoLeavesAfterTheClaimGetsNothing(t *testing.T) {
	t.Parallel()
	const people, later, himself = 60, 30, 17
	h := newHouse(t, people, mailtest.Options{})
	readers := &subscriptions.SubscriptionService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	leave := func(i int) error {
		person, err := h.store.FindSubscriberByAddress(context.Background(), reader(i))
		if err != nil {
			return err
		}
		token := h.keys.Issue(subscriptions.PurposeUnsubscribe, person.ID, 0, h.clock.Now())
		_, err = readers.Unsubscribe(context.Background(), token, "", "one-click", "192.0.2.1")
		return err
	}
	var once sync.Once
	letters := newLetters()
	letters.hook = func(_ context.Context, d subscriptions.Delivery) (err error) {
		once.Do(func() { err = leave(later) })
		if d.Address == reader(himself) {
			err = leave(himself)
		}
		return err
	}
	w := h.worker(2) // claims 64 at once: everybody
	w.Composer = letters
	h.run(w)
	h.over()
	h.once(people, later, himself)
	for _, i := range []int{later, himself} {
		if d := h.digest(i); d.State != subscriptions.DeliverySkipped || d.Detail != "unsubscribed" || d.Attempts != 0 {
			t.Errorf("%s is %s, %q, after %d attempts", reader(i), d.State, d.Detail, d.Attempts)
		}
	}
}

func TestAStopInTheMiddleLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	const people = 300
	h := newHouse(t, people, slowly(3*time.Millisecond))
	for _, at := range []int{1, 40, 120, 121, 200} {
		stop := h.run(h.worker(4))
		h.until("it has sent some", func() bool { return h.mail.Count() >= at })
		stop()
		if b := h.books(); b.Sending+b.Claimed+b.Uncertain+b.Deferred != 0 || b.Sent != h.mail.Count() {
			t.Errorf("after a stop the books are %+v, %d messages were sent", b, h.mail.Count())
		}
		if alive, err := mailer.Alive(t.Context(), h.store, h.clock.Now()); err != nil || len(alive) != 0 {
			t.Errorf("a worker that stopped counts as alive: %v, %v", alive, err)
		}
	}
	h.run(h.worker(4))
	h.over()
	h.once(people)
}

func TestWhatCannotBeComposedWaitsOrIsSkipped(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 10, mailtest.Options{})
	var mended sync.Map
	letters := newLetters()
	letters.hook = func(_ context.Context, d subscriptions.Delivery) error {
		switch _, ok := mended.Load("template"); {
		case d.Address == reader(3) && !ok:
			return errors.New("template: digest: bo\xf6m")
		case d.Address == reader(4):
			return &mailer.Skip{Reason: "nothing to say"}
		case d.Address == reader(5):
			return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no variant 9"}
		}
		return nil
	}
	w := h.worker(2)
	w.Composer = letters
	h.run(w)
	h.until("the others are sent", func() bool { return h.books().Open() == 1 })
	if d := h.digest(3); d.State != subscriptions.DeliveryDeferred || d.Attempts != 0 || d.NotBefore.Before(h.clock.Now().Add(40*time.Second)) {
		t.Errorf("the row is %+v", d)
	}
	if d := h.digest(4); d.State != subscriptions.DeliverySkipped || d.Detail != "nothing to say" {
		t.Errorf("the row is %+v", d)
	}
	if d := h.digest(5); d.State != subscriptions.DeliveryFailed {
		t.Errorf("the row is %+v", d)
	}
	mended.Store("template", true)
	h.clock.move(2 * time.Minute)
	h.over()
	h.once(10, 4, 5)
}
