package subscriptions_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// tables are all rows that could name somebody.
func (h *house) tables(t testing.TB, person subscriptions.Subscriber) string {
	t.Helper()
	p, err := h.store.FindSubscriber(t.Context(), person.ID)
	must(t, err)
	consents, err := h.store.Consents(t.Context(), person.ID)
	must(t, err)
	deliveries, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: person.ID})
	must(t, err)
	places, err := h.store.RegistrationsOf(t.Context(), person.ID, person.Address)
	must(t, err)
	b, err := json.Marshal([]any{p, consents, deliveries, places})
	must(t, err)
	return string(b)
}

func (h *house) webinar(t testing.TB, slug string) subscriptions.Webinar {
	t.Helper()
	w := subscriptions.Webinar{Slug: slug, Title: "A webinar", Starts: h.clock().Add(time.Hour), Ends: h.clock().Add(2 * time.Hour), Zone: "Europe/Brussels",
		State: subscriptions.WebinarAnnounced, CreatedAt: h.clock(), UpdatedAt: h.clock()}
	must(t, h.store.AddWebinar(t.Context(), &w))
	return w
}

func (h *house) registration(t testing.TB, w subscriptions.Webinar, person int64, address string, state subscriptions.RegistrationState) {
	t.Helper()
	must(t, h.store.AddRegistration(t.Context(), &subscriptions.Registration{WebinarID: w.ID, SubscriberID: person, Address: address, Name: "Anna Arendt",
		Organisation: "ESO", Zone: "Europe/Rome", State: state, CreatedAt: h.clock()}))
}

func TestErasingTakesAllThatNamesThePerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "anna.arendt@example.org"
		p := h.reader(t, who, "iot", "blockchain")
		p.Name, p.Organisation, p.Zone, p.PausedUntil = "Anna Arendt", "ESO", "Europe/Rome", h.clock().Add(aDay)
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		claimed, err := h.store.Claim(t.Context(), "w", 1, h.clock(), h.clock())
		must(t, err)
		_, err = h.store.Advance(t.Context(), "w", h.clock(), []subscriptions.Outcome{{DeliveryID: claimed[0].ID, State: subscriptions.DeliverySent, Detail: "anna.arendt@example.org will like it"}}, nil)
		must(t, err)
		must(t, h.people.SendManageLink(t.Context(), who, ""))
		w := h.webinar(t, "one")
		h.registration(t, w, p.ID, who, subscriptions.RegistrationActive)
		h.registration(t, w, 0, "other@example.org", subscriptions.RegistrationActive)
		h.registration(t, h.webinar(t, "two"), 0, strings.ToUpper(who), subscriptions.RegistrationAttended)
		other := h.reader(t, "other@example.org", "iot")
		untouched := h.tables(t, other)

		link := h.link(t, subscriptions.PurposePreferences, who)
		offer, err := h.people.Erasure(t.Context(), link)
		must(t, err)
		same(t, subscriptions.Erasure{Masked: "a•••@example.org"}, offer)
		before := h.tables(t, p)
		if !strings.Contains(before, "Arendt") || !strings.Contains(before, who) || !strings.Contains(before, "192.0.2.1") {
			t.Fatalf("there is nothing to erase: %s", before)
		}
		done, err := h.people.Erase(t.Context(), link)
		must(t, err)
		same(t, subscriptions.Erasure{Masked: "a•••@example.org", Letters: 1, Registrations: 2}, done)
		for _, trace := range []string{"nna", "rendt", "example.org", "ESO", "Rome", "192.0.2"} {
			if after := h.tables(t, p); strings.Contains(after, trace) {
				t.Errorf("%q is left: %s", trace, after)
			}
		}
		same(t, untouched, h.tables(t, other))
		same(t, ` (, , ) erased erased; confirmation sent <> ""; manage skipped <> "erased"`, h.left(t, p.ID))
		rows, err := h.store.Subscriptions(t.Context(), p.ID)
		must(t, err)
		same(t, "ended erased, ended erased", fmt.Sprintf("%s %s, %s %s", rows[0].State, rows[0].EndReason, rows[1].State, rows[1].EndReason))
		places, err := h.store.Registrations(t.Context(), w.ID)
		must(t, err)
		same(t, "cancelled registered", fmt.Sprint(places[0].State, " ", places[1].State))
		all, err := h.store.Consents(t.Context(), p.ID)
		must(t, err)
		same(t, "erased [blockchain iot] preferences link", fmt.Sprint(all[2].Kind, " ", slices.Sorted(slices.Values(all[2].Topics)), " ", all[2].Source))
		same(t, subscriptions.SuppressedErased, h.suppressed(t, who))

		// Once more: a page that is loaded again, another link of the same letter.
		h.wait(time.Hour)
		after := h.tables(t, p)
		done, err = h.people.Erase(t.Context(), link)
		must(t, err)
		same(t, subscriptions.Erasure{Already: true}, done)
		offer, err = h.people.Erasure(t.Context(), link)
		must(t, err)
		same(t, subscriptions.Erasure{Already: true}, offer)
		done, err = h.people.EraseAddress(t.Context(), who, "operator")
		must(t, err)
		same(t, subscriptions.Erasure{Already: true}, done)
		same(t, after, h.tables(t, p))
		_, err = h.people.Export(t.Context(), link)
		fails(t, err, subscriptions.Expired)
		_, err = h.people.Erase(t.Context(), h.keys.Issue(subscriptions.PurposeUnsubscribe, other.ID, 0, h.clock()))
		fails(t, err, subscriptions.Forged)
	})
}

func TestErasingByTheAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.people.EraseAddress(t.Context(), "nobody@example.org", "operator")
		fails(t, err, subscriptions.NotFound)
		_, err = h.people.EraseAddress(t.Context(), "nobody", "operator")
		fails(t, err, subscriptions.Invalid)

		// Somebody who only came to a webinar.
		h.registration(t, h.webinar(t, "one"), 0, "guest@example.org", subscriptions.RegistrationActive)
		done, err := h.people.EraseAddress(t.Context(), "Guest@example.org", "operator")
		must(t, err)
		same(t, subscriptions.Erasure{Masked: "G•••@example.org", Registrations: 1}, done)
		done, err = h.people.EraseAddress(t.Context(), "guest@example.org", "operator")
		must(t, err)
		same(t, subscriptions.Erasure{Already: true}, done)

		// A complaint is a stronger reason than a wish to be forgotten.
		h.reader(t, "angry@example.org", "iot")
		h.suppress(t, "angry@example.org", subscriptions.SuppressedComplaint)
		_, err = h.people.EraseAddress(t.Context(), "angry@example.org", "operator")
		must(t, err)
		same(t, subscriptions.SuppressedComplaint, h.suppressed(t, "angry@example.org"))
	})
}

// Two in one webinar are erased; neither stands in the other's way, or a third's.
func TestTwoOfAWebinarAreErased(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinar(t, "one")
		for _, who := range []string{"a@example.org", "b@example.org"} {
			h.registration(t, w, 0, who, subscriptions.RegistrationAttended)
			done, err := h.people.EraseAddress(t.Context(), who, "operator")
			must(t, err)
			same(t, 1, done.Registrations)
		}
		h.registration(t, w, 0, "c@example.org", subscriptions.RegistrationActive)
	})
}

// Erasing and another press at once: the person is erased at the end, whichever
// came first, and nothing names them.
func TestErasingAtOnceWithEverythingElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for n := range 4 {
			who := fmt.Sprintf("reader%d@example.org", n)
			p := h.reader(t, who, "iot")
			preferences, leave := h.link(t, subscriptions.PurposePreferences, who), h.link(t, subscriptions.PurposeUnsubscribe, who)
			var wg sync.WaitGroup
			for _, act := range []func() error{
				func() error { _, err := h.people.Erase(t.Context(), preferences); return err },
				func() error { _, err := h.people.Erase(t.Context(), preferences); return err },
				func() error {
					_, err := h.people.ChangeTopics(t.Context(), preferences, []string{"blockchain"}, "192.0.2.4")
					return err
				},
				func() error {
					_, err := h.people.Unsubscribe(t.Context(), leave, "", "one-click", "192.0.2.4")
					return err
				},
			} {
				wg.Go(func() {
					if err := act(); err != nil && subscriptions.CodeOf(err) != subscriptions.Expired {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if left := h.tables(t, p); strings.Contains(left, "example.org") || strings.Contains(left, "192.0.2") {
				t.Errorf("left is %s", left)
			}
			rows, err := h.store.Subscriptions(t.Context(), p.ID)
			must(t, err)
			for _, row := range rows {
				same(t, subscriptions.SubscriptionEnded, row.State)
			}
			all, err := h.store.Consents(t.Context(), p.ID)
			must(t, err)
			same(t, subscriptions.ConsentErased, all[len(all)-1].Kind)
		}
	})
}

// A link to leave outlives the purges and a change of the secret.
func TestALinkToLeaveWorksAfterTwoYearsAndANewSecret(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		people := map[string]string{}
		for _, who := range []string{"stays@example.org", "left@example.org", "erased@example.org"} {
			h.reader(t, who, "iot")
			people[who] = h.link(t, subscriptions.PurposeUnsubscribe, who)
		}
		h.signUp(t, "never@example.org", "iot")
		people["never@example.org"] = h.link(t, subscriptions.PurposeUnsubscribe, "never@example.org")
		_, err := h.people.Unsubscribe(t.Context(), people["left@example.org"], "", "one-click", "")
		must(t, err)
		_, err = h.people.EraseAddress(t.Context(), "erased@example.org", "operator")
		must(t, err)
		for range 24 {
			h.wait(31 * aDay)
			h.runs(t)
		}
		rotated, err := subscriptions.NewKeyring([]byte("a newer secret, of this year"), []byte("a secret that only tests know"))
		must(t, err)
		h.people.Keys = rotated
		for who, link := range people {
			offer, err := h.people.Leaving(t.Context(), link)
			must(t, err)
			left, err := h.people.Unsubscribe(t.Context(), link, "", "one-click", "192.0.2.5")
			must(t, err)
			stayed := who == "stays@example.org"
			same(t, fmt.Sprint(who, stayed, stayed, true), fmt.Sprint(who, offer.Masked != "", len(left.Topics) == 1, left.All))
		}
		same(t, "iot ended (unsubscribed)", h.rows(t, "stays@example.org"))
	})
}
