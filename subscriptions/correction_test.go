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

var words = subscriptions.Correction{Wrong: "It said May.", Right: "It is **June**."}

// leave puts what is claimed of an edition on the wire, as made for the variants, and
// gives each its outcome.
func (h *house) leave(t testing.TB, editionID int64, outcome func(d subscriptions.Delivery) (variant int64, state subscriptions.DeliveryState)) {
	t.Helper()
	ctx := t.Context()
	for {
		claimed, err := h.store.Claim(ctx, "w", 7, h.clock(), h.clock().Add(time.Hour))
		must(t, err)
		if len(claimed) == 0 {
			break
		}
		for _, d := range claimed {
			if d.EditionID != editionID {
				_, err = h.store.Advance(ctx, "w", h.clock(), []subscriptions.Outcome{{DeliveryID: d.ID, State: subscriptions.DeliverySkipped, Detail: "of no interest here", Unbegun: true}}, nil)
				must(t, err)
				continue
			}
			variant, state := outcome(d)
			if state != subscriptions.DeliverySkipped {
				p, err := h.store.FindSubscriber(ctx, d.SubscriberID)
				must(t, err)
				granted, err := h.store.Advance(ctx, "w", h.clock(), nil, []subscriptions.Begin{{DeliveryID: d.ID, Revision: p.Revision, VariantID: variant}})
				must(t, err)
				same(t, []bool{true}, granted)
			}
			_, err = h.store.Advance(ctx, "w", h.clock(), []subscriptions.Outcome{{DeliveryID: d.ID, State: state, NotBefore: h.clock().Add(24 * time.Hour)}}, nil)
			must(t, err)
		}
	}
}

func allSent(d subscriptions.Delivery) (int64, subscriptions.DeliveryState) {
	return 0, subscriptions.DeliverySent
}

// correct writes, approves and starts a correction.
func (h *house) correct(t testing.TB, e subscriptions.Edition, item int64) subscriptions.Edition {
	t.Helper()
	c, err := h.editions.Correct(t.Context(), e.ID, item, words)
	must(t, err)
	c, err = h.editions.Submit(t.Context(), c.ID, "")
	must(t, err)
	c, err = h.editions.Approve(t.Context(), c.ID, c.Hash, "publisher")
	must(t, err)
	c, err = h.editions.Start(t.Context(), c.ID)
	must(t, err)
	return c
}

// Whatever people got, and whatever became of them since: a correction is planned for
// exactly those whose letter had the entry as it left and was sent, or may have been,
// and who may be written to. Its books balance, and nobody has it twice, also when
// the edition goes on afterwards.
func TestACorrectionReachesExactlyThoseWhoGotTheEntry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		serial := 0
		rapid.Check(t, func(rt *rapid.T) {
			serial++
			ctx := t.Context()
			topics := []string{"iot", "cybersecurity", "blockchain"}
			var items []subscriptions.Item
			for n := range 3 {
				in := rapid.SliceOfNDistinct(rapid.SampledFrom(topics), 1, 2, rapid.ID[string]).Draw(rt, "filed under")
				items = append(items, h.item(t, fmt.Sprintf("item-%d-%d", serial, n), day(2019, 2, 1), in...))
			}
			type person struct {
				id     int64
				topics subscriptions.TopicSet
				got    map[int64]bool // items, in a letter that left
			}
			var people []*person
			draw := func() subscriptions.TopicSet {
				var ids []int64
				for _, slug := range rapid.SliceOfNDistinct(rapid.SampledFrom(topics), 1, 3, rapid.ID[string]).Draw(rt, "topics") {
					ids = append(ids, h.topics[slug].ID)
				}
				return subscriptions.NewTopicSet(ids...)
			}
			for n := range rapid.IntRange(1, 9).Draw(rt, "people") {
				p := &subscriptions.Subscriber{Address: fmt.Sprintf("p%d-%d@example.org", serial, n), CreatedAt: h.clock(), ConfirmedAt: h.clock()}
				must(t, s.AddSubscribers(ctx, []*subscriptions.Subscriber{p}))
				set := draw()
				for _, id := range set {
					must(t, s.AddSubscriptions(ctx, []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: id, State: subscriptions.SubscriptionActive, CreatedAt: h.clock(), ConfirmedAt: h.clock()}}))
				}
				people = append(people, &person{id: p.ID, topics: set, got: map[int64]bool{}})
			}
			byID := map[int64]*person{}
			for _, p := range people {
				byID[p.id] = p
			}
			e := h.sending(t)
			e = h.plan(t, e.ID, 4)
			content, err := s.Content(ctx, e.ID)
			must(t, err)
			// What leaves now, and to whom: some are refused, some have other topics by now.
			some := func(d subscriptions.Delivery) (int64, subscriptions.DeliveryState) {
				p := byID[d.SubscriberID]
				if p == nil {
					return 0, subscriptions.DeliverySkipped // of an earlier round
				}
				set := p.topics
				if rapid.IntRange(0, 3).Draw(rt, "other topics") == 0 {
					set = draw()
				}
				full, ok := subscriptions.NewAudience(content).VariantFor(set)
				if !ok {
					return 0, subscriptions.DeliverySkipped
				}
				found, err := s.Variants(ctx, e.ID, []subscriptions.TopicSet{full})
				must(t, err)
				variant := found[full.Key()].ID
				state := rapid.SampledFrom([]subscriptions.DeliveryState{"sent", "sent", "sent", "uncertain", "failed", "skipped", "deferred"}).Draw(rt, "state")
				if state == "sent" || state == "uncertain" {
					digest := subscriptions.BuildDigest(content, full, subscriptions.DateOf(h.clock()))
					for _, section := range digest.Sections {
						for _, entry := range section.Entries {
							p.got[entry.ID] = true
						}
					}
				}
				return variant, state
			}
			h.leave(t, e.ID, some)
			wrong := items[rapid.IntRange(0, 2).Draw(rt, "wrong entry")]
			early := rapid.Bool().Draw(rt, "corrected while it is sent")
			var c subscriptions.Edition
			planAll := func() {
				t.Helper()
				c = h.plan(t, c.ID, rapid.IntRange(1, 4).Draw(rt, "batch"))
			}
			if early {
				c = h.correct(t, e, wrong.ID)
				planAll()
			}
			// The rest leaves, and the edition ends, or is cancelled.
			h.wait(25 * time.Hour)
			if rapid.Bool().Draw(rt, "cancelled") {
				_, err := h.editions.Cancel(ctx, e.ID)
				must(t, err)
			} else {
				h.leave(t, e.ID, func(d subscriptions.Delivery) (int64, subscriptions.DeliveryState) {
					variant, state := some(d)
					if state == "deferred" {
						state = "failed"
					}
					return variant, state
				})
				if done, err := h.editions.FinishIfDone(ctx, e.ID); err != nil || !done {
					rt.Fatalf("the edition does not end: %t, %v", done, err)
				}
			}
			// Meanwhile some leave, some pause, some are suppressed or erased.
			want := map[int64]bool{}
			for _, p := range people {
				had := false
				if early {
					_, err := s.FindDeliveryByKey(ctx, c.DeliveryKey(p.id))
					had = err == nil
				}
				fate := rapid.SampledFrom([]string{"", "", "", "left", "paused", "suppressed", "erased", "gave up the topic"}).Draw(rt, "fate")
				one, err := s.FindSubscriber(ctx, p.id)
				must(t, err)
				switch fate {
				case "left":
					one.End(h.clock(), subscriptions.EndUnsubscribed)
				case "paused":
					one.PausedUntil = h.clock().Add(time.Hour)
				case "suppressed":
					h.suppress(t, one.Address, subscriptions.SuppressedComplaint)
				case "erased":
					_, err := s.Forget(ctx, []int64{p.id}, subscriptions.EndErased, h.clock())
					must(t, err)
				case "gave up the topic":
					fate = "" // who keeps another gets it
				}
				if fate == "left" || fate == "paused" {
					one.Revision++
					must(t, s.UpdateSubscriber(ctx, one))
				}
				if p.got[wrong.ID] && fate == "" || had {
					want[p.id] = true
				}
			}
			if !early {
				e, err = s.FindEdition(ctx, e.ID)
				must(t, err)
				c = h.correct(t, e, wrong.ID)
			}
			planAll()
			ds, err := s.Deliveries(ctx, subscriptions.DeliveryFilter{EditionID: c.ID})
			must(t, err)
			got := map[int64]bool{}
			for _, d := range ds {
				if got[d.SubscriberID] || d.Kind != subscriptions.KindCorrection {
					rt.Fatalf("%+v is one too many", d)
				}
				got[d.SubscriberID] = true
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("the correction is for %v, want %v", got, want)
			}
			st, err := h.editions.Status(ctx, c.ID)
			must(t, err)
			if !st.Books.Balanced() || st.Books.Planned != len(want) || st.Edition.PlannedAt.IsZero() {
				rt.Fatalf("%+v, %d wanted", st, len(want))
			}
			// The next round has its own.
			_, err = h.editions.Cancel(ctx, c.ID)
			must(t, err)
			for _, p := range people {
				_, err := s.Forget(ctx, []int64{p.id}, subscriptions.EndErased, h.clock())
				must(t, err)
			}
		})
	})
}

func TestWhatCanBeCorrectedAndHow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		other := h.item(t, "other", day(2018, 2, 1), "iot")
		h.reader(t, "a@example.org", "iot")
		e := h.approved(t)
		_, err := h.editions.Correct(ctx, e.ID, item.ID, words)
		fails(t, err, subscriptions.Refused) // nobody has it yet
		_, err = h.editions.Start(ctx, e.ID)
		must(t, err)
		h.plan(t, e.ID, 10)
		h.leave(t, e.ID, allSent)
		_, err = h.editions.Correct(ctx, e.ID, other.ID, words)
		fails(t, err, subscriptions.NotFound)
		_, err = h.editions.Correct(ctx, e.ID, item.ID, subscriptions.Correction{Wrong: " ", Right: "x"})
		fails(t, err, subscriptions.Invalid)
		_, err = h.editions.Correct(ctx, 99, item.ID, words)
		fails(t, err, subscriptions.NotFound)

		c, err := h.editions.Correct(ctx, e.ID, item.ID, words)
		must(t, err)
		same(t, "Correction: news", c.Title)
		c, err = h.editions.Reword(ctx, c.ID, subscriptions.Correction{Wrong: "It said April.", Right: "It is June."})
		must(t, err)
		c, err = h.editions.Submit(ctx, c.ID, "")
		must(t, err)
		_, err = h.editions.Reword(ctx, c.ID, words)
		fails(t, err, subscriptions.Refused) // what is frozen stays
		content, err := h.store.Content(ctx, c.ID)
		must(t, err)
		same(t, "It said April.", content.Corrected.Wrong)
		kept, err := h.store.FindItem(ctx, item.ID)
		must(t, err)
		same(t, e.ID, kept.EditionID) // the item stays where it was
		_, err = h.editions.Correct(ctx, c.ID, item.ID, words)
		fails(t, err, subscriptions.Refused) // of a correction there is none

		// Lists of issues do not have it, and no reader finds it as an edition.
		issues, err := h.store.Editions(ctx)
		must(t, err)
		same(t, 1, len(issues))
		all, err := h.store.Dispatches(ctx)
		must(t, err)
		same(t, 2, len(all))
		_, err = h.editions.Approve(ctx, c.ID, c.Hash, "publisher")
		must(t, err)
		article, err := h.archive.Article(ctx, "news")
		must(t, err)
		same(t, 0, len(article.Corrections)) // nobody has been told yet
		_, err = h.editions.Start(ctx, c.ID)
		must(t, err)
		article, err = h.archive.Article(ctx, "news")
		must(t, err)
		same(t, []subscriptions.CorrectionNotice{{At: subscriptions.DateOf(h.clock()), Wrong: "It said April.", Right: "It is June."}}, article.Corrections)
		page, err := h.archive.Issues(ctx, 1)
		must(t, err)
		same(t, 1, page.Total)
		_, err = h.archive.Issue(ctx, c.Slug)
		fails(t, err, subscriptions.NotFound)
		found, err := h.store.ArchiveEntries(ctx, subscriptions.ArchiveFilter{})
		must(t, err)
		same(t, 1, len(found))

		// It runs and ends as an edition does.
		c = h.plan(t, c.ID, 10)
		same(t, 1, c.Planned)
		h.leave(t, c.ID, allSent)
		done, err := h.editions.FinishIfDone(ctx, c.ID)
		must(t, err)
		same(t, true, done)
		// The edition ends later: it is looked once more who got it since.
		h.reader(t, "late@example.org", "iot")
		done, err = h.editions.FinishIfDone(ctx, e.ID)
		must(t, err)
		same(t, true, done)
		c, err = h.store.FindEdition(ctx, c.ID)
		must(t, err)
		same(t, subscriptions.EditionSending, c.State)
		c = h.plan(t, c.ID, 10)
		same(t, 1, c.Planned)
		done, err = h.editions.FinishIfDone(ctx, c.ID)
		must(t, err)
		same(t, true, done)
	})
}

// A correction repeats an entry on purpose: preflight has nothing against it, and
// checks its one letter.
func TestACorrectionPassesPreflight(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for _, who := range []string{"a@example.org", "b@example.org"} {
			h.reader(t, who, "iot")
		}
		h.item(t, "news", day(2019, 3, 4), "iot")
		entry := h.item(t, "entry", day(2019, 3, 5), "iot")
		e, err := h.editions.Create(ctx, "March 2019", march)
		must(t, err)
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		e, err = h.editions.Approve(ctx, e.ID, e.Hash, "publisher")
		must(t, err)
		_, err = h.editions.Start(ctx, e.ID)
		must(t, err)
		h.plan(t, e.ID, 10)
		h.leave(t, e.ID, allSent)
		c, err := h.editions.Correct(ctx, e.ID, entry.ID, words)
		must(t, err)
		c, err = h.editions.Submit(ctx, c.ID, "")
		must(t, err)
		checks, reach := h.preflight(t, servers{})
		run, err := checks.Run(ctx, c.ID, func(subscriptions.Preflight) {})
		must(t, err)
		if len(run.Findings) > 1 || run.People != 2 || len(run.Letters) != 1 || run.Letters[0].HTML == 0 {
			t.Errorf("%+v", run) // the address of the sample's site is a note
		}
		must(t, checks.Ready(ctx, c))

		// It is seen as whoever gets it, also when they want something else by now.
		_, err = h.people.ChangeTopics(ctx, h.link(t, subscriptions.PurposePreferences, "a@example.org"), []string{"cybersecurity"}, "")
		must(t, err)
		h.reader(t, "c@example.org", "iot")
		previews := &subscriptions.PreviewService{Store: h.store, Keys: h.keys, Editions: h.editions, Reach: reach, Letters: checks.Letters, Now: h.clock}
		of, err := previews.Collect(ctx, c.ID)
		must(t, err)
		for who, gets := range map[string]bool{"a@example.org": true, "b@example.org": true, "c@example.org": false} {
			seen, err := previews.ShowTo(ctx, of, who)
			must(t, err)
			if (seen.Nothing == "") != gets || gets && seen.Letter.Subject != c.Title {
				t.Errorf("%s: %q, %q", who, seen.Nothing, seen.Letter.Subject)
			}
		}
	})
}

func TestACorrectionIsCountedForItsApproval(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		item := h.item(t, "news", day(2019, 2, 1), "iot")
		for _, who := range []string{"a", "b", "c"} {
			h.reader(t, who+"@example.org", "iot")
		}
		h.reader(t, "d@example.org", "cybersecurity")
		e := h.sending(t)
		h.plan(t, e.ID, 10)
		h.leave(t, e.ID, allSent)
		b := h.find(t, "b@example.org")
		b.PausedUntil = h.clock().Add(time.Hour)
		must(t, h.store.UpdateSubscriber(ctx, b))
		c, err := h.editions.Correct(ctx, e.ID, item.ID, words)
		must(t, err)
		content, err := h.editions.Collect(ctx, c.ID)
		must(t, err)
		reach := &subscriptions.ReachService{Store: h.store, Keys: h.keys, Now: h.clock}
		defer reach.Stop()
		var r subscriptions.Reach
		for range 100 {
			if r, err = reach.Of(ctx, content); err != nil || !r.At.IsZero() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		must(t, err)
		same(t, []int{2, 1, 1, 2}, []int{r.People, r.Paused, r.Letters, r.Entries[0]})
		counting := *h.editions
		counting.Reach = reach
		c, err = counting.Submit(ctx, c.ID, "")
		must(t, err)
		c, err = counting.Approve(ctx, c.ID, c.Hash, "publisher")
		must(t, err)
		same(t, 2, c.Approved.People)
	})
}
