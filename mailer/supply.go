package mailer

import (
	"context"
	"slices"
	"sync"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// supply claims for the connections and feeds them. While one batch is being
// sent the next is claimed, so that the connections never wait for the database.
// Mail that a person waits for has a lane of its own, which no batch fills.
func (w *Worker) supply(ctx context.Context) {
	batches := make(chan []job)
	var lanes sync.WaitGroup
	lanes.Go(func() {
		defer close(w.jobs)
		for batch := range batches {
			began := w.Now()
			w.feed(ctx, w.jobs, batch)
			w.batch.Store(int64(nextBatch(len(batch), w.Now().Sub(began), w.connections())))
		}
	})
	lanes.Go(func() {
		w.claim(ctx, func(now time.Time) ([]subscriptions.Delivery, error) {
			return w.Store.ClaimUrgent(ctx, w.id, w.connections(), now, now.Add(w.lease()))
		}, func(batch []job) { w.feed(ctx, w.urgent, batch) })
	})
	w.batch.Store(int64(nextBatch(0, 0, w.connections())))
	w.claim(ctx, func(now time.Time) ([]subscriptions.Delivery, error) {
		limit := int(w.batch.Load())
		claimed, err := w.Store.Claim(ctx, w.id, limit, now, now.Add(w.lease()), w.runs.caps(limit, now)...)
		w.hungry.Store(len(claimed) < limit)
		return claimed, err
	}, func(batch []job) {
		select {
		case batches <- batch:
		case <-ctx.Done():
		}
	})
	close(batches)
	lanes.Wait() // what is still claimed is freed by leave
}

// feed hands a batch to the connections. What a receiving domain does not take now
// goes back with the time of its turn, so that it is in nobody's way.
func (w *Worker) feed(ctx context.Context, lane chan<- job, batch []job) {
	var later []subscriptions.Outcome
	for _, j := range batch {
		j.domain = domainOf(j.delivery)
		if turn, ok := w.domains.Admit(j.domain, w.Now()); !ok {
			later = append(later, subscriptions.Outcome{DeliveryID: j.delivery.ID, State: subscriptions.DeliveryQueued, NotBefore: turn, Unbegun: true,
				Detail: "waits for its turn: " + j.domain + " takes no more at the moment"})
			w.Stats.Requeued()
			continue
		}
		select {
		case lane <- j:
		case <-ctx.Done():
			return
		}
	}
	w.ledger.record(later)
}

const (
	// A batch should last about batchFor: long enough for few queries, short
	// enough that mail a person waits for, a pause, or another worker does not
	// stand behind it, also when the server is slow or the rate is low.
	batchFor = 300 * time.Millisecond
	maxBatch = 1000
)

// lease is how long what is claimed now may be held. At a low rate each connection
// has a message that stands at the throttle, there are as many again in the lane,
// and a batch or two behind: a lease that ended before their turn came would send
// them back for ever.
func (w *Worker) lease() time.Duration {
	rate := w.throttle.Rate()
	if rate == 0 {
		return leaseFor
	}
	held := 2*w.connections() + 2*int(w.batch.Load())
	return leaseFor + time.Duration(float64(held)/rate*float64(time.Second))
}

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

// claim hands out what it takes until the context ends.
func (w *Worker) claim(ctx context.Context, take func(now time.Time) ([]subscriptions.Delivery, error), hand func([]job)) {
	for ctx.Err() == nil {
		claimed, err := take(w.Now())
		if err != nil {
			if ctx.Err() == nil {
				w.Log.Warn("no deliveries could be claimed; trying again", "error", err)
			}
			sleep(ctx, w.Poll)
			continue
		}
		if len(claimed) == 0 {
			sleep(ctx, w.runs.pause(w.Poll))
			continue
		}
		w.Stats.Claimed(len(claimed))
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
			batch[i].delivery = d
			if p := people[d.SubscriberID]; p != nil {
				batch[i].recipient = *p
			}
		}
		hand(batch)
	}
}

// recipients reads the people of a claim, by id.
func (w *Worker) recipients(ctx context.Context, claimed []subscriptions.Delivery) (map[int64]*subscriptions.Recipient, error) {
	ids := make([]int64, 0, len(claimed))
	for _, d := range claimed {
		if d.SubscriberID != 0 {
			ids = append(ids, d.SubscriberID)
		}
	}
	people, err := w.Store.RecipientsByID(ctx, ids)
	if err == nil {
		err = subscriptions.MarkSuppressed(ctx, w.Store, w.Keys, people)
	}
	if err == nil && slices.ContainsFunc(claimed, func(d subscriptions.Delivery) bool {
		return d.Kind == subscriptions.KindDigest || d.Kind == subscriptions.KindWelcome
	}) {
		err = subscriptions.MarkSeats(ctx, w.Store, people)
	}
	if err != nil {
		return nil, err
	}
	at := make(map[int64]*subscriptions.Recipient, len(people))
	for i := range people {
		at[people[i].Subscriber.ID] = &people[i]
	}
	return at, nil
}

// giveBack frees claims nothing was done for.
func (w *Worker) giveBack(claimed []subscriptions.Delivery) {
	back := make([]subscriptions.Outcome, len(claimed))
	for i, d := range claimed {
		back[i] = subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued, Unbegun: true}
	}
	w.ledger.record(back)
}
