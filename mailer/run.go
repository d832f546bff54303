package mailer

import (
	"context"
	"math"
	"sync"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// A run, the send of one edition, may have a pace of its own, which an editor sets
// while it goes on. It is kept to where letters are claimed: of a run with a pace
// only so many are taken as may leave by now. So none stands in a connection or in
// the way of other mail, and what is on its way when the pace changes is what leaves
// within a fraction of a second. Workers read the paces with every look at the
// editions, and share them.

// runs are those that have a pace.
type runs struct {
	mu      sync.Mutex
	paces   map[int64]*Throttle
	sending map[int64]bool      // those of them that send now
	watched map[int64]time.Time // when the run may be counted again, by the real clock
}

// leastPause bounds how often a worker looks for the next letter of a slow run.
const leastPause = 100 * time.Millisecond

// set keeps the paces of the runs, each this worker's share of it.
func (r *runs) set(editions []subscriptions.Edition, alive int, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	paces, sending := map[int64]*Throttle{}, map[int64]bool{}
	for _, e := range editions {
		// A pace is known before the first letter, and over a pause.
		if e.State == subscriptions.EditionSent || e.State == subscriptions.EditionCancelled || e.Rate <= 0 {
			continue
		}
		t := r.paces[e.ID]
		if t == nil {
			t = NewThrottle(0)
		}
		t.SetRate(e.Rate / float64(max(alive, 1)))
		if r.paces[e.ID] == nil {
			t.begin(now) // no worker starts with a second's worth
		}
		paces[e.ID], sending[e.ID] = t, e.State == subscriptions.EditionSending
	}
	r.paces, r.sending = paces, sending
}

// caps takes the places there are by now, up to limit, of each run with a pace. A
// place that no letter is found for is lost.
func (r *runs) caps(limit int, now time.Time) []subscriptions.EditionCap {
	r.mu.Lock()
	defer r.mu.Unlock()
	caps := make([]subscriptions.EditionCap, 0, len(r.paces))
	for id, t := range r.paces {
		n := 0
		for n < limit && t.Take(now) {
			n++
		}
		caps = append(caps, subscriptions.EditionCap{EditionID: id, Most: n})
	}
	return caps
}

// pause is how long to sleep when nothing could be claimed: shorter where a run has
// a pace, so that its letters do not leave in bursts.
func (r *runs) pause(poll time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, t := range r.paces {
		if !r.sending[id] {
			continue
		}
		poll = min(poll, max(time.Duration(float64(time.Second)/math.Max(t.Rate(), 0.01)), leastPause))
	}
	return poll
}

// pace reads which runs have one. What could not be read stays as it was.
func (w *Worker) pace(ctx context.Context) {
	editions, err := w.Store.Dispatches(ctx)
	if err != nil {
		return // who plans says so
	}
	w.mu.Lock()
	alive := w.alive
	w.mu.Unlock()
	w.runs.set(editions, alive, w.Now())
}

// watchShare is how many times as long as a count of the books took passes before
// the next: to watch a run costs less than a hundredth of a processor.
const watchShare = 100

// watch pauses a run of which too much fails, looking once in a Poll at the soonest.
func (w *Worker) watch(ctx context.Context, id int64) error {
	now := time.Now() // what a count costs is no matter of the injected clock
	if now.Before(w.runs.watched[id]) {
		return nil
	}
	e, err := w.Store.FindEdition(ctx, id)
	if err != nil {
		return err
	}
	paused, counted, err := w.Editions.Watch(ctx, e)
	if w.runs.watched == nil {
		w.runs.watched = map[int64]time.Time{}
	}
	next := w.Poll
	if took := time.Since(now); counted && watchShare*took > next {
		next = watchShare * took
	}
	w.runs.watched[id] = time.Now().Add(next)
	if paused {
		w.Log.Warn("the send has paused itself: too many letters fail", "edition", id)
	}
	return err
}
