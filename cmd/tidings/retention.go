package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// retentionEvery is how often the clocks are asked what is due.
const retentionEvery = time.Hour

// forgets is the job that runs the retention clocks, in every process that serves
// or sends; of several one at a time does it. A run that fails is tried again with
// the next.
func (a *app) forgets(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := a.forgetNow(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("what is due could not be forgotten; trying again in an hour", "error", err)
		}
		if err := a.sweepNow(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("files that nothing names could not be removed; trying again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retentionEvery):
		}
	}
	return nil
}

// forgetNow does one run and logs what it did: how many rows, never whose.
func (a *app) forgetNow(ctx context.Context) error {
	if err := a.countFigures(ctx); err != nil { // what is forgotten must have been counted
		return err
	}
	var done map[subscriptions.Clock]int
	_, err := a.store.Exclusively(ctx, "retention", func() (err error) {
		house, err := a.house.Current(ctx)
		if err != nil {
			return err
		}
		clocks := *a.retention
		clocks.Keep = house.Keep
		done, err = clocks.Run(ctx, a.now())
		return err
	})
	if len(done) > 0 {
		counts := make([]any, 0, len(done))
		for _, clock := range slices.Sorted(maps.Keys(done)) {
			counts = append(counts, slog.Int(string(clock), done[clock]))
		}
		a.log.Info("forgot what was due", counts...)
	}
	return err
}

// keepEnvs names the settings of the retention table by the time they set.
var keepEnvs = map[string]string{"unconfirmed": "TIDINGS_KEEP_PENDING", "ip": "TIDINGS_KEEP_IP", "left": "TIDINGS_KEEP_LEFT"}

// keep reads the times of the retention table, in days.
func (s Settings) keep(fault func(env string, err error)) (k subscriptions.Keep) {
	for _, t := range []struct {
		field, value string
		into         *time.Duration
	}{{"unconfirmed", s.KeepPending, &k.Unconfirmed}, {"ip", s.KeepIP, &k.IP}, {"left", s.KeepLeft, &k.Left}} {
		days, err := strconv.ParseUint(t.value, 10, 16)
		if err != nil || days == 0 {
			fault(keepEnvs[t.field], fmt.Errorf("%q is not a number of days", t.value))
			continue
		}
		*t.into = time.Duration(days) * 24 * time.Hour
	}
	if err := k.Validate(); err != nil {
		for _, err := range parts(err) {
			var e *subscriptions.Error
			if errors.As(err, &e) {
				fault(keepEnvs[e.Field], err)
			}
		}
	}
	return k
}
