package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// filed is an item with everything that is looked through, ready to be stored.
func (h *house) filed(t *testing.T, slug string, change func(*subscriptions.Item)) subscriptions.Item {
	t.Helper()
	i := h.item(t, slug, day(2019, 2, 1), "cybersecurity")
	change(&i)
	must(t, h.store.UpdateItem(t.Context(), i))
	return i
}

// found gives the slugs that a search gives, in order.
func (h *house) found(t *testing.T, text, topic string) string {
	t.Helper()
	f, err := h.archive.Search(t.Context(), text, topic, 1)
	must(t, err)
	var slugs []string
	for _, hit := range f.Hits {
		slugs = append(slugs, hit.Slug)
	}
	if f.Total < len(slugs) {
		t.Errorf("%q: %d in all, %d here", text, f.Total, len(slugs))
	}
	return strings.Join(slugs, " ")
}

func TestSearchFindsWhatReadersCallIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.filed(t, "personal", func(i *subscriptions.Item) {
			i.Title, i.Issuer = "Draft on personal information security", "TC260"
			i.Body = "The **specification** covers [consent](https://example.org/hidden) and 5G数据 flows in Zürich."
			i.Standard = &subscriptions.Standard{Identifier: "GB/T 35273-2017", OriginalTitle: "信息安全技术 个人信息安全规范", Committee: "SAC/TC260"}
			i.Topics = []int64{h.topics["cybersecurity"].ID, h.topics["iot"].ID}
		})
		h.filed(t, "radio", func(i *subscriptions.Item) {
			i.Title, i.Issuer = "Radio bureau plans bands for 5G", "MIIT"
			i.Body = "Millimetre-wave. A word on security, and one on GB/T 1.1.\n\n| A | B |\n|--|--|\n| 无线电 | x |"
			i.Sources = []subscriptions.Source{{Title: "关于网络的通知", URL: "https://example.org/n"}}
		})
		e := h.approved(t)
		same(t, "", h.found(t, "security", "")) // approved is not public
		_, err := h.editions.Start(t.Context(), e.ID)
		must(t, err)
		for _, c := range []struct{ name, text, topic, want string }{
			{"a word of the title before one of the text", "security", "", "personal radio"},
			{"a standard by its number", "GB/T 35273", "", "personal"},
			{"run together", "gb/t35273-2017", "", "personal"},
			{"by a part of the number", "3527", "", "personal"},
			{"in wide letters", "ＧＢ／Ｔ　３５２７３", "", "personal"},
			{"two characters of the Chinese title", "规范", "", "personal"},
			{"four of them", "信息安全", "", "personal"},
			{"one of them", "规", "", "personal"},
			{"the last one", "范", "", "personal"},
			{"characters that stand there in another order", "全安", "", ""},
			{"the whole title", "信息安全技术 个人信息安全规范", "", "personal"},
			{"Chinese in a table", "无线", "", "radio"},
			{"Chinese in a source's title", "网络", "", "radio"},
			{"Chinese beside Latin", "5G数据", "", "personal"},
			{"the issuing body", "miit", "", "radio"},
			{"a committee, with a space", "TC 260", "", "personal"},
			{"a plural", "specifications", "", "personal"},
			{"the beginning of a word", "milli", "", "radio"},
			{"a word without its accent", "zurich", "", "personal"},
			{"a word with it", "ZÜRICH", "", "personal"},
			{"all words must be there", "security radio", "", "radio"},
			{"not in two fields as a phrase", `"5G MIIT"`, "", ""},
			{"not the address of a link", "hidden", "", ""},
			{"in a topic of the entry", "security", "iot", "personal"},
			{"in a topic without it", "radio", "iot", ""},
			{"a topic that is not there does not narrow", "radio", "weather", "radio"},
			{"syntax of SQLite", `security" OR title:* NOT (`, "", ""},
			{"syntax of PostgreSQL", `security' & !absent | (:*`, "", ""},
			{"an injection", `'; DROP TABLE items; --`, "", ""},
			{"zero bytes", "secu\x00rity \xff", "", "personal radio"},
		} {
			if got := h.found(t, c.text, c.topic); got != c.want {
				t.Errorf("%s: %q finds %q, want %q", c.name, c.text, got, c.want)
			}
		}
		f, err := h.archive.Search(t.Context(), "radio", "iot", 1)
		must(t, err)
		same(t, 1, f.Elsewhere)
		f, err = h.archive.Search(t.Context(), "GB/T 35273 consent", "", 1)
		must(t, err)
		hit := f.Hits[0]
		same(t, "[GB/T] [35273]-2017 · 信息安全技术 个人信息安全规范 · SAC/TC260", shown(hit.Standard))
		same(t, "The specification covers [consent] and 5G数据 flows in Zürich.", shown(hit.Excerpt))
		same(t, "First quarter first-quarter", hit.Edition.Title+" "+hit.Edition.Slug)
		same(t, h.clock(), hit.Edition.StartedAt)
	})
}

// What the archive does not show is not found either, and the other way round.
func TestSearchFindsWhatTheArchiveShows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		kept := h.item(t, "kept", day(2019, 2, 1), "iot")
		draft := h.filed(t, "draft", func(i *subscriptions.Item) { i.State = subscriptions.ItemDraft })
		h.filed(t, "withdrawn", func(i *subscriptions.Item) { i.State = subscriptions.ItemWithdrawn })
		e, err := h.editions.Create(ctx, "First quarter", quarter)
		must(t, err)
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		same(t, "", h.found(t, "body", ""))
		// Opened again and frozen with another item, it is found by what was frozen last.
		_, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		must(t, draft.Publish(h.clock()))
		must(t, h.store.UpdateItem(ctx, draft))
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		_, err = h.editions.Approve(ctx, e.ID, e.Hash, "publisher")
		must(t, err)
		same(t, "", h.found(t, "body", ""))
		_, err = h.editions.Start(ctx, e.ID)
		must(t, err)
		same(t, "draft kept", h.found(t, "body", "")) // equal in rank and date: the later one first
		page, err := h.archive.Topic(ctx, "iot", 1)
		must(t, err)
		same(t, 1, page.Total)

		// A later change of the item changes neither its page nor what finds it.
		kept, err = h.store.FindItem(ctx, kept.ID)
		must(t, err)
		kept.Title, kept.Body = "Changed", "Changed"
		kept.Withdraw(h.clock())
		must(t, h.store.UpdateItem(ctx, kept))
		same(t, "", h.found(t, "changed", ""))
		same(t, "kept", h.found(t, "kept", ""))
		_, err = h.archive.Article(ctx, "kept")
		must(t, err)
		_, err = h.editions.Cancel(ctx, e.ID) // letters have left
		must(t, err)
		same(t, "kept", h.found(t, "kept", ""))
	})
}

func TestLongListsHavePages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for n := range 53 {
			h.item(t, fmt.Sprintf("news-%02d", n), day(2019, 1, 1+n%31), "iot")
		}
		h.sending(t)
		var seen []string
		for _, c := range []struct{ page, is, hits int }{{1, 1, 20}, {2, 2, 20}, {3, 3, 13}, {9, 3, 13}, {0, 1, 20}, {-1 << 60, 1, 20}, {1 << 60, 3, 13}} {
			f, err := h.archive.Search(ctx, "news", "", c.page)
			must(t, err)
			same(t, []int{c.is, 3, 53, c.hits}, []int{f.Page, f.Pages, f.Total, len(f.Hits)})
			if c.page == c.is {
				for _, hit := range f.Hits {
					seen = append(seen, hit.Date.String()+hit.Slug)
				}
			}
		}
		same(t, 53, len(seen))
		if seen[0][:10] != "2019-01-31" || seen[52][:10] != "2019-01-01" {
			t.Errorf("equals come from %s to %s, want the latest first", seen[0], seen[52])
		}
		all := map[string]bool{}
		for n := 1; n <= 2; n++ {
			p, err := h.archive.Topic(ctx, "iot", n)
			must(t, err)
			same(t, []int{n, 2, 53, 1}, []int{p.Page, p.Pages, p.Total, len(p.Issues)})
			for _, entry := range p.Issues[0].Entries {
				all[entry.Slug] = true
			}
		}
		same(t, 53, len(all))
		feed, err := h.archive.Feed(ctx, "iot")
		must(t, err)
		same(t, 50, len(feed.Entries))
		f, err := h.archive.Search(ctx, "   ", "", 1)
		must(t, err)
		same(t, 0, len(f.Hits)+len(f.Query.Phrases))
	})
}
