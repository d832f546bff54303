package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

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
