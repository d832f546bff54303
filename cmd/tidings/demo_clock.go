package main

import (
	"context"
	"sync/atomic"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/public"
)

// demoClock is the clock of a demo: it begins on the morning after the sample's
// quarter, runs as every clock does, and can be moved on. It goes forward only, as
// time does: what was sent stays sent.
//
// What holds claims by a moment (leases, signs of life) takes a jump for a process
// that slept: the claim is given back and taken again. Sessions at the desk are
// counted by the steady clock, so that a jump of months signs nobody out.
type demoClock struct {
	began time.Time // of this process
	ahead atomic.Int64
}

var _ public.Clock = (*demoClock)(nil)

func newDemoClock() *demoClock { return &demoClock{began: time.Now()} }

// Now is the moment of the demo.
func (c *demoClock) Now() time.Time { return c.Steady().Add(time.Duration(c.ahead.Load())) }

// Steady is the clock that nobody moves.
func (c *demoClock) Steady() time.Time { return demoTime.Add(time.Since(c.began)) }

// demoLongest is how far a demo goes: further, links and calendars mean nothing.
const demoLongest = 5 * 366 * 24 * time.Hour

// Move takes it to a moment that has not been.
func (c *demoClock) Move(to time.Time) error {
	ahead := to.Sub(c.Steady())
	switch now := c.ahead.Load(); {
	case int64(ahead) < now:
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "to", Message: "the demo's clock goes forward only",
			Hint: "It is " + c.Now().Format("2 January 2006, 15:04") + " UTC. Start the demo anew to go back."}
	case ahead > demoLongest:
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "to", Message: "the demo ends in 2024", Hint: "Choose an earlier day."}
	case !c.ahead.CompareAndSwap(now, int64(ahead)):
		return c.Move(to)
	}
	return nil
}

// parseAsOf reads a day, or a moment in UTC, of --as-of.
func parseAsOf(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			if layout == "2006-01-02" {
				t = t.Add(time.Duration(demoTime.Hour()) * time.Hour)
			}
			return t, nil
		}
	}
	return time.Time{}, &subscriptions.Error{Code: subscriptions.Invalid, Field: "as_of", Message: s + " is not a day", Hint: "Write it as in --as-of 2019-06-04."}
}

// demoWebinar lets the sample's webinar take registrations here, so that all of it can
// be watched: the outside link becomes the link to join. The edition that is sent has
// the webinar as it was.
func (a *app) demoWebinar(ctx context.Context) error {
	return a.store.InTx(ctx, func(tx subscriptions.Store) error {
		w, err := tx.FindWebinarBySlug(ctx, "sesec-webinar-06")
		if err != nil || w.Own() {
			return err
		}
		w.JoinURL, w.RegistrationURL = w.RegistrationURL, ""
		return tx.UpdateWebinar(ctx, w)
	})
}
