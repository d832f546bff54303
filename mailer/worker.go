package mailer

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Worker drains the outbox. Its fields are set before Run and not changed after.
type Worker struct {
	Store       subscriptions.Store
	Editions    *subscriptions.EditionService
	Keys        *subscriptions.Keyring
	Composer    Composer
	Sender      Sender
	Now         func() time.Time
	Log         *slog.Logger
	Connections int           // at once; 0 means 4
	Throttle    *Throttle     // nil for no limit
	Poll        time.Duration // how often an idle worker looks; 0 means a second
	// TooLate is the age, counted from the plan, at which a digest is refused
	// instead of sent (MAIL 29): nobody wants the March letter in May because a
	// worker came back. 0 means two weeks.
	TooLate time.Duration

	id     string
	wanted context.Context // of Run: ends when the worker is to stop; waits end with it
	ledger *ledger
	jobs   chan job
	urgent chan job               // mail that a person waits for; never closed
	batch  atomic.Int64           // how much to claim at a time
	down   atomic.Pointer[string] // why the server cannot be reached, nil when it can
	idle   time.Duration          // idleFor and stopGrace; tests have less time
	grace  time.Duration
}

// job is a claimed delivery with its person as they were at the claim.
type job struct {
	delivery  subscriptions.Delivery
	recipient subscriptions.Recipient
}

const (
	defaultConnections = 4
	defaultPoll        = time.Second
	defaultTooLate     = 14 * 24 * time.Hour
	// A worker that has not been seen for aliveFor is dead: what it held is
	// freed. It beats four times in that span.
	aliveFor  = 12 * time.Second
	beatEvery = aliveFor / 4
	// leaseFor is how long a claim is meant to last; it is there to be read, the
	// heartbeat decides.
	leaseFor = 10 * time.Minute
	// stopGrace bounds what a stop waits for: the messages on the wire and the
	// last commit.
	stopGrace = 60 * time.Second
	// idleFor is how long a connection is kept without a message: far below the
	// five minutes after which servers end it (RFC 5321, 4.5.3.2.7).
	idleFor = 30 * time.Second
)

// AliveSince gives the moment a worker must have been seen after to count as
// alive.
func AliveSince(now time.Time) time.Time { return now.Add(-aliveFor) }

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
	if w.Connections <= 0 {
		w.Connections = defaultConnections
	}
	if w.Poll <= 0 {
		w.Poll = defaultPoll
	}
	if w.TooLate <= 0 {
		w.TooLate = defaultTooLate
	}
	if w.Throttle == nil {
		w.Throttle = NewThrottle(0)
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

	w.ledger = newLedger(w.Store, w.id, w.Now, w.Log)
	w.jobs, w.urgent = make(chan job, w.Connections), make(chan job)
	go w.ledger.run(rest)
	var senders, keepers sync.WaitGroup
	for range w.Connections {
		senders.Go(func() { w.send(rest) })
	}
	keepers.Go(func() { w.beat(ctx) })
	keepers.Go(func() { w.schedule(ctx) })
	w.supply(ctx) // until the context ends
	senders.Wait()
	close(w.ledger.entries)
	<-w.ledger.done
	keepers.Wait()
	return w.leave(context.WithoutCancel(ctx))
}

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
	alive, err := w.Store.Workers(ctx, AliveSince(w.Now()))
	if err != nil {
		return err
	}
	_, err = w.Store.Reclaim(ctx, w.Now(), alive)
	return err
}

func (w *Worker) beat(ctx context.Context) {
	for {
		sleep(ctx, beatEvery)
		if ctx.Err() != nil {
			return
		}
		if err := w.Store.Beat(ctx, w.id, w.Now()); err != nil && ctx.Err() == nil {
			w.Log.Warn("the worker's heartbeat could not be written", "error", err)
		}
	}
}
