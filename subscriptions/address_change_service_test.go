package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// elsewhere lists what was queued for other addresses than the person's, "kind to
// address".
func (h *house) elsewhere(t testing.TB, id int64) string {
	t.Helper()
	all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: id})
	must(t, err)
	var lines []string
	for _, d := range all {
		if d.Kind.Elsewhere() {
			lines = append(lines, fmt.Sprintf("%s to %s", d.Kind, d.Address))
		}
	}
	return strings.Join(lines, ", ")
}

// asks asks for another address and gives the token of the mail that goes there.
func (h *house) asks(t testing.TB, p subscriptions.Subscriber, email string) string {
	t.Helper()
	must(t, h.people.ChangeAddress(t.Context(), h.keys.IssueOwn(p.ID, h.clock()), email))
	return h.token(t, p, subscriptions.PurposeAddress)
}

// token is for the person's latest change.
func (h *house) token(t testing.TB, p subscriptions.Subscriber, purpose subscriptions.Purpose) string {
	t.Helper()
	changes, err := h.store.AddressChanges(t.Context(), p.ID)
	must(t, err)
	return h.keys.Issue(purpose, p.ID, changes[len(changes)-1].ID, h.clock())
}

func (h *house) address(t testing.TB, id int64) string {
	t.Helper()
	p, err := h.store.FindSubscriber(t.Context(), id)
	must(t, err)
	return p.Address
}

func TestAnAddressChangesOnceItsOwnerHasConfirmed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "a", subscriptions.Date{Year: 2019, Month: time.March, Day: 1}, "iot")
		p := h.reader(t, "old@example.org", "iot")
		e := h.sending(t)
		h.plan(t, e.ID, 10)
		token := h.asks(t, p, " new@Example.org ")
		same(t, p, h.find(t, "old@example.org")) // nothing has changed yet
		same(t, "address to new@example.org", h.elsewhere(t, p.ID))
		m, err := h.people.Moving(t.Context(), subscriptions.PurposeAddress, token)
		must(t, err)
		same(t, subscriptions.Moving{Masked: "n•••@example.org"}, m)
		same(t, "old@example.org", h.address(t, p.ID))

		m, err = h.people.ConfirmAddress(t.Context(), token, "192.0.2.7")
		must(t, err)
		same(t, subscriptions.Moving{Masked: "n•••@example.org", Done: true}, m)
		moved := h.find(t, "new@example.org")
		same(t, p.ID, moved.ID)
		if moved.Revision <= p.Revision {
			t.Error("a letter composed for the old address could still leave")
		}
		same(t, "address to new@example.org, moved to old@example.org", h.elsewhere(t, p.ID))
		same(t, "given iot; confirmed iot; changed iot", h.consents(t, "new@example.org"))
		d, err := h.store.FindDeliveryByKey(t.Context(), subscriptions.DigestKey(e.ID, p.ID))
		must(t, err)
		same(t, "new@example.org", d.Address) // the edition that is on its way follows

		again, err := h.people.ConfirmAddress(t.Context(), token, "")
		must(t, err)
		same(t, m, again)
		same(t, moved, h.find(t, "new@example.org"))
		same(t, "address to new@example.org, moved to old@example.org", h.elsewhere(t, p.ID))

		restore := h.token(t, p, subscriptions.PurposeRestore)
		back, err := h.people.RestoreAddress(t.Context(), restore, "")
		must(t, err)
		same(t, subscriptions.Moving{Masked: "o•••@example.org", Done: true}, back)
		same(t, "old@example.org", h.address(t, p.ID))
		_, err = h.people.RestoreAddress(t.Context(), restore, "")
		must(t, err)
		same(t, "address to new@example.org, moved to old@example.org, moved to new@example.org", h.elsewhere(t, p.ID))
		_, err = h.people.ConfirmAddress(t.Context(), token, "") // the link of the first change is used up
		fails(t, err, subscriptions.Expired)
		same(t, "old@example.org", h.address(t, p.ID))
	})
}

// The page, and what it takes to get there, is the same for all addresses; their
// owners learn what there is to know (MAIL 15).
func TestWhoWantsToMoveLearnsNothingOfTheAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.reader(t, "known@example.org", "iot")
		h.reader(t, "left@example.org", "iot")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, "left@example.org"), "", "link", "")
		must(t, err)
		h.signUp(t, "pending@example.org", "iot")
		h.suppress(t, "barred@example.org", subscriptions.SuppressedComplaint)
		h.suppress(t, "erased@example.org", subscriptions.SuppressedErased)
		for i, c := range []struct{ to, elsewhere string }{
			{"known@example.org", ""}, {"left@example.org", ""}, {"barred@example.org", ""},
			{"pending@example.org", "address to pending@example.org"}, {"erased@example.org", "address to erased@example.org"},
			{"free@example.org", "address to free@example.org"},
		} {
			p := h.reader(t, fmt.Sprintf("reader%d@example.org", i), "iot")
			link := h.keys.IssueOwn(p.ID, h.clock())
			for range 3 {
				must(t, h.people.ChangeAddress(t.Context(), link, c.to))
			}
			fails(t, h.people.ChangeAddress(t.Context(), link, c.to), subscriptions.Invalid) // the limit tells nothing either
			same(t, c.to+": "+c.elsewhere, c.to+": "+h.elsewhere(t, p.ID))
			h.wait(25 * time.Hour)
			must(t, h.people.ChangeAddress(t.Context(), link, c.to))
		}
		same(t, "1 confirmation, 2 manage", h.mail(t, "known@example.org"))
		same(t, "1 confirmation, 2 manage", h.mail(t, "left@example.org"))

		p := h.reader(t, "own@example.org", "iot")
		must(t, h.people.ChangeAddress(t.Context(), h.link(t, subscriptions.PurposePreferences, p.Address), "OWN@example.org"))
		same(t, "1 confirmation, 1 manage", h.mail(t, p.Address))
		fails(t, h.people.ChangeAddress(t.Context(), h.link(t, subscriptions.PurposePreferences, p.Address), "nobody"), subscriptions.Invalid)
		fails(t, h.people.ChangeAddress(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, p.Address), "free@example.org"), subscriptions.Forged)
	})
}

func TestChangesOfAddressThatComeToNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "old@example.org", "iot")
		first := h.asks(t, p, "first@example.org")
		second := h.asks(t, p, "second@example.org")
		_, err := h.people.ConfirmAddress(t.Context(), first, "")
		fails(t, err, subscriptions.Expired) // the second took its place
		_, err = h.people.ConfirmAddress(t.Context(), h.token(t, p, subscriptions.PurposePreferences), "")
		fails(t, err, subscriptions.Forged)
		_, err = h.people.ConfirmAddress(t.Context(), h.token(t, p, subscriptions.PurposeRestore), "")
		fails(t, err, subscriptions.Forged)
		_, err = h.people.RestoreAddress(t.Context(), h.token(t, p, subscriptions.PurposeRestore), "") // nothing was changed yet
		fails(t, err, subscriptions.Expired)
		other := h.reader(t, "other@example.org", "iot")
		changes, err := h.store.AddressChanges(t.Context(), p.ID)
		must(t, err)
		_, err = h.people.ConfirmAddress(t.Context(), h.keys.Issue(subscriptions.PurposeAddress, other.ID, changes[1].ID, h.clock()), "")
		fails(t, err, subscriptions.Expired) // of another person
		_, err = h.people.ConfirmAddress(t.Context(), h.keys.Issue(subscriptions.PurposeAddress, p.ID, 4711, h.clock()), "")
		fails(t, err, subscriptions.Expired)

		h.reader(t, "second@example.org", "blockchain") // signed up meanwhile
		_, err = h.people.ConfirmAddress(t.Context(), second, "")
		fails(t, err, subscriptions.Refused)
		same(t, "old@example.org", h.address(t, p.ID))

		h.wait(25 * time.Hour)
		third := h.asks(t, p, "third@example.org")
		h.suppress(t, "third@example.org", subscriptions.SuppressedBounce)
		_, err = h.people.ConfirmAddress(t.Context(), third, "")
		fails(t, err, subscriptions.Refused)
		h.wait(49 * time.Hour)
		_, err = h.people.ConfirmAddress(t.Context(), third, "")
		fails(t, err, subscriptions.Expired)
		same(t, "old@example.org", h.address(t, p.ID))
	})
}

func TestASignUpThatNobodyConfirmedGivesWay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "old@example.org", "iot")
		h.signUp(t, "new@example.org", "blockchain")
		pending := h.find(t, "new@example.org")
		confirm := h.link(t, subscriptions.PurposeConfirm, "new@example.org")
		h.suppress(t, "new@example.org", subscriptions.SuppressedErased)
		_, err := h.people.ConfirmAddress(t.Context(), h.asks(t, p, "new@example.org"), "")
		must(t, err)
		same(t, "new@example.org", h.address(t, p.ID))
		same(t, "", h.address(t, pending.ID))
		_, err = h.people.Confirm(t.Context(), confirm, "")
		fails(t, err, subscriptions.Expired)
		in, err := h.store.Suppressions(t.Context(), []string{h.keys.HashAddress("new@example.org")})
		must(t, err)
		same(t, 0, len(in)) // back by their own hand
	})
}

// Who had the address first is believed, also after a chain of changes.
func TestTheFirstOwnerTakesAChainOfChangesBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "mine@example.org", "iot")
		_, err := h.people.ConfirmAddress(t.Context(), h.asks(t, p, "thief1@example.org"), "")
		must(t, err)
		restore := h.token(t, p, subscriptions.PurposeRestore)
		_, err = h.people.ConfirmAddress(t.Context(), h.asks(t, p, "thief2@example.org"), "")
		must(t, err)
		h.wait(29 * 24 * time.Hour)
		_, err = h.people.RestoreAddress(t.Context(), restore, "")
		must(t, err)
		same(t, "mine@example.org", h.address(t, p.ID))
		h.wait(2 * 24 * time.Hour)
		_, err = h.people.RestoreAddress(t.Context(), restore, "")
		fails(t, err, subscriptions.Expired)
	})
}
