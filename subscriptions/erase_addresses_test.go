package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Who is erased takes along the addresses they moved from and wished to move to.
func TestErasureTakesTheAddressesOfMovesAlong(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "a", subscriptions.Date{Year: 2019, Month: time.March, Day: 1}, "iot")
		p := h.reader(t, "old@example.org", "iot")
		c := subscriptions.AddressChange{SubscriberID: p.ID, Address: "new@example.org", Replaced: "old@example.org", CreatedAt: h.clock()}
		must(t, h.store.AddAddressChange(t.Context(), &c))
		_, err := h.people.EraseAddress(t.Context(), "old@example.org", "a test")
		must(t, err)
		changes, err := h.store.AddressChanges(t.Context(), p.ID)
		must(t, err)
		for _, c := range changes {
			if c.Address != "" || c.Replaced != "" {
				t.Errorf("kept: %+v", c)
			}
		}
		same(t, 1, len(changes))
	})
}
