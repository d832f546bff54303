package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The ledger of an edition is not looked for among the letters of all others, not even
// where there is nothing of it, and before anything was counted for the planner.
func TestTheLedgerIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queries, err := s.Watch(func() {
			_, err := s.LedgerWindow(t.Context(), subscriptions.LedgerQuery{LedgerFilter: subscriptions.LedgerFilter{EditionID: 7, Limit: 50}})
			must(t, err)
		})
		must(t, err)
		same(t, len(subscriptions.DeliveryStates()), len(queries))
		for _, q := range queries {
			plan, err := s.Explain(t.Context(), q)
			must(t, err)
			if !strings.Contains(plan, "deliveries_edition") && !strings.Contains(plan, "deliveries_held") && !strings.Contains(plan, "deliveries_due") {
				t.Errorf("%s\n%s", q, plan)
			}
		}
	})
}

// Whatever is asked, and however small the windows are, the ledger read to its end
// is what a plain look at every delivery finds: each once, none missing.
func TestTheLedgerReadInWindowsIsTheWholeLedger(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		r := rand.New(rand.NewPCG(1, 2))
		topics := storetest.Topics(t, s)
		var editions [2]subscriptions.Edition
		variants := map[int64][]int64{}
		for n := range editions {
			e, err := subscriptions.NewEdition(fmt.Sprintf("E %d", n), subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 1, Day: 31}}, now)
			must(t, err)
			must(t, s.AddEdition(ctx, &e))
			editions[n] = e
			found, err := s.Variants(ctx, e.ID, []subscriptions.TopicSet{subscriptions.NewTopicSet(topics["iot"].ID), subscriptions.NewTopicSet(topics["blockchain"].ID)})
			must(t, err)
			for _, v := range found {
				variants[e.ID] = append(variants[e.ID], v.ID)
			}
		}
		people := make([]*subscriptions.Subscriber, 60)
		for i := range people {
			domain := []string{"example.org", "two.example.org", "example.org.example"}[r.IntN(3)]
			people[i] = &subscriptions.Subscriber{Address: fmt.Sprintf("%c%d_%%@%s", 'a'+r.IntN(4), i, domain), CreatedAt: now, ConfirmedAt: now}
		}
		must(t, s.AddSubscribers(ctx, people))
		var all []subscriptions.Delivery
		for _, e := range editions {
			for _, p := range people {
				all = append(all, subscriptions.Delivery{Kind: subscriptions.KindDigest, Key: subscriptions.DigestKey(e.ID, p.ID), EditionID: e.ID, SubscriberID: p.ID,
					VariantID: variants[e.ID][r.IntN(2)], Address: p.Address, NotBefore: now, CreatedAt: now})
			}
		}
		_, err := s.QueueDeliveries(ctx, all)
		must(t, err)
		for _, e := range editions {
			e.State, e.StartedAt = subscriptions.EditionSending, now
			must(t, s.UpdateEdition(ctx, e, subscriptions.EditionCollecting))
		}
		// Outcomes of all kinds, at three times; some stay with a worker.
		for step := range 3 {
			at := now.Add(time.Duration(step) * time.Hour)
			claimed, err := s.Claim(ctx, "w", 32, at, at.Add(24*time.Hour))
			must(t, err)
			var begins []subscriptions.Begin
			var outcomes []subscriptions.Outcome
			for i, d := range claimed {
				if i%8 == 0 {
					continue // claimed
				}
				begins = append(begins, subscriptions.Begin{DeliveryID: d.ID})
				if state := []subscriptions.DeliveryState{"", "sent", "sent", "failed", "skipped", "uncertain", "deferred", "sent"}[i%8]; i%5 > 0 {
					outcomes = append(outcomes, subscriptions.Outcome{DeliveryID: d.ID, State: state, Code: 250, NotBefore: at.Add(100 * time.Hour)})
				}
			}
			_, err = s.Advance(ctx, "w", at, nil, begins)
			must(t, err)
			_, err = s.Advance(ctx, "w", at, outcomes, nil)
			must(t, err)
		}
		for n := range 100 {
			f := subscriptions.LedgerFilter{EditionID: editions[r.IntN(2)].ID, Limit: 1 + r.IntN(40)}
			for range r.IntN(3) {
				f.States = append(f.States, subscriptions.DeliveryStates()[r.IntN(8)])
			}
			slices.Sort(f.States)
			f.States = slices.Compact(f.States)
			f.Address = []string{"", "", "@example.org", "@two.example.org", "@nobody.example", "a", "b1", "c2_%"}[r.IntN(8)]
			if r.IntN(3) == 0 {
				f.From = now.Add(time.Duration(r.IntN(3)) * time.Hour)
			}
			if r.IntN(3) == 0 {
				f.To = now.Add(time.Duration(1+r.IntN(3)) * time.Hour)
			}
			q := subscriptions.LedgerQuery{LedgerFilter: f, Window: 1 + r.IntN(30), Key: func(id int64) string { return subscriptions.DigestKey(f.EditionID, id) }}
			if r.IntN(3) == 0 {
				q.Variants = variants[f.EditionID][:r.IntN(3)]
			}
			plain, err := s.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: f.EditionID})
			must(t, err)
			var want, got []int64
			for _, d := range plain {
				at := d.UpdatedAt
				if !d.SentAt.IsZero() {
					at = d.SentAt
				}
				local, domain, _ := strings.Cut(d.Address, "@")
				if (len(f.States) == 0 || slices.Contains(f.States, d.State)) && (q.Variants == nil || slices.Contains(q.Variants, d.VariantID)) &&
					(f.From.IsZero() || !at.Before(f.From)) && (f.To.IsZero() || at.Before(f.To)) &&
					(f.Address == "" || f.Address == "@"+domain || strings.HasPrefix(local, f.Address)) {
					want = append(want, d.ID)
				}
			}
			for steps := 0; ; steps++ {
				w, err := s.LedgerWindow(ctx, q)
				must(t, err)
				if len(w.Rows) > f.Limit {
					t.Fatalf("query %d: %d rows in a window of %d", n, len(w.Rows), f.Limit)
				}
				for _, d := range w.Rows {
					got = append(got, d.ID)
				}
				if q.After = w.Next; w.Next == 0 {
					break
				}
				if steps > 1000 {
					t.Fatalf("query %d %+v does not end", n, f)
				}
			}
			slices.SortFunc(got, func(a, b int64) int { return cmp.Compare(a, b) })
			if !slices.Equal(got, want) {
				t.Fatalf("query %d %+v: got %v, want %v", n, f, got, want)
			}
		}
	})
}
