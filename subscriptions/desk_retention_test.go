package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func (h *house) auditIP(t testing.TB) string {
	t.Helper()
	events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "session.begin"})
	must(t, err)
	var ips []string
	for _, e := range events {
		ips = append(ips, e.IP)
	}
	return strings.Join(ips, " ")
}

func TestTheAddressesOfTheDeskAreShortened(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enters(t, h.works(t, "anna@example.org", subscriptions.RoleEditor))
		h.edge(t, subscriptions.ClockDeskIP, 30*aDay, func() string { return h.auditIP(t) }, "203.0.113.77", "203.0.113.0/24")
		h.edge(t, subscriptions.ClockDeskNetwork, 335*aDay-time.Second, func() string { return h.auditIP(t) }, "203.0.113.0/24", "")
	})
}

func TestWhoHasLeftTheDeskIsForgottenByAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		_, err := h.office().End(t.Context(), subscriptions.AtCommandLine, anna.ID)
		must(t, err)
		h.edge(t, subscriptions.ClockEditors, 365*aDay, func() string { e := h.editor(t, anna.ID); return e.Name + " <" + e.Address + ">" },
			"Anna Berg <anna@example.org>", "Anna Berg <>")
		again := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		if again.ID == anna.ID {
			t.Error("who was forgotten came back under the old id")
		}
	})
}

func TestALetterToAnEditorIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.office().Invite(t.Context(), subscriptions.AtCommandLine, subscriptions.NewEditor{Name: "Anna", Address: "anna@example.org", Role: subscriptions.RoleEditor})
		must(t, err)
		h.reader(t, "reader@example.org", "iot") // whose letters this clock leaves alone
		state := func() string {
			all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{})
			must(t, err)
			return string(all[0].State) + " " + all[0].Address
		}
		h.edge(t, subscriptions.ClockDeskLetters, 30*aDay, state, "queued anna@example.org", "skipped ")
	})
}

func TestSessionsThatAreOverAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		anna := h.works(t, "anna@example.org", subscriptions.RoleEditor)
		h.enters(t, anna)
		count := func() int {
			all, err := h.store.Sessions(t.Context(), anna.ID)
			must(t, err)
			return len(all)
		}
		h.wait(2 * time.Hour)
		h.runs(t)
		same(t, 1, count())
		h.wait(time.Second)
		same(t, 1, h.runs(t)[subscriptions.ClockSessions])
		same(t, 0, count())
	})
}
