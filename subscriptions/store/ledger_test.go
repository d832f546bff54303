package store_test

import (
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestAnOutcomeIsRecordedWhole(t *testing.T) {
	eachOutbox(t, 2, func(t *testing.T, o *outbox) {
		now := storetest.Now().Add(time.Minute)
		o.digests(t)
		o.claim(t, "a", 10, storetest.Now())
		first, second := o.delivery(t, 0), o.delivery(t, 1)
		same(t, true, o.begin(t, "a", first, 0))
		same(t, false, o.begin(t, "a", first, 0)) // it is on the wire already
		granted, err := o.Advance(t.Context(), "a", now, []subscriptions.Outcome{{DeliveryID: first.ID, State: subscriptions.DeliverySent,
			MessageID: "m@example.org", Code: 250, Status: "2.0.0", Detail: "taken"}}, []subscriptions.Begin{{DeliveryID: second.ID}})
		must(t, err)
		same(t, []bool{true}, granted)
		want := first
		want.State, want.MessageID, want.Code, want.Status, want.Detail = subscriptions.DeliverySent, "m@example.org", 250, "2.0.0", "taken"
		want.Attempts, want.Worker, want.LeaseUntil, want.SentAt, want.UpdatedAt = 1, "", time.Time{}, now, now
		same(t, want, o.delivery(t, 0))
		same(t, subscriptions.DeliverySending, o.delivery(t, 1).State)

		// What the server said last does not take the Message-ID away.
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: second.ID, State: subscriptions.DeliveryUncertain, MessageID: "n@example.org"})
		_, err = o.ResolveUncertain(t.Context(), o.edition.ID, true, now)
		must(t, err)
		o.claim(t, "a", 10, now)
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: second.ID, State: subscriptions.DeliverySkipped, Detail: "unsubscribed"})
		same(t, "n@example.org", o.delivery(t, 1).MessageID)
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: second.ID, State: subscriptions.DeliverySent})
		same(t, subscriptions.DeliverySkipped, o.delivery(t, 1).State) // what is final stays
	})
}

// A commit that fails is tried again until it succeeds: no answer of any server
// may make it fail for ever.
func TestWhateverAServerSaysIsRecorded(t *testing.T) {
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		o.digests(t)
		o.claim(t, "a", 1, storetest.Now())
		d := o.delivery(t, 0)
		same(t, true, o.begin(t, "a", d, 0))
		o.record(t, "a", storetest.Now(), subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Code: 550, Status: "5.1.1",
			Detail: "no such user: \xff\x00'\\u0000 标准"[:24]})
		same(t, subscriptions.DeliveryFailed, o.delivery(t, 0).State)
	})
}

func TestABeginIsRefusedWhenTheGroundHasMoved(t *testing.T) {
	changes := map[string]func(t *testing.T, o *outbox){
		"the person has changed": func(t *testing.T, o *outbox) {
			p := &o.readers[0]
			p.Revision++
			must(t, o.UpdateSubscriber(t.Context(), *p))
		},
		"the edition is paused":    func(t *testing.T, o *outbox) { o.move(t, subscriptions.EditionPaused) },
		"the edition is cancelled": func(t *testing.T, o *outbox) { o.move(t, subscriptions.EditionCancelled) },
		"the lease was taken away": func(t *testing.T, o *outbox) {
			_, err := o.Reclaim(t.Context(), storetest.Now(), nil)
			must(t, err)
		},
		"another worker has it now": func(t *testing.T, o *outbox) {
			_, err := o.Reclaim(t.Context(), storetest.Now(), nil)
			must(t, err)
			same(t, "p0", o.claim(t, "b", 1, storetest.Now()))
		},
		"what is open was skipped": func(t *testing.T, o *outbox) {
			must(t, o.SkipOpen(t.Context(), o.edition.ID, "cancelled", storetest.Now()))
		},
	}
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		for name, change := range changes {
			t.Run(name, func(t *testing.T) {
				o := &outbox{Store: o.Store, edition: sendingEdition(t, o.Store, name), readers: o.readers}
				o.digests(t)
				same(t, "p0", o.claim(t, "a", 1, storetest.Now()))
				revision := o.readers[0].Revision
				change(t, o)
				before := o.delivery(t, 0)
				same(t, false, o.begin(t, "a", before, revision))
				same(t, before, o.delivery(t, 0))
				if before.Worker != "a" { // nor does it write what it thinks has become of it
					o.record(t, "a", storetest.Now(), subscriptions.Outcome{DeliveryID: before.ID, State: subscriptions.DeliverySent})
					same(t, before, o.delivery(t, 0))
				}
				must(t, o.SkipOpen(t.Context(), o.edition.ID, "end of case", storetest.Now()))
			})
		}
	})
}

func TestOutcomesAndBeginsAreOneTransaction(t *testing.T) {
	eachOutbox(t, 3, func(t *testing.T, o *outbox) {
		o.digests(t)
		o.claim(t, "a", 10, storetest.Now())
		for n := range 2 {
			same(t, true, o.begin(t, "a", o.delivery(t, n), 0))
		}
		_, err := o.Advance(t.Context(), "a", storetest.Now(), []subscriptions.Outcome{
			{DeliveryID: o.delivery(t, 0).ID, State: subscriptions.DeliverySent}, {DeliveryID: o.delivery(t, 1).ID, State: "lost"}},
			[]subscriptions.Begin{{DeliveryID: o.delivery(t, 2).ID}})
		if err == nil {
			t.Error("an outcome that is none was recorded")
		}
		for n, want := range []subscriptions.DeliveryState{subscriptions.DeliverySending, subscriptions.DeliverySending, subscriptions.DeliveryClaimed} {
			same(t, want, o.delivery(t, n).State)
		}
	})
}

func TestReclaimFreesWhatTheDeadHeld(t *testing.T) {
	eachOutbox(t, 4, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		o.digests(t)
		o.mail(t, "confirmation", now)
		same(t, "confirmation p0 p1", o.claim(t, "dead", 3, now))
		same(t, "p2 p3", o.claim(t, "alive", 3, now))
		confirmation, err := o.FindDeliveryByKey(t.Context(), "confirmation")
		must(t, err)
		same(t, true, o.begin(t, "dead", confirmation, 0))
		same(t, true, o.begin(t, "dead", o.delivery(t, 0), 0))
		same(t, true, o.begin(t, "alive", o.delivery(t, 2), 0))
		freed, err := o.Reclaim(t.Context(), now, []string{"alive", "another"})
		must(t, err)
		same(t, subscriptions.Reclaimed{Queued: 2, Uncertain: 1}, freed)
		confirmation, err = o.FindDeliveryByKey(t.Context(), "confirmation")
		must(t, err)
		same(t, "queued uncertain queued sending claimed", fmt.Sprint(confirmation.State, " ", o.delivery(t, 0).State, " ", o.delivery(t, 1).State, " ",
			o.delivery(t, 2).State, " ", o.delivery(t, 3).State))
		if o.delivery(t, 0).Detail == "" || o.delivery(t, 0).Worker != "" || confirmation.Attempts != 1 {
			t.Errorf("%+v %+v", o.delivery(t, 0), confirmation)
		}
		freed, err = o.Reclaim(t.Context(), now, nil)
		must(t, err)
		same(t, subscriptions.Reclaimed{Queued: 1, Uncertain: 1}, freed)
		freed, err = o.Reclaim(t.Context(), now, nil)
		must(t, err)
		same(t, subscriptions.Reclaimed{}, freed)
	})
}

func TestSkipOpenLeavesTheWireAlone(t *testing.T) {
	eachOutbox(t, 4, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		o.digests(t)
		o.claim(t, "a", 3, now)
		same(t, true, o.begin(t, "a", o.delivery(t, 0), 0))
		same(t, true, o.begin(t, "a", o.delivery(t, 1), 0))
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: o.delivery(t, 0).ID, State: subscriptions.DeliverySent})
		must(t, o.SkipOpen(t.Context(), o.edition.ID, "cancelled", now))
		books, err := o.Books(t.Context(), o.edition.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 4, Sent: 1, Sending: 1, Skipped: 2}, books)
		same(t, "cancelled", o.delivery(t, 2).Detail)
		same(t, "", o.delivery(t, 2).Worker)

		// What was on the wire comes back to a cancelled edition: nobody would send it.
		o.move(t, subscriptions.EditionCancelled)
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: o.delivery(t, 1).ID, State: subscriptions.DeliveryDeferred, NotBefore: now})
		freed, err := o.Reclaim(t.Context(), now, []string{"a"})
		must(t, err)
		same(t, subscriptions.Reclaimed{}, freed)
		same(t, subscriptions.DeliverySkipped, o.delivery(t, 1).State)
	})
}

func TestResolveUncertainBothWays(t *testing.T) {
	eachOutbox(t, 3, func(t *testing.T, o *outbox) {
		now := storetest.Now().Add(time.Hour)
		o.digests(t)
		lose := func() {
			t.Helper()
			o.claim(t, "a", 3, now)
			for n := range 2 {
				same(t, true, o.begin(t, "a", o.delivery(t, n), 0))
			}
			_, err := o.Reclaim(t.Context(), now, nil)
			must(t, err)
		}
		lose()
		n, err := o.ResolveUncertain(t.Context(), o.edition.ID, true, now)
		must(t, err)
		same(t, 2, n)
		same(t, "queued 0", fmt.Sprint(o.delivery(t, 0).State, " ", o.delivery(t, 0).Attempts)) // tried anew
		same(t, now, o.delivery(t, 0).Since())
		lose()
		n, err = o.ResolveUncertain(t.Context(), o.edition.ID, false, now)
		must(t, err)
		same(t, 2, n)
		d := o.delivery(t, 0)
		same(t, "sent 1", fmt.Sprint(d.State, " ", d.Attempts))
		same(t, now, d.SentAt)
		n, err = o.ResolveUncertain(t.Context(), o.edition.ID, true, now)
		must(t, err)
		same(t, 0, n)
		same(t, subscriptions.DeliveryQueued, o.delivery(t, 2).State)
	})
}

// The answer to a commit can be lost. Asked for again at the same moment, a begin is
// granted once more and counted once; nothing else makes it be granted twice.
func TestABeginOfWhichNobodyWasToldIsAskedForAgain(t *testing.T) {
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		o.digests(t)
		o.claim(t, "a", 1, storetest.Now())
		d, at := o.delivery(t, 0), storetest.Now().Add(time.Minute+123456789)
		ask := func(worker string, now time.Time, b subscriptions.Begin) bool {
			t.Helper()
			b.DeliveryID = d.ID
			granted, err := o.Advance(t.Context(), worker, now, nil, []subscriptions.Begin{b})
			must(t, err)
			return granted[0]
		}
		same(t, true, ask("a", at, subscriptions.Begin{Again: true})) // it was not committed
		same(t, true, ask("a", at, subscriptions.Begin{Again: true})) // it was
		same(t, 1, o.delivery(t, 0).Attempts)
		same(t, false, ask("a", at, subscriptions.Begin{}))
		same(t, false, ask("a", at.Add(time.Microsecond), subscriptions.Begin{Again: true}))
		same(t, false, ask("b", at, subscriptions.Begin{Again: true}))
		same(t, subscriptions.DeliverySending, o.delivery(t, 0).State)
		// The person has left meanwhile: it is a claim as before, and can be given back.
		same(t, false, ask("a", at, subscriptions.Begin{Again: true, Revision: 1}))
		same(t, subscriptions.DeliveryClaimed, o.delivery(t, 0).State)
		same(t, 0, o.delivery(t, 0).Attempts)
		// Two who ask for the same in one commit get it once.
		granted, err := o.Advance(t.Context(), "a", at, nil, []subscriptions.Begin{{DeliveryID: d.ID, Again: true}, {DeliveryID: d.ID, Again: true}})
		must(t, err)
		same(t, true, granted[0] != granted[1])
	})
}
