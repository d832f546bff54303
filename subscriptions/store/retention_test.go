package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Every hour the clocks look for a thousand rows that are due among millions.
func TestTheRetentionClocksReadFromAnIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for query, q := range store.RetentionQueries(storetest.Now()) {
			plan, err := s.Explain(t.Context(), query, q.Args...)
			must(t, err)
			used := slices.ContainsFunc(strings.Split(q.Index, "|"), func(index string) bool {
				return strings.Contains(plan, index+" ") // SCAN without an index is found below
			})
			for line := range strings.SplitSeq(plan, "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "SCAN ") && !strings.HasPrefix(strings.TrimSpace(line), "SCAN webinars") {
					used = false
				}
			}
			if !used || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s\nis planned as\n%s", query, plan)
			}
		}
	})
}

// The walk over the deliveries: what lies before an old row is old, whatever a
// wrong clock has written; it ends before what is young or on its way.
func TestTheWalkOverTheDeliveriesEndsAtTheFirstYoungOne(t *testing.T) {
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		until := now.Add(-100 * time.Hour)
		for _, d := range []struct {
			key string
			at  time.Time
		}{{"old", until.Add(-time.Hour)}, {"ahead", now.Add(1000 * time.Hour)}, {"due", until}, {"held", until}, {"also old", until}, {"young", until.Add(time.Second)}, {"behind", until}} {
			_, err := o.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindManage, Key: d.key, SubscriberID: o.readers[0].ID,
				Address: "a@example.org", NotBefore: now, CreatedAt: d.at}})
			must(t, err)
		}
		must(t, o.Exec(t.Context(), "UPDATE deliveries SET detail = 'words'"))
		must(t, o.Exec(t.Context(), "UPDATE deliveries SET state = 'claimed', worker = 'w' WHERE unique_key = 'held'"))
		walk := func(limit, want int, words string) {
			t.Helper()
			n, err := o.DropAnswers(t.Context(), now, until, limit)
			must(t, err)
			same(t, want, n)
			all, err := o.Deliveries(t.Context(), subscriptions.DeliveryFilter{})
			must(t, err)
			var left []string
			for _, d := range all {
				if d.Detail != "" {
					left = append(left, d.Key)
				}
			}
			same(t, words, strings.Join(left, ", "))
		}
		walk(1, 1, "ahead, due, held, also old, young, behind")
		walk(10, 2, "held, also old, young, behind")
		walk(10, 0, "held, also old, young, behind")
		must(t, o.Exec(t.Context(), "UPDATE deliveries SET state = 'skipped', worker = '' WHERE unique_key = 'held'"))
		walk(10, 2, "held, young, behind") // why it was skipped are our words
		walk(10, 0, "held, young, behind")
	})
}

// The answer to a message that was on the wire when its person was erased.
func TestWordsAboutSomebodyErasedAreNotRecorded(t *testing.T) {
	eachOutbox(t, 2, func(t *testing.T, o *outbox) {
		o.digests(t)
		o.claim(t, "a", 10, storetest.Now())
		same(t, true, o.begin(t, "a", o.delivery(t, 0), 0))
		skipped, err := o.Forget(t.Context(), []int64{o.readers[0].ID, o.readers[1].ID}, subscriptions.EndErased, storetest.Now())
		must(t, err)
		same(t, 1, skipped) // the other is on the wire
		o.record(t, "a", storetest.Now(), subscriptions.Outcome{DeliveryID: o.delivery(t, 0).ID, State: subscriptions.DeliveryFailed, Code: 550,
			Detail: "no p0@example.org here"})
		for i, want := range []subscriptions.DeliveryState{subscriptions.DeliveryFailed, subscriptions.DeliverySkipped} {
			d := o.delivery(t, i)
			same(t, want, d.State)
			if d.Address != "" || strings.Contains(d.Detail, "@") || d.Worker != "" {
				t.Errorf("the row is %+v", d)
			}
		}
	})
}
