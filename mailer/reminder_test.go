package mailer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// registrants announces a webinar that starts after so long, with n people who have
// had a place for two hours: the window of a day opened before they came.
func (h *house) registrants(n int, starts time.Duration) subscriptions.Webinar {
	h.t.Helper()
	now := h.clock.Now()
	w := subscriptions.Webinar{Slug: "webinar", Title: "A webinar", Starts: now.Add(starts), Ends: now.Add(starts + time.Hour), Zone: "UTC", State: subscriptions.WebinarAnnounced,
		Topics: []int64{storetest.Topics(h.t, h.store)[h.topic].ID}, CreatedAt: now, UpdatedAt: now}
	err := h.store.InTx(h.t.Context(), func(tx subscriptions.Store) error {
		if err := tx.AddWebinar(h.t.Context(), &w); err != nil {
			return err
		}
		for i := range n {
			r := subscriptions.Registration{WebinarID: w.ID, Address: fmt.Sprintf("guest%d@example.org", i), State: subscriptions.RegistrationActive,
				CreatedAt: now.Add(-2 * time.Hour), ConfirmedAt: now.Add(-2 * time.Hour), PlacedAt: now.Add(-2 * time.Hour)}
			if err := tx.AddRegistration(h.t.Context(), &r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// toGuests writes to people who are no subscribers too.
type toGuests struct{ *letters }

func (l toGuests) Compose(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	r.Subscriber.Address = d.Address
	return l.letters.Compose(ctx, d, r)
}

// While an edition leaves at a low rate, reminders whose hour has come overtake it:
// all have left within a minute, when most of the edition is still to leave.
func TestRemindersOvertakeARunningEdition(t *testing.T) {
	t.Parallel()
	const readers, guests = 3000, 200
	h := newHouse(t, readers, mailtest.Options{})
	w := h.registrants(guests, time.Hour+400*time.Millisecond)
	worker := h.worker(4)
	worker.Composer = toGuests{newLetters()}
	worker.Webinars = &subscriptions.WebinarService{Store: h.store, Keys: h.keys, Now: h.clock.Now}
	o, err := smtp.ParseURL(h.mail.URL())
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	worker.Tune(mailer.Tuning{Sender: out, Connections: 4, Rate: 400})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	opened := w.Starts.Add(-time.Hour)
	sent := func() (reminders []subscriptions.Delivery) {
		all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{States: []subscriptions.DeliveryState{subscriptions.DeliverySent}, Limit: 100000})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.Kind == subscriptions.KindReminder {
				reminders = append(reminders, d)
			}
		}
		return reminders
	}
	var reminders []subscriptions.Delivery
	for deadline := time.Now().Add(30 * time.Second); len(reminders) < guests && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		reminders = sent()
	}
	books, err := h.store.Books(t.Context(), h.edition)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(reminders) != guests {
		t.Fatalf("%d of %d reminders have left", len(reminders), guests)
	}
	var latest time.Duration
	for _, d := range reminders {
		if d.SentAt.Before(opened) {
			t.Fatalf("%s has left before its window opened", d.Key)
		}
		latest = max(latest, d.SentAt.Sub(opened))
	}
	t.Logf("the last of %d reminders left %s after its window opened, when %d of %d letters of the edition had left", guests, latest.Round(time.Millisecond), books.Sent, readers)
	if latest > time.Minute {
		t.Errorf("the last reminder is %s late", latest)
	}
	if books.Sent > readers*3/4 {
		t.Errorf("%d of %d letters left before the last reminder", books.Sent, readers)
	}
}
