package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// From the freeze to the order, at the command line. Who types is the operator of the
// machine, and nobody of the desk: their approval is of another pair of eyes than
// those that wrote, and the answer names them.

// releaseView is what commands answer about a release.
type releaseView struct {
	editionView
	SubmittedBy    string     `json:"submitted_by,omitempty"`
	SubmittedAt    *time.Time `json:"submitted_at,omitempty"`
	ApprovedBy     string     `json:"approved_by,omitempty"`
	ApprovedAt     *time.Time `json:"approved_at,omitempty"`
	ApprovedPeople *int       `json:"approved_people,omitempty"`
	Hash           string     `json:"hash,omitempty"`
	SendAt         *time.Time `json:"send_at,omitempty"`
	SendZone       string     `json:"send_zone,omitempty"`
	SendBy         string     `json:"send_by,omitempty"`
	Rate           float64    `json:"rate,omitempty"`
	Reason         string     `json:"reason,omitempty"` // why it stands
}

func releaseOf(e subscriptions.Edition) releaseView {
	known := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	v := releaseView{editionView: viewOf(e), SubmittedBy: e.SubmittedBy, SubmittedAt: known(e.SubmittedAt), ApprovedBy: e.ApprovedBy, ApprovedAt: known(e.ApprovedAt),
		Hash: e.Hash, SendAt: known(e.SendAt), SendZone: e.SendZone, SendBy: e.SendBy, Rate: e.Rate, Reason: e.Reason}
	if !e.Approved.At.IsZero() {
		v.ApprovedPeople = &e.Approved.People
	}
	return v
}

type editionSubmitCmd struct {
	ID   int64  `arg:"" type:"edition" help:"Number of the edition."`
	Note string `help:"A note to who approves."`
	JSON bool   `help:"Answer as JSON."`
}

// Run freezes a collecting edition and asks for approval.
func (c editionSubmitCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := a.editions.Submit(ctx, c.ID, c.Note)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, releaseOf(e))
		}
		fmt.Fprintf(std.out, "Edition %d, %q, waits for approval (%s): at the desk, or with tidings edition approve %d\n", e.ID, e.Title, e.Hash[:12], e.ID)
		return nil
	})
}

type editionApproveCmd struct {
	ID    int64  `arg:"" type:"edition" help:"Number of the edition."`
	By    string `placeholder:"NAME" help:"Who approves; the name of the user of this machine by default."`
	Unfit bool   `name:"without-preflight" help:"Approve what preflight speaks against."`
	JSON  bool   `help:"Answer as JSON."`
}

// Run freezes a collecting edition and approves exactly that.
func (c editionApproveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := a.store.FindEdition(ctx, c.ID)
		if err != nil {
			return err
		}
		again := e.State == subscriptions.EditionApproved
		if !again {
			if err := c.checked(ctx, a); err != nil {
				return err
			}
		}
		if e.State == subscriptions.EditionCollecting {
			if e, err = a.editions.Freeze(ctx, c.ID); err != nil {
				return err
			}
		}
		if !again {
			if e, err = a.editions.Agree(ctx, c.ID, subscriptions.Approval{Hash: e.Hash, By: c.by()}); err != nil {
				return err
			}
		}
		if c.JSON {
			return writeJSON(std.out, releaseOf(e))
		}
		content, err := a.store.Content(ctx, e.ID)
		if err != nil {
			return err
		}
		n := len(content.Entries)
		fmt.Fprintf(std.out, "Edition %d is frozen with %d %s and approved (%s) by %s, for %d %s.\nSend it with: tidings edition send %d --wait\n",
			e.ID, n, plural(n, "item", "items"), e.Hash[:12], e.ApprovedBy, e.Approved.People, plural(e.Approved.People, "person", "people"), e.ID)
		return nil
	})
}

// checked refuses what preflight has looked at and speaks against. What was not
// checked as it is now is said, and no reason: scripts approve what they have made.
func (c editionApproveCmd) checked(ctx context.Context, a *app) error {
	v, err := a.preflight.Verdict(ctx, c.ID)
	switch {
	case err != nil || v.May || c.Unfit:
		return err
	case !v.Checked || v.Stale || v.Running:
		fmt.Fprintf(a.std.err, "Preflight has not looked at it as it is now: tidings edition preflight %d\n", c.ID)
		return nil
	}
	return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("edition %d may not be approved: %s", c.ID, strings.ToLower(v.Why[:1])+strings.TrimSuffix(v.Why[1:], ".")),
		Hint: v.Do + " Or approve it all the same: --without-preflight"}
}

func (c editionApproveCmd) by() string {
	if c.By != "" {
		return c.By
	}
	if u, err := user.Current(); err == nil {
		return u.Username + " on the command line"
	}
	return "command line"
}

type editionScheduleCmd struct {
	ID       int64  `arg:"" type:"edition" help:"Number of the edition."`
	At       string `placeholder:"\"YYYY-MM-DD HH:MM\"" help:"The moment, as clocks show it."`
	Zone     string `placeholder:"Europe/Brussels" help:"Whose clocks; the first zone of the settings by default."`
	TakeBack bool   `help:"Take an order back of which nothing has left."`
	JSON     bool   `help:"Answer as JSON."`
}

// Run orders the send of an approved edition for a moment.
func (c editionScheduleCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if (c.At == "") != c.TakeBack {
		return errUsage{errors.New("say either --at or --take-back")}
	}
	return inEditions(ctx, s, std, func(a *app) error {
		if c.TakeBack {
			e, err := a.editions.TakeBack(ctx, c.ID)
			return answerRelease(std, c.JSON, e, err, "is not ordered any more; nothing has left")
		}
		if c.Zone == "" {
			c.Zone = a.current(ctx).Identity.Zone
		}
		zone, err := subscriptions.LoadZone(c.Zone)
		if err != nil {
			return errUsage{err}
		}
		at, twice, err := subscriptions.ReadLocalTime("at", c.At, zone)
		if err != nil {
			return errUsage{err}
		}
		e, err := a.editions.Schedule(ctx, c.ID, at, c.Zone)
		done := fmt.Sprintf("leaves on %s, %s", e.SendAt.In(zone).Format("2 January 2006 at 15:04"), c.Zone)
		if twice {
			done += ", in the first of the two hours that clocks show so"
		}
		if err := answerRelease(std, c.JSON, e, err, done); err != nil || c.JSON {
			return err
		}
		return a.sayWhoStarts(ctx)
	})
}

// sayWhoStarts says what to do when nothing would start it.
func (a *app) sayWhoStarts(ctx context.Context) error {
	alive, err := a.store.Workers(ctx, a.now(), 15*time.Second)
	if err == nil && len(alive) == 0 {
		fmt.Fprintln(a.std.out, "No worker runs. One has to at that moment: tidings serve or tidings worker.")
	}
	return err
}

func answerRelease(std stdio, asJSON bool, e subscriptions.Edition, err error, done string) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return writeJSON(std.out, releaseOf(e))
	}
	fmt.Fprintf(std.out, "Edition %d, %q, %s.\n", e.ID, e.Title, done)
	return nil
}

type editionRateCmd struct {
	ID   int64  `arg:"" type:"edition" help:"Number of the edition."`
	Rate string `arg:"" placeholder:"N" help:"Letters a second at most, of all workers together, or none."`
	JSON bool   `help:"Answer as JSON."`
}

// Run gives the send a pace of its own, also while it runs.
func (c editionRateCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	rate := 0.0
	if c.Rate != "none" {
		var err error
		if rate, err = strconv.ParseFloat(c.Rate, 64); err != nil || rate == 0 {
			return errUsage{fmt.Errorf("%q is no number of letters a second, and not none", c.Rate)}
		}
	}
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := a.editions.SetRate(ctx, c.ID, rate)
		done := "has no limit of its own"
		if rate > 0 {
			done = fmt.Sprintf("leaves with %g letters a second at most", rate)
		}
		return answerRelease(std, c.JSON, e, err, done)
	})
}
