package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/ops"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
)

type serveCmd struct {
	Worker bool `default:"true" negatable:"" help:"Send what is queued, in this process."`
}

// Run serves the site until it is told to stop.
func (c serveCmd) Run(ctx context.Context, s *Settings, std stdio, again source) error {
	return inApp(ctx, s, std, func(a *app) error {
		jobs := []func(ctx context.Context) error{a.forgets, a.feeds, a.reminds, a.files, a.counts, a.figures}
		var w *mailer.Worker
		if c.Worker {
			var err error
			if w, err = a.releasedWorker(ctx); err != nil {
				return hinted(err, "Or run the site alone: tidings serve --worker=false")
			}
			jobs = append(jobs, w.Run, a.refusals, a.reloads(w, *s, again))
		}
		in, err := a.receives(ctx)
		if err != nil {
			return err
		}
		jobs = append(jobs, in...)
		o, err := a.operators(w)
		if err != nil {
			return err
		}
		site, err := a.site(o, nil)
		if err != nil {
			return err
		}
		l, err := listen(ctx, a.settings.addr, "TIDINGS_ADDR=127.0.0.1:8081 tidings serve")
		if err != nil {
			return err
		}
		watched, err := a.watched(ctx, o)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		fmt.Fprintf(std.out, "The site is at http://%s\n", reachable(l.Addr().String()))
		jobs = append(jobs, watched...)
		jobs = append(jobs, func(ctx context.Context) error { return serve(ctx, l, site, shutdownGrace) })
		return together(ctx, jobs...)
	})
}

// hinted adds a line to an error's hint.
func hinted(err error, more string) error {
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Hint != "" {
		e.Hint += "\n" + more
	}
	return err
}

// site wires the web. The inbox is the demo's.
func (a *app) site(o *ops.Ops, inbox public.Inbox) (http.Handler, error) {
	if err := a.checkTemplates(); err != nil {
		return nil, err
	}
	a.located()
	desk, err := a.desk()
	if err != nil {
		return nil, err
	}
	return web.New(web.Options{Identity: a.settings.identity, Subscriptions: a.readers,
		Signups: subscriptions.NewSignupService(a.store, a.keys, a.now), Archive: a.archive, Desk: desk, Settings: a.house, Templates: a.settings.templates, Ops: o, Hooks: a.hooks(), Log: a.log,
		Now: a.now, Inbox: inbox, Clock: a.clock, Demo: inbox != nil, TrustedProxies: a.settings.proxies})
}

// desk wires what editors work with.
func (a *app) desk() (*desk.Desk, error) {
	zone, err := subscriptions.LoadZone(a.current(context.Background()).Identity.Zone)
	if err != nil {
		return nil, err
	}
	// At the desk nothing is approved that preflight speaks against. Who works on the
	// machine itself decides that alone.
	editions := *a.editions
	editions.Preflight = a.preflight.Ready
	return &desk.Desk{Sessions: &subscriptions.SessionService{Store: a.store, Now: a.sessionClock()}, Letter: a.letterOf,
		Editors: a.people, Audit: &subscriptions.AuditService{Store: a.store},
		Editions: &editions, Reach: a.reach, Progress: &subscriptions.ProgressService{Store: a.store, Now: a.now},
		Today:    &subscriptions.TodayService{Store: a.store, Editions: a.editions, Now: a.now, Zone: zone},
		Webinars: a.webinars, WebinarLetter: a.webinarLetters(),
		People: a.subscribers,
		Lists:  a.lists,
		Topics: a.topics, Glossary: a.glossary, Search: &subscriptions.DeskSearchService{Keys: a.keys, Store: a.store, Now: a.now},
		Imports: a.imports, Watch: a.watcher, Intake: a.intake,
		Items:    &subscriptions.ItemService{Store: a.store, Now: a.now},
		Seen:     &subscriptions.PreviewService{Store: a.store, Keys: a.keys, Editions: a.editions, Reach: a.reach, Letters: a.letters(), Now: a.now},
		Personas: &subscriptions.PersonaService{Store: a.store, Now: a.now}, Preflight: a.preflight,
		Tests:       &subscriptions.TestSendService{Store: a.store, Editions: a.editions, Reach: a.reach, Now: a.now},
		Attachments: a.attachments, Previews: &subscriptions.ItemPreviewService{Store: a.store}, ItemLetter: a.itemLetters(),
		Returns: a.bounces,
		Ledger:  a.ledger, LedgerLetter: a.ledgerLetters(), Statistics: a.statistics,
	}, nil
}

// listen opens the port, or says what to do when somebody else has it.
func listen(ctx context.Context, addr, instead string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err == nil {
		return l, nil
	}
	e := &subscriptions.Error{Code: subscriptions.Unavailable, Message: "cannot listen on " + addr, Err: err, Hint: "Check the address."}
	if errors.Is(err, syscall.EADDRINUSE) {
		e.Message, e.Err = "the port of "+addr+" is in use", nil
		e.Hint = "Stop the other program, or choose another port: " + instead
	}
	return nil, e
}

// reachable is an address that a browser on this machine can open: one that
// stands for every address is none.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// shutdownGrace is what requests under way get when the program stops; who is
// slower on purpose is cut off.
const shutdownGrace = 10 * time.Second

func serve(ctx context.Context, l net.Listener, h http.Handler, within time.Duration) error {
	server := web.HTTPServer(l.Addr().String(), h)
	server.BaseContext = func(net.Listener) context.Context { return page.WithStop(context.WithoutCancel(ctx), ctx.Done()) }
	done := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
		defer cancel()
		err := server.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		done <- err
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-done
}

// together runs the jobs until the context ends or one of them fails; then all
// are told to stop and waited for.
func together(ctx context.Context, jobs ...func(ctx context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	errs := make([]error, len(jobs))
	for i, job := range jobs {
		wg.Go(func() {
			defer stop()
			errs[i] = job(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sessionClock counts how long somebody has been at the desk.
func (a *app) sessionClock() func() time.Time {
	if a.steady != nil {
		return a.steady
	}
	return a.now
}
