package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The books are read while others plan: what is planned and what is counted must
// be of one moment.
func TestTheBooksBalanceWhileThePlanGrows(t *testing.T) {
	eachOutbox(t, 0, func(t *testing.T, o *outbox) {
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			defer close(done)
			for n := range 60 {
				err := o.InTx(t.Context(), func(tx subscriptions.Store) error {
					if _, err := tx.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindDigest, Key: fmt.Sprint(n),
						EditionID: o.edition.ID, Address: "a@example.org", NotBefore: storetest.Now(), CreatedAt: storetest.Now()}}); err != nil {
						return err
					}
					o.edition.Planned++
					return tx.UpdateEdition(t.Context(), o.edition, o.edition.State)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		for range 2 {
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if b, err := o.Books(t.Context(), o.edition.ID); err != nil || !b.Balanced() {
						t.Errorf("%+v, %v", b, err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// After any sequence of what workers, editors and accidents do, everybody is
// accounted for, nobody is sent to twice, and what is on the wire has a holder.
func TestTheBooksBalanceAfterAnything(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		readers := people(t, s, 6)
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			o := &outbox{Store: s, edition: sendingEdition(t, s, fmt.Sprintf("Round %d", round)), readers: readers}
			o.digests(t)
			now := storetest.Now()
			accepted := map[int64]int{} // how often a server took it
			unsure := map[int64]bool{}
			for range rapid.IntRange(1, 20).Draw(rt, "steps") {
				now = now.Add(time.Minute)
				worker := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "worker")
				held := func(state subscriptions.DeliveryState) (ids []int64) {
					all, err := o.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: o.edition.ID, States: []subscriptions.DeliveryState{state}})
					must(t, err)
					for _, d := range all {
						if d.Worker == worker {
							ids = append(ids, d.ID)
						}
					}
					return ids
				}
				switch rapid.SampledFrom([]string{"claim", "begin", "begin", "outcome", "outcome", "reclaim", "pause", "resume", "resend", "accept", "cancel"}).Draw(rt, "what") {
				case "claim":
					_, err := o.Claim(t.Context(), worker, rapid.IntRange(1, 4).Draw(rt, "limit"), now, now.Add(time.Minute))
					must(t, err)
				case "begin":
					var begins []subscriptions.Begin
					for _, id := range held(subscriptions.DeliveryClaimed) {
						begins = append(begins, subscriptions.Begin{DeliveryID: id, Revision: rapid.SampledFrom([]int64{0, 0, 0, 1}).Draw(rt, "revision")})
					}
					granted, err := o.Advance(t.Context(), worker, now, nil, begins)
					must(t, err)
					for i, ok := range granted {
						if ok && (o.edition.State != subscriptions.EditionSending || begins[i].Revision != 0) {
							rt.Fatalf("delivery %d may leave while the edition is %s, composed for revision %d", begins[i].DeliveryID, o.edition.State, begins[i].Revision)
						}
					}
				case "outcome":
					var outcomes []subscriptions.Outcome
					for _, id := range held(subscriptions.DeliverySending) {
						out := subscriptions.Outcome{DeliveryID: id, State: rapid.SampledFrom([]subscriptions.DeliveryState{subscriptions.DeliverySent,
							subscriptions.DeliveryDeferred, subscriptions.DeliveryFailed, subscriptions.DeliveryUncertain}).Draw(rt, "outcome"), NotBefore: now}
						if out.State == subscriptions.DeliverySent {
							accepted[id]++
						}
						unsure[id] = unsure[id] || out.State == subscriptions.DeliveryUncertain
						outcomes = append(outcomes, out)
					}
					o.record(t, worker, now, outcomes...)
				case "reclaim":
					for _, id := range held(subscriptions.DeliverySending) {
						unsure[id] = true
					}
					other := map[string]string{"a": "b", "b": "a"}[worker]
					_, err := o.Reclaim(t.Context(), now, []string{other})
					must(t, err)
				case "pause":
					if o.edition.State == subscriptions.EditionSending {
						o.move(t, subscriptions.EditionPaused)
					}
				case "resume":
					if o.edition.State == subscriptions.EditionPaused {
						o.move(t, subscriptions.EditionSending)
					}
				case "resend", "accept":
					if o.edition.State != subscriptions.EditionCancelled {
						_, err := o.ResolveUncertain(t.Context(), o.edition.ID, rapid.Bool().Draw(rt, "resend"), now)
						must(t, err)
					}
				case "cancel":
					if rapid.IntRange(0, 3).Draw(rt, "really") == 0 && o.edition.State != subscriptions.EditionCancelled {
						must(t, o.SkipOpen(t.Context(), o.edition.ID, "cancelled", now))
						o.move(t, subscriptions.EditionCancelled)
					}
				}
				books, err := o.Books(t.Context(), o.edition.ID)
				must(t, err)
				if !books.Balanced() || books.Planned != len(readers) {
					rt.Fatalf("the books are %+v", books)
				}
			}
			for id, n := range accepted {
				if n > 1 && !unsure[id] {
					rt.Fatalf("delivery %d was taken %d times and never uncertain", id, n)
				}
			}
			// Both workers die: everything is open to others, final, or uncertain.
			_, err := o.Reclaim(t.Context(), now, nil)
			must(t, err)
			books, err := o.Books(t.Context(), o.edition.ID)
			must(t, err)
			if books.Claimed+books.Sending > 0 || o.edition.State == subscriptions.EditionCancelled && books.Open() > 0 {
				rt.Fatalf("edition %s with the books %+v", o.edition.State, books)
			}
			o.edition.Planned = len(readers)
			must(t, o.SkipOpen(t.Context(), o.edition.ID, "end of round", now))
		})
	})
}
