package mailer

import (
	"context"
	"crypto/rand"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Worker drains the outbox. NewWorker makes one.
type Worker struct {
	Store    subscriptions.Store
	Editions *subscriptions.EditionService
	Webinars *subscriptions.WebinarService // nil: there are none
	Keys     *subscriptions.Keyring
	Composer Composer
	Now      func() time.Time
	Log      *slog.Logger
	Stats    *Stats        // what it counts; nil for nothing
	Poll     time.Duration // how often an idle worker looks; 0 means a second

	id       string
	wanted   context.Context // of Run: ends when the worker is to stop; waits end with it
	ledger   *ledger
	throttle Throttle
	domains  *Domains
	runs     runs
	jobs     chan job
	urgent   chan job               // mail that a person waits for; never closed
	batch    atomic.Int64           // how much to claim at a time
	hungry   atomic.Bool            // the last claim brought less
	down     atomic.Pointer[string] // why the server cannot be reached, nil when it can
	idle     time.Duration          // idleFor and stopGrace; tests have less time
	grace    time.Duration
	heard    atomic.Int64 // since when its heartbeats are unbroken, Unix nanoseconds; 0 for ever, the largest for not at all
	tuning   atomic.Pointer[Tuning]

	mu      sync.Mutex // for what Tune changes
	alive   int        // workers, this one among them
	changed chan struct{}
	begin   context.Context // of the senders; nil before Run and when it stops
	senders map[int]bool
	sending sync.WaitGroup
}

// NewWorker makes one that is tuned; its fields are set before Run and not changed
// after.
func NewWorker(t Tuning) *Worker {
	w := &Worker{domains: NewDomains(nil), changed: make(chan struct{}), senders: map[int]bool{}}
	w.Tune(t)
	return w
}

// job is a claimed delivery with its person as they were at the claim.
type job struct {
	delivery  subscriptions.Delivery
	recipient subscriptions.Recipient
	domain    string // of the recipient: a place is taken there
}

const (
	defaultPoll = time.Second
	// A worker that has not been seen for aliveFor is dead: what it held is
	// freed. It beats four times in that span.
	aliveFor  = 12 * time.Second
	beatEvery = aliveFor / 4
	// leaseFor is how long a claim lasts, beside the time it may stand at the
	// throttle (lease). For what a dead worker held the heartbeat
	// decides; this is for a claim whose answer was lost, which its own worker does
	// not know of.
	leaseFor = 10 * time.Minute
	// stopGrace bounds what a stop waits for: the messages on the wire and the
	// last commit.
	stopGrace = 60 * time.Second
	// idleFor is how long a connection is kept without a message: far below the
	// five minutes after which servers end it (RFC 5321, 4.5.3.2.7).
	idleFor = 30 * time.Second
)

// Alive gives the workers that are alive. The clocks of their machines must agree
// to within a few seconds.
func Alive(ctx context.Context, store subscriptions.InstanceStore, now time.Time) ([]string, error) {
	return store.Workers(ctx, now, aliveFor)
}

// Unreachable says why the mail server cannot be reached at the moment, or "".
func (w *Worker) Unreachable() string {
	if why := w.down.Load(); why != nil {
		return *why
	}
	return ""
}

// Run works until the context ends. Then it finishes what is on the wire,
// records it, gives its claims back and returns.
func (w *Worker) Run(ctx context.Context) error {
	if w.Poll <= 0 {
		w.Poll = defaultPoll
	}
	if w.idle == 0 {
		w.idle, w.grace = idleFor, stopGrace
	}
	w.id, w.wanted = rand.Text(), ctx
	if err := w.Store.Beat(ctx, w.id, w.Now()); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it began
		}
		return err
	}
	// What finishes a message outlives the wish to stop.
	rest, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(w.grace, end) })
	defer stop()

	w.pace(ctx)
	w.ledger = newLedger(w.Store, w.id, w.Now, w.Log, w.Stats, func() int { return w.connections() / 2 })
	w.Stats.Beat(w.Now())
	w.jobs, w.urgent = make(chan job, w.connections()), make(chan job)
	go w.ledger.run(rest)
	// It is alive until its last message is recorded: others must not take that for lost.
	living, die := context.WithCancel(context.WithoutCancel(ctx))
	defer die()
	var keepers sync.WaitGroup
	w.man(rest)
	keepers.Go(func() { w.beat(living) })
	keepers.Go(func() { w.schedule(ctx) })
	keepers.Go(func() { w.paces(ctx) })
	if w.Webinars != nil {
		keepers.Go(func() { w.remind(ctx) })
	}
	w.supply(ctx) // until the context ends
	w.dismiss()
	w.sending.Wait()
	close(w.ledger.entries)
	<-w.ledger.done
	die()
	keepers.Wait()
	return w.leave(context.WithoutCancel(ctx))
}

// man lets the senders begin.
func (w *Worker) man(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin = ctx
	w.hire()
}

// dismiss lets no more of them begin.
func (w *Worker) dismiss() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin = nil
}

// connections is how many there are to be at present.
func (w *Worker) connections() int { return w.tuning.Load().Connections }

// leaveWithin bounds the last words of a worker.
const leaveWithin = 10 * time.Second

// leave gives everything back at once instead of after aliveFor, also what had to
// be cut off.
func (w *Worker) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	if err := w.Store.Leave(ctx, w.id); err != nil {
		return err
	}
	alive, err := Alive(ctx, w.Store, w.Now())
	if err != nil {
		return err
	}
	_, err = w.Store.Reclaim(ctx, w.Now(), alive)
	return err
}

func (w *Worker) beat(ctx context.Context) {
	for missed := false; ; {
		sleep(ctx, beatEvery)
		if ctx.Err() != nil {
			return
		}
		now := w.Now()
		if err := w.Store.Beat(ctx, w.id, now); err != nil {
			if ctx.Err() == nil {
				w.Log.Warn("the worker's heartbeat could not be written", "error", err)
			}
			missed = true
			w.heard.Store(math.MaxInt64)
			continue
		}
		if missed {
			missed = false
			w.heard.Store(now.UnixNano())
		}
		w.Stats.Beat(now)
		w.Stats.Slowed(len(slices.DeleteFunc(w.Slowed(), func(d DomainStatus) bool { return d.Why == "" })))
	}
}

// judges reports whether this worker may say of others that they are dead: not
// while it cannot say itself that it is alive, nor until the others have had the
// time to say so after it.
func (w *Worker) judges(now time.Time) bool {
	switch heard := w.heard.Load(); heard {
	case 0:
		return true
	case math.MaxInt64:
		return false
	default: // a clock that was set back holds nobody
		return now.Sub(time.Unix(0, heard)).Abs() >= aliveFor
	}
}
