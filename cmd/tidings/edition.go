package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type editionCmd struct {
	Create   editionCreateCmd    `cmd:"" help:"Start an edition for a period."`
	List     editionListCmd      `cmd:"" help:"List the editions."`
	Show     editionShowCmd      `cmd:"" help:"Show what an edition holds, and who would get it."`
	Add      editionAddCmd       `cmd:"" help:"Put a published item in, whatever its date."`
	Move     editionMoveCmd      `cmd:"" help:"Move an entry within the edition."`
	Pin      editionPinCmd       `cmd:"" help:"Keep an entry on top of its section."`
	Unpin    editionUnpinCmd     `cmd:"" help:"Let a pinned entry go."`
	LeaveOut editionLeaveOutCmd  `cmd:"" help:"Leave a published item out."`
	MoveOn   editionMoveOnCmd    `cmd:"" help:"Give an item to the next edition."`
	PutBack  editionPutBackCmd   `cmd:"" help:"Put back what was left out or moved."`
	Preview  editionPreviewCmd   `cmd:"" help:"Show the letter one reader would get now."`
	Check    editionPreflightCmd `cmd:"" name:"preflight" help:"Look at everything a machine can check before a release."`
	Test     editionTestSendCmd  `cmd:"" name:"test-send" help:"Send a test to a group, counted nowhere."`
	Group    editionTestGroupCmd `cmd:"" name:"test-group" help:"List, make and change the groups that get tests."`
	Submit   editionSubmitCmd    `cmd:"" help:"Freeze an edition as it is and ask for approval."`
	Approve  editionApproveCmd   `cmd:"" help:"Freeze an edition as it is and approve that state."`
	Reopen   editionReopenCmd    `cmd:"" help:"Take a frozen or approved edition back to collecting."`
	Schedule editionScheduleCmd  `cmd:"" help:"Send an approved edition at a moment, or take that back."`
	Send     editionSendCmd      `cmd:"" help:"Send an approved edition, or go on with one that was broken off."`
	Rate     editionRateCmd      `cmd:"" help:"Give a send a pace of its own."`
	Pause    editionPauseCmd     `cmd:"" help:"Stop a send before its next message."`
	Resume   editionResumeCmd    `cmd:"" help:"Go on with a paused send."`
	Cancel   editionCancelCmd    `cmd:"" help:"End an edition; what has left has left."`
	Resolve  editionResolveCmd   `cmd:"" help:"Decide about messages of which nobody knows whether they arrived."`
	Status   editionStatusCmd    `cmd:"" help:"Show where an edition stands and its books."`
	Correct  editionCorrectCmd   `cmd:"" help:"Tell those who got an entry what was wrong in it, and what is right."`
	Missed   editionMissedCmd    `cmd:"" help:"Count who missed an edition that was sent, by reason, and send it to them."`
	Ledger   editionLedgerCmd    `cmd:"" help:"Show who got what, when, and what the server said."`
}

// editionView is an edition as commands answer it.
type editionView struct {
	ID     int64  `json:"id"`
	Slug   string `json:"slug"`
	Title  string `json:"title"`
	From   string `json:"from"`
	To     string `json:"to"`
	Status string `json:"status"`
	// Of a correction: the edition and the item that it corrects.
	Corrects     int64 `json:"corrects,omitempty"`
	CorrectsItem int64 `json:"corrects_item,omitempty"`
}

func viewOf(e subscriptions.Edition) editionView {
	return editionView{e.ID, e.Slug, e.Title, e.Period.From.String(), e.Period.To.String(), string(e.State), e.Corrects, e.CorrectsItem}
}

// statusView adds the books.
type statusView struct {
	releaseView
	subscriptions.Books
	Open    int `json:"open"`
	Nothing int `json:"nothing"` // people with nothing in their topics
}

type editionCreateCmd struct {
	Title string `required:"" help:"Title, such as \"March 2019\"."`
	From  string `required:"" placeholder:"YYYY-MM-DD" help:"First day of the period."`
	To    string `required:"" placeholder:"YYYY-MM-DD" help:"Last day of the period."`
	JSON  bool   `help:"Answer as JSON."`
}

// Run creates it and says what it would hold.
func (c editionCreateCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	from, errFrom := subscriptions.ParseDate(c.From)
	to, errTo := subscriptions.ParseDate(c.To)
	if err := errors.Join(errFrom, errTo); err != nil {
		return errUsage{err}
	}
	return inApp(ctx, s, std, func(a *app) error {
		e, err := a.editions.Create(ctx, c.Title, subscriptions.Period{From: from, To: to})
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, viewOf(e))
		}
		content, err := a.editions.Collect(ctx, e.ID)
		if err != nil {
			return err
		}
		n := len(content.Entries)
		fmt.Fprintf(std.out, "Edition %d, %q, collects %s: %d published %s so far.\n", e.ID, e.Title, e.Period.Words(), n, plural(n, "item", "items"))
		fmt.Fprintf(std.out, "When it is complete: tidings edition approve %d\n", e.ID)
		return nil
	})
}

type editionListCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run lists them, the newest period first.
func (c editionListCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		editions, err := a.store.Dispatches(ctx)
		if err != nil {
			return err
		}
		views := make([]editionView, len(editions))
		for i, e := range editions {
			views[i] = viewOf(e)
		}
		if c.JSON {
			return writeJSON(std.out, views)
		}
		if len(views) == 0 {
			fmt.Fprintln(std.out, "There is no edition yet. Start one with: tidings edition create --title \"March 2019\" --from 2019-03-01 --to 2019-03-31")
		}
		for _, v := range views {
			fmt.Fprintf(std.out, "%4d  %-10s  %s – %s  %s\n", v.ID, v.Status, v.From, v.To, v.Title)
		}
		return nil
	})
}

type editionSendCmd struct {
	ID      int64 `arg:"" type:"edition" help:"Number of the edition."`
	Wait    bool  `help:"Stay until it is sent; send from here when no worker is alive."`
	Cooling int   `placeholder:"MINUTES" help:"Minutes in which the order can be taken back, with schedule --take-back; none by default."`
	JSON    bool  `help:"Answer as JSON."`
}

// Run starts the send. With --wait it stays to its end.
func (c editionSendCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := a.store.FindEdition(ctx, c.ID)
		if err != nil {
			return err
		}
		if e.State == subscriptions.EditionSent {
			fmt.Fprintf(std.err, "Edition %d was sent on %s; nothing is sent twice.\n", e.ID, subscriptions.DateOf(e.FinishedAt).Words())
			return c.answer(ctx, a)
		}
		var w *mailer.Worker
		if c.Wait {
			if w, err = a.ownWorker(ctx); err != nil {
				return err
			}
		}
		if e, err = c.order(ctx, a); err != nil {
			return err
		}
		if !c.Wait {
			if c.JSON {
				return c.answer(ctx, a)
			}
			if !e.SendAt.IsZero() && e.State == subscriptions.EditionApproved {
				fmt.Fprintf(std.out, "Edition %d leaves %d %s from now. Until then: tidings edition schedule %d --take-back\n", c.ID, c.Cooling, plural(c.Cooling, "minute", "minutes"), c.ID)
				return a.sayWhoStarts(ctx)
			}
			fmt.Fprintf(std.out, "Edition %d is to be sent.\n", c.ID)
			return a.sayWhoSends(ctx, c.ID)
		}
		if err := a.sendAndWait(ctx, c.ID, w); err != nil {
			return err
		}
		return c.answer(ctx, a)
	})
}

// order starts the send, or has it wait for some minutes.
func (c editionSendCmd) order(ctx context.Context, a *app) (subscriptions.Edition, error) {
	if c.Cooling == 0 {
		return a.editions.Start(ctx, c.ID)
	}
	return a.editions.Send(ctx, c.ID, time.Duration(c.Cooling)*time.Minute)
}

// watchEvery is how often a waiting command counts; when counting takes long, it
// waits so many times as long as that took.
const (
	watchEvery = 250 * time.Millisecond
	watchShare = 50
)

// watch shows the progress, on a terminal only, until the edition is over.
func (a *app) watch(ctx context.Context, id int64) error {
	var bar *progressbar.ProgressBar
	if f, ok := a.std.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(f), progressbar.OptionShowIts(), progressbar.OptionSetItsString("messages"),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(watchEvery), progressbar.OptionClearOnFinish())
		defer func() { _ = bar.Finish() }()
	}
	for {
		began := time.Now()
		st, err := a.editions.Status(ctx, id)
		took := time.Since(began)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if bar != nil {
			if !st.Edition.PlannedAt.IsZero() {
				bar.ChangeMax(max(st.Books.Planned, 1))
			}
			bar.Describe(fmt.Sprintf("sent %d, deferred %d, failed %d", st.Books.Sent, st.Books.Deferred, st.Books.Failed))
			_ = bar.Set(st.Books.Planned - st.Books.Open())
		}
		switch st.Edition.State {
		case subscriptions.EditionSending:
		case subscriptions.EditionApproved:
			if st.Edition.SendAt.IsZero() {
				return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("the order to send edition %d was taken back", id), Hint: st.Edition.Reason}
			}
		case subscriptions.EditionPaused:
			why := ""
			if st.Edition.Reason != "" {
				why = ": " + strings.TrimSuffix(st.Edition.Reason, ".")
			}
			return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("edition %d was paused", id) + why,
				Hint: fmt.Sprintf("Go on with: tidings edition resume %d", id)}
		default:
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(watchEvery, watchShare*took)):
		}
	}
}

// answer tells where the edition stands. A send of which nothing left has failed.
func (c editionSendCmd) answer(ctx context.Context, a *app) error {
	if err := printStatus(ctx, a, c.ID, c.JSON); err != nil {
		return err
	}
	st, err := a.editions.Status(ctx, c.ID)
	if err == nil && st.Books.Failed > 0 && st.Books.Failed == st.Books.Planned {
		err = &subscriptions.Error{Code: subscriptions.Refused, Message: "the mail server has taken not one message",
			Hint: "Its answers stand above. Check TIDINGS_SMTP and TIDINGS_FROM."}
	}
	return err
}

type editionStatusCmd struct {
	ID   int64 `arg:"" type:"edition" help:"Number of the edition."`
	JSON bool  `help:"Answer as JSON."`
}

// Run prints the state and the books.
func (c editionStatusCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error { return printStatus(ctx, a, c.ID, c.JSON) })
}

func printStatus(ctx context.Context, a *app, id int64, asJSON bool) error {
	st, err := a.editions.Status(ctx, id)
	if err != nil {
		return err
	}
	b := st.Books
	if asJSON {
		return writeJSON(a.std.out, statusView{releaseOf(st.Edition), b, b.Open(), st.Edition.Nothing})
	}
	fmt.Fprintf(a.std.out, "Edition %d, %q: %s\n", st.Edition.ID, st.Edition.Title, st.Edition.State)
	if st.Edition.Reason != "" {
		fmt.Fprintln(a.std.out, st.Edition.Reason)
	}
	if !st.Edition.SendAt.IsZero() && st.Edition.State == subscriptions.EditionApproved {
		fmt.Fprintf(a.std.out, "It is to leave on %s.\n", st.Edition.SendAt.Format("2 January 2006 at 15:04 UTC"))
	}
	if st.Edition.State == subscriptions.EditionApproved {
		fmt.Fprintf(a.std.out, "Approved by %s, for %d %s.\n", st.Edition.ApprovedBy, st.Edition.Approved.People, plural(st.Edition.Approved.People, "person", "people"))
	}
	if st.Edition.StartedAt.IsZero() {
		return nil
	}
	fmt.Fprintf(a.std.out, "%8d planned\n%8d sent\n", b.Planned, b.Sent)
	for _, part := range []struct {
		n    int
		what string
	}{{b.Failed, "failed"}, {b.Skipped, "skipped"}, {b.Uncertain, "uncertain"}, {b.Open(), "still open"},
		{st.Edition.Nothing, "people not mailed: nothing in their topics"}} {
		if part.n > 0 {
			fmt.Fprintf(a.std.out, "%8d %s\n", part.n, part.what)
		}
	}
	if err := printFailures(ctx, a, id, b.Failed); err != nil {
		return err
	}
	if b.Uncertain > 0 {
		fmt.Fprintf(a.std.out, "Nobody knows whether the uncertain ones arrived. Decide with:\n  tidings edition resolve %d --resend   or   --accept\n", id)
	}
	if !b.Balanced() {
		fmt.Fprintln(a.std.err, "tidings: the books do not balance.")
		return errSilent
	}
	return nil
}
