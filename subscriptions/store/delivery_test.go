package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// outbox is a store with an edition that is sending.
type outbox struct {
	*store.Store
	edition subscriptions.Edition
	readers []subscriptions.Subscriber
}

func newOutbox(t testing.TB, s *store.Store, readers int) *outbox {
	t.Helper()
	o := &outbox{Store: s, edition: sendingEdition(t, s, "March 2019")}
	o.readers = people(t, s, readers)
	return o
}

func sendingEdition(t testing.TB, s *store.Store, title string) subscriptions.Edition {
	t.Helper()
	e, err := subscriptions.NewEdition(title, subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 3, Day: 1},
		To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}, storetest.Now())
	must(t, err)
	e.State = subscriptions.EditionSending
	must(t, s.AddEdition(t.Context(), &e))
	return e
}

// move puts an edition into another state.
func (o *outbox) move(t testing.TB, state subscriptions.EditionState) {
	t.Helper()
	was := o.edition.State
	o.edition.State = state
	must(t, o.UpdateEdition(t.Context(), o.edition, was))
}

// digests queues one for each reader and counts them as planned.
func (o *outbox) digests(t testing.TB) {
	t.Helper()
	var ds []subscriptions.Delivery
	for _, p := range o.readers {
		ds = append(ds, subscriptions.Delivery{Kind: subscriptions.KindDigest, Key: subscriptions.DigestKey(o.edition.ID, p.ID), EditionID: o.edition.ID,
			SubscriberID: p.ID, Address: p.Address, Priority: subscriptions.PriorityDigest, NotBefore: storetest.Now(), CreatedAt: storetest.Now()})
	}
	n, err := o.QueueDeliveries(t.Context(), ds)
	must(t, err)
	o.edition.Planned += n
	must(t, o.UpdateEdition(t.Context(), o.edition, o.edition.State))
}

// mail queues a confirmation under the key.
func (o *outbox) mail(t testing.TB, key string, notBefore time.Time) {
	t.Helper()
	n, err := o.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindConfirmation, Key: key, SubscriberID: o.readers[0].ID,
		Address: o.readers[0].Address, NotBefore: notBefore, CreatedAt: storetest.Now()}})
	must(t, err)
	same(t, 1, n)
}

// claim gives the keys of what a worker gets, the digests' shortened to the reader's place.
func (o *outbox) claim(t testing.TB, worker string, limit int, now time.Time) string {
	t.Helper()
	ds, err := o.Claim(t.Context(), worker, limit, now, now.Add(time.Minute))
	must(t, err)
	var keys []string
	for _, d := range ds {
		if d.State != subscriptions.DeliveryClaimed || d.Worker != worker || !d.LeaseUntil.Equal(now.Add(time.Minute)) {
			t.Errorf("claimed %+v", d)
		}
		key := d.Key
		if at := slices.IndexFunc(o.readers, func(p subscriptions.Subscriber) bool { return subscriptions.DigestKey(o.edition.ID, p.ID) == d.Key }); at >= 0 {
			key = fmt.Sprintf("p%d", at)
		}
		keys = append(keys, key)
	}
	return strings.Join(keys, " ")
}

func (o *outbox) delivery(t testing.TB, reader int) subscriptions.Delivery {
	t.Helper()
	d, err := o.FindDeliveryByKey(t.Context(), subscriptions.DigestKey(o.edition.ID, o.readers[reader].ID))
	must(t, err)
	return d
}

func (o *outbox) begin(t testing.TB, worker string, d subscriptions.Delivery, revision int64) bool {
	t.Helper()
	granted, err := o.Advance(t.Context(), worker, storetest.Now(), nil, []subscriptions.Begin{{DeliveryID: d.ID, Revision: revision}})
	must(t, err)
	return granted[0]
}

func (o *outbox) record(t testing.TB, worker string, now time.Time, outcomes ...subscriptions.Outcome) {
	t.Helper()
	_, err := o.Advance(t.Context(), worker, now, outcomes, nil)
	must(t, err)
}

func eachOutbox(t *testing.T, readers int, f func(t *testing.T, o *outbox)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, newOutbox(t, s, readers)) })
}

func TestADeliveryIsQueuedOnce(t *testing.T) {
	eachOutbox(t, 3, func(t *testing.T, o *outbox) {
		o.digests(t)
		first := o.delivery(t, 0)
		o.digests(t)
		same(t, 3, o.edition.Planned)
		same(t, first, o.delivery(t, 0))
		n, err := o.QueueDeliveries(t.Context(), nil)
		must(t, err)
		same(t, 0, n)
		page, err := o.Deliveries(t.Context(), subscriptions.DeliveryFilter{EditionID: o.edition.ID, AfterID: first.ID, Limit: 1,
			States: []subscriptions.DeliveryState{subscriptions.DeliveryQueued}})
		must(t, err)
		same(t, []subscriptions.Delivery{o.delivery(t, 1)}, page)
	})
}

func TestClaimTakesTheMostUrgentFirstUpToItsLimit(t *testing.T) {
	eachOutbox(t, 4, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		o.digests(t)
		o.mail(t, "confirmation:2", now)
		o.mail(t, "confirmation:1", now.Add(-time.Minute))
		o.mail(t, "tomorrow", now.Add(24*time.Hour))
		same(t, "", o.claim(t, "a", 0, now))
		same(t, "confirmation:1", o.claim(t, "a", 1, now)) // has waited longest
		same(t, "confirmation:2 p0 p1", o.claim(t, "a", 3, now))
		same(t, "p2 p3", o.claim(t, "b", 10, now))
		same(t, "", o.claim(t, "b", 10, now))
		same(t, "tomorrow", o.claim(t, "b", 10, now.Add(24*time.Hour)))
	})
}

func TestOnlyEditionsThatAreSendingAreClaimed(t *testing.T) {
	eachOutbox(t, 2, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		o.digests(t)
		o.mail(t, "confirmation", now)
		o.move(t, subscriptions.EditionPaused)
		same(t, "confirmation", o.claim(t, "a", 10, now))
		for _, state := range []subscriptions.EditionState{subscriptions.EditionSent, subscriptions.EditionCancelled, subscriptions.EditionApproved} {
			o.move(t, state)
			same(t, "", o.claim(t, "a", 10, now))
		}
		o.move(t, subscriptions.EditionSending)
		same(t, "p0 p1", o.claim(t, "a", 10, now))
	})
}

func TestWhatIsDeferredWaitsForItsTime(t *testing.T) {
	eachOutbox(t, 2, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		o.digests(t)
		o.claim(t, "a", 10, now)
		d := o.delivery(t, 0)
		same(t, true, o.begin(t, "a", d, 0))
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryDeferred, Code: 451, Status: "4.7.1",
			Detail: "not now", MessageID: "x@example.org", NotBefore: now.Add(15 * time.Minute)})
		got := o.delivery(t, 0)
		same(t, "deferred 451 4.7.1 not now x@example.org 1 ", fmt.Sprint(got.State, " ", got.Code, " ", got.Status, " ", got.Detail, " ", got.MessageID, " ", got.Attempts, " ", got.Worker))
		same(t, "", o.claim(t, "b", 10, now.Add(15*time.Minute-time.Microsecond)))
		same(t, "p0", o.claim(t, "b", 10, now.Add(15*time.Minute)))
	})
}

func TestTwoWorkersNeverGetTheSameRow(t *testing.T) {
	eachOutbox(t, 120, func(t *testing.T, o *outbox) {
		o.digests(t)
		var mu sync.Mutex
		holder := map[int64]string{}
		var wg sync.WaitGroup
		for n := range 6 {
			worker := fmt.Sprintf("worker %d", n)
			wg.Go(func() {
				for misses := 0; misses < 3; {
					ds, err := o.Claim(t.Context(), worker, 7, storetest.Now(), storetest.Now().Add(time.Minute))
					if err != nil {
						t.Error(err)
						return
					}
					if len(ds) == 0 {
						misses++ // another may be holding the last rows at this moment
					}
					mu.Lock()
					for _, d := range ds {
						if other, ok := holder[d.ID]; ok {
							t.Errorf("delivery %d went to %s and to %s", d.ID, other, worker)
						}
						holder[d.ID] = worker
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		same(t, 120, len(holder))
	})
}

func TestAnUrgentClaimTakesOnlyWhatBelongsToNoEdition(t *testing.T) {
	eachOutbox(t, 3, func(t *testing.T, o *outbox) {
		o.digests(t)
		o.mail(t, "confirm:1", storetest.Now())
		o.mail(t, "confirm:2", storetest.Now().Add(time.Hour))
		ds, err := o.ClaimUrgent(t.Context(), "w", 10, storetest.Now(), storetest.Now().Add(time.Minute))
		must(t, err)
		if len(ds) != 1 || ds[0].Key != "confirm:1" || ds[0].State != subscriptions.DeliveryClaimed {
			t.Errorf("it took %+v", ds)
		}
		same(t, "p0 p1 p2", o.claim(t, "v", 10, storetest.Now()))
	})
}

// On SQLite one connection writes. Claims within and without a transaction of their
// own used to wait for each other's prepared statement for ever.
func TestClaimsAtTheSameTimeDoNotWaitForEachOtherForEver(t *testing.T) {
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for range 20 {
					_, err := o.Claim(t.Context(), "w", 5, storetest.Now(), storetest.Now())
					if i%2 == 0 {
						_, err = o.ClaimUrgent(t.Context(), "w", 5, storetest.Now(), storetest.Now())
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}
