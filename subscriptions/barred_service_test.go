package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// barred is a reader whose address came to be barred, as recording it leaves them.
func (h *house) barred(t testing.TB, email string, reason subscriptions.SuppressionReason, end subscriptions.EndReason) subscriptions.Subscriber {
	t.Helper()
	p := h.reader(t, email, "iot")
	h.wait(time.Hour)
	rows, err := h.store.Subscriptions(t.Context(), p.ID)
	must(t, err)
	for _, row := range rows {
		row.End(h.clock(), end)
		must(t, h.store.UpdateSubscription(t.Context(), row))
	}
	p.End(h.clock(), end)
	must(t, h.store.UpdateSubscriber(t.Context(), p))
	h.suppress(t, email, reason)
	h.wait(time.Hour)
	return p
}

// Topics are not made active for letters that would never leave. One letter asks a
// mailbox that bounced, and only its button brings the person back.
func TestABouncedAddressComesBackByALetterOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.barred(t, who, subscriptions.SuppressedBounce, subscriptions.EndBounced)
		saved, err := h.people.ChangePreferences(t.Context(), h.link(t, subscriptions.PurposePreferences, who),
			subscriptions.PreferencesChange{Topics: &[]string{"iot", "blockchain"}}, "192.0.2.1")
		must(t, err)
		same(t, []string{"confirm"}, saved.Fields)
		same(t, subscriptions.SuppressedBounce, saved.Barred)
		same(t, "iot ended (bounced), iot pending, blockchain pending", h.rows(t, who))
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, who))
		same(t, "2 confirmation", h.mail(t, who))
		if p := h.find(t, who); p.EndedAt.IsZero() {
			t.Error("the person is back before the button was pressed")
		}
		_, err = h.people.ChangeTopics(t.Context(), h.link(t, subscriptions.PurposePreferences, who), []string{"iot"}, "")
		fails(t, err, subscriptions.Invalid) // a dead address is asked once a week
		h.wait(7 * aDay)
		_, err = h.people.ChangeTopics(t.Context(), h.link(t, subscriptions.PurposePreferences, who), []string{"iot"}, "")
		must(t, err)
		same(t, "3 confirmation", h.mail(t, who))

		consents, err := h.store.Consents(t.Context(), h.find(t, who).ID)
		must(t, err)
		last := consents[len(consents)-1]
		same(t, subscriptions.SourceBarred, last.Source)
		token := h.keys.Issue(subscriptions.PurposeConfirm, last.SubscriberID, last.ID, h.clock())
		_, err = h.people.Confirm(t.Context(), token, "")
		must(t, err)
		same(t, "iot ended (bounced), iot active, blockchain active", h.rows(t, who))
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
		same(t, true, h.find(t, who).EndedAt.IsZero())
	})
}

// The button of a letter from before the bounce proves nothing about it.
func TestAnOlderLetterDoesNotLiftABounce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		first := h.keys.Issue(subscriptions.PurposeConfirm, h.find(t, who).ID, 1, h.clock())
		h.wait(time.Hour)
		h.suppress(t, who, subscriptions.SuppressedBounce)
		_, err := h.people.Confirm(t.Context(), first, "")
		must(t, err)
		same(t, subscriptions.SuppressedBounce, h.suppressed(t, who))
	})
}

func TestWhoComplainedIsNotBroughtBackByALink(t *testing.T) {
	for _, reason := range []subscriptions.SuppressionReason{subscriptions.SuppressedComplaint, subscriptions.SuppressedByEditor} {
		t.Run(string(reason), func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				const who = "reader@example.org"
				p := h.reader(t, who, "iot")
				left, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "one-click", "")
				must(t, err)
				h.suppress(t, who, reason)
				link := h.link(t, subscriptions.PurposePreferences, who)
				_, err = h.people.ChangeTopics(t.Context(), link, []string{"blockchain"}, "")
				fails(t, err, subscriptions.Invalid)
				_, err = h.people.Undo(t.Context(), left.Undo, "")
				fails(t, err, subscriptions.Refused)
				fails(t, h.people.SendOwnLink(t.Context(), link), subscriptions.Invalid)
				h.signUp(t, who, "blockchain") // the same answer as for everybody, and nothing more
				same(t, "iot ended (unsubscribed)", h.rows(t, who))
				same(t, "1 confirmation", h.mail(t, who))
				same(t, p.ID, h.find(t, who).ID)
			})
		})
	}
}
