package main

import (
	"context"
	"errors"
	"time"
)

// filesEvery is how often what editors have left to be done is looked for.
const filesEvery = 5 * time.Second

// files is the job that carries out changes of topics, person by person, and reads
// items for the glossary, in every process that serves or sends. Batches of a
// change lock each other out; items are read by one process at a time.
func (a *app) files(ctx context.Context) error {
	return a.every(ctx, filesEvery, func() error {
		_, err := a.store.Exclusively(ctx, "glossary", func() error { return a.glossary.Work(ctx) })
		return errors.Join(a.topics.Work(ctx), err, a.listsIn(ctx))
	})
}

// listsIn goes on with lists of people that are on their way in. Two processes at
// one list see each other by its row, and one leaves it.
func (a *app) listsIn(ctx context.Context) error {
	_, err := a.lists.WorkDue(ctx)
	return err
}

// counts is the job that counts the people of each topic, for the desk of this
// process.
func (a *app) counts(ctx context.Context) error {
	return a.every(ctx, filesEvery, func() error { return a.topics.Recount(ctx) })
}

// every does work at once and again after each wait, until the context ends. What
// fails is tried again.
func (a *app) every(ctx context.Context, wait time.Duration, work func() error) error {
	for ctx.Err() == nil {
		if err := work(); err != nil && ctx.Err() == nil {
			a.log.Error("what editors have left to be done failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}
