package compose_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// A worker sends an edition: who has registered for its webinar is told so, everybody
// else gets a link of their own, and the books balance.
func TestAWorkerTellsWhoHasRegistered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, ownForm)
	ctx, keys, now := t.Context(), storetest.Keys(t), storetest.Now
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := h.store.FindWebinar(ctx, h.content.Webinars[0].ID)
	must(err)
	w.RegistrationURL = ""
	must(h.store.UpdateWebinar(ctx, w))
	people := []string{"registered@example.org", "waiting@example.org", "new@example.org"}
	for _, email := range people {
		p := &subscriptions.Subscriber{Address: email, CreatedAt: now(), ConfirmedAt: now()}
		must(h.store.AddSubscribers(ctx, []*subscriptions.Subscriber{p}))
		for _, topic := range w.Topics {
			must(h.store.AddSubscriptions(ctx, []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: topic, State: subscriptions.SubscriptionActive, CreatedAt: now(), ConfirmedAt: now()}}))
		}
	}
	for i, state := range []subscriptions.RegistrationState{subscriptions.RegistrationActive, subscriptions.RegistrationWaiting} {
		must(h.store.AddRegistration(ctx, &subscriptions.Registration{WebinarID: w.ID, Address: people[i], State: state, CreatedAt: now(), ConfirmedAt: now()}))
	}
	editions := &subscriptions.EditionService{Store: h.store, Keys: keys, Now: now}
	e, err := h.store.FindEdition(ctx, h.content.EditionID)
	must(err)
	_, err = editions.Approve(ctx, e.ID, e.Hash, "a test")
	must(err)
	_, err = editions.Start(ctx, e.ID)
	must(err)

	server, err := mailtest.New(mailtest.Options{})
	must(err)
	defer server.Close()
	address, err := smtp.ParseURL(server.URL())
	must(err)
	out, err := smtp.New(address)
	must(err)
	worker := mailer.NewWorker(mailer.Tuning{Sender: out, Connections: 2})
	worker.Store, worker.Editions, worker.Keys, worker.Composer, worker.Now, worker.Poll = h.store, editions, keys, h.Composer, now, 10*time.Millisecond
	worker.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(run) }()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && e.State != subscriptions.EditionSent; time.Sleep(10 * time.Millisecond) {
		e, err = h.store.FindEdition(ctx, e.ID)
		must(err)
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	books, err := h.store.Books(ctx, e.ID)
	must(err)
	if books.Sent != len(people) || !books.Balanced() {
		t.Errorf("%+v", books)
	}
	said := map[string]string{people[0]: "You are registered.", people[1]: "You are on the waiting list.", people[2]: "/register/"}
	for _, m := range server.Messages() {
		for who, words := range said {
			if got := strings.Contains(strings.ReplaceAll(string(m.Data), "=\r\n", ""), words); got != (m.To == who) {
				t.Errorf("the letter to %s says %q: %v", m.To, words, got)
			}
		}
	}
}
