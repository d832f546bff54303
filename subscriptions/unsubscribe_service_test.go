package subscriptions_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// names writes topics down by slug.
func names(topics []subscriptions.Topic) string {
	out := ""
	for i, topic := range topics {
		if i > 0 {
			out += " "
		}
		out += topic.Slug
	}
	return out
}

func TestLeavingOneTopicAndThenTheRest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		before := h.reader(t, who, "iot", "blockchain")
		link := h.link(t, subscriptions.PurposeUnsubscribe, who)
		offer, err := h.people.Leaving(t.Context(), link)
		must(t, err)
		same(t, "r•••@example.org iot blockchain", offer.Masked+" "+names(offer.Topics))

		left, err := h.people.Unsubscribe(t.Context(), link, "iot", "link", "192.0.2.7")
		must(t, err)
		same(t, "iot | blockchain | false", fmt.Sprint(names(left.Topics), " | ", names(left.Remaining), " | ", left.All))
		same(t, "iot ended (unsubscribed), blockchain active", h.rows(t, who))
		one := h.find(t, who)
		same(t, subscriptions.SubscriberActive, one.Status(h.clock()))
		if one.Revision <= before.Revision {
			t.Error("a letter composed before could still leave")
		}
		left, err = h.people.Unsubscribe(t.Context(), link, "iot", "link", "")
		must(t, err)
		same(t, "|blockchain|false|", fmt.Sprint(names(left.Topics), "|", names(left.Remaining), "|", left.All, "|", left.Undo))
		same(t, one, h.find(t, who))

		left, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		same(t, "blockchain||true", fmt.Sprint(names(left.Topics), "|", names(left.Remaining), "|", left.All))
		gone := h.find(t, who)
		same(t, subscriptions.SubscriberEnded, gone.Status(h.clock()))
		same(t, subscriptions.EndUnsubscribed, gone.EndReason)
		h.wait(time.Hour)
		left, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "") // RFC 8058: may be repeated
		must(t, err)
		same(t, "||true|", fmt.Sprint(names(left.Topics), "|", names(left.Remaining), "|", left.All, "|", left.Undo))
		same(t, gone, h.find(t, who))
		same(t, "given iot+blockchain; confirmed iot+blockchain; withdrawn iot; withdrawn blockchain", h.consents(t, who))

		_, err = h.people.Unsubscribe(t.Context(), link, "weather", "link", "")
		fails(t, err, subscriptions.Invalid)
		_, err = h.people.Unsubscribe(t.Context(), link+"x", "", "link", "")
		fails(t, err, subscriptions.Forged)
	})
}

func TestLeavingWorksForWhoIsGoneAndAfterTwoYears(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		link := h.keys.Issue(subscriptions.PurposeUnsubscribe, 4711, 0, h.clock())
		left, err := h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		same(t, subscriptions.Left{All: true}, left)
		offer, err := h.people.Leaving(t.Context(), link)
		must(t, err)
		same(t, subscriptions.Leaving{}, offer)

		const who = "reader@example.org"
		h.reader(t, who, "iot")
		link = h.link(t, subscriptions.PurposeUnsubscribe, who)
		h.wait(2 * 366 * 24 * time.Hour)
		_, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		same(t, "iot ended (unsubscribed)", h.rows(t, who))
	})
}

func TestLeavingBeforeConfirming(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "link", "")
		must(t, err)
		same(t, "iot ended (unsubscribed)", h.rows(t, who))
		_, err = h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "")
		fails(t, err, subscriptions.Expired)
		same(t, subscriptions.SubscriberEnded, h.find(t, who).Status(h.clock()))
	})
}

func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		link := h.link(t, subscriptions.PurposeUnsubscribe, who)
		left, err := h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		back, err := h.people.Undo(t.Context(), left.Undo, "192.0.2.7")
		must(t, err)
		same(t, "iot blockchain", names(back))
		same(t, "iot ended (unsubscribed), blockchain ended (unsubscribed), iot active, blockchain active", h.rows(t, who))
		same(t, subscriptions.SubscriberActive, h.find(t, who).Status(h.clock()))
		once, consents := h.find(t, who), h.consents(t, who)
		back, err = h.people.Undo(t.Context(), left.Undo, "")
		must(t, err)
		same(t, "iot blockchain", names(back))
		same(t, once, h.find(t, who))
		same(t, consents, h.consents(t, who))

		_, err = h.people.Undo(t.Context(), link, "")
		fails(t, err, subscriptions.Forged)
		given, err := h.store.Consents(t.Context(), once.ID)
		must(t, err)
		_, err = h.people.Undo(t.Context(), h.keys.Issue(subscriptions.PurposeUndo, once.ID, given[0].ID, h.clock()), "")
		fails(t, err, subscriptions.Forged)
		h.wait(25 * time.Hour)
		_, err = h.people.Undo(t.Context(), left.Undo, "")
		fails(t, err, subscriptions.Expired)
	})
}

func TestUndoLeavesAloneWhatItDidNotEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		h.signUp(t, who, "horizontal")
		left, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "iot", "link", "")
		must(t, err)
		_, err = h.people.ChangeTopics(t.Context(), h.link(t, subscriptions.PurposePreferences, who), []string{"cybersecurity"}, "")
		must(t, err)
		h.signUp(t, who, "blockchain")
		_, err = h.people.Undo(t.Context(), left.Undo, "")
		must(t, err)
		same(t, "iot ended (unsubscribed), blockchain ended (unsubscribed), horizontal ended (unsubscribed), cybersecurity active, "+
			"blockchain pending, iot active", h.rows(t, who))
	})
}

// Whatever the order in which two links are pressed at once, the end is that of
// one order or the other, and the consent ledger tells which.
func TestConfirmAndUnsubscribeAtOnceEndInOneOfTheTwoOrders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ends := map[string]string{
			"given blockchain; confirmed blockchain; given iot; confirmed iot; withdrawn iot+blockchain": "blockchain ended (unsubscribed), iot ended (unsubscribed)",
			"given blockchain; confirmed blockchain; given iot; withdrawn blockchain":                    "blockchain ended (unsubscribed), iot ended (unsubscribed)",
		}
		for n := range 6 {
			who := fmt.Sprintf("reader%d@example.org", n)
			h.reader(t, who, "blockchain")
			h.signUp(t, who, "iot")
			confirm, leave := h.link(t, subscriptions.PurposeConfirm, who), h.link(t, subscriptions.PurposeUnsubscribe, who)
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := h.people.Confirm(t.Context(), confirm, ""); err != nil && subscriptions.CodeOf(err) != subscriptions.Expired {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := h.people.Unsubscribe(t.Context(), leave, "", "one-click", ""); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			ledger := h.consents(t, who)
			want, ok := ends[ledger]
			if !ok {
				t.Errorf("the ledger tells of no order: %s", ledger)
			}
			same(t, want, h.rows(t, who))
			same(t, subscriptions.SubscriberEnded, h.find(t, who).Status(h.clock()))
		}
	})
}

func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "iot", "link", "")
		must(t, err)
		h.suppress(t, who, subscriptions.SuppressedComplaint)
		got, err := h.people.History(t.Context(), "READER@example.org")
		must(t, err)
		same(t, "active complaint blockchain 2 3 1", fmt.Sprint(got.Status, " ", got.Suppressed, " ", names(got.Topics), " ",
			len(got.Rows), " ", len(got.Consents), " ", len(got.Deliveries)))
		_, err = h.people.History(t.Context(), "unknown@example.org")
		fails(t, err, subscriptions.NotFound)
		_, err = h.people.History(t.Context(), "nobody")
		fails(t, err, subscriptions.Invalid)
	})
}

// A mail program's one-click shows nobody an undo: the letter's link offers it, for
// a day, to who has left everything and has not come back.
func TestTheLinkToLeaveOffersTheUndoForADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.reader(t, who, "iot", "blockchain")
		link := h.link(t, subscriptions.PurposeUnsubscribe, who)
		undo := func() string {
			l, err := h.people.Leaving(t.Context(), link)
			must(t, err)
			return l.Undo
		}
		same(t, "", undo())
		_, err := h.people.Unsubscribe(t.Context(), link, "iot", "one-click", "")
		must(t, err)
		same(t, "", undo()) // letters still come
		_, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		h.wait(23 * time.Hour)
		first := undo()
		back, err := h.people.Undo(t.Context(), first, "")
		must(t, err)
		same(t, "blockchain", slugs(back)) // what ended last
		same(t, "", undo())
		_, err = h.people.Unsubscribe(t.Context(), link, "", "one-click", "")
		must(t, err)
		h.wait(24 * time.Hour)
		same(t, "", undo())
	})
}
