package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestCancelBeforeTheStartFreesTheItems(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		e := h.approved(t)
		e, err := h.editions.Cancel(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.EditionCancelled, e.State)
		free, err := h.store.FindItem(ctx, item.ID)
		must(t, err)
		same(t, int64(0), free.EditionID)
		_, err = h.editions.Start(ctx, e.ID)
		fails(t, err, subscriptions.Refused)
	})
}

func TestCancelInMidSendSkipsWhatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		for _, who := range []string{"a", "b", "c", "d", "e"} {
			h.reader(t, who+"@example.org", "iot")
		}
		e := h.sending(t)
		h.plan(t, e.ID, 2) // two batches of three: the confirmations are in the outbox too
		held, err := h.store.Claim(ctx, "worker", 9, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		var begins []subscriptions.Begin
		for _, d := range held {
			if d.EditionID != 0 && len(begins) < 3 {
				begins = append(begins, subscriptions.Begin{DeliveryID: d.ID, Revision: 1})
			}
		}
		granted, err := h.store.Advance(ctx, "worker", h.clock(), nil, begins)
		must(t, err)
		same(t, []bool{true, true, true}, granted)
		sent := subscriptions.Outcome{DeliveryID: begins[0].DeliveryID, State: subscriptions.DeliverySent, Code: 250}
		_, err = h.store.Advance(ctx, "worker", h.clock(), []subscriptions.Outcome{sent}, nil)
		must(t, err)

		e, err = h.editions.Cancel(ctx, e.ID)
		must(t, err)
		st, err := h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 5, Sent: 1, Sending: 2, Skipped: 2}, st.Books)
		// Of what was on the wire one is refused for now and one is lost sight of.
		later := []subscriptions.Outcome{{DeliveryID: begins[1].DeliveryID, State: subscriptions.DeliveryDeferred, Code: 451, NotBefore: h.clock().Add(time.Minute)},
			{DeliveryID: begins[2].DeliveryID, State: subscriptions.DeliveryUncertain}}
		_, err = h.store.Advance(ctx, "worker", h.clock(), later, nil)
		must(t, err)
		_, err = h.store.Reclaim(ctx, h.clock(), []string{"worker"}) // as every worker does each second
		must(t, err)
		st, err = h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 5, Sent: 1, Skipped: 3, Uncertain: 1}, st.Books)
		done, err := h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, true, done)
		kept, err := h.store.FindItem(ctx, item.ID)
		must(t, err)
		same(t, e.ID, kept.EditionID) // somebody has read it: it is not news again

		_, err = h.editions.Resolve(ctx, e.ID, true) // would queue what nobody sends
		fails(t, err, subscriptions.Refused)
		n, err := h.editions.Resolve(ctx, e.ID, false)
		must(t, err)
		same(t, 1, n)
		st, err = h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.Books{Planned: 5, Sent: 2, Skipped: 3}, st.Books)
	})
}

func TestResolveOpensAFinishedRunAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.reader(t, "a@example.org", "iot")
		e := h.sending(t)
		h.plan(t, e.ID, 10)
		done, err := h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, false, done)
		send := func(state subscriptions.DeliveryState) {
			t.Helper()
			d, err := h.store.FindDeliveryByKey(ctx, subscriptions.DigestKey(e.ID, h.find(t, "a@example.org").ID))
			must(t, err)
			_, err = h.store.Claim(ctx, "worker", 9, h.clock(), h.clock().Add(time.Hour))
			must(t, err)
			granted, err := h.store.Advance(ctx, "worker", h.clock(), nil, []subscriptions.Begin{{DeliveryID: d.ID, Revision: 1}})
			must(t, err)
			same(t, []bool{true}, granted)
			_, err = h.store.Advance(ctx, "worker", h.clock(), []subscriptions.Outcome{{DeliveryID: d.ID, State: state}}, nil)
			must(t, err)
			done, err := h.editions.FinishIfDone(ctx, e.ID)
			must(t, err)
			same(t, true, done)
		}
		send(subscriptions.DeliveryUncertain)
		n, err := h.editions.Resolve(ctx, e.ID, true)
		must(t, err)
		same(t, 1, n)
		st, err := h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.EditionSending, st.Edition.State)
		same(t, subscriptions.Books{Planned: 1, Queued: 1}, st.Books)
		send(subscriptions.DeliverySent)
		n, err = h.editions.Resolve(ctx, e.ID, true)
		must(t, err)
		same(t, 0, n)
		st, err = h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.EditionSent, st.Edition.State)
	})
}
