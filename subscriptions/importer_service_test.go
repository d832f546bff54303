package subscriptions_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// file is an import of two items, a term, a webinar and an edition.
func file() subscriptions.Import {
	draft := func(slug string, line int, topics ...string) subscriptions.DraftItem {
		return subscriptions.DraftItem{Item: subscriptions.Item{Slug: slug, Title: slug, Date: day(2019, 2, 1)}, TopicSlugs: topics,
			Place: subscriptions.Place{File: "news.txt", Line: line}}
	}
	w := webinar06()
	w.ID = 0
	return subscriptions.Import{
		Items:    []subscriptions.DraftItem{draft("first", 3, "iot", "horizontal"), draft("second", 9, "cybersecurity")},
		Terms:    []subscriptions.Term{{Abbreviation: "CAC", English: "Cyberspace Administration of China"}},
		Webinars: []subscriptions.DraftWebinar{{Webinar: w, TopicSlugs: []string{"iot"}, Place: subscriptions.Place{File: "news.txt", Line: 20}}},
		Edition:  &subscriptions.DraftEdition{Title: "First quarter", Period: quarter},
	}
}

// kept says what the database holds of the file.
func (h *house) kept(t testing.TB) string {
	t.Helper()
	items, err := h.store.Items(t.Context(), subscriptions.ItemFilter{})
	must(t, err)
	var parts []string
	for _, i := range items {
		parts = append(parts, i.Slug+" "+string(i.State))
	}
	terms, err := h.store.Terms(t.Context())
	must(t, err)
	for _, term := range terms {
		parts = append(parts, term.Abbreviation)
	}
	webinars, err := h.store.Webinars(t.Context())
	must(t, err)
	for _, w := range webinars {
		parts = append(parts, w.Slug)
	}
	editions, err := h.store.Editions(t.Context())
	must(t, err)
	for _, e := range editions {
		parts = append(parts, e.Slug)
	}
	return strings.Join(parts, ", ")
}

func TestImportAddsWhatIsMissingAndKeepsWhatIsThere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		rehearsed, err := h.imports.Import(ctx, file(), subscriptions.ImportOptions{DryRun: true})
		must(t, err)
		same(t, "", h.kept(t))
		report, err := h.imports.Import(ctx, file(), subscriptions.ImportOptions{})
		must(t, err)
		same(t, "first draft, second draft, CAC, webinar-06, first-quarter", h.kept(t))
		if len(report.Added) != 2 || report.Terms != 1 || len(report.Webinars) != 1 || report.Edition == nil || len(report.Kept)+len(report.Published) != 0 {
			t.Errorf("%+v", report)
		}
		same(t, len(report.Added), len(rehearsed.Added))
		same(t, report.Terms, rehearsed.Terms)
		first, err := h.store.FindItemBySlug(ctx, "first")
		must(t, err)
		same(t, []int64{h.topics["iot"].ID, h.topics["horizontal"].ID}, first.Topics)
		same(t, "import news.txt:3", first.Origin)

		first.Title = "An editor's title"
		must(t, h.store.UpdateItem(ctx, first))
		report, err = h.imports.Import(ctx, file(), subscriptions.ImportOptions{})
		must(t, err)
		if len(report.Kept) != 2 || len(report.Added)+len(report.Published)+report.Terms+len(report.Webinars) != 0 || report.Edition != nil {
			t.Errorf("a second import: %+v", report)
		}
		again, err := h.store.FindItemBySlug(ctx, "first")
		must(t, err)
		same(t, first, again)
	})
}

func TestImportWithPublishPublishesTheKnownDraftsToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		in := file()
		in.Items = in.Items[:1]
		_, err := h.imports.Import(ctx, in, subscriptions.ImportOptions{})
		must(t, err)
		withdrawn := h.item(t, "third", day(2019, 2, 3), "iot")
		withdrawn.Withdraw(h.clock())
		must(t, h.store.UpdateItem(ctx, withdrawn))
		in = file()
		in.Items = append(in.Items, subscriptions.DraftItem{Item: subscriptions.Item{Slug: "third", Title: "t"}, TopicSlugs: []string{"iot"}})
		report, err := h.imports.Import(ctx, in, subscriptions.ImportOptions{Publish: true})
		must(t, err)
		same(t, "1 1 1", strings.Join([]string{string(rune('0' + len(report.Added))), string(rune('0' + len(report.Published))), string(rune('0' + len(report.Kept)))}, " "))
		same(t, "first published, second published, third withdrawn, CAC, webinar-06, first-quarter", h.kept(t))
		second, err := h.store.FindItemBySlug(ctx, "second")
		must(t, err)
		same(t, h.clock(), second.PublishedAt)
	})
}

func TestAFileWithAFaultWritesNothingAtAll(t *testing.T) {
	cases := map[string]struct {
		place string
		spoil func(in *subscriptions.Import)
	}{
		"a topic that is not":         {"news.txt:9: ", func(in *subscriptions.Import) { in.Items[1].TopicSlugs = []string{"weather"} }},
		"an item without a topic":     {"news.txt:9: ", func(in *subscriptions.Import) { in.Items[1].TopicSlugs = nil }},
		"an item without a title":     {"news.txt:9: ", func(in *subscriptions.Import) { in.Items[1].Item.Title = "" }},
		"a webinar that ends early":   {"news.txt:20: ", func(in *subscriptions.Import) { in.Webinars[0].Webinar.Ends = in.Webinars[0].Webinar.Starts }},
		"a webinar of no topic":       {"news.txt:20: ", func(in *subscriptions.Import) { in.Webinars[0].TopicSlugs = nil }},
		"an edition without a period": {"", func(in *subscriptions.Import) { in.Edition.Period = subscriptions.Period{} }},
		"a term without a name":       {"", func(in *subscriptions.Import) { in.Terms[0].English = "" }},
	}
	each(t, func(t *testing.T, h *house) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				in := file()
				c.spoil(&in)
				_, err := h.imports.Import(t.Context(), in, subscriptions.ImportOptions{})
				fails(t, err, subscriptions.Invalid)
				if err != nil && !strings.HasPrefix(err.Error(), c.place) {
					t.Errorf("%v, want the place %q", err, c.place)
				}
				same(t, "", h.kept(t))
			})
		}
	})
}
