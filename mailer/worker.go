package mailer

import (
	"context"
	"crypto/rand"
	"errors"
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
	w.jobs = make(chan job, w.Connections)
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

// supply claims for the connections and feeds them. While one batch is being
// sent the next is claimed, so that the connections never wait for the database.
func (w *Worker) supply(ctx context.Context) {
	batches := make(chan []job)
	var feeder sync.WaitGroup
	feeder.Go(func() {
		defer close(w.jobs)
		for batch := range batches {
			began := w.Now()
			for _, j := range batch {
				select {
				case w.jobs <- j:
				case <-ctx.Done():
				}
			}
			w.batch.Store(int64(nextBatch(len(batch), w.Now().Sub(began), w.Connections)))
		}
	})
	w.batch.Store(int64(nextBatch(0, 0, w.Connections)))
	w.claim(ctx, batches)
	close(batches)
	feeder.Wait() // what is still claimed is freed by leave
}

const (
	// A batch should last about batchFor: long enough for few queries, short
	// enough that mail a person waits for, a pause, or another worker does not
	// stand behind it, also when the server is slow or the rate is low.
	batchFor = 300 * time.Millisecond
	maxBatch = 1000
)

// nextBatch is how much to claim after n messages took so long.
func nextBatch(n int, took time.Duration, connections int) int {
	if n == 0 {
		return 2 * connections
	}
	ideal := maxBatch
	if took > 0 {
		ideal = int(min(float64(n)*float64(batchFor)/float64(took), maxBatch))
	}
	return max(min(ideal, 4*n), connections)
}

// claim hands out batches until the context ends.
func (w *Worker) claim(ctx context.Context, batches chan<- []job) {
	for ctx.Err() == nil {
		now := w.Now()
		claimed, err := w.Store.Claim(ctx, w.id, int(w.batch.Load()), now, now.Add(leaseFor))
		if err != nil {
			if ctx.Err() == nil {
				w.Log.Warn("no deliveries could be claimed; trying again", "error", err)
			}
			sleep(ctx, w.Poll)
			continue
		}
		if len(claimed) == 0 {
			sleep(ctx, w.Poll)
			continue
		}
		people, err := w.recipients(ctx, claimed)
		if err != nil {
			if ctx.Err() == nil {
				w.Log.Warn("the people of a claim could not be read", "error", err)
			}
			w.giveBack(claimed)
			sleep(ctx, w.Poll)
			continue
		}
		batch := make([]job, len(claimed))
		for i, d := range claimed {
			batch[i] = job{d, people[d.SubscriberID]}
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
		}
	}
}

func (w *Worker) recipients(ctx context.Context, claimed []subscriptions.Delivery) (map[int64]subscriptions.Recipient, error) {
	ids := make([]int64, len(claimed))
	for i, d := range claimed {
		ids[i] = d.SubscriberID
	}
	people, err := w.Store.RecipientsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]subscriptions.Recipient, 0, len(people))
	for _, p := range people {
		list = append(list, p)
	}
	if err := subscriptions.MarkSuppressed(ctx, w.Store, w.Keys, list); err != nil {
		return nil, err
	}
	for _, p := range list {
		people[p.Subscriber.ID] = p
	}
	return people, nil
}

// giveBack frees claims nothing was done for.
func (w *Worker) giveBack(claimed []subscriptions.Delivery) {
	for _, d := range claimed {
		w.ledger.write(&subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued}, nil)
	}
}

// schedule plans editions, frees what dead workers hold and closes editions
// that are done.
func (w *Worker) schedule(ctx context.Context) {
	everyReclaim := max(int(beatEvery/w.Poll), 1)
	for tick := 0; ctx.Err() == nil; tick++ {
		err := error(nil)
		if tick%everyReclaim == 0 {
			err = w.reclaim(ctx)
		}
		// Of several workers one plans; the others' turn comes when it is gone.
		if _, errPlan := w.Store.Exclusively(ctx, "schedule", func() error { return w.plan(ctx) }); errPlan != nil {
			err = errors.Join(err, errPlan)
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("scheduling failed; trying again", "error", err)
		}
		sleep(ctx, w.Poll)
	}
}

// planBatch is how many people one planning transaction reads.
const planBatch = 1000

// reclaim frees what dead workers held.
func (w *Worker) reclaim(ctx context.Context) error {
	now := w.Now()
	alive, err := w.Store.Workers(ctx, AliveSince(now))
	if err != nil {
		return err
	}
	freed, err := w.Store.Reclaim(ctx, now, append(alive, w.id))
	if err != nil {
		return err
	}
	if freed != (subscriptions.Reclaimed{}) {
		w.Log.Warn("a worker has died; what it held is free", "queued", freed.Queued, "uncertain", freed.Uncertain)
	}
	return nil
}

// plan queues what sending editions have not queued yet, and closes those that
// are done.
func (w *Worker) plan(ctx context.Context) error {
	editions, err := w.Store.Editions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range editions {
		if e.State != subscriptions.EditionSending {
			continue
		}
		for more := e.PlannedAt.IsZero(); more && ctx.Err() == nil; {
			if more, err = w.Editions.QueueBatch(ctx, e.ID, planBatch); err != nil {
				errs = append(errs, err)
			}
		}
		if _, err := w.Editions.FinishIfDone(ctx, e.ID); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
