package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/bounce"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/credentials"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/intake"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/web/public"
)

// app is everything wired: the only place where the floors meet.
type app struct {
	settings settings
	std      stdio
	log      *slog.Logger
	level    *slog.LevelVar // of log
	now      func() time.Time
	steady   func() time.Time // for sessions; nil: now
	clock    public.Clock     // of a demo, nil elsewhere
	store    *store.Store
	keys     *subscriptions.Keyring
	stats    *mailer.Stats // of the worker in this process

	readers  *subscriptions.SubscriptionService
	editions *subscriptions.EditionService
	reach    *subscriptions.ReachService
	ledger   *subscriptions.LedgerService

	statistics *subscriptions.StatisticsService

	imports  *subscriptions.ImportService
	archive  *subscriptions.ArchiveService
	webinars *subscriptions.WebinarService
	instance *subscriptions.InstanceService
	intake   *intake.Reader
	watcher  *subscriptions.WatchService

	retention   *subscriptions.RetentionService
	attachments *subscriptions.AttachmentService
	topics      *subscriptions.TopicService
	glossary    *subscriptions.GlossaryService
	people      *subscriptions.EditorService // of the desk
	lists       *subscriptions.PeopleImportService
	deadlines   *subscriptions.DeadlineService
	subscribers *subscriptions.PeopleService
	house       *subscriptions.SettingsService
	bounces     *subscriptions.BounceService

	preflight *subscriptions.PreflightService
}

// newApp reads the settings, opens the database and brings it up to date.
func newApp(ctx context.Context, s *Settings, std stdio) (*app, error) {
	read, err := s.read()
	if err != nil {
		return nil, err
	}
	a, err := wire(ctx, read, std, time.Now)
	if err == nil {
		announceNew(a.store, std.err)
	}
	return a, err
}

// wire builds the services on a database and a clock.
func wire(ctx context.Context, s settings, std stdio, now func() time.Time) (*app, error) {
	a := &app{settings: s, std: std, stats: new(mailer.Stats), now: func() time.Time { return now().UTC() },
		level: new(slog.LevelVar)}
	a.level.Set(s.level)
	a.log = slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: a.level}))
	var err error
	if a.store, err = store.Open(ctx, s.database, store.Options{Now: a.now}); err != nil {
		return nil, err
	}
	a.instance = &subscriptions.InstanceService{Store: a.store, BaseURL: s.identity.BaseURL}
	if err := a.prepare(ctx); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	a.readers = &subscriptions.SubscriptionService{Store: a.store, Keys: a.keys, Now: a.now}
	a.editions = &subscriptions.EditionService{Store: a.store, Keys: a.keys, Now: a.now, By: subscriptions.AtCommandLine}
	a.reach = &subscriptions.ReachService{Store: a.store, Keys: a.keys, Now: a.now}
	a.ledger = &subscriptions.LedgerService{Store: a.store, Now: a.now}
	a.statistics = &subscriptions.StatisticsService{Store: a.store, Now: a.now}
	a.imports = &subscriptions.ImportService{Store: a.store, Keys: a.keys, Now: a.now}
	a.lists = &subscriptions.PeopleImportService{Store: a.store, Imports: a.imports, Reader: importer.Lists{}, Now: a.now}
	a.subscribers = &subscriptions.PeopleService{Store: a.store, Keys: a.keys, Readers: a.readers, Imports: a.imports, Now: a.now}
	a.deadlines = &subscriptions.DeadlineService{Store: a.store, Keys: a.keys, Now: a.now, Zone: a.houseZone}
	a.intake = &intake.Reader{Fetch: fetch.New(s.fetch)}
	a.watcher = &subscriptions.WatchService{Store: a.store, Imports: a.imports, Reader: a.intake, Now: a.now}
	a.retention = &subscriptions.RetentionService{Store: a.store, Keys: a.keys, Keep: s.keep}
	a.people = &subscriptions.EditorService{Store: a.store, Keys: a.keys, Now: a.now, Site: s.identity.Site,
		Passwords: credentials.NewPasswords(credentials.Options{}), Codes: credentials.Codes{}}
	a.archive = &subscriptions.ArchiveService{Store: a.store, Now: a.now}
	a.webinars = &subscriptions.WebinarService{Store: a.store, Keys: a.keys, Now: a.now}
	a.attachments = a.attach(s.files)
	a.topics = &subscriptions.TopicService{Store: a.store, Now: a.now}
	a.glossary = &subscriptions.GlossaryService{Store: a.store, Now: a.now}
	if err := a.houseIn(ctx); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	a.editions.Settings, a.editions.Reach = a.house, a.reach
	a.bounces = &subscriptions.BounceService{Store: a.store, Keys: a.keys, Readers: a.readers, Now: a.now, Log: a.log, Judge: bounce.Judge, Editions: a.editions}
	a.preflight = a.preflights()
	return a, nil
}

func (a *app) prepare(ctx context.Context) error {
	if _, err := a.store.Migrate(ctx); err != nil {
		return err
	}
	secrets := a.settings.secrets
	if len(secrets) == 0 {
		secret, err := a.ownSecret(ctx)
		if err != nil {
			return err
		}
		secrets = [][]byte{secret}
	}
	var err error
	if a.keys, err = subscriptions.NewKeyring(secrets...); err != nil {
		return err
	}
	return a.instance.CheckSecret(ctx, a.keys)
}

// Close gives the database back.
func (a *app) Close() error {
	a.preflight.Stop()
	a.reach.Stop()
	a.intake.Fetch.Close()
	return a.store.Close()
}

// releasedWorker wires what sends, where the database may send from here.
func (a *app) releasedWorker(ctx context.Context) (*mailer.Worker, error) {
	if err := a.instance.CheckReleased(ctx); err != nil {
		return nil, err
	}
	return a.worker(ctx)
}

// worker wires what sends. It wants a mail server.
func (a *app) worker(ctx context.Context) (*mailer.Worker, error) {
	sender, err := a.settings.mailServers(a.now)
	if err != nil {
		return nil, err
	}
	composer, err := a.composer(ctx)
	if err != nil {
		return nil, err
	}
	w := mailer.NewWorker(a.settings.tuning(sender))
	w.Store, w.Editions, w.Keys, w.Composer, w.Now, w.Log, w.Stats = a.store, a.editions, a.keys, composer, a.now, a.log, a.stats
	w.Webinars = a.webinars
	return w, nil
}

// tuning is what a running worker is told.
func (s settings) tuning(sender mailer.Sender) mailer.Tuning {
	return mailer.Tuning{Sender: sender, Connections: s.connections, Rate: s.rate, Domains: s.domains, TooLate: s.tooLate}
}

// mailServers wires what opens connections.
func (s settings) mailServers(now func() time.Time) (*smtp.Pool, error) {
	if len(s.smtp) == 0 {
		return nil, errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "smtp", Message: "TIDINGS_SMTP is not set: there is no mail server to send through",
			Hint: "Set it, as in TIDINGS_SMTP=smtp://user:password@mail.example.org:587?tls=starttls"}}
	}
	return smtp.NewPool(smtp.PoolOptions{Servers: s.smtp, Now: now})
}

// inApp runs a command's work on an open app.
func inApp(ctx context.Context, s *Settings, std stdio, f func(a *app) error) (err error) {
	a, err := newApp(ctx, s, std)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return f(a)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
