package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestIPAddressesAreShortenedAndThenDropped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const who = "reader@example.org"
		h.signUp(t, who, "iot")
		_, err := h.people.Confirm(t.Context(), h.link(t, subscriptions.PurposeConfirm, who), "2001:db8:1:2:3::4")
		must(t, err)
		must(t, h.store.AddConsents(t.Context(), []*subscriptions.Consent{{SubscriberID: h.find(t, who).ID, Kind: subscriptions.ConsentChanged, At: h.clock()}}))
		id := h.find(t, who).ID
		h.wait(30*aDay - time.Second)
		same(t, 0, h.runs(t)[subscriptions.ClockIP])
		same(t, "192.0.2.1 2001:db8:1:2:3::4 ", h.ips(t, id))
		h.wait(time.Second)
		same(t, 2, h.runs(t)[subscriptions.ClockIP])
		same(t, "192.0.2.0/24 2001:db8:1::/48 ", h.ips(t, id))
		same(t, 0, h.runs(t)[subscriptions.ClockIP])
		h.wait(335*aDay - time.Second)
		same(t, 0, h.runs(t)[subscriptions.ClockNetwork])
		same(t, "192.0.2.0/24 2001:db8:1::/48 ", h.ips(t, id))
		h.wait(time.Second)
		same(t, 2, h.runs(t)[subscriptions.ClockNetwork])
		same(t, "  ", h.ips(t, id))
		same(t, "given iot; confirmed iot; changed ", h.consents(t, who))
	})
}

func TestShortenIP(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2::3": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48",
		"192.0.2.0/24": "192.0.2.0/24", "": "", "nowhere": "",
	} {
		same(t, want, subscriptions.ShortenIP(ip))
	}
}

func TestWhatServersAnsweredIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.reader(t, "reader@example.org", "iot")
		claimed, err := h.store.Claim(t.Context(), "w", 10, h.clock(), h.clock())
		must(t, err)
		_, err = h.store.Advance(t.Context(), "w", h.clock(), []subscriptions.Outcome{{DeliveryID: claimed[0].ID, State: subscriptions.DeliveryFailed,
			Code: 550, Status: "5.1.1", Detail: "no reader@example.org here"}}, nil)
		must(t, err)
		h.edge(t, subscriptions.ClockAnswers, 180*aDay, func() string { return h.left(t, p.ID) },
			`reader@example.org (, , ) active ; confirmation failed <reader@example.org> "no reader@example.org here"`,
			`reader@example.org (, , ) active ; confirmation failed <reader@example.org> ""`)
		d, err := h.store.FindDeliveryByKey(t.Context(), claimed[0].Key)
		must(t, err)
		same(t, "550 5.1.1", fmt.Sprint(d.Code, " ", d.Status))
	})
}

func TestRegistrationsAreForgottenAfterTheWebinar(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := subscriptions.Webinar{Slug: "w", Title: "W", Starts: h.clock().Add(time.Hour), Ends: h.clock().Add(2 * time.Hour), Zone: "Europe/Brussels",
			State: subscriptions.WebinarAnnounced, CreatedAt: h.clock(), UpdatedAt: h.clock()}
		must(t, h.store.AddWebinar(t.Context(), &w))
		later := w
		later.ID, later.Slug, later.Ends = 0, "later", h.clock().Add(300*aDay)
		must(t, h.store.AddWebinar(t.Context(), &later))
		for _, id := range []int64{w.ID, later.ID} {
			must(t, h.store.AddRegistration(t.Context(), &subscriptions.Registration{WebinarID: id, Address: "a@example.org", Name: "Anna", Organisation: "ESO",
				Zone: "Europe/Rome", State: subscriptions.RegistrationActive, CreatedAt: h.clock()}))
		}
		h.edge(t, subscriptions.ClockRegistrations, 2*time.Hour+180*aDay, func() string {
			rs, err := h.store.Registrations(t.Context(), w.ID)
			must(t, err)
			others, err := h.store.Registrations(t.Context(), later.ID)
			must(t, err)
			return fmt.Sprint(rs[0].Address, rs[0].Name, rs[0].Organisation, rs[0].Zone, " ", rs[0].State, " ", others[0].Address)
		}, "a@example.orgAnnaESOEurope/Rome registered a@example.org", " registered a@example.org")
	})
}

// A link that takes a change back works for as long as the change is kept.
func TestAddressesOfThePastAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		moved, waits := h.reader(t, "old@example.org", "iot"), h.reader(t, "waits@example.org", "iot")
		asked := h.asks(t, moved, "new@example.org")
		h.wait(aDay)
		_, err := h.people.ConfirmAddress(t.Context(), asked, "")
		must(t, err)
		restore := h.token(t, moved, subscriptions.PurposeRestore)
		h.asks(t, waits, "never@example.org")
		h.wait(time.Hour)
		h.asks(t, waits, "later@example.org")
		kept := func() string {
			var all []string
			for _, id := range []int64{moved.ID, waits.ID} {
				cs, err := h.store.AddressChanges(t.Context(), id)
				must(t, err)
				for _, c := range cs {
					all = append(all, c.Address+"<"+c.Replaced)
				}
			}
			return strings.Join(all, " ")
		}
		h.wait(30*aDay - time.Hour - time.Second)
		same(t, 0, h.runs(t)[subscriptions.ClockAddresses])
		_, err = h.people.Moving(t.Context(), subscriptions.PurposeRestore, restore)
		must(t, err)
		h.wait(time.Second)
		same(t, 2, h.runs(t)[subscriptions.ClockAddresses]) // asked a day before it was confirmed, and still kept until now
		same(t, "later@example.org<", kept())
		h.wait(2 * time.Minute) // a link counts whole minutes
		_, err = h.people.Moving(t.Context(), subscriptions.PurposeRestore, restore)
		fails(t, err, subscriptions.Expired)
		h.edge(t, subscriptions.ClockAddresses, time.Hour-2*time.Minute, kept, "later@example.org<", "")
		same(t, "new@example.org", h.address(t, moved.ID))
	})
}
