package mailer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// ledger writes what the connections have to say into the store, many at a
// time. While one transaction is being committed, what comes meanwhile waits
// and makes up the next. When that is little, the commit lingers for a moment:
// answers come in flocks, and a commit for two costs nearly as much as one for
// ten. On one machine that is a third of the whole cost of the ledger.
type ledger struct {
	store   subscriptions.DeliveryStore
	worker  string
	now     func() time.Time
	log     *slog.Logger
	stats   *Stats
	entries chan entry
	done    chan struct{}
	want    func() int // how many entries are worth no wait
}

// entry is the outcome of a connection's last message, the begin of its next,
// or both: then they are one commit. Claims that go back together are many
// outcomes.
type entry struct {
	outcomes []subscriptions.Outcome
	begin    *subscriptions.Begin
	granted  chan bool // buffered; answered once the entry is committed
}

const (
	// maxGroup bounds a commit, so that a reader never waits long for one.
	maxGroup = 256
	// lingerFor is far below the time of any answer over a network.
	lingerFor = 250 * time.Microsecond
)

func newLedger(store subscriptions.DeliveryStore, worker string, now func() time.Time, log *slog.Logger, stats *Stats, want func() int) *ledger {
	return &ledger{store: store, worker: worker, now: now, log: log, stats: stats, want: want, entries: make(chan entry, maxGroup), done: make(chan struct{})}
}

// run commits until the entries are closed. A commit that fails is tried again
// until it succeeds or the context, which outlives the sending, ends: an outcome
// that is forgotten would be a message of which nobody knows.
func (l *ledger) run(ctx context.Context) {
	defer close(l.done)
	var group []entry
	for e := range l.entries {
		group = l.gather(append(group[:0], e))
		l.commit(ctx, group)
	}
}

// gather adds to the group what is there, and waits a moment for more when that
// is little.
func (l *ledger) gather(group []entry) []entry {
	var linger *time.Timer
	for len(group) < maxGroup {
		select {
		case e, ok := <-l.entries:
			if !ok {
				return group
			}
			group = append(group, e)
			continue
		default:
		}
		if len(group) >= l.want() {
			return group
		}
		if linger == nil {
			linger = time.NewTimer(lingerFor)
			defer linger.Stop()
		}
		select {
		case e, ok := <-l.entries:
			if !ok {
				return group
			}
			group = append(group, e)
		case <-linger.C:
			return group
		}
	}
	return group
}

func (l *ledger) commit(ctx context.Context, group []entry) {
	outcomes := make([]subscriptions.Outcome, 0, len(group))
	begins := make([]subscriptions.Begin, 0, len(group))
	for _, e := range group {
		outcomes = append(outcomes, e.outcomes...)
		if e.begin != nil {
			begins = append(begins, *e.begin)
		}
	}
	began := time.Now() // how long it takes is no matter of the injected clock
	now := l.now()      // the same at every attempt: it names this commit
	granted, err := l.store.Advance(ctx, l.worker, now, outcomes, begins)
	for wait := 50 * time.Millisecond; err != nil; wait = min(2*wait, 5*time.Second) {
		if ctx.Err() != nil || errors.Is(err, context.Canceled) {
			l.log.Error("the ledger could not be written before the end; these messages will be uncertain",
				"outcomes", len(outcomes), "error", err)
			break
		}
		l.log.Warn("the ledger could not be written; trying again", "outcomes", len(outcomes), "begins", len(begins), "in", wait, "error", err)
		sleep(ctx, wait)
		// The database may have broken off between the commit and its answer. Outcomes
		// that are written already stay as they are; begins are asked for again.
		for i := range begins {
			begins[i].Again = true
		}
		granted, err = l.store.Advance(ctx, l.worker, now, outcomes, begins)
	}
	if err == nil {
		l.stats.Commit(len(outcomes)+len(begins), time.Since(began))
	}
	i := 0
	for _, e := range group {
		ok := false
		if e.begin != nil {
			ok = err == nil && granted[i]
			i++
		}
		e.granted <- ok
	}
}

// write hands an entry over and waits for its commit.
func (l *ledger) write(outcome *subscriptions.Outcome, begin *subscriptions.Begin) bool {
	e := entry{begin: begin, granted: make(chan bool, 1)}
	if outcome != nil {
		e.outcomes = []subscriptions.Outcome{*outcome}
	}
	l.entries <- e
	return <-e.granted
}

// record writes many outcomes in one commit.
func (l *ledger) record(outcomes []subscriptions.Outcome) {
	if len(outcomes) == 0 {
		return
	}
	e := entry{outcomes: outcomes, granted: make(chan bool, 1)}
	l.entries <- e
	<-e.granted
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
