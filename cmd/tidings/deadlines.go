package main

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// remindsEvery is how often it is asked whether the letters of this day are planned.
const remindsEvery = time.Minute

// reminds is the job that plans the reminders of deadlines, in every process that
// serves or sends; of several one at a time does it.
func (a *app) reminds(ctx context.Context) error {
	return a.every(ctx, remindsEvery, func() error {
		planned := 0
		_, err := a.store.Exclusively(ctx, "deadlines", func() (err error) {
			planned, err = a.deadlines.Work(ctx)
			return err
		})
		if planned > 0 {
			a.log.Info("planned reminders of deadlines", "letters", planned)
		}
		return err
	})
}

// houseZone is the zone in which the house has its mornings.
func (a *app) houseZone(ctx context.Context) *time.Location {
	zone, err := subscriptions.LoadZone(a.current(ctx).Identity.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}
