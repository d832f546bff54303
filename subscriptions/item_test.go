package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestItemValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field  string // "" for a good item
		change func(i *subscriptions.Item)
	}{
		"the least an item is":         {"", func(*subscriptions.Item) {}},
		"no title":                     {"title", func(i *subscriptions.Item) { i.Title = " \t" }},
		"a title as long as may be":    {"", func(i *subscriptions.Item) { i.Title = strings.Repeat("标", 300) }},
		"a longer one":                 {"title", func(i *subscriptions.Item) { i.Title = strings.Repeat("a", 301) }},
		"a title of two lines":         {"title", func(i *subscriptions.Item) { i.Title = "a\nb" }},
		"a title that is no text":      {"title", func(i *subscriptions.Item) { i.Title = "a\xffb" }},
		"an issuing body of two lines": {"title", func(i *subscriptions.Item) { i.Issuer = "a\u2028b" }},
		"a summary of two lines":       {"title", func(i *subscriptions.Item) { i.Summary = "a\r\nb" }},
		"a summary that is too long":   {"summary", func(i *subscriptions.Item) { i.Summary = strings.Repeat("a", 401) }},
		"no slug":                      {"slug", func(i *subscriptions.Item) { i.Slug = "" }},
		"a slug with a slash":          {"slug", func(i *subscriptions.Item) { i.Slug = "gb/t" }},
		"no topic":                     {"topics", func(i *subscriptions.Item) { i.Topics = nil }},
		"the same topic twice":         {"topics", func(i *subscriptions.Item) { i.Topics = []int64{1, 2, 1} }},
		"a body as long as may be":     {"", func(i *subscriptions.Item) { i.Body = strings.Repeat("a", subscriptions.MaxBody) }},
		"a longer body":                {"body", func(i *subscriptions.Item) { i.Body = strings.Repeat("a", subscriptions.MaxBody+1) }},
		"a body that is not UTF-8":     {"body", func(i *subscriptions.Item) { i.Body = "a\xff" }},
		"a body with a NUL":            {"body", func(i *subscriptions.Item) { i.Body = "a\x00b" }},
		"51 sources":                   {"sources", func(i *subscriptions.Item) { i.Sources = make([]subscriptions.Source, 51) }},
		"an http source":               {"", func(i *subscriptions.Item) { i.Sources = []subscriptions.Source{{URL: "http://example.org/a?b=c"}} }},
		"a script for a source":        {"sources", func(i *subscriptions.Item) { i.Sources = []subscriptions.Source{{URL: "javascript:alert(1)"}} }},
		"a source without a host":      {"sources", func(i *subscriptions.Item) { i.Sources = []subscriptions.Source{{URL: "https:///a"}} }},
		"comments without a last day":  {"comments", func(i *subscriptions.Item) { i.Comments = &subscriptions.CommentPeriod{} }},
		"comments by a link that is none": {"comments", func(i *subscriptions.Item) {
			i.Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 1), URL: "here"}
		}},
		"comments without a link":           {"", func(i *subscriptions.Item) { i.Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 1)} }},
		"a standard with its identifier":    {"", func(i *subscriptions.Item) { i.Standard = &subscriptions.Standard{Identifier: "GB/T 35273"} }},
		"a standard with nothing but stage": {"standard", func(i *subscriptions.Item) { i.Standard = &subscriptions.Standard{Stage: "WD"} }},
		"an empty standard behind a good comment link": {"standard", func(i *subscriptions.Item) {
			i.Comments = &subscriptions.CommentPeriod{Until: day(2019, 4, 1), URL: "https://example.org/c"}
			i.Standard = &subscriptions.Standard{Stage: "WD"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			item := subscriptions.Item{Slug: "a", Title: "A", Topics: []int64{1}}
			c.change(&item)
			err := item.Validate()
			if c.field == "" {
				must(t, err)
				return
			}
			fails(t, err, subscriptions.Invalid)
			if e, ok := err.(*subscriptions.Error); ok { //nolint:errorlint // Validate's own error, not a wrapped one
				same(t, c.field, e.Field)
			}
		})
	}
}

func TestAnItemFromDraftToWithdrawn(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	item := subscriptions.Item{Slug: "a", Title: "A", Topics: []int64{3, 1}, State: subscriptions.ItemDraft}
	same(t, int64(3), item.Home())
	broken := item
	broken.Title = ""
	fails(t, broken.Publish(now), subscriptions.Invalid)
	same(t, subscriptions.ItemDraft, broken.State)

	must(t, item.Publish(now))
	must(t, item.Publish(now.Add(time.Hour)))
	same(t, subscriptions.ItemPublished, item.State)
	same(t, now, item.PublishedAt)
	item.Withdraw(now.Add(2 * time.Hour))
	fails(t, item.Publish(now), subscriptions.Refused)
	same(t, int64(0), subscriptions.Item{}.Home())
}

func TestSearchTextHoldsWhatAReaderMayLookFor(t *testing.T) {
	t.Parallel()
	item := subscriptions.Item{Title: "t1", Issuer: "t2", Summary: "t3", Body: "t4",
		Standard: &subscriptions.Standard{Identifier: "t5", Title: "t6", OriginalTitle: "t7", Committee: "t8", Stage: "t9", Relation: "t10"},
		Sources:  []subscriptions.Source{{Title: "t11", URL: "https://example.org"}}}
	same(t, "t1\nt2\nt3\nt4\nt5\nt6\nt7\nt8\nt9\nt10\nt11", item.SearchText())
	same(t, "t", subscriptions.Item{Title: "t"}.SearchText())
	same(t, "t", subscriptions.Item{Title: "t"}.Describe())
	same(t, "3. t", subscriptions.Item{Title: "t", Number: 3}.Describe())
}
