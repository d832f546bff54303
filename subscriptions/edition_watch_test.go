package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// ends has the worker claim, send and conclude n digests.
func (h *house) ends(t testing.TB, id int64, n int, state subscriptions.DeliveryState) {
	t.Helper()
	ctx := t.Context()
	for done := 0; done < n; {
		held, err := h.store.Claim(ctx, "worker", 100, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		var begins []subscriptions.Begin
		var outcomes, back []subscriptions.Outcome
		for _, d := range held {
			switch {
			case d.EditionID != id:
				back = append(back, subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Unbegun: true})
			case done < n:
				done++
				begins = append(begins, subscriptions.Begin{DeliveryID: d.ID})
				outcomes = append(outcomes, subscriptions.Outcome{DeliveryID: d.ID, State: state, NotBefore: h.clock().Add(time.Hour)})
			default:
				back = append(back, subscriptions.Outcome{DeliveryID: d.ID, State: subscriptions.DeliveryQueued, Unbegun: true})
			}
		}
		if len(begins) == 0 && done < n {
			t.Fatalf("%d of %d could be claimed", done, n)
		}
		granted, err := h.store.Advance(ctx, "worker", h.clock(), back, begins)
		must(t, err)
		for _, ok := range granted {
			if !ok {
				t.Fatal("a begin was refused")
			}
		}
		_, err = h.store.Advance(ctx, "worker", h.clock(), outcomes, nil)
		must(t, err)
	}
}

func TestARunPausesItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.editions.Settings = &subscriptions.SettingsService{Store: h.store, Now: h.clock}
		_, _, err := h.editions.Settings.Change(ctx, 0, subscriptions.Settings{"send.failures": "20", "send.complaints": "5", "send.sample": "20"}, subscriptions.Actor{Name: "a test"})
		must(t, err)
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.crowd(t, 200)
		e := h.plan(t, h.sending(t).ID, 1000)
		watch := func(want bool) {
			t.Helper()
			var err error
			e, err = h.store.FindEdition(ctx, e.ID)
			must(t, err)
			paused, _, err := h.editions.Watch(ctx, e)
			must(t, err)
			same(t, want, paused)
			e, err = h.store.FindEdition(ctx, e.ID)
			must(t, err)
		}
		h.ends(t, e.ID, 10, subscriptions.DeliveryFailed) // all of ten: too few to say anything
		watch(false)
		h.ends(t, e.ID, 40, subscriptions.DeliverySent)
		watch(false) // 10 of 50 is no more than a fifth
		h.ends(t, e.ID, 1, subscriptions.DeliveryFailed)
		watch(true)
		same(t, subscriptions.EditionPaused, e.State)
		same(t, "11 of 51 letters failed, more than 20 %.", e.Reason)
		watch(false)
		paused, err := h.editions.PauseAutomatically(ctx, e.ID, "another reason")
		must(t, err)
		same(t, false, paused)

		// Somebody looked and has it go on: what failed before does not count again.
		e, err = h.editions.Resume(ctx, e.ID)
		must(t, err)
		same(t, "", e.Reason)
		watch(false)
		h.ends(t, e.ID, 16, subscriptions.DeliverySent)
		h.ends(t, e.ID, 4, subscriptions.DeliveryFailed)
		watch(false)
		h.ends(t, e.ID, 1, subscriptions.DeliveryFailed)
		watch(true)
		same(t, "5 of 21 letters failed, more than 20 %.", e.Reason)

		// Complaints in the same way.
		_, err = h.editions.Resume(ctx, e.ID)
		must(t, err)
		complain := func(n int, want bool) {
			t.Helper()
			paused, err := h.editions.WatchComplaints(ctx, e.ID, n)
			must(t, err)
			same(t, want, paused)
		}
		complain(3, false)
		h.ends(t, e.ID, 40, subscriptions.DeliverySent)
		complain(2, false)
		complain(3, true)
		e, err = h.editions.Resume(ctx, e.ID)
		must(t, err)
		h.ends(t, e.ID, 40, subscriptions.DeliverySent)
		complain(5, false)
		complain(6, true)
		events, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{Action: "edition.pause"})
		must(t, err)
		same(t, 4, len(events))
		same(t, "schedule: 3 people complained about 40 letters, more than 5 %.", events[0].Actor+": "+events[0].Detail)

		_, _, err = h.editions.Settings.Change(ctx, 1, subscriptions.Settings{"send.failures": "0"}, subscriptions.Actor{Name: "a test"})
		must(t, err)
		_, err = h.editions.Resume(ctx, e.ID)
		must(t, err)
		h.ends(t, e.ID, 38, subscriptions.DeliveryFailed)
		watch(false) // set to never
	})
}

func TestCancelledAtTheLastMessage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.crowd(t, 3)
		e := h.plan(t, h.sending(t).ID, 10)
		h.ends(t, e.ID, 2, subscriptions.DeliverySent)
		held, err := h.store.Claim(ctx, "worker", 10, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		_, err = h.store.Advance(ctx, "worker", h.clock(), nil, []subscriptions.Begin{{DeliveryID: held[0].ID}})
		must(t, err)
		// The last is on the wire: what was asked for first is what it comes to.
		_, err = h.editions.Cancel(ctx, e.ID)
		must(t, err)
		_, err = h.store.Advance(ctx, "worker", h.clock(), []subscriptions.Outcome{{DeliveryID: held[0].ID, State: subscriptions.DeliverySent}}, nil)
		must(t, err)
		done, err := h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, true, done)
		st, err := h.editions.Status(ctx, e.ID)
		must(t, err)
		same(t, subscriptions.EditionCancelled, st.Edition.State)
		same(t, subscriptions.Books{Planned: 3, Sent: 3}, st.Books)

		// A moment later there is nothing left to cancel, and that is said.
		h.item(t, "more", day(2019, 2, 2), "iot")
		over := h.plan(t, h.sending(t).ID, 10)
		h.ends(t, over.ID, 3, subscriptions.DeliverySent)
		_, err = h.editions.FinishIfDone(ctx, over.ID)
		must(t, err)
		_, err = h.editions.Cancel(ctx, over.ID)
		fails(t, err, subscriptions.Refused)
		st, err = h.editions.Status(ctx, over.ID)
		must(t, err)
		same(t, subscriptions.EditionSent, st.Edition.State)
	})
}

// Whatever editors, workers and accidents do, and in whatever order, the books of the
// edition balance at every instant, and all agree on who was planned.
func TestTheBooksBalanceWhateverEditorsDo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		h.editions.Settings = &subscriptions.SettingsService{Store: s, Now: h.clock}
		_, _, err := h.editions.Settings.Change(t.Context(), 0, subscriptions.Settings{"send.failures": "30", "send.sample": "3"}, subscriptions.Actor{Name: "a test"})
		must(t, err)
		h.crowd(t, 7)
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			ctx := t.Context()
			h.item(t, fmt.Sprintf("news-%d", round), day(2019, 2, 1), "iot")
			e := h.approved(t)
			may := func(_ any, err error) {
				t.Helper()
				ignoringConflict(rt, err)
			}
			state := func() subscriptions.Edition {
				now, err := s.FindEdition(ctx, e.ID)
				must(t, err)
				return now
			}
			held := func(worker string, in subscriptions.DeliveryState) (ids []int64) {
				all, err := s.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: e.ID, States: []subscriptions.DeliveryState{in}})
				must(t, err)
				for _, d := range all {
					if d.Worker == worker {
						ids = append(ids, d.ID)
					}
				}
				return ids
			}
			verbs := []string{"order", "take back", "due", "plan", "plan", "claim", "claim", "begin", "begin", "outcome", "outcome", "outcome", "crash",
				"pause", "resume", "watch", "resend", "accept", "finish", "cancel"}
			may(h.editions.Send(ctx, e.ID, 0))
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				h.wait(time.Minute)
				now := h.clock()
				worker := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "worker")
				switch rapid.SampledFrom(verbs).Draw(rt, "what") {
				case "order":
					may(h.editions.Send(ctx, e.ID, time.Minute))
				case "take back":
					may(h.editions.TakeBack(ctx, e.ID))
				case "due":
					may(h.editions.StartDue(ctx))
				case "plan":
					_, _, err := h.editions.QueueBatch(ctx, e.ID, rapid.IntRange(1, 4).Draw(rt, "size"))
					must(t, err)
				case "claim":
					_, err := s.Claim(ctx, worker, rapid.IntRange(1, 4).Draw(rt, "limit"), now, now.Add(time.Hour))
					must(t, err)
				case "begin":
					var begins []subscriptions.Begin
					for _, id := range held(worker, subscriptions.DeliveryClaimed) {
						begins = append(begins, subscriptions.Begin{DeliveryID: id})
					}
					granted, err := s.Advance(ctx, worker, now, nil, begins)
					must(t, err)
					for _, ok := range granted {
						if now := state(); ok && now.State != subscriptions.EditionSending {
							rt.Fatalf("a letter may leave while the edition is %s", now.State)
						}
					}
				case "outcome":
					var outcomes []subscriptions.Outcome
					for _, id := range held(worker, subscriptions.DeliverySending) {
						outcomes = append(outcomes, subscriptions.Outcome{DeliveryID: id, NotBefore: now, State: rapid.SampledFrom([]subscriptions.DeliveryState{
							subscriptions.DeliverySent, subscriptions.DeliverySent, subscriptions.DeliveryDeferred, subscriptions.DeliveryFailed, subscriptions.DeliveryUncertain}).Draw(rt, "outcome")})
					}
					_, err := s.Advance(ctx, worker, now, outcomes, nil)
					must(t, err)
				case "crash": // what the other had in hand is free or uncertain
					_, err := s.Reclaim(ctx, now, []string{worker})
					must(t, err)
				case "pause":
					may(h.editions.Pause(ctx, e.ID))
				case "resume":
					may(h.editions.Resume(ctx, e.ID))
				case "watch":
					if paused, _, err := h.editions.Watch(ctx, state()); err != nil || paused && state().Reason == "" {
						rt.Fatalf("paused %t without a reason, %v", paused, err)
					}
				case "resend", "accept":
					unsure := held("", subscriptions.DeliveryUncertain)
					one := unsure[:min(len(unsure), rapid.IntRange(0, 1).Draw(rt, "one"))]
					may(h.editions.Resolve(ctx, e.ID, rapid.Bool().Draw(rt, "resend"), one...))
				case "finish":
					_, err := h.editions.FinishIfDone(ctx, e.ID)
					must(t, err)
				case "cancel":
					if rapid.IntRange(0, 4).Draw(rt, "really") == 0 {
						may(h.editions.Cancel(ctx, e.ID))
					}
				}
				st, err := h.editions.Status(ctx, e.ID)
				must(t, err)
				if !st.Books.Balanced() || st.Books.Planned != st.Edition.Planned || st.Books.Planned > 7 {
					rt.Fatalf("%s with %d planned: %+v", st.Edition.State, st.Edition.Planned, st.Books)
				}
				if st.Edition.State == subscriptions.EditionSent && st.Books.Open() > 0 {
					rt.Fatalf("over with %+v", st.Books)
				}
			}
			_, err := s.Reclaim(ctx, h.clock(), nil)
			must(t, err)
			may(h.editions.TakeBack(ctx, e.ID))
			may(h.editions.Cancel(ctx, e.ID))
			_, err = s.Reclaim(ctx, h.clock(), nil)
			must(t, err)
			st, err := h.editions.Status(ctx, e.ID)
			must(t, err)
			if st.Books.Open() > 0 {
				rt.Fatalf("%s, and still open: %+v", st.Edition.State, st.Books)
			}
		})
	})
}

func ignoringConflict(rt *rapid.T, err error) {
	rt.Helper()
	if code := subscriptions.CodeOf(err); err != nil && code != subscriptions.Refused && code != subscriptions.Conflict {
		rt.Fatal(strings.TrimSpace(err.Error()))
	}
}
