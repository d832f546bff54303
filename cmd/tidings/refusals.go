package main

import (
	"context"
	"time"
)

// What servers refuse at once is counted a few seconds later, by one process at a
// time: a commit of the ledger has no time for it.
const (
	refusalsEvery = 5 * time.Second
	refusalsBatch = 200
)

// refusals is the job, in every process that sends.
func (a *app) refusals(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := a.countRefusals(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("refusals could not be counted; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(refusalsEvery):
		}
	}
	// What the last letters came to.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusalsEvery)
	defer cancel()
	return a.countRefusals(last)
}

func (a *app) countRefusals(ctx context.Context) error {
	_, err := a.store.Exclusively(ctx, "refusals", func() error {
		for {
			n, err := a.bounces.RecordRefusals(ctx, refusalsBatch)
			if err != nil || n < refusalsBatch {
				return err
			}
		}
	})
	return err
}
