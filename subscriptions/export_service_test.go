package subscriptions_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The shape is a promise: its names are written down in testdata.
func TestAnExportHasItsShape(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "anna@example.org"
		h.item(t, "news", day(2019, 3, 4), "iot", "horizontal")
		p := h.reader(t, who, "iot", "blockchain")
		p.Name, p.Organisation, p.Zone, p.PausedUntil = "Anna", "ESO", "Europe/Rome", h.clock().Add(-time.Hour)
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		h.wait(time.Minute + 30*time.Millisecond)
		_, err := h.people.Unsubscribe(t.Context(), h.link(t, subscriptions.PurposeUnsubscribe, who), "blockchain", "link", "192.0.2.7")
		must(t, err)
		h.plan(t, h.sending(t).ID, 10)
		for {
			claimed, err := h.store.Claim(t.Context(), "w", 10, h.clock(), h.clock())
			must(t, err)
			if len(claimed) == 0 {
				break
			}
			for _, d := range claimed {
				_, err = h.store.Advance(t.Context(), "w", h.clock(), []subscriptions.Outcome{{DeliveryID: d.ID, State: subscriptions.DeliverySent, MessageID: "m@example.org",
					Code: 250, Status: "2.0.0", Detail: "queued as 4711 on mx.internal"}}, nil)
				must(t, err)
			}
		}
		w := h.webinar(t, "a-webinar")
		h.registration(t, w, 0, who, subscriptions.RegistrationActive)
		h.suppress(t, who, subscriptions.SuppressedComplaint)

		data, err := h.people.Export(t.Context(), h.link(t, subscriptions.PurposePreferences, who))
		must(t, err)
		got, err := json.MarshalIndent(data, "", "  ")
		must(t, err)
		got = append(got, '\n')
		const golden = "testdata/personal-data.json"
		if *update {
			must(t, os.WriteFile(golden, got, 0o644))
		}
		want, err := os.ReadFile(golden)
		must(t, err)
		same(t, string(want), string(got))

		byAddress, err := h.people.ExportAddress(t.Context(), "ANNA@example.org")
		must(t, err)
		same(t, data, byAddress)
		_, err = h.people.ExportAddress(t.Context(), "nobody@example.org")
		fails(t, err, subscriptions.NotFound)
	})
}

// Somebody of whom there is nothing: lists are empty, not null.
func TestAnExportOfAlmostNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := subscriptions.Subscriber{Address: "a@example.org", CreatedAt: h.clock()}
		must(t, h.store.AddSubscribers(t.Context(), []*subscriptions.Subscriber{&p}))
		data, err := h.people.ExportAddress(t.Context(), p.Address)
		must(t, err)
		b, err := json.Marshal(data)
		must(t, err)
		if strings.Contains(string(b), "null") || strings.Contains(string(b), "0001-01-01") {
			t.Errorf("%s", b)
		}
	})
}

// All letters are in it, however many.
func TestAnExportHasEveryDelivery(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "a@example.org", "iot")
		var ds []subscriptions.Delivery
		for n := range 1234 {
			ds = append(ds, subscriptions.Delivery{Kind: subscriptions.KindManage, Key: fmt.Sprint("m", n), SubscriberID: p.ID, Address: p.Address, NotBefore: h.clock(), CreatedAt: h.clock()})
		}
		_, err := h.store.QueueDeliveries(t.Context(), ds)
		must(t, err)
		data, err := h.people.ExportAddress(t.Context(), p.Address)
		must(t, err)
		same(t, 1235, len(data.Deliveries))
	})
}
