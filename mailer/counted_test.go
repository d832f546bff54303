package mailer_test

import (
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// What the worker says it has done is what was done.
func TestAWorkerCountsWhatItDoes(t *testing.T) {
	t.Parallel()
	const people = 40
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Rcpt, Address: reader(3), Action: mailtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "unknown"}},
		{At: mailtest.AfterDot, Address: reader(5), Action: mailtest.Drop}}})
	w := h.worker(2)
	w.Stats = new(mailer.Stats)
	stop := h.run(w)
	h.over()
	h.queue(subscriptions.KindManage, 1, "manage:1")
	h.until("the link is sent", func() bool { return h.row("manage:1").State == subscriptions.DeliverySent })
	stop()
	f := w.Stats.Figures()
	count := func(kind subscriptions.Kind, state subscriptions.DeliveryState) (n uint64) {
		for _, m := range f.Messages {
			if m.Kind == kind && m.State == state {
				n += m.N
			}
		}
		return n
	}
	for _, c := range []struct {
		what      string
		got, want uint64
	}{
		{"digests sent", count(subscriptions.KindDigest, subscriptions.DeliverySent), people - 2},
		{"digests failed", count(subscriptions.KindDigest, subscriptions.DeliveryFailed), 1},
		{"digests uncertain", count(subscriptions.KindDigest, subscriptions.DeliveryUncertain), 1},
		{"links sent", count(subscriptions.KindManage, subscriptions.DeliverySent), 1},
		{"attempts", f.Attempts, people + 1},
		{"planned", f.Planned, people},
		{"claimed", f.Claimed, people + 1},
		{"rows of the ledger", f.CommittedRows, 2 * (people + 1)},
		{"connections left open", f.OpenConnections, 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
	if f.Commits == 0 || f.Connections == 0 || f.LastBeat.IsZero() || !f.Reachable {
		t.Errorf("the figures are %+v", f)
	}
}
