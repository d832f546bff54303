package subscriptions

import (
	"context"
	"fmt"
)

// PauseAutomatically pauses a send by itself and keeps the reason, a sentence, where
// editors see it. An edition that is not sending stays as it is.
func (s *EditionService) PauseAutomatically(ctx context.Context, id int64, reason string) (paused bool, err error) {
	return s.pauseItself(ctx, id, reason, func(*Edition) {})
}

func (s *EditionService) pauseItself(ctx context.Context, id int64, reason string, note func(e *Edition)) (paused bool, err error) {
	_, err = s.As(BySchedule).change(ctx, id, "edition.pause", func(_ Store, e *Edition) (string, error) {
		if e.State != EditionSending {
			return "", nil
		}
		if err := e.Pause(); err != nil {
			return "", err
		}
		paused = true
		e.stands(reason, s.Now())
		note(e)
		return reason, nil
	})
	return paused && err == nil, err
}

// Watch pauses a run of which too large a share fails, counted from its last resume.
// It asks the index for the failed alone, which are few, and for the rest only when
// they could be too many: counted reports whether it did.
func (s *EditionService) Watch(ctx context.Context, e Edition) (paused, counted bool, err error) {
	rules, err := s.Rules(ctx)
	if err != nil || rules.Failures == 0 || e.State != EditionSending {
		return false, false, err
	}
	failed, err := s.Store.CountDeliveries(ctx, e.ID, DeliveryFailed)
	if err != nil || float64(failed-e.Watched.Failed) <= rules.Failures*float64(max(rules.Sample, 1)) {
		return false, false, err
	}
	b, err := s.Store.Books(ctx, e.ID)
	if err != nil {
		return false, true, err
	}
	bad, done := b.Failed-e.Watched.Failed, b.Failed+b.Sent-e.Watched.Done
	if done < rules.Sample || float64(bad) <= rules.Failures*float64(done) {
		return false, true, nil
	}
	paused, err = s.PauseAutomatically(ctx, e.ID, fmt.Sprintf("%d of %s failed, more than %s.", bad, countOf(done, "letter", "letters"), percent(rules.Failures)))
	return paused, true, err
}

// watchAnew has the run judged by what comes from now on.
func (s *EditionService) watchAnew(ctx context.Context, tx Store, e *Edition) error {
	b, err := tx.Books(ctx, e.ID)
	if err != nil {
		return err
	}
	complaints, err := tx.CountComplaints(ctx, e.ID)
	e.Watched = Watched{Done: b.Sent + b.Failed, Failed: b.Failed, Complaints: max(e.Watched.Complaints, complaints)}
	return err
}

// WatchComplaints pauses a run about which too large a share has complained; complaints
// counts all about this edition so far.
func (s *EditionService) WatchComplaints(ctx context.Context, id int64, complaints int) (paused bool, err error) {
	rules, err := s.Rules(ctx)
	if err != nil || rules.Complaints == 0 || complaints == 0 {
		return false, err
	}
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil || e.State != EditionSending {
		return false, err
	}
	b, err := s.Store.Books(ctx, id)
	if err != nil {
		return false, err
	}
	bad, done := complaints-e.Watched.Complaints, b.Failed+b.Sent-e.Watched.Done
	if done < rules.Sample || float64(bad) <= rules.Complaints*float64(done) {
		return false, nil
	}
	reason := fmt.Sprintf("%s about %s, more than %s.", countOf(bad, "person complained", "people complained"), countOf(done, "letter", "letters"), percent(rules.Complaints))
	return s.pauseItself(ctx, id, reason, func(e *Edition) { e.Watched.Complaints = complaints })
}

func percent(share float64) string { return fmt.Sprintf("%.4g %%", share*100) }
