package mailer

import (
	"context"
	"log/slog"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Ledger lets the tests hand in outcomes as a connection does.
type Ledger struct{ l *ledger }

// NewLedger starts one; Close waits for what was handed in.
func NewLedger(ctx context.Context, store subscriptions.DeliveryStore, worker string, now func() time.Time, log *slog.Logger) *Ledger {
	l := newLedger(store, worker, now, log, nil, func() int { return 0 })
	go l.run(ctx)
	return &Ledger{l}
}

// Write hands an entry over and waits for its commit.
func (l *Ledger) Write(o *subscriptions.Outcome, b *subscriptions.Begin) bool { return l.l.write(o, b) }

// Close ends it.
func (l *Ledger) Close() {
	close(l.l.entries)
	<-l.l.done
}

// SetWaits shortens how long an idle connection is kept and how long a stop waits
// for the messages on the wire.
func SetWaits(w *Worker, idle, grace time.Duration) { w.idle, w.grace = idle, grace }

// NextBatch is for the test of how much is claimed.
var NextBatch = nextBatch

// RateOf is the pace a worker keeps to at present.
func RateOf(w *Worker) float64 { return w.throttle.Rate() }

// Columns is how many figures of messages there are: a kind and a state each.
const Columns = len(statKinds) * len(statStates)
