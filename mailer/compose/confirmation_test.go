package compose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// signedUp stores a person who has not confirmed, with what they asked for.
func (h *house) signedUp(t *testing.T, name string, topics ...string) (subscriptions.Delivery, subscriptions.Recipient) {
	t.Helper()
	person := &subscriptions.Subscriber{Address: "new@example.org", Name: name, CreatedAt: storetest.Now()}
	if err := h.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{person}); err != nil {
		t.Fatal(err)
	}
	consent := &subscriptions.Consent{SubscriberID: person.ID, Kind: subscriptions.ConsentGiven, Topics: topics,
		Wording: subscriptions.StandardWording().Version, Source: "web form", At: storetest.Now()}
	if err := h.store.AddConsents(t.Context(), []*subscriptions.Consent{consent}); err != nil {
		t.Fatal(err)
	}
	var pending []*subscriptions.Subscription
	for slug, topic := range h.topics {
		if slices.Contains(topics, slug) {
			pending = append(pending, &subscriptions.Subscription{SubscriberID: person.ID, TopicID: topic.ID, State: subscriptions.SubscriptionPending, CreatedAt: storetest.Now()})
		}
	}
	if err := h.store.AddSubscriptions(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	d := subscriptions.Delivery{ID: 7, Kind: subscriptions.KindConfirmation, Key: "confirmation:1:0:2019-04-01", SubscriberID: person.ID,
		RefID: consent.ID, Address: person.Address, CreatedAt: storetest.Now()}
	return d, subscriptions.Recipient{Subscriber: *person}
}

func TestConfirmationGolden(t *testing.T) {
	for _, test := range []struct {
		name   string
		topics []string
	}{
		{"one-topic", []string{"iot"}},
		{"three-topics", []string{"iot", "cybersecurity", "horizontal"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			d, r := h.signedUp(t, "Anna Berg", test.topics...)
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, "confirmation."+test.name, m)
		})
	}
}

// A person who gets letters and signs up again is told so, and can add what is new
// with one link.
func TestConfirmationOfMoreGolden(t *testing.T) {
	for name, topics := range map[string][]string{"already-one": {"iot", "blockchain"}, "already-two": {"cybersecurity", "blockchain"}} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			d, r := h.signedUp(t, "Anna Berg", topics...)
			r.Subscriber.ConfirmedAt, r.Subscriber.Dates, r.Chosen = storetest.Now().AddDate(0, -1, 0), subscriptions.DatesSlashes, h.set("iot")
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, "confirmation."+name, m)
		})
	}
}

func TestConfirmationHoldsNoWordOfWhoeverSignedUp(t *testing.T) {
	h := newHouse(t)
	d, r := h.signedUp(t, "Buy pills at evil.example", "iot")
	m, err := h.Compose(t.Context(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	text, html := m.Render()
	if all := text + html + m.To.Name + m.Body.Subject; strings.Contains(all, "pills") {
		t.Error("the name typed into the form is in the mail")
	}
	for _, header := range append(m.Headers, m.Body.Headers...) {
		if strings.HasPrefix(header.Name, "List-Unsubscribe") {
			t.Errorf("a confirmation has %s", header.Name)
		}
	}
}

func TestEveryAttemptCarriesTheSameLinkAndMessageID(t *testing.T) {
	h := newHouse(t)
	d, r := h.signedUp(t, "", "iot")
	first, err := h.Compose(t.Context(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	d.Attempts++
	second, err := h.Compose(t.Context(), d, r)
	if err != nil {
		t.Fatal(err)
	}
	if first.MessageID != second.MessageID || first.Body.Text != second.Body.Text {
		t.Error("the second attempt differs from the first")
	}
}

func TestConfirmationsThatMustNotLeave(t *testing.T) {
	erased := func(_ *subscriptions.Delivery, r *subscriptions.Recipient) {
		r.Subscriber.Address, r.Subscriber.ErasedAt = "", storetest.Now()
	}
	expired := func(d *subscriptions.Delivery, _ *subscriptions.Recipient) {
		d.CreatedAt = d.CreatedAt.Add(-8 * 24 * time.Hour)
	}
	stranger := func(d *subscriptions.Delivery, r *subscriptions.Recipient) { d.SubscriberID++ }
	for _, test := range []struct {
		name   string
		topics []string
		change func(*subscriptions.Delivery, *subscriptions.Recipient)
		skip   bool
		want   string
	}{
		{"the person has been erased", []string{"iot"}, erased, true, "erased"},
		{"the link would be dead on arrival", []string{"iot"}, expired, true, "expired"},
		{"all topics are gone", []string{"telex"}, func(*subscriptions.Delivery, *subscriptions.Recipient) {}, true, "nothing waits"},
		{"the consent is another person's", []string{"iot"}, stranger, false, "not one of subscriber"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			d, r := h.signedUp(t, "", test.topics...)
			test.change(&d, &r)
			_, err := h.Compose(t.Context(), d, r)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want it to say %q", err, test.want)
			}
			if skip := (*mailer.Skip)(nil); errors.As(err, &skip) != test.skip {
				t.Errorf("skip is %v, want %v: %v", !test.skip, test.skip, err)
			}
		})
	}
}
