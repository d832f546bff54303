package subscriptions_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func (h *house) reach(t testing.TB) *subscriptions.ReachService {
	r := &subscriptions.ReachService{Store: h.store, Keys: h.keys, Now: h.clock}
	t.Cleanup(r.Stop)
	return r
}

// Whatever people and edition: the sums say before the send what the plan then
// does, person for person.
func TestTheSumsAreThoseOfThePlan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		all, err := s.Topics(t.Context())
		must(t, err)
		var ids []int64
		for _, topic := range all {
			ids = append(ids, topic.ID)
		}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 3, rapid.ID[int64])
		var everybody []subscriptions.Subscriber
		serial := 0
		rapid.Check(t, func(rt *rapid.T) {
			serial++
			for n := range rapid.IntRange(0, 4).Draw(rt, "people") {
				p := subscriptions.Subscriber{Address: fmt.Sprintf("p%d-%d@example.org", serial, n), CreatedAt: h.clock()}
				switch rapid.IntRange(0, 6).Draw(rt, "is") {
				case 0: // pending
				case 1:
					p.ConfirmedAt, p.PausedUntil = h.clock(), h.clock().Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "hours"))*time.Hour)
				default:
					p.ConfirmedAt = h.clock()
				}
				must(t, s.AddSubscribers(t.Context(), []*subscriptions.Subscriber{&p}))
				for _, id := range some.Draw(rt, "topics") {
					must(t, s.AddSubscriptions(t.Context(), []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: id,
						State: subscriptions.SubscriptionActive, CreatedAt: h.clock()}}))
				}
				everybody = append(everybody, p)
			}
			if len(everybody) > 0 { // somebody changes: what is seen is what is, not what was
				p := &everybody[rapid.IntRange(0, len(everybody)-1).Draw(rt, "who")]
				switch rapid.IntRange(0, 4).Draw(rt, "does") {
				case 0:
					p.End(h.clock(), subscriptions.EndUnsubscribed)
				case 1:
					p.PausedUntil = h.clock().Add(time.Hour)
				case 2:
					h.suppress(t, p.Address, subscriptions.SuppressedBounce)
				case 3:
					h.wait(time.Hour) // and pauses end
				}
				must(t, s.UpdateSubscriber(t.Context(), *p))
			}
			e, err := subscriptions.NewEdition(fmt.Sprintf("Round %d", serial), quarter, h.clock())
			must(t, err)
			e.State = subscriptions.EditionSending
			must(t, s.AddEdition(t.Context(), &e))
			content := subscriptions.Content{EditionID: e.ID, Topics: all}
			for n := range rapid.IntRange(0, 3).Draw(rt, "entries") {
				filed := some.Filter(func(l []int64) bool { return len(l) > 0 }).Draw(rt, "filed under")
				content.Entries = append(content.Entries, entry(n+1, "n", filed...))
			}
			if rapid.Bool().Draw(rt, "webinar") {
				content.Webinars = []subscriptions.Webinar{{Slug: "w", Topics: some.Draw(rt, "of webinar")}}
			}
			must(t, s.PutContent(t.Context(), content))

			must(t, h.reach(t).Count(t.Context()))
			sets, err := s.TopicSets(t.Context())
			must(t, err)
			reach := subscriptions.NewReach(content, sets)
			same(t, h.clock(), reach.At)

			e = h.plan(t, e.ID, 100)
			ds, err := s.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: e.ID, Limit: 10_000})
			must(t, err)
			variants := map[int64]bool{}
			entries := make([]int, len(content.Entries))
			for _, d := range ds {
				v, err := s.FindVariant(t.Context(), d.VariantID)
				must(t, err)
				variants[v.ID] = true
				digest := subscriptions.BuildDigest(content, v.Topics, day(2019, 4, 1))
				for _, section := range digest.Sections {
					for _, shown := range section.Entries {
						entries[shown.Number-1]++
					}
				}
			}
			if reach.People != e.Planned || reach.Nothing != e.Nothing || reach.Letters != len(variants) || fmt.Sprint(reach.Entries) != fmt.Sprint(entries) {
				rt.Fatalf("the sums say %d people, %d with nothing, %d letters, entries %v; the plan has %d, %d, %d, %v",
					reach.People, reach.Nothing, reach.Letters, reach.Entries, e.Planned, e.Nothing, len(variants), entries)
			}
			total := 0
			for _, v := range reach.Variants {
				total += v.People
			}
			same(t, reach.People, total)
			same(t, reach.People+reach.Nothing, reach.Mailable)
		})
	})
}

// What is not mailed is said with its reason.
func TestWhoGetsNoLetterAndWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.reader(t, "iot@example.org", "iot")
		h.reader(t, "both@example.org", "iot", "cybersecurity")
		h.reader(t, "quiet@example.org", "blockchain")
		h.signUp(t, "pending@example.org", "iot")
		h.reader(t, "bounced@example.org", "iot")
		h.suppress(t, "bounced@example.org", subscriptions.SuppressedBounce)
		h.reader(t, "paused@example.org", "iot")
		p := h.find(t, "paused@example.org")
		p.PausedUntil = h.clock().Add(time.Hour)
		must(t, h.store.UpdateSubscriber(t.Context(), p))
		h.item(t, "a", day(2019, 2, 1), "iot")
		h.item(t, "b", day(2019, 2, 1), "cybersecurity", "horizontal")
		e := h.drafted(t, "First quarter", quarter)
		c, err := h.editions.Collect(t.Context(), e.ID)
		must(t, err)
		reach := h.reach(t)
		must(t, reach.Count(t.Context())) // a page would not wait for long
		r, err := reach.Of(t.Context(), c)
		must(t, err)
		// quiet has nothing: what is for everyone alone is no reason to send.
		same(t, "2 get 2 letters; none: 1 nothing, 1 paused, 1 suppressed; entries [2 2]",
			fmt.Sprintf("%d get %d letters; none: %d nothing, %d paused, %d suppressed; entries %v", r.People, r.Letters, r.Nothing, r.Paused, r.Suppressed, r.Entries))
		same(t, 2, r.Asked[h.topics["iot"].ID])
	})
}

// A new count is made when the old one is two seconds old, and not before.
func TestPeopleAreCountedAgainAfterAWhile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		reach := h.reach(t)
		people := func(want int) {
			t.Helper()
			deadline := time.Now().Add(30 * time.Second)
			for {
				sets, err := reach.Sets(t.Context())
				must(t, err)
				n := 0
				for _, c := range sets.Counts {
					n += c.People
				}
				if !sets.At.IsZero() && n == want {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d people, want %d", n, want)
				}
				time.Sleep(time.Millisecond)
			}
		}
		people(0)
		h.crowd(t, 3)
		h.wait(time.Second)
		people(0)
		h.wait(time.Second)
		people(3)
		h.wait(-time.Hour) // a clock that was set back does not stop the counting
		h.reader(t, "one.more@example.org", "iot")
		people(4)
	})
}
