package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

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
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// Run pauses.
func (c editionPauseCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, c.JSON, "is paused", (*subscriptions.EditionService).Pause)
}

type editionResumeCmd struct {
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// Run resumes.
func (c editionResumeCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, c.JSON, "goes on", (*subscriptions.EditionService).Resume)
}

type editionCancelCmd struct {
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// Run cancels.
func (c editionCancelCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, c.JSON, "is cancelled", (*subscriptions.EditionService).Cancel)
}

func move(ctx context.Context, s *Settings, std stdio, id int64, asJSON bool, done string,
	f func(*subscriptions.EditionService, context.Context, int64) (subscriptions.Edition, error)) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := f(a.editions, ctx, id)
		if err := answerRelease(std, asJSON, e, err, done); err != nil || asJSON {
			return err
		}
		if e.State == subscriptions.EditionSending {
			return a.sayWhoSends(ctx, e.ID)
		}
		return nil
	})
}

type editionReopenCmd struct {
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// Run gives a frozen or approved edition back to collecting.
func (c editionReopenCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return move(ctx, s, std, c.ID, c.JSON, "collects again; an approval it had is gone", (*subscriptions.EditionService).Reopen)
}

type editionResolveCmd struct {
	ID       int64   `arg:"" type:"edition" help:"Number of the edition."`
	Resend   bool    `help:"Send them again, with the same Message-ID."`
	Accept   bool    `help:"Take them as sent."`
	Delivery []int64 `placeholder:"N" help:"Only these, by the number that --list gives."`
	List     bool    `help:"List them, and change nothing."`
	JSON     bool    `help:"Answer as JSON."`
}

// Run decides about the uncertain ones.
func (c editionResolveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if (c.Resend == c.Accept) != c.List || c.Resend && c.Accept {
		return errUsage{errors.New("say either --resend or --accept, or --list")}
	}
	return inEditions(ctx, s, std, func(a *app) error {
		if c.List {
			return c.list(ctx, a)
		}
		n, err := a.editions.Resolve(ctx, c.ID, c.Resend, c.Delivery...)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"id": c.ID, "resolved": n, "resend": c.Resend})
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

// uncertainView is a letter of which nobody knows whether it arrived.
type uncertainView struct {
	ID      int64     `json:"id"`
	Address string    `json:"address"`
	Since   time.Time `json:"since"`
	Detail  string    `json:"detail,omitempty"`
}

// list tells of each.
func (c editionResolveCmd) list(ctx context.Context, a *app) error {
	if _, err := a.store.FindEdition(ctx, c.ID); err != nil {
		return err
	}
	all := []uncertainView{}
	for after := int64(0); ; {
		some, err := a.store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: c.ID, AfterID: after, States: []subscriptions.DeliveryState{subscriptions.DeliveryUncertain}})
		if err != nil {
			return err
		}
		for _, d := range some {
			all, after = append(all, uncertainView{d.ID, d.Address, d.UpdatedAt, d.Detail}), d.ID
		}
		if len(some) == 0 {
			break
		}
	}
	if c.JSON {
		return writeJSON(a.std.out, all)
	}
	if len(all) == 0 {
		fmt.Fprintf(a.std.out, "No message of edition %d is uncertain: there is nothing to decide.\n", c.ID)
	}
	for _, u := range all {
		fmt.Fprintf(a.std.out, "%8d  %s  %s\n", u.ID, u.Since.Format("2006-01-02 15:04"), cmp.Or(u.Address, "somebody who was erased"))
	}
	return nil
}
