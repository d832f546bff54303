package subscriptions_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// crowd adds n confirmed readers of IoT.
func (h *house) crowd(t testing.TB, n int) []int64 {
	t.Helper()
	people := make([]*subscriptions.Subscriber, n)
	for i := range people {
		people[i] = &subscriptions.Subscriber{Address: fmt.Sprintf("reader%d@example.org", i), CreatedAt: h.clock(), ConfirmedAt: h.clock()}
	}
	must(t, h.store.AddSubscribers(t.Context(), people))
	ids := make([]int64, n)
	subs := make([]*subscriptions.Subscription, n)
	for i, p := range people {
		ids[i] = p.ID
		subs[i] = &subscriptions.Subscription{SubscriberID: p.ID, TopicID: h.topics["iot"].ID, State: subscriptions.SubscriptionActive,
			CreatedAt: h.clock(), ConfirmedAt: h.clock()}
	}
	must(t, h.store.AddSubscriptions(t.Context(), subs))
	return ids
}

// planned gives who has a digest of the edition, in order of the plan.
func (h *house) planned(t testing.TB, id int64) []int64 {
	t.Helper()
	all, err := h.store.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: id, Limit: 10_000})
	must(t, err)
	var ids []int64
	for _, d := range all {
		ids = append(ids, d.SubscriberID)
	}
	return ids
}

// balanced wants an edition whose books agree with its own count.
func (h *house) balanced(t testing.TB, id int64, planned int) {
	t.Helper()
	st, err := h.editions.Status(t.Context(), id)
	must(t, err)
	if !st.Books.Balanced() || st.Books.Planned != planned || st.Edition.Planned != planned {
		t.Errorf("%+v with %d planned, want %d", st.Books, st.Edition.Planned, planned)
	}
}

func TestThePlanHoldsEverybodyOnceWhateverTheBatch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		want := h.crowd(t, 21)
		for n, size := range []int{1, 7, 21, 1000} { // 21 people: also plans that end with a full batch
			h.item(t, fmt.Sprintf("news-%d", n), day(2019, 2, 1), "iot")
			e := h.plan(t, h.sending(t).ID, size)
			same(t, want, h.planned(t, e.ID))
			h.balanced(t, e.ID, 21+n)
			same(t, h.clock(), e.PlannedAt)
			want = append(want, h.reader(t, fmt.Sprintf("late%d@example.org", n), "iot").ID)
			_, more, err := h.editions.QueueBatch(t.Context(), e.ID, size) // the plan is closed
			must(t, err)
			same(t, false, more)
			h.balanced(t, e.ID, 21+n)
		}
	})
}

func TestAPlanGoesOnWhereItBroke(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "news", day(2019, 2, 1), "iot")
		want := h.crowd(t, 21)
		e := h.sending(t)
		_, more, err := h.editions.QueueBatch(t.Context(), e.ID, 5)
		must(t, err)
		same(t, true, more)
		// The clock is read between the reading of the people and the writing of
		// their deliveries: here the power goes.
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			broken := &subscriptions.EditionService{Store: h.store, Keys: h.keys, Now: func() time.Time { cancel(); return h.clock() }}
			_, more, err = broken.QueueBatch(ctx, e.ID, 5)
			if err == nil || more {
				t.Fatalf("the broken batch says more %t, %v", more, err)
			}
			h.balanced(t, e.ID, 5)
		}
		e = h.plan(t, e.ID, 5)
		same(t, want, h.planned(t, e.ID))
		h.balanced(t, e.ID, 21)
	})
}

func TestSeveralProcessesPlanTogether(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "news", day(2019, 2, 1), "iot")
		want := h.crowd(t, 60)
		e := h.sending(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for more := true; more; {
					var err error
					if _, more, err = h.editions.QueueBatch(t.Context(), e.ID, 3); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		same(t, want, h.planned(t, e.ID))
		h.balanced(t, e.ID, 60)
	})
}

func TestPauseAndCancelWhilePlanning(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.crowd(t, 20)
		e := h.sending(t)
		_, _, err := h.editions.QueueBatch(t.Context(), e.ID, 5)
		must(t, err)
		_, err = h.editions.Pause(t.Context(), e.ID)
		must(t, err)
		h.plan(t, e.ID, 5)
		h.balanced(t, e.ID, 5)
		_, err = h.editions.Resume(t.Context(), e.ID)
		must(t, err)
		_, _, err = h.editions.QueueBatch(t.Context(), e.ID, 5)
		must(t, err)
		_, err = h.editions.Cancel(t.Context(), e.ID)
		must(t, err)
		h.plan(t, e.ID, 5)
		st, err := h.editions.Status(t.Context(), e.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 10, Skipped: 10}, st.Books)
	})
}

// Whoever the people are: the plan holds exactly those who are confirmed, open,
// not on a pause, not suppressed, and have news in a topic they chose (MAIL 28).
func TestThePlanHoldsExactlyThoseWhoMayBeMailedAndHaveNews(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		last := int64(0) // people of earlier rounds are behind the cursor
		serial := 0
		rapid.Check(t, func(rt *rapid.T) {
			serial++
			all, err := s.Topics(t.Context())
			must(t, err)
			topicIDs := rapid.SampledFrom(func() (ids []int64) {
				for _, topic := range all {
					ids = append(ids, topic.ID)
				}
				return ids
			}())
			e, err := subscriptions.NewEdition(fmt.Sprintf("Round %d", serial), quarter, h.clock())
			must(t, err)
			e.State, e.Cursor = subscriptions.EditionSending, last
			must(t, s.AddEdition(t.Context(), &e))
			content := subscriptions.Content{EditionID: e.ID, Topics: all}
			news := map[int64]bool{}
			for range rapid.IntRange(0, 2).Draw(rt, "entries") {
				in := rapid.SliceOfNDistinct(topicIDs, 1, 2, rapid.ID[int64]).Draw(rt, "filed under")
				content.Entries = append(content.Entries, subscriptions.Item{Title: "n", Topics: in})
				for _, id := range in {
					news[id] = true
				}
			}
			must(t, s.PutContent(t.Context(), content))

			want := map[int64]string{} // who, and the topics of their variant
			nothing := 0
			for n := range rapid.IntRange(0, 8).Draw(rt, "people") {
				is := func(what string) bool { return rapid.IntRange(0, 4).Draw(rt, what) == 0 }
				p := &subscriptions.Subscriber{Address: fmt.Sprintf("p%d-%d@example.org", serial, n), CreatedAt: h.clock()}
				pending, paused, ended, erased, suppressed := is("pending"), is("paused"), is("ended"), is("erased"), is("suppressed")
				if !pending {
					p.ConfirmedAt = h.clock()
				}
				if paused {
					p.PausedUntil = h.clock().Add(time.Hour)
				} else if is("back from a pause") {
					p.PausedUntil = h.clock()
				}
				if ended {
					p.End(h.clock(), subscriptions.EndUnsubscribed)
				}
				if suppressed {
					h.suppress(t, p.Address, subscriptions.SuppressedBounce)
				}
				if erased {
					p.Address, p.ErasedAt = "", h.clock()
				}
				must(t, s.AddSubscribers(t.Context(), []*subscriptions.Subscriber{p}))
				last = p.ID
				var chosen subscriptions.TopicSet
				hasNews := false
				for _, id := range rapid.SliceOfNDistinct(topicIDs, 0, 4, rapid.ID[int64]).Draw(rt, "topics") {
					sub := &subscriptions.Subscription{SubscriberID: p.ID, TopicID: id, State: subscriptions.SubscriptionActive, CreatedAt: h.clock()}
					switch {
					case is("only pending"):
						sub.State = subscriptions.SubscriptionPending
					case is("left"):
						sub.End(h.clock(), subscriptions.EndUnsubscribed)
					default:
						chosen = chosen.With(id)
						hasNews = hasNews || news[id]
					}
					must(t, s.AddSubscriptions(t.Context(), []*subscriptions.Subscription{sub}))
				}
				switch {
				case pending || paused || ended || erased || suppressed || len(chosen) == 0:
				case hasNews:
					want[p.ID] = chosen.With(h.topics["horizontal"].ID).Key()
				default:
					nothing++
				}
			}
			e = h.plan(t, e.ID, rapid.IntRange(1, 5).Draw(rt, "batch"))
			ds, err := s.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: e.ID})
			must(t, err)
			got := map[int64]string{}
			for _, d := range ds {
				v, err := s.FindVariant(t.Context(), d.VariantID)
				must(t, err)
				got[d.SubscriberID] = v.Topics.Key()
				if d.Key != subscriptions.DigestKey(e.ID, d.SubscriberID) || d.State != subscriptions.DeliveryQueued || d.Kind != subscriptions.KindDigest {
					rt.Errorf("%+v", d)
				}
			}
			if fmt.Sprint(want) != fmt.Sprint(got) {
				rt.Fatalf("the plan holds %v, want %v", got, want)
			}
			if e.Planned != len(want) || e.Nothing != nothing || e.PlannedAt.IsZero() {
				rt.Fatalf("planned %d and nothing for %d, want %d and %d", e.Planned, e.Nothing, len(want), nothing)
			}
		})
	})
}
