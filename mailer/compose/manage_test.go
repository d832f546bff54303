package compose_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestManageGolden(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct {
		name string
		why  int64
	}{
		{"asked", subscriptions.ManageAsked},
		{"already", subscriptions.ManageAlready},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := h.reader("Anna Berg", "iot")
			d := subscriptions.Delivery{ID: 8, Kind: subscriptions.KindManage, Key: "manage:117:1", RefID: test.why,
				SubscriberID: r.Subscriber.ID, Address: r.Subscriber.Address, CreatedAt: storetest.Now()}
			m, err := h.Compose(t.Context(), d, r)
			if err != nil {
				t.Fatal(err)
			}
			goldenMessage(t, "manage."+test.name, m)
			if m.To.Name != "Anna Berg" {
				t.Errorf("To names %q; the person has confirmed", m.To.Name)
			}
		})
	}
}

func TestAnUnknownKindIsRefusedByName(t *testing.T) {
	h := newHouse(t)
	_, err := h.Compose(t.Context(), subscriptions.Delivery{ID: 9, Kind: "telegram"}, h.reader("", "iot"))
	if err == nil || !strings.Contains(err.Error(), "compose telegram for delivery 9") {
		t.Errorf("got %v", err)
	}
}
