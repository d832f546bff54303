package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// One letter a day: what a second form adds is behind the first one's link, told
// apart on its page, and confirmed with it, no more and no less.
func TestASecondFormOfTheDayIsToldOnThePage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		id := h.find(t, who).ID
		first, err := h.store.Consents(t.Context(), id)
		must(t, err)
		token := h.keys.Issue(subscriptions.PurposeConfirm, id, first[0].ID, h.clock())
		c, err := h.people.Confirmation(t.Context(), token)
		must(t, err)
		same(t, "iot / ", slugs(c.Topics)+" / "+slugs(c.Added))

		h.wait(time.Minute)
		h.signUp(t, who, "iot", "blockchain")
		h.signUp(t, who, "cybersecurity")
		same(t, "1 confirmation", h.mail(t, who))
		c, err = h.people.Confirmation(t.Context(), token)
		must(t, err)
		same(t, "iot blockchain cybersecurity / blockchain cybersecurity", slugs(c.Topics)+" / "+slugs(c.Added))
		done, err := h.people.Confirm(t.Context(), token, "192.0.2.1")
		must(t, err)
		same(t, "iot blockchain cybersecurity", slugs(done.Topics))
		same(t, "given iot; given iot+blockchain; given cybersecurity; confirmed iot+blockchain+cybersecurity", h.consents(t, who))

		// Used, so a form of the same day has a letter of its own.
		h.wait(time.Minute)
		h.signUp(t, who, "communication-networks")
		same(t, "2 confirmation", h.mail(t, who))
	})
}

// What the letter names when it leaves is all that waits then.
func TestALetterAsksAboutAllThatWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		h.wait(time.Minute)
		h.signUp(t, who, "blockchain")
		id := h.find(t, who).ID
		past, err := h.store.Consents(t.Context(), id)
		must(t, err)
		rows, err := h.store.Subscriptions(t.Context(), id)
		must(t, err)
		last, pending := subscriptions.Asked(past, rows)
		same(t, past[1].ID, last.ID)
		same(t, subscriptions.NewTopicSet(h.topics["iot"].ID, h.topics["blockchain"].ID), pending)
		c, err := h.people.Confirmation(t.Context(), h.keys.Issue(subscriptions.PurposeConfirm, id, last.ID, h.clock()))
		must(t, err)
		same(t, "iot blockchain / ", slugs(c.Topics)+" / "+slugs(c.Added))
	})
}

func slugs(topics []subscriptions.Topic) string {
	var all []string
	for _, t := range topics {
		all = append(all, t.Slug)
	}
	return strings.Join(all, " ")
}
