package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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

func (h *house) address(t testing.TB, id int64) string {
	t.Helper()
	p, err := h.store.FindSubscriber(t.Context(), id)
	must(t, err)
	return p.Address
}

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

func TestWorkersOfThePastAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		must(t, h.store.Beat(t.Context(), "w", h.clock()))
		h.edge(t, subscriptions.ClockWorkers, aDay, func() string { return "" }, "", "")
	})
}

// A run of a thousand rows a transaction is broken off and goes on.
func TestARunIsBrokenOffAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for n := range 23 {
			h.signUp(t, fmt.Sprintf("reader%d@example.org", n), "iot")
		}
		h.wait(15 * aDay)
		ctx, stop := context.WithCancel(t.Context())
		r := h.retention()
		r.Batch = 10 // two people
		r.Store = &stopping{Store: h.store, after: 3, stop: stop}
		done, err := r.Run(ctx, h.clock())
		if err == nil || err.Error() != context.Canceled.Error() { // alone: no transaction was begun to fail
			t.Errorf("stopped with %v", err)
		}
		same(t, map[subscriptions.Clock]int{subscriptions.ClockUnconfirmed: 6}, done)
		counts, err := h.store.CountSubscribers(t.Context(), h.clock())
		must(t, err)
		same(t, map[subscriptions.SubscriberStatus]int{subscriptions.SubscriberErased: 6, subscriptions.SubscriberPending: 17}, counts)
		r.Store = h.store
		done, err = r.Run(t.Context(), h.clock())
		must(t, err)
		same(t, 17, done[subscriptions.ClockUnconfirmed])
	})
}

// Who signed up again lately stands in nobody's way.
func TestWhoIsWaitedForHoldsUpNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.signUp(t, "again@example.org", "iot")
		h.wait(time.Hour)
		h.signUp(t, "due@example.org", "iot")
		h.wait(10 * aDay)
		h.signUp(t, "again@example.org", "iot")
		h.wait(5 * aDay)
		r := h.retention()
		r.Batch = 1
		done, err := r.Run(t.Context(), h.clock())
		must(t, err)
		same(t, 1, done[subscriptions.ClockUnconfirmed])
		h.find(t, "again@example.org")
	})
}

// stopping is a store in which the context ends after some transactions.
type stopping struct {
	subscriptions.Store
	after int
	stop  func()
}

func (s *stopping) InTx(ctx context.Context, f func(tx subscriptions.Store) error) error {
	err := s.Store.InTx(ctx, f)
	if s.after--; s.after == 0 {
		s.stop()
	}
	return err
}

// Whatever a person did before and whenever the clocks run: who is subscribed
// keeps their address, names, topics and the whole proof, and letters go on.
func TestASubscriberLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		slugs := slices.Sorted(maps.Keys(h.topics))
		some := func() []string {
			random.Shuffle(len(slugs), func(i, j int) { slugs[i], slugs[j] = slugs[j], slugs[i] })
			return slices.Clone(slugs[:1+random.IntN(len(slugs))])
		}
		addresses := []string{"a@example.org", "b@example.org", "c@example.org"}
		for range 120 {
			who := addresses[random.IntN(len(addresses))]
			person, err := h.store.FindSubscriberByAddress(t.Context(), who)
			link := func(p subscriptions.Purpose) string { return h.keys.Issue(p, person.ID, 0, h.clock()) }
			switch known := err == nil; {
			case !known || random.IntN(4) == 0:
				h.signUp(t, who, some()...)
			case random.IntN(2) == 0:
				_, err = h.people.Confirm(t.Context(), link(subscriptions.PurposeConfirm), "192.0.2.9")
				if err != nil && subscriptions.CodeOf(err) != subscriptions.Expired {
					t.Fatal(err)
				}
			case random.IntN(3) == 0:
				_, err = h.people.Unsubscribe(t.Context(), link(subscriptions.PurposeUnsubscribe), "", "one-click", "192.0.2.9")
				must(t, err)
			case !person.ConfirmedAt.IsZero():
				_, err = h.people.ChangeTopics(t.Context(), link(subscriptions.PurposePreferences), some(), "192.0.2.9")
				must(t, err)
			}
			h.wait([]time.Duration{time.Hour, 6 * aDay, 15 * aDay, 200 * aDay, 400 * aDay}[random.IntN(5)])
			before := h.subscribed(t, addresses)
			h.runs(t)
			same(t, before, h.subscribed(t, addresses))
		}
	})
}

// subscribed writes down all that is kept of those who get letters, but what the
// clocks may take.
func (h *house) subscribed(t testing.TB, addresses []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, who := range addresses {
		p, err := h.store.FindSubscriberByAddress(t.Context(), who)
		if err != nil || p.Status(h.clock()) != subscriptions.SubscriberActive {
			continue
		}
		ds, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{SubscriberID: p.ID})
		must(t, err)
		for i := range ds {
			ds[i].Detail = ""
		}
		all[who] = fmt.Sprint(p, h.rows(t, who), h.consents(t, who), h.suppressed(t, who), ds)
	}
	return all
}

func TestKeepIsBounded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		keep  subscriptions.Keep
		field string
	}{
		"the standard is in order":                     {subscriptions.Keep{}, ""},
		"a sign-up is kept while its link works":       {subscriptions.Keep{Unconfirmed: 6 * aDay}, "unconfirmed"},
		"no IP address outlives its network":           {subscriptions.Keep{IP: 366 * aDay}, "ip"},
		"leaving can be undone for a day":              {subscriptions.Keep{Left: aDay - 1}, "left"},
		"the shortest that is allowed":                 {subscriptions.Keep{Unconfirmed: 7 * aDay, IP: aDay, Left: aDay}, ""},
		"nobody who left is kept for a hundred years ": {subscriptions.Keep{Left: 36500 * aDay}, "left"},
	} {
		err := tc.keep.Validate()
		var e *subscriptions.Error
		if tc.field == "" && err != nil || tc.field != "" && (!errors.As(err, &e) || e.Field != tc.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
