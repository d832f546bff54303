package subscriptions_test

import (
	"fmt"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestTheDeskFindsWhatItWorksOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for n := range 12 {
			h.item(t, fmt.Sprintf("draft-on-100-percent-%d", n), day(2019, 2, n+1), "iot")
		}
		odd := h.item(t, "odd", day(2019, 3, 1), "iot")
		odd.Title, odd.Issuer, odd.State = "50% of a_b", "TC260", subscriptions.ItemDraft
		must(t, h.store.UpdateItem(ctx, odd))
		_, err := h.editions.Create(ctx, "First quarter", quarter)
		must(t, err)
		_, err = h.glossary.Add(ctx, subscriptions.Term{Abbreviation: "TC260", English: "committee", Chinese: "信息安全"}, deskEditor)
		must(t, err)
		h.reader(t, "first@example.org", "iot")
		s := &subscriptions.DeskSearchService{Keys: h.keys, Store: h.store, Now: h.clock}
		for query, want := range map[string]string{
			"First":         "0 items, 1 editions, 0 topics, 0 terms, 1 people",
			"first QUARTER": "0 items, 1 editions, 0 topics, 0 terms, 0 people",
			"tc260":         "1 items, 0 editions, 1 topics, 1 terms, 0 people",
			"信息":            "0 items, 0 editions, 0 topics, 1 terms, 0 people",
			"percent draft": "10 items, 0 editions, 0 topics, 0 terms, 0 people",
			"50%":           "1 items, 0 editions, 0 topics, 0 terms, 0 people",
			"a_b":           "1 items, 0 editions, 0 topics, 0 terms, 0 people",
			"1_0":           "0 items, 0 editions, 0 topics, 0 terms, 0 people",
			"block":         "0 items, 0 editions, 1 topics, 0 terms, 0 people",
			" ":             "0 items, 0 editions, 0 topics, 0 terms, 0 people",
		} {
			f, err := s.Search(ctx, query, true)
			must(t, err)
			if got := fmt.Sprintf("%d items, %d editions, %d topics, %d terms, %d people", len(f.Items), len(f.Editions), len(f.Topics), len(f.Terms), len(f.People)); got != want {
				t.Errorf("%q finds %s, want %s", query, got, want)
			}
			if f.MoreItems != (query == "percent draft") || f.Empty() != (want == "0 items, 0 editions, 0 topics, 0 terms, 0 people") {
				t.Errorf("%q: more %t, empty %t", query, f.MoreItems, f.Empty())
			}
		}
		f, err := s.Search(ctx, "first", false)
		must(t, err)
		if len(f.People) != 0 {
			t.Error("people are found without the right to see them")
		}
	})
}
