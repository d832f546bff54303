package compose_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// changing stores a person and their change of address, which f makes what a case
// needs.
func (h *house) changing(t *testing.T, kind subscriptions.Kind, to string, f func(*subscriptions.AddressChange)) (subscriptions.Delivery, subscriptions.Recipient) {
	t.Helper()
	p := h.reader("Anna Berg", "iot").Subscriber
	p.ID, p.Address = 0, "old@example.org"
	if err := h.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{&p}); err != nil {
		t.Fatal(err)
	}
	c := subscriptions.AddressChange{SubscriberID: p.ID, Address: "new@example.org", CreatedAt: storetest.Now()}
	f(&c)
	if err := h.store.AddAddressChange(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	return subscriptions.Delivery{ID: 9, Kind: kind, Key: string(kind) + ":1", SubscriberID: p.ID, RefID: c.ID, Address: to, CreatedAt: storetest.Now()},
		subscriptions.Recipient{Subscriber: p, Chosen: h.set("iot")}
}

func done(c *subscriptions.AddressChange) {
	c.Replaced, c.ConfirmedAt = "old@example.org", storetest.Now()
}

func TestAddressGolden(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   subscriptions.Kind
		to     string
		change func(*subscriptions.AddressChange)
	}{
		{"address.asked", subscriptions.KindAddress, "new@example.org", func(*subscriptions.AddressChange) {}},
		{"moved.away", subscriptions.KindMoved, "old@example.org", done},
		{"moved.back", subscriptions.KindMoved, "old@example.org", func(c *subscriptions.AddressChange) { done(c); c.Restores = 3 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			d, r := h.changing(t, test.kind, test.to, test.change)
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, test.name, m)
			text, page := m.Render()
			// Nobody at the other mailbox learns who this is (MAIL 16).
			for _, word := range []string{"Anna", "old@example.org", "new@example.org"} {
				if strings.Contains(text+page+m.To.Name, word) {
					t.Errorf("it holds %q", word)
				}
			}
			if m.To.Address != test.to {
				t.Errorf("it goes to %s", m.To.Address)
			}
			d.Attempts++
			if again, err := h.Compose(t.Context(), d, r); err != nil || again.Body.Text != m.Body.Text || again.MessageID != m.MessageID {
				t.Errorf("the second attempt differs: %v", err)
			}
		})
	}
}

func TestAddressMailsThatMustNotLeave(t *testing.T) {
	nothing := func(*subscriptions.AddressChange) {}
	for _, test := range []struct {
		name, want string
		kind       subscriptions.Kind
		change     func(*subscriptions.AddressChange)
		later      time.Duration
		barred     subscriptions.SuppressionReason
	}{
		{"another request took its place", "another request", subscriptions.KindAddress, func(c *subscriptions.AddressChange) { c.Address = "" }, 0, ""},
		{"it was confirmed by an earlier attempt", "another request", subscriptions.KindAddress, done, 0, ""},
		{"the link would be dead on arrival", "expired", subscriptions.KindAddress, nothing, 49 * time.Hour, ""},
		{"the new address must not be mailed", "suppressed", subscriptions.KindAddress, nothing, 0, subscriptions.SuppressedBounce},
		{"who asked to be forgotten may be asked", "", subscriptions.KindAddress, nothing, 0, subscriptions.SuppressedErased},
		{"the old address must not be mailed", "suppressed", subscriptions.KindMoved, done, 0, subscriptions.SuppressedComplaint},
		{"nothing was changed", "not changed", subscriptions.KindMoved, nothing, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			to := "new@example.org"
			if test.kind == subscriptions.KindMoved {
				to = "old@example.org"
			}
			d, r := h.changing(t, test.kind, to, test.change)
			d.CreatedAt = d.CreatedAt.Add(-test.later)
			if test.barred != "" {
				err := h.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: storetest.Keys(t).HashAddress(to), Reason: test.barred, CreatedAt: storetest.Now()})
				if err != nil {
					t.Fatal(err)
				}
			}
			_, err := h.Compose(t.Context(), d, r)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if skip := (*mailer.Skip)(nil); !errors.As(err, &skip) || !strings.Contains(skip.Reason, test.want) {
				t.Errorf("%v, want it skipped because %q", err, test.want)
			}
		})
	}
}
