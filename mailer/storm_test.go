package mailer_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// seeThrough waits for the end of the edition and moves the clock on whenever
// nothing is left but what is to be tried later: again, or because its domain is
// slowed.
func (h *house) seeThrough() {
	h.t.Helper()
	h.until("the edition is sent", func() bool {
		e, err := h.store.FindEdition(context.Background(), h.edition)
		if err != nil || e.State == subscriptions.EditionSent {
			return err == nil
		}
		if b := h.books(); !e.PlannedAt.IsZero() && b.Open() > 0 && b.Claimed+b.Sending == 0 {
			next := h.nextTry()
			if wait := next.Sub(h.clock.Now()); wait > 0 {
				h.clock.move(wait + time.Second)
			} // or else it is about to be claimed
		}
		return false
	})
}

// nextTry is when the first of those that wait is due.
func (h *house) nextTry() (next time.Time) {
	h.t.Helper()
	for _, d := range h.ledger() {
		if (d.State == subscriptions.DeliveryDeferred || d.State == subscriptions.DeliveryQueued) && (next.IsZero() || d.NotBefore.Before(next)) {
			next = d.NotBefore
		}
	}
	return next
}

// ledger gives the edition's rows.
func (h *house) ledger() []subscriptions.Delivery {
	h.t.Helper()
	var rows []subscriptions.Delivery
	for after := int64(0); ; after = rows[len(rows)-1].ID {
		page, err := h.store.Deliveries(context.Background(), subscriptions.DeliveryFilter{EditionID: h.edition, AfterID: after, Limit: 1000})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(page) == 0 {
			return rows
		}
		rows = append(rows, page...)
	}
}

// settled holds the ledger against what has arrived at the servers: who is sent
// has one letter, who is uncertain has one or none, and nothing else is left.
func (h *house) settled(n int, servers ...*mailtest.Server) (uncertain int) {
	h.t.Helper()
	arrived := map[string]int{}
	for _, s := range servers {
		for _, m := range s.Messages() {
			arrived[m.To]++
		}
	}
	rows := h.ledger()
	for _, d := range rows {
		letters := arrived[d.Address]
		switch {
		case d.State == subscriptions.DeliverySent && letters == 1:
		case d.State == subscriptions.DeliveryUncertain && letters <= 1:
			uncertain++
		default:
			h.t.Errorf("%s is %s and has %d letters", d.Address, d.State, letters)
		}
	}
	if b := h.books(); len(rows) != n || b.Planned != n || b.Sent+b.Uncertain != n || b.Uncertain != uncertain {
		h.t.Errorf("%d rows, %d of them uncertain, and the books are %+v", len(rows), uncertain, b)
	}
	return uncertain
}

func TestAStormOf421PassesAndEverybodyHasOneLetter(t *testing.T) {
	t.Parallel()
	const people = 60
	for _, tc := range []struct {
		at    mailtest.Point
		tries int // the most that anybody may have needed
	}{
		{mailtest.Connect, 1}, // nobody's attempt
		{mailtest.Mail, 6}, {mailtest.Rcpt, 6}, {mailtest.Data, 6}, {mailtest.AfterDot, 6},
	} {
		t.Run("at "+tc.at.String(), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
				{At: tc.at, Every: 3, Action: mailtest.Reply{Code: 421, Enhanced: "4.3.2", Text: "Too busy"}}}})
			h.run(h.worker(4))
			h.seeThrough()
			h.once(people)
			if n := h.settled(people, h.mail); n > 0 {
				t.Errorf("%d are uncertain, of a server that answered each time", n)
			}
			for _, d := range h.ledger() {
				if d.Attempts < 1 || d.Attempts > tc.tries {
					t.Errorf("%s needed %d attempts", d.Address, d.Attempts)
				}
			}
			if h.mail.Stats().Faults == 0 {
				t.Error("there was no storm")
			}
		})
	}
}

func TestAServerThatIsDownForAMinuteLosesNobody(t *testing.T) {
	t.Parallel()
	const people, connections = 300, 3
	h := newHouse(t, people, slowly(2*time.Millisecond))
	w := h.worker(connections)
	h.run(w)
	h.until("a quarter is sent", func() bool { return h.mail.Count() >= people/4 })
	first := h.mail
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	h.until("the worker knows", func() bool { return w.Unreachable() != "" })
	for range 6 {
		h.clock.move(10 * time.Second)
		time.Sleep(50 * time.Millisecond)
	}
	if b := h.books(); b.Open() == 0 || b.Failed > 0 {
		t.Errorf("while the server is down the books are %+v", b)
	}
	h.mail = serve(t, mailtest.Options{Addr: first.Addr()})
	h.seeThrough()
	if n := h.settled(people, first, h.mail); n > connections {
		t.Errorf("%d are uncertain, of %d connections that broke", n, connections)
	}
	again := 0 // those whose message was begun and not finished when it went down
	for _, d := range h.ledger() {
		if d.Attempts > 1 {
			again++
		}
	}
	if again > connections {
		t.Errorf("%d people have paid with an attempt for a server that was not there", again)
	}
}

func TestAConnectionThatIsTornDownAtRandomLeavesOnlyItsOwnMessageUncertain(t *testing.T) {
	t.Parallel()
	const people = 400
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	var mu sync.Mutex
	oneIn := func(n int) func(string) bool {
		return func(string) bool {
			mu.Lock()
			defer mu.Unlock()
			return random.IntN(n) == 0
		}
	}
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Rcpt, Match: oneIn(12), Action: mailtest.Reset},
		{At: mailtest.MidData, After: 100, Match: oneIn(12), Action: mailtest.Reset},
		{At: mailtest.AfterDot, Match: oneIn(12), Action: mailtest.Reset},
		{At: mailtest.AfterDot, Match: oneIn(12), Accept: true, Action: mailtest.Reset},
	}})
	stop := h.run(h.worker(4))
	h.seeThrough()
	stop()
	uncertain, faults := h.settled(people, h.mail), h.mail.Stats().Faults
	t.Logf("%d torn down, %d uncertain, %d connections", faults, uncertain, h.mail.Stats().Connections)
	if uncertain == 0 || uncertain > faults {
		t.Errorf("%d are uncertain after %d faults", uncertain, faults)
	}

	// A person decides: sent again, everybody has a letter, and only those of whom
	// nobody knew may have two.
	unknown := map[string]bool{}
	for _, d := range h.ledger() {
		unknown[d.Address] = d.State == subscriptions.DeliveryUncertain
	}
	if err := h.mail.SetFaults(); err != nil {
		t.Fatal(err)
	}
	if n, err := h.editions.Resolve(t.Context(), h.edition, true); err != nil || n != uncertain {
		t.Fatalf("%d resolved: %v", n, err)
	}
	h.run(h.worker(4))
	h.seeThrough()
	inbox := h.inbox()
	for address, was := range unknown {
		if n := inbox[address]; n != 1 && !(was && n == 2) {
			t.Errorf("%s has %d letters", address, n)
		}
	}
	if b := h.books(); b.Sent != people {
		t.Errorf("the books are %+v", b)
	}
}

func TestAStopInFrontOfASlowServerFinishesWhatIsOnTheWire(t *testing.T) {
	t.Parallel()
	const people, connections = 60, 4
	var slow []mailtest.Fault
	for _, at := range []mailtest.Point{mailtest.Connect, mailtest.Mail, mailtest.Rcpt, mailtest.Data, mailtest.AfterDot} {
		slow = append(slow, mailtest.Fault{At: at, Action: mailtest.Stall(30 * time.Millisecond)})
	}
	h := newHouse(t, people, mailtest.Options{Faults: slow})
	stop := h.run(h.worker(connections))
	h.until("it sends", func() bool { return h.mail.Count() >= 2*connections })
	stop()
	b, arrived := h.books(), h.mail.Count()
	if b.Sent != arrived || b.Sending+b.Claimed+b.Uncertain+b.Deferred > 0 || b.Queued != people-arrived || b.Queued == 0 {
		t.Errorf("%d have arrived at the stop, and the books are %+v", arrived, b)
	}
	h.run(h.worker(connections))
	h.over()
	h.once(people)
	for _, d := range h.ledger() {
		if d.Attempts != 1 {
			t.Errorf("%s needed %d attempts: %s", d.Address, d.Attempts, d.Detail)
		}
	}
}

func TestARefusalAtAnyStageIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	const people = 40
	busy := mailtest.Reply{Code: 451, Enhanced: "4.3.0", Text: "Local error"}
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Mail, Times: people / 4, Action: busy},
		{At: mailtest.Rcpt, Times: people / 4, Action: busy},
		{At: mailtest.Data, Times: people / 4, Action: busy},
		{At: mailtest.AfterDot, Times: people / 4, Action: busy},
	}})
	h.run(h.worker(3))
	h.seeThrough()
	h.once(people)
	h.settled(people, h.mail)
	attempts := 0
	for _, d := range h.ledger() {
		attempts += d.Attempts
		if strings.Contains(d.Detail, "error") {
			t.Errorf("%s is sent, and the row says %s", d.Address, d.Detail)
		}
	}
	if attempts != 2*people {
		t.Errorf("%d attempts, want one for each letter and one for each of %d refusals", attempts, people)
	}
}
