package mailer

import (
	"context"
	"errors"
	"time"

	"sesec.eu/tidings/subscriptions"
)

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

// paces reads the runs' paces. It stands beside schedule: the plan of a large edition
// takes minutes, in which its letters leave already.
func (w *Worker) paces(ctx context.Context) {
	for ctx.Err() == nil {
		w.pace(ctx)
		sleep(ctx, w.Poll)
	}
}

// remind plans the letters of webinars. It stands beside schedule and not in it: the
// plan of a large edition takes longer than a reminder may be late.
func (w *Worker) remind(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := w.Store.Exclusively(ctx, "webinars", func() error {
			planned, err := w.Webinars.Work(ctx)
			w.Stats.Planned(planned)
			return err
		})
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("the letters of webinars could not be planned; trying again", "error", err)
		}
		sleep(ctx, w.Poll)
	}
}

// planBatch is how many people one planning transaction reads. After it the plan rests
// for as long as that took, planPause at most, while there is enough to send.
const (
	planBatch = 1000
	planPause = 100 * time.Millisecond
)

// reclaim frees what dead workers held.
func (w *Worker) reclaim(ctx context.Context) error {
	now := w.Now()
	if !w.judges(now) {
		return nil
	}
	alive, err := Alive(ctx, w.Store, now)
	if err != nil {
		return err
	}
	w.share(len(alive))
	freed, err := w.Store.Reclaim(ctx, now, append(alive, w.id))
	if err != nil {
		return err
	}
	if freed != (subscriptions.Reclaimed{}) {
		w.Log.Warn("a worker has died; what it held is free", "queued", freed.Queued, "uncertain", freed.Uncertain)
	}
	return nil
}

// plan starts what was ordered for this moment, queues what sending editions have
// not queued yet, pauses those that fail too often and closes those that are done.
func (w *Worker) plan(ctx context.Context) error {
	_, err := w.Editions.StartDue(ctx)
	errs := []error{err}
	editions, err := w.Store.Dispatches(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, e := range editions {
		if e.State != subscriptions.EditionSending {
			continue
		}
		for more := e.PlannedAt.IsZero(); more && ctx.Err() == nil; {
			var planned int
			began := time.Now()
			if planned, more, err = w.Editions.QueueBatch(ctx, e.ID, planBatch); err != nil {
				errs = append(errs, err)
			}
			w.Stats.Planned(planned)
			errs = append(errs, w.watch(ctx, e.ID))
			if more && !w.hungry.Load() {
				// Letters leave slower than they are planned: pages and letters go first.
				sleep(ctx, min(time.Since(began), planPause))
			}
		}
		errs = append(errs, w.watch(ctx, e.ID))
		if _, err := w.Editions.FinishIfDone(ctx, e.ID); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
