package mailer_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// senderTo is a plain sender to a server.
func senderTo(t *testing.T, s *mailtest.Server) mailer.Sender {
	t.Helper()
	o, err := smtp.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A run that creeps is let go without a restart, over more connections and through
// another server; one that is on the wire meanwhile ends as it began.
func TestARunningWorkerIsTuned(t *testing.T) {
	t.Parallel()
	const people = 300
	h := newHouse(t, people, slowly(time.Millisecond))
	other := serve(t, slowly(time.Millisecond))
	w := h.worker(1)
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: 2, Rate: 5})
	h.run(w)
	h.until("some are sent", func() bool { return h.mail.Count() >= 3 })
	if b := h.books(); b.Open() < people/2 {
		t.Fatalf("the rate is not kept: %+v", b)
	}
	w.Tune(mailer.Tuning{Sender: senderTo(t, other), Connections: 8})
	had := h.mail.Count()
	h.over()
	if n := h.mail.Count(); n > had+4 {
		t.Errorf("the first server got %d more messages", n-had)
	}
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
	if a, b := h.mail.Count(), other.Count(); a+b != people || b < people/2 {
		t.Errorf("the first server has %d messages, the other %d", a, b)
	}
	if n := other.Stats().Connections; n < 3 || n > 8 {
		t.Errorf("%d connections to the other server, want up to 8", n)
	}
	// And back: what is not wanted any more goes away while there is nothing to do.
	w.Tune(mailer.Tuning{Sender: senderTo(t, other), Connections: 1})
	h.until("one connection is left", func() bool { return other.Stats().Open <= 1 })
	h.queue(subscriptions.KindManage, 1, "manage:1")
	h.until("the link is sent", func() bool { return h.row("manage:1").State == subscriptions.DeliverySent })
}

// The rate is that of all workers together.
func TestWorkersShareTheRate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, mailtest.Options{})
	w := h.worker(1)
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: 1, Rate: 30})
	if got := mailer.RateOf(w); got != 30 {
		t.Errorf("alone it sends %v a second", got)
	}
	for _, other := range []string{"second", "third"} {
		if err := h.store.Beat(t.Context(), other, h.clock.Now().Add(8*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	h.run(w)
	h.until("it knows of the others", func() bool { return mailer.RateOf(w) == 10 })
	for _, other := range []string{"second", "third"} {
		if err := h.store.Leave(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	h.until("it knows that they are gone", func() bool { return mailer.RateOf(w) == 30 })
}

// A domain that takes little waits in the outbox, and nobody behind it.
func TestASlowDomainHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	const people = 40
	h := newHouse(t, people, mailtest.Options{})
	h.subscribeAt(30, "slow.example.org")
	w := h.worker(1)
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: 3, Domains: map[string]mailer.DomainLimit{"slow.example.org": {Rate: 0.01}}})
	h.run(w)
	h.until("the others have theirs, the slow domain one", func() bool { return h.books().Sent == people+1 })
	b := h.books()
	if b.Queued != 29 || b.Deferred+b.Failed != 0 {
		t.Errorf("the books are %+v", b)
	}
	slowed := w.Slowed()
	if len(slowed) != 1 || slowed[0].Domain != "slow.example.org" || slowed[0].Taken != 0 {
		t.Errorf("slowed are %+v", slowed)
	}
	rows, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: h.edition, States: []subscriptions.DeliveryState{subscriptions.DeliveryQueued}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rows {
		if d.Attempts != 0 || !strings.Contains(d.Detail, "slow.example.org") || !d.NotBefore.After(h.clock.Now()) {
			t.Errorf("it waits as %+v", d)
		}
	}
	// The limit is lifted. Those who were told their turn have it when it comes.
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: 3})
	h.clock.move(11 * time.Minute)
	h.over()
	if b := h.books(); b.Sent != people+30 {
		t.Errorf("the books are %+v", b)
	}
}

// Nobody has set a limit. The receiver says "slow down", and is sent less.
func TestADomainThatProtestsIsSlowedByItself(t *testing.T) {
	t.Parallel()
	const people = 5
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Rcpt, Address: "@slow.example.org", Skip: 5, Times: 1,
		Action: mailtest.Reply{Code: 451, Enhanced: "4.7.0", Text: "Too many messages, slow down"}}}})
	h.subscribeAt(300, "slow.example.org")
	w := h.worker(2)
	h.run(w)
	h.until("it is slowed", func() bool {
		s := w.Slowed()
		return len(s) == 1 && s[0].Domain == "slow.example.org" && s[0].Rate > 0 && s[0].Why != ""
	})
	for range 200 {
		if h.books().Open() == 0 {
			break
		}
		h.clock.move(30 * time.Second)
		time.Sleep(20 * time.Millisecond)
	}
	h.over()
	if b := h.books(); b.Sent != people+300 {
		t.Errorf("the books are %+v", b)
	}
}

// Fewer connections are wanted in the middle of a run: those that are too many end
// with their message, although there is always a next one.
func TestABusyWorkerLetsConnectionsGo(t *testing.T) {
	t.Parallel()
	const people = 400
	h := newHouse(t, people, slowly(5*time.Millisecond))
	w := h.worker(1)
	out := senderTo(t, h.mail)
	w.Tune(mailer.Tuning{Sender: out, Connections: 6})
	h.run(w)
	h.until("all work", func() bool { return h.mail.Stats().Open == 6 })
	w.Tune(mailer.Tuning{Sender: out, Connections: 1})
	h.until("one is left", func() bool { return h.mail.Stats().Open == 1 })
	if b := h.books(); b.Open() < people/4 {
		t.Errorf("it was nearly over: %+v", b)
	}
	w.Tune(mailer.Tuning{Sender: out, Connections: 8})
	h.over()
	h.once(people)
}

// At one message in two minutes ten connections hold messages for twenty. Their
// claims must not be taken back before their turn: then none would ever leave.
func TestAClaimOutlastsItsTimeAtTheThrottle(t *testing.T) {
	t.Parallel()
	const connections = 10
	h := newHouse(t, 60, mailtest.Options{})
	w := h.worker(1)
	w.Tune(mailer.Tuning{Sender: senderTo(t, h.mail), Connections: connections, Rate: 1.0 / 120})
	h.run(w)
	held := func() (rows []subscriptions.Delivery) {
		all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: h.edition, States: []subscriptions.DeliveryState{subscriptions.DeliveryClaimed}})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	h.until("the connections and their lane are full", func() bool { return len(held()) > 2*connections })
	rows := held()
	last := h.clock.Now().Add(time.Duration(len(rows)) * 2 * time.Minute)
	for _, d := range rows {
		if d.LeaseUntil.Before(last) {
			t.Fatalf("the lease of %d held ends at %s, the last of them leaves at %s", len(rows), d.LeaseUntil, last)
		}
	}
}
