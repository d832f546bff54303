package mailer

import (
	"context"
	"sync"
	"time"

	"sesec.eu/tidings/subscriptions"
)

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
