package subscriptions_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

var april = subscriptions.Period{From: day(2019, 4, 1), To: day(2019, 4, 30)}

// drafted is a collecting edition.
func (h *house) drafted(t testing.TB, title string, p subscriptions.Period) subscriptions.Edition {
	t.Helper()
	e, err := h.editions.Create(t.Context(), title, p)
	must(t, err)
	return e
}

// place runs a verb on the items.
func (h *house) place(t testing.TB, e subscriptions.Edition, verb subscriptions.PlacingVerb, items ...subscriptions.Item) {
	t.Helper()
	for _, i := range items {
		must(t, h.editions.Place(t.Context(), e.ID, i.ID, subscriptions.Placing{Verb: verb}))
	}
}

// holds writes the entries of a collecting edition down.
func (h *house) holds(t testing.TB, e subscriptions.Edition) string {
	t.Helper()
	c, err := h.editions.Collect(t.Context(), e.ID)
	must(t, err)
	return contents(c)
}

func TestOrderPinAndSections(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a, b := h.item(t, "a", day(2019, 1, 1), "iot"), h.item(t, "b", day(2019, 1, 2), "iot", "cybersecurity")
		c, d := h.item(t, "c", day(2019, 1, 3), "iot"), h.item(t, "d", day(2019, 1, 4), "cybersecurity")
		e := h.drafted(t, "First quarter", quarter)
		same(t, "a b c d", h.holds(t, e))
		h.place(t, e, subscriptions.PlaceUp, c)
		same(t, "a c b d", h.holds(t, e))
		h.place(t, e, subscriptions.PlaceUp, a) // it is on top already
		h.place(t, e, subscriptions.PlaceDown, a)
		same(t, "c a b d", h.holds(t, e))
		h.place(t, e, subscriptions.PlaceTop, b)
		h.place(t, e, subscriptions.PlaceEnd, c)
		same(t, "b a c d", h.holds(t, e))
		must(t, h.editions.Place(ctx, e.ID, c.ID, subscriptions.Placing{Verb: subscriptions.PlaceBefore, Before: a.ID}))
		same(t, "b c a d", h.holds(t, e))

		// What comes in later finds its place before what naturally follows it.
		h.item(t, "later", day(2019, 1, 9), "iot")
		h.item(t, "between", day(2019, 1, 2), "iot") // after b by its number, so before c
		same(t, "b between c a later d", h.holds(t, e))

		// Pinned comes first, and what is put before it comes after it.
		h.place(t, e, subscriptions.PlacePin, a, c)
		same(t, "a c b between later d", h.holds(t, e))
		must(t, h.editions.Place(ctx, e.ID, b.ID, subscriptions.Placing{Verb: subscriptions.PlaceBefore, Before: a.ID}))
		h.place(t, e, subscriptions.PlaceTop, c)
		same(t, "c a b between later d", h.holds(t, e))
		h.place(t, e, subscriptions.PlaceUnpin, c)
		same(t, "a c b between later d", h.holds(t, e))

		// Another section takes only what is filed under its topic.
		cyber := h.topics["cybersecurity"].ID
		err := h.editions.Place(ctx, e.ID, a.ID, subscriptions.Placing{Verb: subscriptions.PlaceSection, Topic: cyber})
		fails(t, err, subscriptions.Refused)
		must(t, h.editions.Place(ctx, e.ID, b.ID, subscriptions.Placing{Verb: subscriptions.PlaceBefore, Before: d.ID}))
		same(t, "a c between later b d", h.holds(t, e))
		content, err := h.editions.Collect(ctx, e.ID)
		must(t, err)
		same(t, cyber, content.Entries[4].Home())
		must(t, h.editions.Place(ctx, e.ID, b.ID, subscriptions.Placing{Verb: subscriptions.PlaceSection, Topic: h.topics["iot"].ID}))
		same(t, "a c between later b d", h.holds(t, e))

		// The sections in another order, one under words of its own.
		words, heading := "Two drafts are open.", "Security first"
		must(t, h.editions.EditSection(ctx, e.ID, subscriptions.SectionEdit{TopicID: cyber, Verb: subscriptions.PlaceTop, Heading: &heading, Intro: &words}))
		same(t, "d a c between later b", h.holds(t, e))
		frozen, err := h.editions.Freeze(ctx, e.ID)
		must(t, err)
		content, err = h.store.Content(ctx, frozen.ID)
		must(t, err)
		digest := subscriptions.BuildDigest(content, subscriptions.NewTopicSet(cyber, h.topics["iot"].ID), day(2019, 4, 1))
		same(t, "cybersecurity: 1. d\niot: 2. a; 3. c; 4. between; 5. later; 6. b +cybersecurity", sketch(digest))
		same(t, "Security first/Two drafts are open.", digest.Sections[0].Heading+"/"+digest.Sections[0].Intro)
		same(t, "IoT/", digest.Sections[1].Heading+"/"+digest.Sections[1].Intro)
		fails(t, h.editions.Place(ctx, e.ID, a.ID, subscriptions.Placing{Verb: subscriptions.PlaceDown}), subscriptions.Refused)

		events, err := h.store.AuditEvents(ctx, subscriptions.AuditFilter{Subject: fmt.Sprintf("edition:%d", e.ID), Action: "edition.up"})
		must(t, err)
		same(t, "c: to place 2 of its section", events[0].Detail)
	})
}

func TestLeaveOutMoveOnAndPutBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a, b := h.item(t, "a", day(2019, 1, 1), "iot"), h.item(t, "b", day(2019, 1, 2), "iot")
		undated := h.item(t, "undated", subscriptions.Date{}, "iot")
		far := h.item(t, "far", day(2018, 1, 1), "iot")
		first := h.drafted(t, "First quarter", quarter)
		same(t, "undated a b", h.holds(t, first))
		h.place(t, first, subscriptions.PlaceOn, b)
		same(t, "undated a", h.holds(t, first))
		second := h.drafted(t, "April", april) // what was moved waited for it
		same(t, "b", h.holds(t, second))
		h.place(t, first, subscriptions.PlaceLeave, undated)
		same(t, "a / b", h.holds(t, first)+" / "+h.holds(t, second)) // it does not fall into the next one
		fails(t, h.editions.Place(ctx, first.ID, b.ID, subscriptions.Placing{Verb: subscriptions.PlacePin}), subscriptions.Refused)

		h.place(t, second, subscriptions.PlacePin, b)
		h.place(t, first, subscriptions.PlaceBack, b, undated)
		same(t, "undated a b / ", h.holds(t, first)+" / "+h.holds(t, second))

		// By hand, whatever its date; where it was it counts as moved.
		h.place(t, second, subscriptions.PlaceAdd, far, a)
		same(t, "undated b / far a", h.holds(t, first)+" / "+h.holds(t, second))
		h.place(t, second, subscriptions.PlaceLeave, far)
		h.place(t, second, subscriptions.PlaceBack, far)
		h.place(t, first, subscriptions.PlaceBack, a)
		same(t, "undated a b / far", h.holds(t, first)+" / "+h.holds(t, second))

		_, err := h.editions.Freeze(ctx, first.ID)
		must(t, err)
		fails(t, h.editions.Place(ctx, second.ID, a.ID, subscriptions.Placing{Verb: subscriptions.PlaceAdd}), subscriptions.Refused)
		draft := h.item(t, "draft", day(2019, 4, 2), "iot")
		draft.State = subscriptions.ItemDraft
		must(t, h.store.UpdateItem(ctx, draft))
		fails(t, h.editions.Place(ctx, second.ID, draft.ID, subscriptions.Placing{Verb: subscriptions.PlaceAdd}), subscriptions.Refused)
		// A cancelled edition's decisions end with it.
		_, err = h.editions.Cancel(ctx, second.ID)
		must(t, err)
		_, err = h.editions.Reopen(ctx, first.ID)
		must(t, err)
		same(t, "undated a b", h.holds(t, first))
	})
}

// Whatever editors do, every published item of a period that is being collected
// has exactly one place, and none is in two editions.
func TestEveryItemHasOnePlaceWhateverEditorsDo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rounds := 0
		h := newHouse(t, s)
		rapid.Check(t, func(rt *rapid.T) {
			rounds++
			year := 2019 + rounds // each round in a year of its own; the editions of those before are cancelled
			var editions []subscriptions.Edition
			for n := range 3 {
				month := 1 + n
				p := subscriptions.Period{From: day(year, month, 1), To: day(year, month, 1).AddMonths(1).AddDays(-1)}
				editions = append(editions, h.drafted(t, p.Words(), p))
			}
			var items []subscriptions.Item
			add := func() {
				date := day(year, rapid.IntRange(1, 4).Draw(rt, "month"), rapid.IntRange(1, 28).Draw(rt, "day"))
				topics := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"iot", "cybersecurity", "horizontal"}), 1, 2, rapid.ID[string]).Draw(rt, "topics")
				items = append(items, h.item(t, fmt.Sprintf("i%d-%d", rounds, len(items)), date, topics...))
			}
			for range 5 {
				add()
			}
			verbs := []subscriptions.PlacingVerb{"up", "down", "top", "end", "before", "section", "pin", "unpin", "leave-out", "move-on", "put-back", "add"}
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				at := rapid.IntRange(0, len(items)-1).Draw(rt, "item")
				e := &editions[rapid.IntRange(0, 2).Draw(rt, "edition")]
				switch what := rapid.IntRange(0, 9).Draw(rt, "what"); what {
				case 0:
					add()
				case 1: // withdraw, or publish again
					i, err := h.store.FindItem(t.Context(), items[at].ID)
					must(t, err)
					if i.State == subscriptions.ItemPublished {
						i.Withdraw(h.clock())
					} else {
						i.State = subscriptions.ItemPublished
					}
					must(t, h.store.UpdateItem(t.Context(), i))
				case 2:
					h.wait(time.Hour)
					if _, err := h.editions.Freeze(t.Context(), e.ID); err != nil {
						_, err = h.editions.Reopen(t.Context(), e.ID)
						ignoring(t, err)
					}
				default:
					p := subscriptions.Placing{Verb: rapid.SampledFrom(verbs).Draw(rt, "verb"), Before: items[rapid.IntRange(0, len(items)-1).Draw(rt, "before")].ID,
						Topic: h.topics[rapid.SampledFrom([]string{"iot", "cybersecurity"}).Draw(rt, "topic")].ID}
					before := h.holds(t, *e)
					err := h.editions.Place(t.Context(), e.ID, items[at].ID, p)
					ignoring(t, err)
					if err != nil && h.holds(t, *e) != before {
						rt.Fatalf("%s was refused and changed the order", p.Verb)
					}
					if slices.Contains(verbs[:8], p.Verb) { // ordering loses and adds nobody
						same(t, wordsOf(before), wordsOf(h.holds(t, *e)))
					}
				}
				onePlace(rt, t, h, editions, items)
			}
			for _, e := range editions {
				_, err := h.editions.Cancel(t.Context(), e.ID)
				must(t, err)
			}
			for _, i := range items {
				i.Withdraw(h.clock())
				must(t, h.store.UpdateItem(t.Context(), i))
			}
		})
	})
}

func onePlace(rt *rapid.T, t *testing.T, h *house, editions []subscriptions.Edition, items []subscriptions.Item) {
	t.Helper()
	in, out := map[int64]int{}, map[int64]bool{} // out of any of them
	var collecting []subscriptions.Period
	for n := range editions {
		e, err := h.store.FindEdition(t.Context(), editions[n].ID)
		must(t, err)
		rows, err := h.store.EditionItems(t.Context(), subscriptions.EditionItemFilter{EditionID: e.ID})
		must(t, err)
		outOfThis := map[int64]bool{}
		for _, r := range rows {
			if r.Placement == subscriptions.PlacementLeftOut || r.Placement == subscriptions.PlacementMoved {
				out[r.ItemID], outOfThis[r.ItemID] = true, true
			}
		}
		c, err := h.editions.Collect(t.Context(), e.ID)
		must(t, err)
		if strings.Contains(contents(c), "wrong number") {
			rt.Fatal(contents(c))
		}
		for _, i := range c.Entries {
			in[i.ID]++
			if outOfThis[i.ID] {
				rt.Fatalf("%s is in %s and out of it", i.Slug, e.Title)
			}
		}
		if e.State == subscriptions.EditionCollecting {
			collecting = append(collecting, e.Period)
		}
	}
	for id, n := range in {
		if n > 1 {
			rt.Fatalf("item %d is in %d editions", id, n)
		}
	}
	for _, old := range items {
		i, err := h.store.FindItem(t.Context(), old.ID)
		must(t, err)
		fallsIn := slices.ContainsFunc(collecting, func(p subscriptions.Period) bool { return p.Contains(i.Date) })
		if i.State == subscriptions.ItemPublished && fallsIn && in[i.ID] == 0 && !out[i.ID] {
			rt.Fatalf("%s has no place", i.Slug)
		}
	}
}

func wordsOf(s string) []string { return slices.Sorted(slices.Values(strings.Fields(s))) }

// ignoring lets refusals pass.
func ignoring(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, subscriptions.ErrRefused) && !errors.Is(err, subscriptions.ErrInvalid) {
		t.Fatal(err)
	}
}

func TestTwoEditorsWhoMoveAtOnceLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var items []subscriptions.Item
		for n := range 24 {
			items = append(items, h.item(t, fmt.Sprintf("item-%02d", n), day(2019, 1, 1+n), "iot"))
		}
		e := h.drafted(t, "First quarter", quarter)
		var wg sync.WaitGroup
		for n := range 12 { // each takes two items to the top, the second after the first
			wg.Go(func() {
				theirs := h.editions.As(subscriptions.Actor{EditorID: 0, Name: fmt.Sprintf("editor %d", n)})
				for _, i := range []subscriptions.Item{items[2*n], items[2*n+1]} {
					if err := theirs.Place(t.Context(), e.ID, i.ID, subscriptions.Placing{Verb: subscriptions.PlaceTop}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got := h.holds(t, e)
		same(t, len(items), len(strings.Fields(got)))
		for n := range 12 {
			if strings.Index(got, items[2*n+1].Slug) > strings.Index(got, items[2*n].Slug) {
				t.Errorf("%s: a move to the top was lost: %s", items[2*n+1].Slug, got)
			}
		}
		events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "edition.top"})
		must(t, err)
		if len(events) < len(items)-1 { // the first to move may have been on top
			t.Errorf("%d moves are in the log", len(events))
		}
	})
}
