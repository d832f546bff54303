package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/alecthomas/kong"

	"sesec.eu/tidings/subscriptions"
)

// The moves of an edition that take nothing but its number.

// editionNumber reads the number of an edition.
func editionNumber(ctx *kong.DecodeContext, target reflect.Value) error {
	token, err := ctx.Scan.PopValue("number")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(fmt.Sprint(token.Value), 10, 64)
	if err != nil || n < 1 {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("%q is not the number of an edition", fmt.Sprint(token.Value)),
			Hint: "All of them: tidings edition list"}
	}
	target.SetInt(n)
	return nil
}

type editionPauseCmd struct {
	ID int64 `arg:"" type:"edition" help:"Number of the edition."`
}

// Run pauses.
func (c editionPauseCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "is paused", (*subscriptions.EditionService).Pause)
}

type editionResumeCmd struct {
	ID int64 `arg:"" type:"edition" help:"Number of the edition."`
}

// Run resumes.
func (c editionResumeCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "goes on", (*subscriptions.EditionService).Resume)
}

type editionCancelCmd struct {
	ID int64 `arg:"" type:"edition" help:"Number of the edition."`
}

// Run cancels.
func (c editionCancelCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "is cancelled", (*subscriptions.EditionService).Cancel)
}

func move(ctx context.Context, s *Settings, std stdio, id int64, done string,
	f func(*subscriptions.EditionService, context.Context, int64) (subscriptions.Edition, error)) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := f(a.editions, ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "Edition %d, %q, %s.\n", e.ID, e.Title, done)
		if e.State == subscriptions.EditionSending {
			return a.sayWhoSends(ctx, e.ID)
		}
		return nil
	})
}

type editionReopenCmd struct {
	ID int64 `arg:"" type:"edition" help:"Number of the edition."`
}

// Run gives a frozen or approved edition back to collecting.
func (c editionReopenCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, "collects again; an approval it had is gone", (*subscriptions.EditionService).Reopen)
}

type editionResolveCmd struct {
	ID     int64 `arg:"" type:"edition" help:"Number of the edition."`
	Resend bool  `help:"Send them again, with the same Message-ID."`
	Accept bool  `help:"Take them as sent."`
}

// Run decides about the uncertain ones.
func (c editionResolveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if c.Resend == c.Accept {
		return errUsage{errors.New("say either --resend or --accept")}
	}
	return inEditions(ctx, s, std, func(a *app) error {
		n, err := a.editions.Resolve(ctx, c.ID, c.Resend)
		if err != nil {
			return err
		}
		if n == 0 {
			fmt.Fprintf(std.out, "No message of edition %d is uncertain: there is nothing to decide.\n", c.ID)
			return nil
		}
		what := "taken as sent"
		if c.Resend {
			what = "queued again"
		}
		fmt.Fprintf(std.out, "%d %s %s.\n", n, plural(n, "message is", "messages are"), what)
		if c.Resend {
			return a.sayWhoSends(ctx, c.ID)
		}
		return nil
	})
}
