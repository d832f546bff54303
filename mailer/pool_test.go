package mailer_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// poolOf is a pool of these servers, on the clock of the house.
func poolOf(t *testing.T, h *house, urls string) *smtp.Pool {
	t.Helper()
	o, err := smtp.ParseURLs(urls)
	if err != nil {
		t.Fatal(err)
	}
	p, err := smtp.NewPool(smtp.PoolOptions{Servers: o, Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A wrong password is no fault of a recipient: nothing is counted, nobody fails,
// and with the right one everybody gets their letter.
func TestAWrongPasswordIsCountedAgainstNobody(t *testing.T) {
	t.Parallel()
	const people = 20
	h := newHouse(t, people, mailtest.Options{Auth: map[string]string{"tidings": "right"}})
	w := h.worker(2)
	w.Tune(mailer.Tuning{Sender: poolOf(t, h, strings.Replace(h.mail.URL(), "right", "wrong", 1)), Connections: 2})
	stop := h.run(w)
	h.until("the worker knows", func() bool { return strings.Contains(w.Unreachable(), "does not let us log in") })
	stop()
	if b := h.books(); b.Open() != people || b.Failed+b.Deferred+b.Uncertain != 0 {
		t.Errorf("with a wrong password the books are %+v", b)
	}
	w = h.worker(2)
	w.Tune(mailer.Tuning{Sender: poolOf(t, h, h.mail.URL()), Connections: 2})
	h.run(w)
	h.over()
	h.once(people)
	for i := range people {
		if d := h.digest(i); d.Attempts != 1 || d.State != subscriptions.DeliverySent {
			t.Fatalf("%s is %s after %d attempts", d.Address, d.State, d.Attempts)
		}
	}
}

// One server refuses logins, the other goes down in the middle of the edition and
// comes back: nobody is left out or gets two.
func TestAPoolOfFailingServersLosesNobody(t *testing.T) {
	t.Parallel()
	const people = 120
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Connect, Skip: 3, Times: 1, Action: mailtest.Drop},
		{At: mailtest.Mail, Skip: 30, Times: 2, Action: mailtest.Reply{Code: 421, Text: "Shutting down"}}}})
	other := serve(t, mailtest.Options{Auth: map[string]string{"tidings": "right"}})
	w := h.worker(3)
	servers := strings.Replace(other.URL(), "right", "wrong", 1) + "&weight=5 " + h.mail.URL() + "&messages=10&connections=3"
	w.Tune(mailer.Tuning{Sender: poolOf(t, h, servers), Connections: 3})
	h.run(w)
	h.until("what was put off is all that is left, if anything was", func() bool { b := h.books(); return b.Planned == people && b.Open() == b.Deferred })
	h.clock.move(time.Hour)
	h.over()
	h.once(people)
	if other.Stats().Connections == 0 || other.Count() != 0 {
		t.Errorf("the other server: %+v, %d messages", other.Stats(), other.Count())
	}
}

// A server that takes two connections and no more is no outage: two work, and what
// the others had taken in hand goes out over them.
func TestAServerThatIsFullIsNoOutage(t *testing.T) {
	t.Parallel()
	const people = 200
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Connect, Skip: 2, Action: mailtest.Reply{Code: 421, Text: "Too many connections"}}}})
	w := h.worker(1)
	w.Tune(mailer.Tuning{Sender: poolOf(t, h, h.mail.URL()), Connections: 6})
	var said bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	stop := h.run(w)
	h.over()
	h.once(people)
	stop()
	if said.Len() > 0 {
		t.Errorf("it reports %s", &said)
	}
	for i := range people {
		if d := h.digest(i); d.Attempts != 1 {
			t.Fatalf("%s was tried %d times", d.Address, d.Attempts)
		}
	}
}
