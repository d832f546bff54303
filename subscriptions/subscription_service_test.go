package subscriptions_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestANewPersonIsAskedToConfirm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: " Reader@Example.ORG ", Name: " A \n Name ", Organisation: "Org",
			Topics: []string{"iot", "cybersecurity", "iot"}, Source: "web form", IP: "192.0.2.1"}))
		p := h.find(t, "reader@example.org")
		same(t, subscriptions.SubscriberPending, p.Status(h.clock()))
		same(t, "Reader@example.org A Name Org", strings.Join([]string{p.Address, p.Name, p.Organisation}, " "))
		same(t, "iot pending, cybersecurity pending", h.rows(t, p.Address))
		same(t, "1 confirmation", h.mail(t, p.Address))
		consents, err := h.store.Consents(t.Context(), p.ID)
		must(t, err)
		same(t, []subscriptions.Consent{{ID: consents[0].ID, SubscriberID: p.ID, Kind: subscriptions.ConsentGiven, Topics: []string{"iot", "cybersecurity"},
			Wording: subscriptions.StandardWording().Version, Source: "web form", IP: "192.0.2.1", At: h.clock()}}, consents)
		mail, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: p.ID})
		must(t, err)
		if d := mail[0]; d.RefID != consents[0].ID || d.Address != p.Address || d.Priority != subscriptions.PriorityPerson || d.EditionID != 0 {
			t.Errorf("the confirmation is %+v", d)
		}
	})
}

func TestAFormWithFaultsWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		err := h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: "nobody", Topics: []string{"weather"}, Name: "a\x00b"})
		for _, words := range []string{"not an e-mail address", "no topic \"weather\"", "control character"} {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%v: want all faults at once, with %q", err, words)
			}
		}
		for _, topics := range [][]string{nil, {"iot", "weather"}, {""}} {
			fails(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: "a@example.org", Topics: topics}), subscriptions.Invalid)
		}
		counts, err := h.store.CountSubscribers(t.Context(), h.clock())
		must(t, err)
		same(t, map[subscriptions.SubscriberStatus]int{}, counts)
	})
}

func TestOneConfirmationAnAddressAndDayUntilItIsUsed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		h.wait(time.Hour)
		h.signUp(t, "READER@example.org", "iot", "blockchain")
		h.signUp(t, who, "iot")
		same(t, "1 confirmation", h.mail(t, who))
		same(t, "iot pending, blockchain pending", h.rows(t, who))
		same(t, "given iot; given iot+blockchain; given iot", h.consents(t, who))
		h.wait(24 * time.Hour)
		h.signUp(t, who, "iot")
		same(t, "2 confirmation", h.mail(t, who))

		c, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		must(t, err)
		same(t, 2, len(c.Topics))
		h.signUp(t, who, "cybersecurity") // the same day: a mail of its own
		same(t, "3 confirmation", h.mail(t, who))
		same(t, "iot active, blockchain active, cybersecurity pending", h.rows(t, who))
	})
}

func TestAKnownPersonWhoAsksForNothingNewGetsTheirLink(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		before := h.consents(t, who)
		h.signUp(t, who, "iot")
		same(t, "1 confirmation, 1 manage", h.mail(t, who))
		same(t, before, h.consents(t, who))
		h.signUp(t, who, "iot")
		same(t, "1 confirmation, 1 manage", h.mail(t, who)) // not again within the quarter of an hour
		must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: who, Name: "Somebody else", Topics: []string{"iot"}}))
		same(t, "", h.find(t, who).Name) // a stranger's form changes no confirmed person
	})
}

func TestASuppressedAddressGetsTheSameAnswerAndNoMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedBounce, subscriptions.SuppressedComplaint, subscriptions.SuppressedByEditor} {
			who := string(rune('a'+i)) + "@example.org"
			h.suppress(t, who, reason)
			h.signUp(t, who, "iot")
			_, err := h.store.FindSubscriberByAddress(t.Context(), who)
			fails(t, err, subscriptions.NotFound)
		}
		h.reader(t, "known@example.org", "iot")
		h.suppress(t, "KNOWN@example.org", subscriptions.SuppressedBounce)
		h.signUp(t, "known@example.org", "iot")
		h.signUp(t, "known@example.org", "blockchain")
		must(t, h.people.SendManageLink(t.Context(), "known@example.org", ""))
		same(t, "1 confirmation", h.mail(t, "known@example.org"))
		same(t, "iot active", h.rows(t, "known@example.org"))
	})
}

func TestWhoWasErasedMayComeBackByTheirOwnHand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		old := h.reader(t, who, "iot")
		link := h.link(t, subscriptions.PurposeUnsubscribe, who)
		old.Address, old.ErasedAt = "", h.clock()
		must(t, h.store.UpdateSubscriber(t.Context(), old))
		h.suppress(t, who, subscriptions.SuppressedErased)

		h.signUp(t, who, "blockchain")
		if h.find(t, who).ID == old.ID {
			t.Fatal("the erased row has its address back")
		}
		same(t, "1 confirmation", h.mail(t, who))
		hash := h.keys.HashAddress(who)
		still, err := h.store.Suppressions(t.Context(), []string{hash})
		must(t, err)
		same(t, 1, len(still)) // a form alone lifts nothing: anybody can send one
		_, err = h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		must(t, err)
		still, err = h.store.Suppressions(t.Context(), []string{hash})
		must(t, err)
		same(t, 0, len(still))
		same(t, "blockchain active", h.rows(t, who))

		_, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "") // of the person before
		must(t, err)
		same(t, "blockchain active", h.rows(t, who))
	})
}

func TestConfirm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot", "blockchain")
		link := h.link(t, subscriptions.PurposeConfirm, who)
		shown, err := h.people.Confirmation(t.Context(), link)
		must(t, err)
		same(t, "r•••@example.org", shown.Address)
		same(t, "iot pending, blockchain pending", h.rows(t, who)) // looking changes nothing

		done, err := h.people.Confirm(t.Context(), link, "192.0.2.7")
		must(t, err)
		same(t, shown, done)
		same(t, "iot active, blockchain active", h.rows(t, who))
		same(t, "given iot+blockchain; confirmed iot+blockchain", h.consents(t, who))
		p := h.find(t, who)
		same(t, subscriptions.SubscriberActive, p.Status(h.clock()))

		h.wait(time.Hour)
		again, err := h.people.Confirm(t.Context(), link, "192.0.2.7")
		must(t, err)
		if !again.Already || len(again.Topics) != 2 {
			t.Errorf("confirming again: %+v", again)
		}
		same(t, p, h.find(t, who))
		same(t, "given iot+blockchain; confirmed iot+blockchain", h.consents(t, who))

		_, err = h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "link", "")
		must(t, err)
		_, err = h.people.Confirm(t.Context(), link, "") // an old link brings nobody back
		fails(t, err, subscriptions.Expired)
		same(t, "iot ended (unsubscribed), blockchain ended (unsubscribed)", h.rows(t, who))
		h.wait(8 * 24 * time.Hour)
		_, err = h.people.Confirm(t.Context(), link, "")
		fails(t, err, subscriptions.Expired)
		_, err = h.people.Confirm(t.Context(), link+"x", "")
		fails(t, err, subscriptions.Forged)
		_, err = h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "")
		fails(t, err, subscriptions.Forged)
		_, err = h.people.Confirm(t.Context(), h.keys.Issue(subscriptions.PurposeConfirm, 9999, 0, h.clock()), "")
		fails(t, err, subscriptions.Expired)

		h.signUp(t, who, "iot") // but a new sign-up does
		_, err = h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		must(t, err)
		same(t, "iot ended (unsubscribed), blockchain ended (unsubscribed), iot active", h.rows(t, who))
		same(t, subscriptions.SubscriberActive, h.find(t, who).Status(h.clock()))
	})
}

func TestChangeTopics(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		before := h.reader(t, who, "iot", "blockchain")
		h.signUp(t, who, "horizontal")
		link := h.link(t, subscriptions.PurposePreferences, who)
		p, err := h.people.Preferences(t.Context(), link)
		must(t, err)
		same(t, subscriptions.NewTopicSet(h.topics["iot"].ID, h.topics["blockchain"].ID), p.Chosen)
		same(t, 6, len(p.Topics))

		p, err = h.people.ChangeTopics(t.Context(), link, []string{"blockchain", "cybersecurity"}, "192.0.2.7")
		must(t, err)
		same(t, subscriptions.NewTopicSet(h.topics["blockchain"].ID, h.topics["cybersecurity"].ID), p.Chosen)
		same(t, "iot ended (unsubscribed), blockchain active, horizontal ended (unsubscribed), cybersecurity active", h.rows(t, who))
		after := h.find(t, who)
		if after.Revision <= before.Revision {
			t.Error("a message composed for the old topics could still leave")
		}
		_, err = h.people.ChangeTopics(t.Context(), link, []string{"cybersecurity", "blockchain"}, "")
		must(t, err)
		same(t, after, h.find(t, who)) // nothing new, nothing written
		same(t, "given iot+blockchain; confirmed iot+blockchain; given horizontal; changed blockchain+cybersecurity", h.consents(t, who))

		for _, bad := range [][]string{nil, {"weather"}} {
			_, err = h.people.ChangeTopics(t.Context(), link, bad, "")
			fails(t, err, subscriptions.Invalid)
		}
		_, err = h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "link", "")
		must(t, err)
		_, err = h.people.ChangeTopics(t.Context(), link, []string{"blockchain"}, "") // back by their own link
		must(t, err)
		same(t, subscriptions.SubscriberActive, h.find(t, who).Status(h.clock()))
	})
}

func TestTheManageLinkIsSentOnlyToReadersAndSeldom(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		send := func(email string) {
			t.Helper()
			must(t, h.people.SendManageLink(t.Context(), email, "192.0.2.1"))
		}
		send("unknown@example.org")
		h.signUp(t, "pending@example.org", "iot")
		send("pending@example.org")
		same(t, "1 confirmation", h.mail(t, "pending@example.org"))
		h.reader(t, "reader@example.org", "iot")
		for range 20 { // five hours, a mail each quarter of an hour at most
			send("READER@example.org")
			h.wait(5 * time.Minute)
		}
		same(t, "1 confirmation, 7 manage", h.mail(t, "reader@example.org"))
		fails(t, h.people.SendManageLink(t.Context(), "nobody", ""), subscriptions.Invalid)
	})
}

func TestADoubleClickOnTheFormIsNoFault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: who, Topics: []string{"iot"}}); err != nil {
					t.Errorf("one of the forms: %v", err)
				}
			})
		}
		wg.Wait()
		same(t, "iot pending", h.rows(t, who))
		same(t, "1 confirmation", h.mail(t, who))
	})
}
