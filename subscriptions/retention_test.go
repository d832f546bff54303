package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

const aDay = 24 * time.Hour

func (h *house) retention() *subscriptions.RetentionService {
	return &subscriptions.RetentionService{Store: h.store, Keys: h.keys}
}

// runs lets the clocks run at the house's moment.
func (h *house) runs(t testing.TB) map[subscriptions.Clock]int {
	t.Helper()
	done, err := h.retention().Run(t.Context(), h.clock())
	must(t, err)
	return done
}

// left writes down what is left of a person: "reader@example.org (Anna, ESO) pending".
func (h *house) left(t testing.TB, id int64) string {
	t.Helper()
	p, err := h.store.FindSubscriber(t.Context(), id)
	must(t, err)
	text := fmt.Sprintf("%s (%s, %s, %s) %s %s", p.Address, p.Name, p.Organisation, p.Zone, p.Status(h.clock()), p.EndReason)
	ds, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: id})
	must(t, err)
	for _, d := range ds {
		text += fmt.Sprintf("; %s %s <%s> %q", d.Kind, d.State, d.Address, d.Detail)
	}
	return text
}

// ips writes down the IP addresses of a person's consents.
func (h *house) ips(t testing.TB, id int64) string {
	t.Helper()
	all, err := h.store.Consents(t.Context(), id)
	must(t, err)
	var ips []string
	for _, c := range all {
		ips = append(ips, c.IP)
	}
	return strings.Join(ips, " ")
}

// suppressed gives the reason in force for the address.
func (h *house) suppressed(t testing.TB, email string) subscriptions.SuppressionReason {
	t.Helper()
	found, err := h.store.Suppressions(t.Context(), []string{h.keys.HashAddress(email)})
	must(t, err)
	return found[h.keys.HashAddress(email)].Reason
}

// edge runs the clocks a second before something is due, when nothing may have
// happened, and at the moment and after it, when it must have, once.
func (h *house) edge(t *testing.T, clock subscriptions.Clock, due time.Duration, state func() string, before, after string) {
	t.Helper()
	h.wait(due - time.Second)
	if n := h.runs(t)[clock]; n != 0 {
		t.Errorf("%s: %d rows a second too early", clock, n)
	}
	same(t, before, state())
	h.wait(time.Second)
	if n := h.runs(t)[clock]; n != 1 {
		t.Errorf("%s: %d rows at the moment, want 1", clock, n)
	}
	same(t, after, state())
	h.wait(time.Second)
	if n := h.runs(t)[clock]; n != 0 {
		t.Errorf("%s: %d rows once more", clock, n)
	}
	same(t, after, state())
}

func TestAnUnconfirmedSignUpIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		h.wait(2 * aDay)
		must(t, h.people.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: who, Name: "Anna", Organisation: "ESO", Topics: []string{"iot"}, IP: "192.0.2.7"}))
		id := h.find(t, who).ID
		late := h.keys.Issue(subscriptions.PurposeConfirm, id, 0, h.clock().Add(14*aDay))
		h.edge(t, subscriptions.ClockUnconfirmed, 14*aDay, func() string { return h.left(t, id) + " | " + h.ips(t, id) },
			`reader@example.org (Anna, ESO, ) pending ; confirmation queued <reader@example.org> ""; confirmation queued <reader@example.org> "" | 192.0.2.1 192.0.2.7`,
			` (, , ) erased unconfirmed; confirmation skipped <> "erased"; confirmation skipped <> "erased" |  `)
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
		_, err := h.people.Confirm(t.Context(), late, "")
		fails(t, err, subscriptions.Expired)
		rows, err := h.store.Subscriptions(t.Context(), id)
		must(t, err)
		same(t, "ended unconfirmed", fmt.Sprint(rows[0].State, " ", rows[0].EndReason))
		h.signUp(t, who, "iot") // and begins anew, as somebody else
		if h.find(t, who).ID == id {
			t.Error("an emptied row was filled again")
		}
	})
}

func TestASignUpOfOneDayIsForgottenAtItsMoment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.signUp(t, "reader@example.org", "iot")
		id := h.find(t, "reader@example.org").ID
		h.edge(t, subscriptions.ClockUnconfirmed, 14*aDay, func() string { return h.address(t, id) }, "reader@example.org", "")
	})
}

func TestSomebodyWhoLeftIsForgottenButNotMailedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		p.Name, p.Zone = "Anna", "Europe/Rome"
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "one-click", "192.0.2.7")
		must(t, err)
		h.edge(t, subscriptions.ClockLeft, 365*aDay, func() string { return h.left(t, p.ID) },
			`reader@example.org (Anna, , Europe/Rome) ended unsubscribed; confirmation queued <reader@example.org> ""`,
			` (, , ) erased unsubscribed; confirmation skipped <> "erased"`)
		same(t, subscriptions.SuppressedErased, h.suppressed(t, who))
		all, err := h.store.Consents(t.Context(), p.ID)
		must(t, err)
		same(t, 3, len(all)) // the proof stays

		rows := func(yield func(subscriptions.SubscriberRow) bool) {
			yield(subscriptions.SubscriberRow{Line: 2, Email: who, Topics: []string{"iot"}})
		}
		report, err := h.imports.Subscribers(t.Context(), rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "an old list"})
		must(t, err)
		same(t, 1, report.Suppressed)
		h.reader(t, who, "iot") // by their own hand
		same(t, subscriptions.SuppressionReason(""), h.suppressed(t, who))
	})
}

func TestAComplaintOutlivesTheAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		p.End(h.clock(), subscriptions.EndComplained)
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		h.suppress(t, who, subscriptions.SuppressedComplaint)
		h.wait(366 * aDay)
		h.runs(t)
		same(t, ` (, , ) erased complained; confirmation skipped <> "erased"`, h.left(t, p.ID))
		same(t, subscriptions.SuppressedComplaint, h.suppressed(t, who))
	})
}

func TestWhoLeftAndSignsUpAgainIsWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		p := h.reader(t, who, "iot")
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "", "one-click", "")
		must(t, err)
		h.wait(364 * aDay)
		h.signUp(t, who, "blockchain")
		h.wait(7 * aDay)
		same(t, 0, h.runs(t)[subscriptions.ClockLeft])
		h.wait(8 * aDay)
		same(t, 1, h.runs(t)[subscriptions.ClockLeft])
		same(t, "", h.address(t, p.ID))
	})
}
