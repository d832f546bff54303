package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestOnePersonsStoryIsInOneOrder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "anna@example.org", "iot", "blockchain")
		h.wait(time.Hour)
		w := h.webinar(t, "one")
		h.registration(t, w, p.ID, "anna@example.org", subscriptions.RegistrationAttended)
		h.wait(time.Hour)
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "anna@example.org"), "iot", "link", "")
		must(t, err)
		rows, err := h.store.Subscriptions(t.Context(), p.ID)
		must(t, err)
		h.wait(time.Hour)
		for _, r := range rows {
			if r.State == subscriptions.SubscriptionActive {
				r.End(h.clock(), subscriptions.EndRetired)
				must(t, h.store.UpdateSubscription(t.Context(), r))
			}
		}
		h.wait(time.Hour)
		h.suppress(t, "anna@example.org", subscriptions.SuppressedComplaint)
		_, err = h.store.AddBounces(t.Context(), []*subscriptions.Bounce{{Report: "r", At: h.clock(), Way: subscriptions.WayPipe, Kind: subscriptions.ReturnBounce, Class: subscriptions.ReturnHard,
			Reason: subscriptions.ReasonUserUnknown, Hash: h.keys.HashAddress("anna@example.org"), SubscriberID: p.ID}})
		must(t, err)
		people := &subscriptions.PeopleService{Store: h.store, Keys: h.keys, Readers: h.people, Imports: h.imports, Now: h.clock}
		_, err = people.Export(t.Context(), p.ID, subscriptions.Actor{Name: "Ada"})
		must(t, err)

		story, err := people.Person(t.Context(), p.ID)
		must(t, err)
		var told []string
		last := h.clock().Add(365 * aDay)
		for _, e := range story.Story() {
			told = append(told, string(e.Kind)+": "+e.What)
			if e.Kind == subscriptions.StoryWebinar && strings.HasPrefix(e.What, "Took part") {
				continue // at the end of the webinar, wherever that lies
			}
			if e.At.After(last) || e.At.IsZero() {
				t.Errorf("%q at %v stands below %v", e.What, e.At, last)
			}
			last = e.At
		}
		all := strings.Join(told, "\n")
		for _, want := range []string{"return: A letter came back", "suppression: The address gets no letters any more", "desk: Ada took their data out", "topic: Blockchain ended", "consent: Left IoT",
			"webinar: Registered: ", "webinar: Took part: ", "consent: Confirmed IoT, Blockchain", "letter: Letter, confirmation: queued", "consent: Asked for IoT, Blockchain"} {
			if !strings.Contains(all, want) {
				t.Errorf("the story lacks %q:\n%s", want, all)
			}
		}
		if strings.Count(all, "IoT ended") > 0 {
			t.Errorf("what they ended themselves is told twice:\n%s", all)
		}
	})
}
