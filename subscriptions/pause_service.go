package subscriptions

import (
	"context"
	"time"
)

// longestPause is how far ahead a pause may end, in days: who wants longer leaves.
const longestPause = 366

// PauseUntil reads how long a pause is to last: a number of months ("1m", "3m"),
// or "until" a day, as 2019-03-31. Letters come again on the day it gives.
func PauseUntil(choice, day string, today Date) (Date, error) {
	switch choice {
	case "1m":
		return today.months(1), nil
	case "3m":
		return today.months(3), nil
	case "until":
	default:
		return Date{}, invalid("until", "choose how long to pause")
	}
	until, err := ParseDate(day)
	switch {
	case err != nil:
		return Date{}, invalid("until", "enter the day from which letters come again").hint("Write it as year-month-day, such as 2019-03-31.")
	case until.Compare(today) <= 0:
		return Date{}, invalid("until", "a pause ends after today")
	case today.DaysUntil(until) > longestPause:
		return Date{}, invalid("until", "a pause lasts a year at most").hint("To get no more letters, unsubscribe instead.")
	}
	return until, nil
}

// months gives the same day so many months later, or the last of that month.
func (d Date) months(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return DateOf(first.AddDate(0, 0, min(d.Day, last)-1))
}

// Paused is what a pause did.
type Paused struct {
	Masked string
	Until  Date // letters come again on this day
	Dates  DateStyle
	Undo   string // token for Undo
}

// Pause stops letters to the person until a day (see PauseUntil), by a link to
// their preferences or to unsubscribe: who may end everything may also end it for
// a month. It holds before the next message leaves. Topics and consent stay.
func (s *SubscriptionService) Pause(ctx context.Context, p Purpose, token, choice, day string) (Paused, error) {
	if p != PurposeUnsubscribe {
		p = PurposePreferences
	}
	var paused Paused
	err := s.Store.InTx(ctx, func(tx Store) error {
		_, person, err := s.holder(ctx, tx, p, token)
		if err != nil {
			return err
		}
		rows, err := tx.Subscriptions(ctx, person.ID)
		if err != nil {
			return err
		}
		if !person.EndedAt.IsZero() || len(activeSet(rows)) == 0 {
			return refused("no letters come to this address, so that there is nothing to pause")
		}
		now, zone := s.Now(), person.Location()
		until, err := PauseUntil(choice, day, DateOf(now.In(zone)))
		if err != nil {
			return err
		}
		paused = Paused{Masked: MaskAddress(person.Address), Until: until, Dates: person.Dates, Undo: s.Keys.Issue(PurposeUndo, person.ID, 0, now)}
		return pauseUntil(ctx, tx, person, until.In(zone))
	})
	return paused, err
}

// Resume ends a pause. It may be called twice.
func (s *SubscriptionService) Resume(ctx context.Context, token string) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		_, person, err := s.holder(ctx, tx, PurposePreferences, token)
		if err != nil {
			return err
		}
		return pauseUntil(ctx, tx, person, time.Time{})
	})
}

func pauseUntil(ctx context.Context, tx Store, person Subscriber, until time.Time) error {
	if person.PausedUntil.Equal(until) {
		return nil
	}
	person.PausedUntil = until.UTC()
	if until.IsZero() {
		person.PausedUntil = time.Time{}
	}
	person.Revision++
	return tx.UpdateSubscriber(ctx, person)
}
