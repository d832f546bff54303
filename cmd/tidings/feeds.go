package main

import (
	"context"
	"time"
)

// feedsEvery is how often the clock asks which feeds are due; each has its own
// pace, of an hour or more.
const feedsEvery = time.Minute

// feeds is the job that looks at watched feeds, in every process that serves or
// sends; of several one at a time does it.
func (a *app) feeds(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := a.lookAtFeeds(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("feeds could not be looked at; trying again in a minute", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(feedsEvery):
		}
	}
	return nil
}

func (a *app) lookAtFeeds(ctx context.Context) error {
	looked := 0
	_, err := a.store.Exclusively(ctx, "feeds", func() (err error) {
		looked, err = a.watcher.LookDue(ctx)
		return err
	})
	if looked > 0 {
		a.log.Info("looked at feeds", "feeds", looked)
	}
	return err
}
