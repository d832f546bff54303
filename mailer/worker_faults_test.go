package mailer_test

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

func TestAServerThatIsDownCostsNoAttempt(t *testing.T) {
	t.Parallel()
	const people = 80
	h := newHouse(t, people, mailtest.Options{})
	addr := h.mail.Addr()
	if err := h.mail.Close(); err != nil {
		t.Fatal(err)
	}
	w := h.worker(3)
	h.run(w)
	h.until("the worker knows", func() bool { return strings.Contains(w.Unreachable(), "connection refused") })
	time.Sleep(600 * time.Millisecond) // time for more than one try
	if b := h.books(); b.Planned != people || b.Open() != people || b.Deferred != 0 {
		t.Errorf("while the server is down the books are %+v", b)
	}
	h.mail = serve(t, mailtest.Options{Addr: addr})
	h.over()
	h.once(people)
	for i := range people {
		if d := h.digest(i); d.Attempts != 1 {
			t.Fatalf("%s needed %d attempts", d.Address, d.Attempts)
		}
	}
	if why := w.Unreachable(); why != "" {
		t.Errorf("the server is up and the worker says %s", why)
	}
}

// One wrong setting, such as a missing password, must not fail a whole edition.
func TestAServerThatRefusesTheSenderFailsNobody(t *testing.T) {
	t.Parallel()
	const people = 20
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Mail, Action: mailtest.Reply{Code: 530, Enhanced: "5.7.0", Text: "Authentication required"}}}})
	w := h.worker(2)
	h.run(w)
	h.until("the worker knows", func() bool { return strings.Contains(w.Unreachable(), "Authentication required") })
	time.Sleep(600 * time.Millisecond)
	if b := h.books(); b.Open() != people || b.Failed != 0 {
		t.Errorf("while the server refuses us the books are %+v", b)
	}
	if err := h.mail.SetFaults(); err != nil {
		t.Fatal(err)
	}
	h.over()
	h.once(people)
	if why := w.Unreachable(); why != "" {
		t.Errorf("the server takes mail and the worker says %s", why)
	}
	// Otherwise whoever came first all day has used up the patience for a first 451.
	for i := range people {
		if d := h.digest(i); d.Attempts != 1 {
			t.Errorf("%s was tried %d times", d.Address, d.Attempts)
		}
	}
}

// A server ends a connection on which nothing happens for some minutes. That is
// no fault of the next message.
func TestAConnectionThatWasClosedWhileIdleCostsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3, mailtest.Options{IdleTimeout: 500 * time.Millisecond})
	h.run(h.worker(1))
	h.over()
	for _, key := range []string{"manage:1", "manage:2"} {
		h.until("the server has closed the connection", func() bool { return h.mail.Stats().Open == 0 })
		h.queue(subscriptions.KindManage, 1, key)
		h.until("the link is sent or put off", func() bool {
			s := h.row(key).State
			return s == subscriptions.DeliverySent || s == subscriptions.DeliveryDeferred
		})
		if d := h.row(key); d.State != subscriptions.DeliverySent || d.Attempts != 1 {
			t.Errorf("%s is %s after %d attempts: %s", key, d.State, d.Attempts, d.Detail)
		}
	}
	if n := h.inbox()[reader(1)]; n != 3 {
		t.Errorf("%d messages, want the digest and two links", n)
	}
}

func TestEachRefusalEndsWhereItBelongs(t *testing.T) {
	t.Parallel()
	const people = 12
	for _, tc := range []struct {
		name   string
		fault  mailtest.Fault
		state  subscriptions.DeliveryState
		code   int
		status string
		copies int // in the reader's inbox at the end
		later  subscriptions.DeliveryState
	}{
		{"greylisted at RCPT, taken later", mailtest.Fault{At: mailtest.Rcpt, Times: 1, Action: mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisted"}},
			subscriptions.DeliveryDeferred, 451, "4.7.1", 1, subscriptions.DeliverySent},
		{"put off after the dot, taken later", mailtest.Fault{At: mailtest.AfterDot, Times: 1, Action: mailtest.Reply{Code: 452, Enhanced: "4.2.2", Text: "Full"}},
			subscriptions.DeliveryDeferred, 452, "4.2.2", 1, subscriptions.DeliverySent},
		{"the server shuts down, and is back later", mailtest.Fault{At: mailtest.Rcpt, Times: 1, Action: mailtest.Reply{Code: 421, Enhanced: "4.3.2", Text: "Bye"}},
			subscriptions.DeliveryDeferred, 421, "4.3.2", 1, subscriptions.DeliverySent},
		{"the connection breaks before the message", mailtest.Fault{At: mailtest.Rcpt, Times: 1, Action: mailtest.Reset},
			subscriptions.DeliveryDeferred, 0, "", 1, subscriptions.DeliverySent},
		{"no such mailbox", mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "User unknown"}},
			subscriptions.DeliveryFailed, 550, "5.1.1", 0, subscriptions.DeliveryFailed},
		{"the connection breaks after the dot, and it was taken", mailtest.Fault{At: mailtest.AfterDot, Times: 1, Accept: true, Action: mailtest.Drop},
			subscriptions.DeliveryUncertain, 0, "", 1, subscriptions.DeliveryUncertain},
		{"the connection breaks after the dot, and it was lost", mailtest.Fault{At: mailtest.AfterDot, Times: 1, Action: mailtest.Reset},
			subscriptions.DeliveryUncertain, 0, "", 0, subscriptions.DeliveryUncertain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.fault.Address = reader(5)
			h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{tc.fault}})
			h.run(h.worker(2))
			h.until("the refusal is in the ledger", func() bool { return h.digest(5).State == tc.state })
			h.until("the others have theirs", func() bool { return h.books().Sent == people-1 })
			if d := h.digest(5); d.Code != tc.code || d.Status != tc.status || d.Attempts != 1 || d.MessageID == "" || d.Detail == "" {
				t.Errorf("the row is %+v", d)
			}
			h.clock.move(2 * time.Minute)
			h.over()
			if d := h.digest(5); d.State != tc.later || d.Attempts != 1 && tc.state != subscriptions.DeliveryDeferred {
				t.Errorf("at the end the row is %+v", d)
			}
			if n := h.inbox()[reader(5)]; n != tc.copies {
				t.Errorf("%d copies have arrived, want %d", n, tc.copies)
			}
		})
	}
}

func TestAConfirmationOfWhichNobodyKnowsIsSentAgainAsTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, mailtest.Options{})
	h.run(h.worker(2))
	h.over()
	if err := h.mail.SetFaults(mailtest.Fault{At: mailtest.AfterDot, Times: 1, Accept: true, Action: mailtest.Drop}); err != nil {
		t.Fatal(err)
	}
	h.queue(subscriptions.KindConfirmation, 0, "confirmation:1")
	h.until("it is put off", func() bool { return h.row("confirmation:1").State == subscriptions.DeliveryDeferred })
	h.clock.move(2 * time.Minute)
	h.until("it is sent", func() bool { return h.row("confirmation:1").State == subscriptions.DeliverySent })
	var ids []string
	for _, m := range h.mail.Messages()[1:] {
		parsed, err := mail.ReadMessage(strings.NewReader(string(m.Data)))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, parsed.Header.Get("Message-Id"))
	}
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] != "<"+h.row("confirmation:1").MessageID+">" {
		t.Errorf("the Message-IDs are %v", ids)
	}
}

func TestAStopDoesNotWaitForAServerThatNeverSpeaks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 20, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Connect, Action: mailtest.Stall(time.Minute)}}})
	w := h.worker(2)
	stop := h.run(w)
	h.until("both connections wait for the greeting", func() bool { return h.mail.Stats().Faults >= 2 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if b := h.books(); b.Queued != b.Planned || b.Planned == 0 {
		t.Errorf("the books are %+v", b)
	}
	if why := w.Unreachable(); why != "" {
		t.Errorf("a stop is taken for a fault of the server: %s", why)
	}
}

func TestAStopWaitsForTheMessageOnTheWireAndNotForEver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 20, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Address: reader(3), Action: mailtest.Stall(time.Minute)}}})
	w := h.worker(2)
	mailer.SetWaits(w, time.Minute, 200*time.Millisecond)
	stop := h.run(w)
	// But for one that may wait to follow over the connection that is held up.
	h.until("the others are sent", func() bool { b := h.books(); return b.Queued == 0 && b.Sent+b.Claimed == 19 && b.Claimed <= 1 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second || took < 200*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	if d := h.digest(3); d.State != subscriptions.DeliveryUncertain {
		t.Errorf("the row is %+v", d)
	}
}

func TestAnIdleConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3, mailtest.Options{})
	w := h.worker(2)
	mailer.SetWaits(w, 50*time.Millisecond, time.Minute)
	h.run(w)
	h.over()
	h.until("no connection is open", func() bool { return h.mail.Stats().Open == 0 })
	h.queue(subscriptions.KindManage, 1, "manage:1")
	h.until("the link is sent", func() bool { return h.row("manage:1").State == subscriptions.DeliverySent })
}

// Planned, then left alone: nobody wants the March letter in May.
func TestADigestThatIsTooLateIsRefusedNotSent(t *testing.T) {
	t.Parallel()
	const people = 5
	h := newHouse(t, people, mailtest.Options{})
	for more := true; more; {
		var err error
		if _, more, err = h.editions.QueueBatch(t.Context(), h.edition, 100); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.move(15 * 24 * time.Hour)
	h.queue(subscriptions.KindManage, 1, "manage:late")
	h.run(h.worker(1))
	h.over()
	if b := h.books(); b.Failed != people || b.Sent != 0 {
		t.Errorf("after two weeks the books are %+v", b)
	}
	if d := h.digest(0); d.Detail != "too late: queued on 1 April 2019" || d.Attempts != 0 {
		t.Errorf("the digest is %s after %d attempts: %s", d.State, d.Attempts, d.Detail)
	}
	h.until("the link that was asked for now is sent", func() bool { return h.row("manage:late").State == subscriptions.DeliverySent })
}
