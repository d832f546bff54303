package subscriptions_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// webinars is what a house has for them. Its worker delivers what the rules let
// leave, and notes it.
type webinars struct {
	*house
	desk  *subscriptions.WebinarService
	seats *subscriptions.RegistrationService
	by    subscriptions.Actor
}

func (h *house) webinars() *webinars {
	return &webinars{house: h, desk: &subscriptions.WebinarService{Store: h.store, Keys: h.keys, Now: h.clock},
		seats: &subscriptions.RegistrationService{Store: h.store, Keys: h.keys, Now: h.clock}, by: subscriptions.Actor{Name: "The editor"}}
}

func webinarEdit() subscriptions.WebinarEdit {
	return subscriptions.WebinarEdit{Title: "AI standardization in China", Topics: []string{"iot"}, Starts: "2019-06-11 09:30", Ends: "2019-06-11 10:30",
		Zone: "Europe/Brussels", Language: "English", JoinURL: "https://join.example.org/06"}
}

// announced is a webinar that takes registrations.
func (w *webinars) announced(t testing.TB, change func(e *subscriptions.WebinarEdit)) subscriptions.Webinar {
	t.Helper()
	e := webinarEdit()
	if change != nil {
		change(&e)
	}
	made, err := w.desk.Create(t.Context(), e, w.by)
	must(t, err)
	made, err = w.desk.Announce(t.Context(), made.ID, false, w.by)
	must(t, err)
	return made
}

func (w *webinars) register(t testing.TB, slug, email string) {
	t.Helper()
	must(t, w.seats.Register(t.Context(), slug, subscriptions.RegisterRequest{Email: email, Name: "Name of " + email}))
}

// registration finds the latest of the address.
func (w *webinars) registration(t testing.TB, id int64, email string) subscriptions.Registration {
	t.Helper()
	all, err := w.store.Registrations(t.Context(), id)
	must(t, err)
	for _, r := range slices.Backward(all) {
		if r.Address == email {
			return r
		}
	}
	t.Fatalf("%s has not registered", email)
	return subscriptions.Registration{}
}

func (w *webinars) confirm(t testing.TB, id int64, email string) subscriptions.Seat {
	t.Helper()
	seat, err := w.seats.Confirm(t.Context(), w.keys.Issue(subscriptions.PurposeSeatMail, w.registration(t, id, email).ID, 0, w.clock()))
	must(t, err)
	return seat
}

func (w *webinars) own(t testing.TB, id int64, email string) string {
	t.Helper()
	return w.seats.OwnLink(w.registration(t, id, email).ID)
}

func (w *webinars) work(t testing.TB) {
	t.Helper()
	_, err := w.desk.Work(t.Context())
	must(t, err)
}

// queued writes down what was queued for the address, in order: "confirm registered".
func (w *webinars) queued(t testing.TB, email string) string {
	t.Helper()
	all, err := w.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{Limit: 100_000})
	must(t, err)
	var kinds []string
	for _, d := range all {
		if d.Address == email && strings.HasPrefix(string(d.Kind), "webinar-") {
			kinds = append(kinds, strings.TrimPrefix(string(d.Kind), "webinar-"))
		}
	}
	return strings.Join(kinds, " ")
}

// letter is one that left.
type letter struct {
	subscriptions.Delivery
	At      time.Time
	Webinar subscriptions.Webinar
}

// deliver does what the worker does: what is queued leaves unless the rules keep it.
func (w *webinars) deliver(t fataler, id int64) (left []letter) {
	ctx := context.Background
	open, err := w.store.Deliveries(ctx(), subscriptions.DeliveryFilter{States: []subscriptions.DeliveryState{subscriptions.DeliveryQueued}, Limit: 100_000})
	check(t, err)
	webinar, err := w.store.FindWebinar(ctx(), id)
	check(t, err)
	now := w.clock()
	claimed, err := w.store.Claim(ctx(), "test", len(open)+1, now, now.Add(time.Hour))
	check(t, err)
	for _, d := range claimed {
		o := subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Unbegun: true}
		r, err := w.store.PeekRegistration(ctx(), d.RefID)
		check(t, err)
		if o.Detail = subscriptions.RegistrationRefusal(d, webinar, r, now); o.Detail == "" {
			o.State = subscriptions.DeliverySent
			left = append(left, letter{d, now, webinar})
		}
		_, err = w.store.Advance(ctx(), "test", now, []subscriptions.Outcome{o}, nil)
		check(t, err)
	}
	return left
}

// fataler is a test, or a step of a property.
type fataler interface {
	Fatal(args ...any)
	Helper()
}

func check(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Sprint(err))
	}
}
