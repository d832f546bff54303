package main

import (
	"context"
	"errors"
	"fmt"

	"sesec.eu/tidings/subscriptions"
)

// The moves of an edition that take nothing but its number.

type editionPauseCmd struct {
	ID int64 `arg:"" help:"Number of the edition."`
}

// Run pauses.
func (c editionPauseCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "is paused", (*subscriptions.EditionService).Pause)
}

type editionResumeCmd struct {
	ID int64 `arg:"" help:"Number of the edition."`
}

// Run resumes.
func (c editionResumeCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "goes on", (*subscriptions.EditionService).Resume)
}

type editionCancelCmd struct {
	ID int64 `arg:"" help:"Number of the edition."`
}

// Run cancels.
func (c editionCancelCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "is cancelled", (*subscriptions.EditionService).Cancel)
}

func move(ctx context.Context, s *Settings, std stdio, id int64, done string,
	f func(*subscriptions.EditionService, context.Context, int64) (subscriptions.Edition, error)) error {
	return inApp(ctx, s, std, func(a *app) error {
		e, err := f(a.editions, ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "Edition %d, %q, %s.\n", e.ID, e.Title, done)
		return nil
	})
}

type editionResolveCmd struct {
	ID     int64 `arg:"" help:"Number of the edition."`
	Resend bool  `help:"Send them again, with the same Message-ID."`
	Accept bool  `help:"Take them as sent."`
}

// Run decides about the uncertain ones.
func (c editionResolveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if c.Resend == c.Accept {
		return errUsage{errors.New("say either --resend or --accept")}
	}
	return inApp(ctx, s, std, func(a *app) error {
		n, err := a.editions.Resolve(ctx, c.ID, c.Resend)
		if err != nil {
			return err
		}
		what := "taken as sent"
		if c.Resend {
			what = "queued again"
		}
		fmt.Fprintf(std.out, "%d %s %s.\n", n, plural(n, "message is", "messages are"), what)
		return nil
	})
}
