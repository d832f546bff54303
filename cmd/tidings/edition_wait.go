package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// "edition send --wait" stays until the edition is over, whoever sends it: a
// worker that is alive, or itself when there is none, or none any more.

// ownWorker gives the worker this command runs itself, or nil when another one
// is alive, or was a few seconds ago. Before anything is decided it makes sure
// that there is a mail server.
func (a *app) ownWorker(ctx context.Context) (*mailer.Worker, error) {
	alive, err := mailer.Alive(ctx, a.store, a.now())
	if err != nil || len(alive) > 0 {
		return nil, err
	}
	w, err := a.releasedWorker(ctx)
	if err != nil {
		return nil, err
	}
	servers, err := a.settings.mailServers(a.now)
	if err != nil {
		return nil, err
	}
	warnings, err := servers.Check(ctx, a.settings.identity.EnvelopeSender())
	if err != nil {
		return nil, fmt.Errorf("nothing was sent: %w", err)
	}
	for _, warning := range warnings {
		fmt.Fprintf(a.std.err, "Sending without one server: %v\n", warning)
	}
	return w, nil
}

// lookEvery is how often a command that lets another process send looks whether
// that process is still there.
const lookEvery = time.Second

// sendAndWait works the outbox, or lets the other worker, until the edition is
// over.
func (a *app) sendAndWait(ctx context.Context, id int64, w *mailer.Worker) error {
	if w == nil {
		fmt.Fprintln(a.std.err, "Another process sends, or did a moment ago. Waiting for it.")
	}
	err := together(ctx,
		func(ctx context.Context) error { return a.watch(ctx, id) },
		func(ctx context.Context) error { return a.standIn(ctx, id, w) })
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: "stopped before the end; nothing is lost",
			Hint: fmt.Sprintf("Go on with: tidings edition send %d --wait", id)}
	}
	return nil
}

// standIn sends. With no worker it waits until the other process is gone, which
// may have been killed and have left only its last sign of life behind.
func (a *app) standIn(ctx context.Context, id int64, w *mailer.Worker) error {
	for w == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
		if e, err := a.store.FindEdition(ctx, id); err == nil && e.State != subscriptions.EditionSending {
			continue // over or paused: who watches says so
		}
		var err error
		if w, err = a.ownWorker(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("the process that sent has gone: %w", err)
		}
		if w != nil {
			fmt.Fprintln(a.std.err, "No other process sends any more. Going on from here.")
		}
	}
	w.Poll = 100 * time.Millisecond
	return together(ctx, w.Run, a.refusals)
}

// sayWhoSends says what becomes of what is queued, and what to do when that is
// nothing.
func (a *app) sayWhoSends(ctx context.Context, id int64) error {
	alive, err := mailer.Alive(ctx, a.store, a.now())
	if err != nil {
		return err
	}
	if len(alive) > 0 {
		fmt.Fprintf(a.std.out, "A worker sends it. Watch it with: tidings edition status %d\n", id)
		return nil
	}
	fmt.Fprintf(a.std.out, "No worker runs. Start one with tidings serve or tidings worker, or send from here: tidings edition send %d --wait\n", id)
	return nil
}

// shownFailures is how many refusals a status tells; they are mostly alike.
const shownFailures = 3

// printFailures tells why the first messages failed.
func printFailures(ctx context.Context, a *app, id int64, failed int) error {
	if failed == 0 {
		return nil
	}
	first, err := a.store.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: id, Limit: shownFailures,
		States: []subscriptions.DeliveryState{subscriptions.DeliveryFailed}})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.std.out, "Failed:")
	for _, d := range first {
		fmt.Fprintf(a.std.out, "  %s: %s\n", cmp.Or(d.Address, "somebody who was erased"), cmp.Or(d.Detail, fmt.Sprintf("answer %d", d.Code)))
	}
	if more := failed - len(first); more > 0 {
		fmt.Fprintf(a.std.out, "  and %d more. One person's story: tidings subscriber show ADDRESS\n", more)
	}
	return nil
}

// inEditions is inApp for commands that name an edition.
func inEditions(ctx context.Context, s *Settings, std stdio, f func(a *app) error) error {
	err := inApp(ctx, s, std, f)
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Code == subscriptions.NotFound && e.Hint == "" {
		e.Hint = "All of them: tidings edition list"
	}
	return err
}
