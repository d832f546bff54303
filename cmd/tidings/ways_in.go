package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"sesec.eu/tidings/mailer/inbound"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/web/hooks"
)

// waysIn are how reports come, beside the command line.
type waysIn struct {
	listen  inbound.Listen         // no network: none
	mailbox inbound.MailboxOptions // no address: none
	maildir string                 // "": none
	hooks   hooks.Settings
}

// mail reports whether mail to the bounce address is read, as far as the settings
// tell: of a pipe they know nothing.
func (w waysIn) mail() bool {
	return w.listen.Network != "" || w.mailbox.Address != "" || w.maildir != ""
}

// ways reads their settings.
func (s Settings) ways(bounce string, fault func(env string, err error)) (w waysIn) {
	if s.BounceListen != "" {
		var err error
		w.listen, err = inbound.ParseListen(s.BounceListen)
		fault("TIDINGS_BOUNCE_LISTEN", err)
		if bounce == "" {
			fault("TIDINGS_BOUNCE_LISTEN", errors.New("needs TIDINGS_BOUNCE_ADDRESS: mail for no other address is taken"))
		}
	}
	if s.BounceIMAP != "" {
		var err error
		w.mailbox, err = inbound.ParseMailbox(s.BounceIMAP)
		fault("TIDINGS_BOUNCE_IMAP", err)
	}
	if s.BounceIMAPFile != "" {
		password, err := os.ReadFile(s.BounceIMAPFile)
		switch w.mailbox.Password = strings.TrimRight(string(password), "\r\n"); {
		case err != nil:
			fault("TIDINGS_BOUNCE_IMAP_PASSWORD_FILE", fmt.Errorf("cannot be read: %w", err))
		case w.mailbox.Password == "":
			fault("TIDINGS_BOUNCE_IMAP_PASSWORD_FILE", errors.New("is empty"))
		case s.BounceIMAP == "":
			fault("TIDINGS_BOUNCE_IMAP_PASSWORD_FILE", errors.New("is given without TIDINGS_BOUNCE_IMAP"))
		}
	}
	secrets := s.BounceHooks
	if s.BounceHooksFile != "" {
		text, err := os.ReadFile(s.BounceHooksFile)
		if err != nil {
			fault("TIDINGS_BOUNCE_HOOKS_FILE", fmt.Errorf("cannot be read: %w", err))
		}
		secrets += " " + string(text)
	}
	hooked, err := hooks.ParseSettings(secrets)
	for _, err := range parts(err) {
		fault("TIDINGS_BOUNCE_HOOKS", err)
	}
	w.hooks = hooked
	if w.maildir = s.BounceMaildir; w.maildir != "" {
		fault("TIDINGS_BOUNCE_MAILDIR", inbound.CheckMaildir(w.maildir))
	}
	return w
}

// hooks answers what services that send for us report.
func (a *app) hooks() *hooks.Hooks {
	return &hooks.Hooks{Settings: a.settings.ways.hooks, Bounces: a.bounces, Now: a.now, Log: a.log, Get: func(ctx context.Context, url string) ([]byte, error) {
		page, err := a.intake.Fetch.Get(ctx, fetch.Request{URL: url})
		return page.Body, err
	}}
}

// receives gives the jobs that let reports in. Each is one process's: of several
// with the same settings the first has the port, the others say so; a mailbox or a
// folder that two read is read once all the same.
func (a *app) receives(ctx context.Context) ([]func(ctx context.Context) error, error) {
	w := a.settings.ways
	door := &inbound.Door{Bounces: a.bounces, Keys: a.keys, Address: a.settings.identity.Bounce, Now: a.now, Log: a.log}
	var jobs []func(ctx context.Context) error
	if w.listen.Network != "" {
		l := &inbound.Listener{Door: door, Where: w.listen}
		on, err := l.Open(ctx)
		if err != nil {
			return nil, &subscriptions.Error{Code: subscriptions.Unavailable, Message: "cannot listen for reports on " + w.listen.String(), Err: err,
				Hint: "Check TIDINGS_BOUNCE_LISTEN. Of several processes on one machine give it to one."}
		}
		fmt.Fprintf(a.std.out, "Reports come in at %s\n", w.listen)
		jobs = append(jobs, func(ctx context.Context) error { return l.Serve(ctx, on) })
	}
	if w.mailbox.Address != "" {
		jobs = append(jobs, (&inbound.Mailbox{Door: door, MailboxOptions: w.mailbox}).Run)
	}
	if w.maildir != "" {
		jobs = append(jobs, (&inbound.Maildir{Door: door, Path: w.maildir}).Run)
	}
	return jobs, nil
}
