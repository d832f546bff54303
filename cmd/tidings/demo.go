package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/public"
)

type demoCmd struct {
	Dir    string `placeholder:"DIR" help:"Keep the demo's data here; without it they go when the demo ends."`
	Once   bool   `help:"Send the edition and end, without the site."`
	Outbox string `placeholder:"DIR" help:"Write every message here as 1.eml, 2.eml …"`
	AsOf   string `placeholder:"DAY" help:"Move the clock on to this day once the edition is sent, as 2019-06-04. The bar of the site moves it too."`
}

// demoTime is when the demo takes place: the morning after the quarter that the
// sample edition covers.
var demoTime = time.Date(2019, time.April, 1, 7, 0, 0, 0, time.UTC)

// Run does the whole job on the sample edition: real database, real SMTP on
// loopback, real outbox. Only the clock and the people are made up.
func (c demoCmd) Run(ctx context.Context, s *Settings, std stdio) (err error) {
	s.presets()
	if err := checkAddr(s.Addr); err != nil {
		return errUsage{named("TIDINGS_ADDR", err)}
	}
	if c.Once && c.Outbox == "" && c.Dir == "" {
		return errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Message: "--once would leave nothing behind",
			Hint: "Say where the messages go: tidings demo --once --outbox letters"}}
	}
	dir, cleanup, err := demoDir(c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	clock := newDemoClock()
	now := clock.Now
	if c.AsOf != "" {
		to, err := parseAsOf(c.AsOf)
		if err == nil && to.Before(demoTime) {
			err = clock.Move(to)
		}
		if err != nil {
			return errUsage{err}
		}
	}

	mail, err := mailtest.New(mailtest.Options{Dir: filepath.Join(dir, "inbox"), Now: now})
	if err != nil {
		return fmt.Errorf("start the demo's mail server: %w", err)
	}
	defer func() { err = errors.Join(err, mail.Close()) }()
	a, err := wireDemo(ctx, dir, s.Addr, mail, std, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()

	if c.Once {
		return a.demoOnce(ctx, mail, c.Outbox)
	}
	return a.demoServe(ctx, mail, s.Addr, c, clock)
}

// demoDir makes the folder for the demo's data. A folder nobody asked for is
// taken away at the end.
func demoDir(dir string) (string, func() error, error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", nil, fmt.Errorf("make the demo's folder: %w", err)
		}
		return dir, func() error { return nil }, nil
	}
	tmp, err := os.MkdirTemp("", "tidings-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make the demo's folder: %w", err)
	}
	return tmp, func() error { return os.RemoveAll(tmp) }, nil
}

// wireDemo builds the service on the demo's own database, mail server and clock;
// nothing of the user's settings reaches it.
func wireDemo(ctx context.Context, dir, addr string, mail *mailtest.Server, std stdio, now func() time.Time) (*app, error) {
	o, err := smtp.ParseURL(mail.URL())
	if err != nil {
		return nil, err
	}
	id := subscriptions.StandardIdentity()
	id.BaseURL = "http://" + reachable(addr)
	s := settings{database: filepath.Join(dir, "tidings.db"), smtp: []smtp.Options{o}, identity: id, addr: addr, connections: 4, level: slog.LevelWarn}
	a, err := wire(ctx, s, std, now)
	if err != nil {
		return nil, err
	}
	a.preflight.Links = nil // in the spring of 2019 they answered; nobody knows about today
	// The demo's clock starts anew each time: whoever held something in an
	// earlier run is gone.
	if _, err := a.store.Reclaim(ctx, a.now(), nil); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// demoOnce sends everything and writes it down.
func (a *app) demoOnce(ctx context.Context, mail *mailtest.Server, outbox string) error {
	id, err := a.demoPrepare(ctx)
	if err != nil {
		return err
	}
	if err := a.demoSend(ctx, id); err != nil {
		return err
	}
	if err := writeOutbox(outbox, mail.Messages()); err != nil {
		return err
	}
	return a.demoReport(ctx, id, mail, outbox)
}

// demoServe sends everything, then keeps the worker and the site running.
func (a *app) demoServe(ctx context.Context, mail *mailtest.Server, addr string, c demoCmd, clock *demoClock) error {
	outbox := c.Outbox
	a.steady, a.clock = func() time.Time { return clock.Steady().UTC() }, clock
	l, err := listen(ctx, addr, "tidings demo --addr 127.0.0.1:8081")
	if err != nil {
		return err
	}
	a.settings.identity.BaseURL = "http://" + reachable(l.Addr().String())
	id, err := a.demoPrepare(ctx)
	if err == nil {
		err = a.demoSend(ctx, id)
	}
	if err == nil {
		err = writeOutbox(outbox, mail.Messages())
	}
	if err == nil {
		err = a.demoReport(ctx, id, mail, outbox)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := errors.Join(a.demoDesk(ctx), a.demoReturns(ctx, id), a.demoWebinar(ctx)); err != nil {
		return errors.Join(err, l.Close())
	}
	if c.AsOf != "" {
		to, err := parseAsOf(c.AsOf)
		if err == nil {
			err = clock.Move(to)
		}
		if err != nil {
			return errors.Join(err, l.Close())
		}
	}
	if err := a.demoNext(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	w, err := a.worker(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	w.Poll = 100 * time.Millisecond // a newcomer who subscribes looks into the inbox at once
	o, err := a.operators(w)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	site, err := a.site(o, demoInbox{mail})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintf(a.std.out, "\nSite   %[1]s\nInbox  %[1]s/inbox\nDesk   %[1]s/desk\nStop with Ctrl-C.\n", a.settings.identity.BaseURL)
	return together(ctx, w.Run, a.feeds, a.reminds, a.files, a.counts, a.figures, func(ctx context.Context) error { return serve(ctx, l, site, shutdownGrace) })
}

// demoSend approves and sends the edition through the outbox, to its end.
func (a *app) demoSend(ctx context.Context, id int64) error {
	e, err := a.store.FindEdition(ctx, id)
	if err != nil {
		return err
	}
	if e.State == subscriptions.EditionCollecting {
		if e, err = a.editions.Freeze(ctx, id); err != nil {
			return err
		}
	}
	if e.State == subscriptions.EditionFrozen {
		if e, err = a.editions.Approve(ctx, id, e.Hash, "demo"); err != nil {
			return err
		}
	}
	if e.State == subscriptions.EditionApproved {
		if _, err = a.editions.Start(ctx, id); err != nil {
			return err
		}
	}
	w, err := a.worker(ctx)
	if err != nil {
		return err
	}
	w.Poll = 20 * time.Millisecond
	return together(ctx, w.Run, func(ctx context.Context) error { return a.drained(ctx, id) })
}

// drained waits until the edition is over and nothing else is open.
func (a *app) drained(ctx context.Context, id int64) error {
	for {
		e, err := a.store.FindEdition(ctx, id)
		if err != nil {
			return err
		}
		open, err := a.store.Deliveries(ctx, subscriptions.DeliveryFilter{Limit: 1, States: []subscriptions.DeliveryState{
			subscriptions.DeliveryQueued, subscriptions.DeliveryClaimed, subscriptions.DeliverySending}})
		if err != nil {
			return err
		}
		if e.State == subscriptions.EditionSent && len(open) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// writeOutbox writes the messages in the order of their recipients, which does
// not depend on which connection was faster.
func writeOutbox(dir string, messages []mailtest.Message) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the outbox folder: %w", err)
	}
	slices.SortStableFunc(messages, func(a, b mailtest.Message) int { return strings.Compare(a.To, b.To) })
	for i, m := range messages {
		name := filepath.Join(dir, fmt.Sprintf("%d.eml", i+1))
		if err := os.WriteFile(name, m.Data, 0o644); err != nil {
			return fmt.Errorf("write message %d: %w", i+1, err)
		}
	}
	return nil
}

// demoInbox shows the mail server's messages on the site.
type demoInbox struct{ mail *mailtest.Server }

var _ public.Inbox = demoInbox{}

// Messages lists them.
func (d demoInbox) Messages() []public.InboxMessage {
	all := d.mail.Messages()
	out := make([]public.InboxMessage, len(all))
	for i, m := range all {
		out[i] = inboxMessage(m)
	}
	return out
}

// Message gives one.
func (d demoInbox) Message(n int) (public.InboxMessage, bool) {
	m, ok := d.mail.Message(n)
	return inboxMessage(m), ok
}

func inboxMessage(m mailtest.Message) public.InboxMessage {
	return public.InboxMessage{N: m.N, From: m.From, To: m.To, Received: m.Received, Data: m.Data}
}

// demoReport says what happened: who got what, and who got nothing and why.
func (a *app) demoReport(ctx context.Context, id int64, mail *mailtest.Server, outbox string) error {
	st, err := a.editions.Status(ctx, id)
	if err != nil {
		return err
	}
	content, err := a.store.Content(ctx, id)
	if err != nil {
		return err
	}
	w := a.std.out
	fmt.Fprintf(w, "Tidings demo, as of %s\n\n", subscriptions.DateOf(demoTime).Words())
	fmt.Fprintf(w, "%q, %d entries, was collected, frozen, approved and sent.\n", content.Title, len(content.Entries))
	fmt.Fprintf(w, "%d letters planned, %d sent; every reader got only what they asked for:\n\n", st.Books.Planned, st.Books.Sent)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range demoPeople() {
		topics := strings.Join(p.topics, ", ")
		if len(p.topics) == len(subscriptions.StandardTopics()) {
			topics = "all six topics"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", p.address, topics, p.outcome(ctx, a, content))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d messages went out over SMTP.\n", mail.Count())
	if outbox != "" {
		fmt.Fprintf(w, "They lie in %s as .eml files.\n", outbox)
	}
	if !st.Books.Balanced() || st.Books.Open() > 0 || st.Books.Sent != st.Books.Planned {
		return fmt.Errorf("the books do not balance: %+v", st.Books)
	}
	return nil
}
