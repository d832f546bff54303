package subscriptions_test

import (
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// newest signs up with the tick and confirms.
func (h *house) newest(t testing.TB, email string, topics ...string) subscriptions.Confirmation {
	t.Helper()
	must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: email, Topics: topics, Newest: true, Source: "web form"}))
	c, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, email), "")
	must(t, err)
	return c
}

// welcome is the delivery, and the topics of its variant: "" when there is none.
func (h *house) welcome(t testing.TB, email string) (found []subscriptions.Delivery, topics string) {
	t.Helper()
	all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: h.find(t, email).ID})
	must(t, err)
	for _, d := range all {
		if d.Kind != subscriptions.KindWelcome {
			continue
		}
		found = append(found, d)
		if d.VariantID == 0 {
			topics += "short"
			continue
		}
		v, err := h.store.FindVariant(t.Context(), d.VariantID)
		must(t, err)
		var of []subscriptions.Topic
		for _, topic := range h.topics {
			if v.Topics.Has(topic.ID) {
				of = append(of, topic)
			}
		}
		topics += fmt.Sprint(v.EditionID, " ", len(of))
	}
	return found, topics
}

func TestTheNewestEditionFollowsAConfirmationOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "a", subscriptions.Date{Year: 2019, Month: time.March, Day: 1}, "iot")
		same(t, subscriptions.WelcomeShort, h.newest(t, "early@example.org", "iot").Welcome) // no edition yet
		e := h.sending(t)
		h.plan(t, e.ID, 10)

		const who = "reader@example.org"
		shown := h.newest(t, who, "iot")
		same(t, subscriptions.WelcomeDigest, shown.Welcome)
		ds, what := h.welcome(t, who)
		same(t, fmt.Sprint(e.ID, " 2"), what) // iot, and what travels with every letter
		if d := ds[0]; d.EditionID != 0 || d.Address != who || d.Priority != subscriptions.PriorityPerson {
			t.Errorf("%+v", d)
		}
		again, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		must(t, err)
		same(t, subscriptions.WelcomeNone, again.Welcome)
		ds, _ = h.welcome(t, who)
		same(t, 1, len(ds))

		same(t, subscriptions.WelcomeShort, h.newest(t, "quiet@example.org", "blockchain").Welcome) // nothing in their topics
		_, what = h.welcome(t, "quiet@example.org")
		same(t, "short", what)
		h.reader(t, "plain@example.org", "iot") // who did not ask gets none
		ds, _ = h.welcome(t, "plain@example.org")
		same(t, 0, len(ds))

		// Left and come back: a new confirmation, a new welcome; without the tick none.
		_, err = h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "link", "")
		must(t, err)
		h.wait(25 * time.Hour)
		h.newest(t, who, "iot")
		ds, _ = h.welcome(t, who)
		same(t, 2, len(ds))
		h.signUp(t, who, "blockchain")
		c, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		must(t, err)
		same(t, subscriptions.WelcomeNone, c.Welcome)
	})
}

// Whether the plan of an edition that is leaving has passed a person or not, the
// edition comes to them once.
func TestAnEditionOnItsWayIsNotSentTwice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "a", subscriptions.Date{Year: 2019, Month: time.March, Day: 1}, "iot")
		h.item(t, "b", subscriptions.Date{Year: 2019, Month: time.March, Day: 2}, "blockchain")
		h.signUp(t, "low@example.org", "iot") // unconfirmed: the plan will not see them
		for n := range 4 {
			h.reader(t, fmt.Sprintf("r%d@example.org", n), "iot")
		}
		e := h.sending(t)
		_, more, err := h.editions.QueueBatch(t.Context(), e.ID, 2)
		must(t, err)
		same(t, true, more)

		must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: "low@example.org", Topics: []string{"iot"}, Newest: true}))
		c, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, "low@example.org"), "")
		must(t, err)
		same(t, subscriptions.WelcomeDigest, c.Welcome)                                          // the plan has passed them
		same(t, subscriptions.WelcomeShort, h.newest(t, "high@example.org", "iot").Welcome)      // the plan will come to them
		same(t, subscriptions.WelcomeShort, h.newest(t, "r0@example.org", "blockchain").Welcome) // theirs is queued
		h.plan(t, e.ID, 2)
		for who, code := range map[string]subscriptions.Code{"low@example.org": subscriptions.NotFound, "high@example.org": "", "r0@example.org": ""} {
			_, err := h.store.FindDeliveryByKey(t.Context(), subscriptions.DigestKey(e.ID, h.find(t, who).ID))
			if code == "" && err != nil || code != "" && subscriptions.CodeOf(err) != code {
				t.Errorf("%s: the edition's own digest: %v", who, err)
			}
		}
		_, err = h.editions.Cancel(t.Context(), e.ID)
		must(t, err)
		same(t, subscriptions.WelcomeShort, h.newest(t, "after@example.org", "iot").Welcome) // what was cancelled is not sent on
	})
}
