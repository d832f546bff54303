package mailer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// house is what a worker works in: a real store with an edition that is being
// sent, a mail server, and a clock that can be moved.
type house struct {
	t        testing.TB
	path     string
	store    *store.Store
	keys     *subscriptions.Keyring
	editions *subscriptions.EditionService
	edition  int64
	mail     *mailtest.Server
	clock    *clock
	topic    string
}

// clock goes on by itself and can be moved ahead.
type clock struct {
	base  time.Time
	began time.Time
	moved atomic.Int64
}

func newClock() *clock { return &clock{base: storetest.Now(), began: time.Now()} }

func (c *clock) Now() time.Time {
	return c.base.Add(time.Since(c.began) + time.Duration(c.moved.Load()))
}

func (c *clock) move(d time.Duration) { c.moved.Add(int64(d)) }

// newHouse prepares an edition for n readers and starts sending it.
func newHouse(t testing.TB, n int, o mailtest.Options) *house {
	t.Helper()
	h := newReadyHouse(t, n, o)
	if _, err := h.editions.Start(t.Context(), h.edition); err != nil {
		t.Fatal(err)
	}
	return h
}

// newReadyHouse has an edition that is approved, and nobody has ordered yet.
func newReadyHouse(t testing.TB, n int, o mailtest.Options) *house {
	t.Helper()
	h := &house{t: t, path: storetest.SQLite(t), keys: storetest.Keys(t), clock: newClock(), topic: "iot"}
	h.store = openStore(t, h.path)
	h.editions = &subscriptions.EditionService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	h.mail = serve(t, o)
	h.subscribe(n)
	h.approve()
	return h
}

func openStore(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func serve(t testing.TB, o mailtest.Options) *mailtest.Server {
	t.Helper()
	s, err := mailtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, b := range s.Breaches() {
			t.Errorf("indecent mail: %s", b)
		}
	})
	return s
}

func reader(i int) string { return fmt.Sprintf("reader%d@example.org", i) }

func (h *house) subscribe(n int) { h.subscribeAs(n, reader) }

// subscribeAt adds n readers of another domain. No worker has planned anybody yet.
func (h *house) subscribeAt(n int, domain string) {
	h.t.Helper()
	h.subscribeAs(n, func(i int) string { return fmt.Sprintf("reader%d@%s", i, domain) })
}

func (h *house) subscribeAs(n int, address func(i int) string) {
	h.t.Helper()
	rows := func(yield func(subscriptions.SubscriberRow) bool) {
		for i := range n {
			if !yield(subscriptions.SubscriberRow{Line: i + 2, Email: address(i), Topics: []string{h.topic}}) {
				return
			}
		}
	}
	imports := &subscriptions.ImportService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	report, err := imports.Subscribers(h.t.Context(), rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "a test"})
	if err != nil || report.Added != n {
		h.t.Fatalf("%d of %d readers: %v", report.Added, n, err)
	}
}

// approve takes an edition with one item from collecting to approved.
func (h *house) approve() {
	h.t.Helper()
	ctx, now := h.t.Context(), h.clock.Now()
	day := func(d int) subscriptions.Date { return subscriptions.Date{Year: 2019, Month: 3, Day: d} }
	item := subscriptions.Item{Slug: "news", Title: "News", Topics: []int64{storetest.Topics(h.t, h.store)[h.topic].ID}, Date: day(4),
		Body: "News.", State: subscriptions.ItemPublished, CreatedAt: now, UpdatedAt: now, PublishedAt: now}
	err := h.store.AddItem(ctx, &item)
	var e subscriptions.Edition
	for _, step := range []func() error{
		func() error { return err },
		func() (err error) {
			e, err = h.editions.Create(ctx, "March 2019", subscriptions.Period{From: day(1), To: day(31)})
			return
		},
		func() (err error) { e, err = h.editions.Freeze(ctx, e.ID); return },
		func() (err error) { e, err = h.editions.Approve(ctx, e.ID, e.Hash, "a test"); return },
	} {
		if err := step(); err != nil {
			h.t.Fatal(err)
		}
	}
	h.edition = e.ID
}

// letters composes one letter for everybody. hook, when set, is told of each
// delivery first and may refuse it.
type letters struct {
	body mailer.Body
	hook func(ctx context.Context, d subscriptions.Delivery) error
}

func newLetters() *letters {
	return &letters{body: mailer.Body{From: subscriptions.Mailbox{Name: "Tidings", Address: "tidings@example.org"}, Subject: "March 2019",
		Text: "Dear \x01,\nnews.\n", HTML: "<p>Dear \x01,</p>\n<p>news.</p>\n", Slots: 1}}
}

// Compose implements mailer.Composer.
func (l *letters) Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	if l.hook != nil {
		if err := l.hook(ctx, d); err != nil {
			return nil, err
		}
	}
	return &mailer.Message{DeliveryID: d.ID, Envelope: "bounces@example.org", To: subscriptions.Mailbox{Address: r.Subscriber.Address},
		MessageID: subscriptions.MessageID("salt", d.Key, "example.org"), Date: storetest.Now(), Body: &l.body,
		Fill: []mailer.Fill{{Text: r.Subscriber.Address, HTML: r.Subscriber.Address}}}, nil
}

// worker makes one; the test changes what it needs before it runs.
func (h *house) worker(connections int) *mailer.Worker {
	h.t.Helper()
	return newWorker(h.t, h.store, h.editions, h.keys, h.mail.URL(), h.clock.Now, connections)
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func newWorker(t fataler, s *store.Store, editions *subscriptions.EditionService, keys *subscriptions.Keyring, server string, now func() time.Time, connections int) *mailer.Worker {
	t.Helper()
	o, err := smtp.ParseURL(server)
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := mailer.NewWorker(mailer.Tuning{Sender: out, Connections: connections})
	w.Store, w.Editions, w.Keys, w.Composer, w.Now = s, editions, keys, newLetters(), now
	w.Log, w.Poll = slog.New(slog.NewTextHandler(io.Discard, nil)), 10*time.Millisecond
	return w
}

// run lets the worker work; the function it gives stops it and waits.
func (h *house) run(w *mailer.Worker) (stop func()) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil && !errors.Is(err, context.Canceled) {
					h.t.Errorf("the worker ended with %v", err)
				}
			case <-time.After(30 * time.Second):
				h.t.Error("the worker does not stop")
			}
		})
	}
	h.t.Cleanup(stop)
	return stop
}

func (h *house) books() subscriptions.Books {
	h.t.Helper()
	st, err := h.editions.Status(context.Background(), h.edition)
	if err != nil {
		h.t.Fatal(err)
	}
	if !st.Edition.PlannedAt.IsZero() && !st.Books.Balanced() {
		h.t.Errorf("the books do not balance: %+v", st.Books)
	}
	return st.Books
}

// until waits for something to become true.
func (h *house) until(what string, cond func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("not within a minute: %s; the books are %+v", what, h.books())
		}
	}
}

// over waits for the end of the edition.
func (h *house) over() {
	h.t.Helper()
	h.until("the edition is sent", func() bool {
		e, err := h.store.FindEdition(context.Background(), h.edition)
		return err == nil && e.State == subscriptions.EditionSent
	})
}

// digest is the ledger's row of a reader.
func (h *house) digest(i int) subscriptions.Delivery {
	h.t.Helper()
	person, err := h.store.FindSubscriberByAddress(h.t.Context(), reader(i))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.row(subscriptions.DigestKey(h.edition, person.ID))
}

func (h *house) row(key string) subscriptions.Delivery {
	h.t.Helper()
	d, err := h.store.FindDeliveryByKey(h.t.Context(), key)
	if err != nil && !errors.Is(err, subscriptions.ErrNotFound) {
		h.t.Fatal(err)
	}
	return d
}

// queue adds a mail to a person who waits.
func (h *house) queue(kind subscriptions.Kind, i int, key string) {
	h.t.Helper()
	person, err := h.store.FindSubscriberByAddress(h.t.Context(), reader(i))
	if err != nil {
		h.t.Fatal(err)
	}
	now := h.clock.Now()
	if _, err := h.store.QueueDeliveries(h.t.Context(), []subscriptions.Delivery{{Kind: kind, Key: key, SubscriberID: person.ID, Address: person.Address,
		Priority: subscriptions.PriorityPerson, State: subscriptions.DeliveryQueued, NotBefore: now, CreatedAt: now}}); err != nil {
		h.t.Fatal(err)
	}
}

// inbox counts the messages each reader has.
func (h *house) inbox() map[string]int {
	count := map[string]int{}
	for _, m := range h.mail.Messages() {
		count[m.To]++
	}
	return count
}

// once checks that each of n readers has one message, except those named.
func (h *house) once(n int, except ...int) {
	h.t.Helper()
	got := h.inbox()
	for _, i := range except {
		if got[reader(i)] != 0 {
			h.t.Errorf("%s has %d messages, want none", reader(i), got[reader(i)])
		}
		got[reader(i)] = 1
	}
	for i := range n {
		if got[reader(i)] != 1 {
			h.t.Errorf("%s has %d messages", reader(i), got[reader(i)])
		}
	}
	if len(got) != n {
		h.t.Errorf("%d readers have mail, want %d", len(got), n)
	}
}
