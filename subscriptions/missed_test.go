package subscriptions_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Everybody who missed the edition for one of the reasons is found once, whoever may
// not be mailed is not; and whatever is pressed however often, nobody gets it twice.
func TestWhoMissedAnEditionGetsItOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		for _, who := range []string{"sent", "full", "dead", "policy", "later-dead", "skipped", "gone", "returned"} {
			h.reader(t, who+"@example.org", "iot")
		}
		back := h.reader(t, "back@example.org", "iot")
		back.PausedUntil = h.clock().Add(48 * time.Hour)
		must(t, h.store.UpdateSubscriber(ctx, back))
		still := h.reader(t, "still@example.org", "iot")
		still.PausedUntil = h.clock().Add(1000 * time.Hour)
		must(t, h.store.UpdateSubscriber(ctx, still))
		other := h.reader(t, "topics@example.org", "cybersecurity")
		e := h.sending(t)
		_, err := h.editions.Missed(ctx, e.ID, 14)
		fails(t, err, subscriptions.Refused) // it is being planned
		e = h.plan(t, e.ID, 100)
		same(t, 8, e.Planned)
		claimed, err := h.store.Claim(ctx, "w", 100, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		for _, d := range claimed {
			if d.EditionID != e.ID {
				continue
			}
			o := subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryFailed, Code: 550}
			switch d.Address {
			case "sent@example.org":
				o = subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySent, Code: 250}
			case "full@example.org":
				o.Status = "5.2.2"
			case "policy@example.org", "gone@example.org":
				o.Status = "5.7.1"
			case "dead@example.org", "later-dead@example.org":
				o.Status = "5.1.1"
			case "skipped@example.org", "returned@example.org":
				o = subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: "paused"}
			}
			if o.State != subscriptions.DeliverySkipped {
				p, err := h.store.FindSubscriber(ctx, d.SubscriberID)
				must(t, err)
				_, err = h.store.Advance(ctx, "w", h.clock(), nil, []subscriptions.Begin{{DeliveryID: d.ID, Revision: p.Revision}})
				must(t, err)
			}
			_, err = h.store.Advance(ctx, "w", h.clock(), []subscriptions.Outcome{o}, nil)
			must(t, err)
		}
		done, err := h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, true, done)
		c := h.correct(t, e, item.ID)
		c = h.plan(t, c.ID, 10)
		same(t, 1, c.Planned)

		h.wait(72 * time.Hour)
		gone := h.find(t, "gone@example.org")
		gone.End(h.clock(), subscriptions.EndUnsubscribed)
		must(t, h.store.UpdateSubscriber(ctx, gone))
		h.reader(t, "new@example.org", "iot")
		h.reader(t, "elsewhere@example.org", "blockchain") // nothing for them
		must(t, h.store.AddSubscriptions(ctx, []*subscriptions.Subscription{{SubscriberID: other.ID, TopicID: h.topics["iot"].ID, State: subscriptions.SubscriptionActive, CreatedAt: h.clock(), ConfirmedAt: h.clock()}}))
		// Who got it as a welcome has it.
		welcomed := h.reader(t, "welcomed@example.org", "iot")
		d, err := h.store.FindDeliveryByKey(ctx, subscriptions.DigestKey(e.ID, h.find(t, "sent@example.org").ID))
		must(t, err)
		_, err = h.store.QueueDeliveries(ctx, []subscriptions.Delivery{{Kind: subscriptions.KindWelcome, Key: "welcome:x", SubscriberID: welcomed.ID, VariantID: d.VariantID, Address: welcomed.Address, NotBefore: h.clock(), CreatedAt: h.clock()}})
		must(t, err)
		// And so has somebody who left before the letter did, and came back with the wish
		// for the newest edition.
		returned := h.find(t, "returned@example.org")
		_, err = h.store.QueueDeliveries(ctx, []subscriptions.Delivery{{Kind: subscriptions.KindWelcome, Key: "welcome:y", SubscriberID: returned.ID, VariantID: d.VariantID, Address: returned.Address, NotBefore: h.clock(), CreatedAt: h.clock()}})
		must(t, err)

		found, err := h.editions.Missed(ctx, e.ID, 14)
		must(t, err)
		same(t, map[subscriptions.MissedReason]int{subscriptions.MissedSoft: 2, subscriptions.MissedSkipped: 1, subscriptions.MissedPause: 1, subscriptions.MissedConfirmed: 1, subscriptions.MissedTopics: 1}, found.Counts)
		_, err = h.editions.SendMissed(ctx, e.ID, 14, nil)
		fails(t, err, subscriptions.Invalid)
		_, err = h.editions.SendMissed(ctx, e.ID, 14, []subscriptions.MissedReason{"everybody"})
		fails(t, err, subscriptions.Invalid)
		_, err = h.editions.SendMissed(ctx, e.ID, 0, subscriptions.MissedReasons())
		fails(t, err, subscriptions.Invalid)
		// By reason first, then from four windows at once.
		n, err := h.editions.SendMissed(ctx, e.ID, 14, []subscriptions.MissedReason{subscriptions.MissedSoft})
		must(t, err)
		same(t, 2, n)
		var wg sync.WaitGroup
		var mu sync.Mutex
		total := n
		for range 4 {
			wg.Go(func() {
				n, err := h.editions.SendMissed(ctx, e.ID, 14, subscriptions.MissedReasons())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				total += n
				mu.Unlock()
			})
		}
		wg.Wait()
		same(t, 6, total)
		st, err := h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 11, Queued: 6, Sent: 1, Failed: 3, Skipped: 1}, st.Books)
		same(t, subscriptions.EditionSending, st.Edition.State)
		got := map[string]int{}
		h.leave(t, e.ID, func(d subscriptions.Delivery) (int64, subscriptions.DeliveryState) {
			got[d.Address]++
			return 0, subscriptions.DeliverySent
		})
		same(t, map[string]int{"full@example.org": 1, "policy@example.org": 1, "skipped@example.org": 1, "back@example.org": 1, "new@example.org": 1, "topics@example.org": 1}, got)
		done, err = h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, true, done)
		found, err = h.editions.Missed(ctx, e.ID, 14)
		must(t, err)
		same(t, map[subscriptions.MissedReason]int{subscriptions.MissedConfirmed: 1, subscriptions.MissedSkipped: 1}, found.Counts) // whose welcome was skipped meanwhile: they have nothing
		// What was wrong in it is told to those who got it now, too.
		c = h.plan(t, c.ID, 10)
		same(t, 7, c.Planned)
		if _, err := h.editions.Missed(ctx, c.ID, 14); subscriptions.CodeOf(err) != subscriptions.Refused {
			t.Error(fmt.Errorf("a correction is missed: %w", err))
		}
	})
}
