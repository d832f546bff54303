package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Send orders the send: the first letter leaves after the time to cool off, at once
// when that is none. Ordering it twice sends once: the second is told who was first.
func (s *EditionService) Send(ctx context.Context, id int64, cooling time.Duration) (Edition, error) {
	if cooling < 0 {
		return Edition{}, invalid("minutes", "the time to cool off is below zero")
	}
	return s.order(ctx, id, s.Now().Add(cooling), "")
}

// Schedule orders the send for a moment, as the clocks of a zone show it.
func (s *EditionService) Schedule(ctx context.Context, id int64, at time.Time, zone string) (Edition, error) {
	return s.order(ctx, id, at, zone)
}

func (s *EditionService) order(ctx context.Context, id int64, at time.Time, zone string) (Edition, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return e, err
	}
	count, err := s.headCount(ctx, e, false)
	if err != nil {
		return e, err
	}
	return s.change(ctx, id, "edition.order", func(_ Store, e *Edition) (string, error) {
		if e.State == EditionApproved && !count.At.IsZero() && e.Approved.Far(count.People) {
			return "", e.farOff(count.People)
		}
		if err := e.Order(at, zone, s.By.Name, s.Now()); err != nil {
			return "", err
		}
		said := e.SendAt.UTC().Format("2006-01-02 15:04 UTC")
		if zone != "" {
			if loc, err := LoadZone(zone); err == nil {
				said = e.SendAt.In(loc).Format("2006-01-02 15:04 ") + zone
			}
		}
		if !at.After(s.Now()) {
			return "at once", e.Start(s.Now())
		}
		return "for " + said, nil
	})
}

func (e *Edition) farOff(people int) error {
	return &Error{Code: Conflict, Message: fmt.Sprintf("%s would get edition %d today; it was approved for %d", countOf(people, "person", "people"), e.ID, e.Approved.People),
		Hint: "Have it approved once more, for the people of today."}
}

// TakeBack takes the order back before the first letter.
func (s *EditionService) TakeBack(ctx context.Context, id int64) (Edition, error) {
	return s.change(ctx, id, "edition.take-back", func(_ Store, e *Edition) (string, error) { return "", e.TakeBack() })
}

// SetRate gives the run a pace of its own, which all workers keep to within seconds;
// 0 takes it away.
func (s *EditionService) SetRate(ctx context.Context, id int64, rate float64) (Edition, error) {
	return s.change(ctx, id, "edition.rate", func(_ Store, e *Edition) (string, error) {
		was := e.Rate
		if err := e.Limit(rate); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s → %s", paceWords(was), paceWords(rate)), nil
	})
}

func paceWords(rate float64) string {
	if rate == 0 {
		return "no limit"
	}
	return fmt.Sprintf("%g a second", rate)
}

// StartDue starts what was ordered and whose moment has come, each once whoever asks
// and however often. What was missed by too long, because nothing ran, or would go
// to far more or fewer people than were approved, is not started: its order is taken
// back, and it says why.
func (s *EditionService) StartDue(ctx context.Context) (started int, err error) {
	editions, err := s.Store.Dispatches(ctx)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	due := slices.DeleteFunc(editions, func(e Edition) bool {
		return e.State != EditionApproved || e.SendAt.IsZero() || e.SendAt.After(now)
	})
	if len(due) == 0 {
		return 0, nil
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range due {
		count, err := s.headCount(ctx, e, !e.Approved.At.IsZero())
		if err != nil {
			return started, err
		}
		e, err := s.As(BySchedule).change(ctx, e.ID, "edition.start", func(_ Store, e *Edition) (string, error) {
			if e.State != EditionApproved || e.SendAt.IsZero() || e.SendAt.After(now) {
				return "", nil // somebody was faster
			}
			return e.begin(now, rules.Late, count)
		})
		if err != nil {
			return started, err
		}
		if e.State == EditionSending {
			started++
		}
	}
	return started, nil
}

// begin starts what is due, or says why not.
func (e *Edition) begin(now time.Time, late time.Duration, count HeadCount) (detail string, err error) {
	missed, by := now.Sub(e.SendAt), e.SendBy
	switch {
	case missed > max(late, time.Minute):
		if err = e.TakeBack(); err == nil {
			e.stands(fmt.Sprintf("It was not sent at the moment ordered: nothing ran here then, and it was found %s later.", spell(missed)), now)
		}
		return "not started: " + spell(missed) + " too late", err
	case !count.At.IsZero() && e.Approved.Far(count.People):
		if err = e.TakeBack(); err == nil {
			e.stands(fmt.Sprintf("It was not sent at the moment ordered: %s would have got it, and it was approved for %d.", countOf(count.People, "person", "people"), e.Approved.People), now)
		}
		return "not started: the head count is far off", err
	}
	return "ordered by " + by, e.Start(now)
}
