package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestAnActOnManyItemsIsReportedAndUndone(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		ready := d.written(t, "Ready", "iot")
		homeless := d.written(t, "Homeless")
		out := d.item(t, "out-already", day(2019, 3, 1), "iot")
		ids := []int64{ready.ID, homeless.ID, out.ID, 9999, ready.ID}
		done, err := d.items.Bulk(ctx, subscriptions.BulkAct{Kind: subscriptions.BulkPublish, IDs: ids}, d.ann)
		must(t, err)
		same(t, 1, done.Changed)
		same(t, 1, done.Unchanged)
		same(t, homeless.ID, done.Refused[0].ItemID)
		same(t, "Ann item.create (as draft); Ann item.publish (state draft → published; batch "+done.Batch+")", d.told(t, ready.ID))

		undone, err := d.items.Undo(ctx, done.Batch, d.bob)
		must(t, err)
		same(t, 1, undone.Changed)
		back, err := d.store.FindItem(ctx, ready.ID)
		must(t, err)
		same(t, subscriptions.ItemDraft, back.State)
		same(t, true, back.PublishedAt.IsZero())
		same(t, int64(3), back.Version)
	})
}

func TestTopicsOfManyItems(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		a, b := d.written(t, "A", "iot", "blockchain"), d.item(t, "b", day(2019, 3, 1), "iot")
		act := func(kind subscriptions.BulkKind, topic string) subscriptions.BulkReport {
			t.Helper()
			r, err := d.items.Bulk(ctx, subscriptions.BulkAct{Kind: kind, TopicID: d.topics[topic].ID, Match: &subscriptions.ItemFilter{}}, d.ann)
			must(t, err)
			return r
		}
		topics := func(id int64) []int64 {
			i, err := d.store.FindItem(ctx, id)
			must(t, err)
			return i.Topics
		}
		home := act(subscriptions.BulkHomeTopic, "blockchain")
		same(t, 2, home.Changed)
		same(t, d.ids("blockchain", "iot"), topics(a.ID))
		same(t, d.ids("blockchain", "iot"), topics(b.ID))
		same(t, 2, act(subscriptions.BulkRemoveTopic, "iot").Changed)
		last := act(subscriptions.BulkRemoveTopic, "blockchain")
		same(t, 1, last.Changed) // the draft; what is public keeps its last topic
		same(t, b.ID, last.Refused[0].ItemID)
		same(t, d.ids("blockchain"), topics(b.ID))
		added := act(subscriptions.BulkAddTopic, "cybersecurity")
		same(t, 2, added.Changed)
		same(t, d.ids("cybersecurity"), topics(a.ID))

		// What was saved since the act stays.
		i, err := d.store.FindItem(ctx, b.ID)
		must(t, err)
		_, err = d.items.Edit(ctx, b.ID, subscriptions.ItemEdit{Version: i.Version, Body: new("newer")}, d.bob)
		must(t, err)
		undone, err := d.items.Undo(ctx, added.Batch, d.ann)
		must(t, err)
		same(t, 1, undone.Changed)
		same(t, b.ID, undone.Refused[0].ItemID)
		same(t, 0, len(topics(a.ID)))
		same(t, d.ids("blockchain", "cybersecurity"), topics(b.ID))
		_, err = d.items.Undo(ctx, "", d.ann)
		fails(t, err, subscriptions.NotFound)
		_, err = d.items.Bulk(ctx, subscriptions.BulkAct{Kind: subscriptions.BulkAddTopic, IDs: []int64{a.ID}}, d.ann)
		fails(t, err, subscriptions.Invalid)
		_, err = d.items.Bulk(ctx, subscriptions.BulkAct{Kind: subscriptions.BulkWithdraw}, d.ann)
		fails(t, err, subscriptions.Invalid)
	})
}

// A withdrawal of what an edition holds can be undone; making a draft of it
// cannot come about.
func TestUndoKnowsOfEditions(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "Taken", "iot")
		published, err := d.items.Bulk(ctx, subscriptions.BulkAct{Kind: subscriptions.BulkPublish, IDs: []int64{i.ID}}, d.ann)
		must(t, err)
		d.approved(t)
		r, err := d.items.Undo(ctx, published.Batch, d.ann)
		must(t, err)
		same(t, 0, r.Changed)
		same(t, 1, len(r.Refused))
		withdrawn, err := d.items.Bulk(ctx, subscriptions.BulkAct{Kind: subscriptions.BulkWithdraw, IDs: []int64{i.ID}}, d.ann)
		must(t, err)
		r, err = d.items.Undo(ctx, withdrawn.Batch, d.ann)
		must(t, err)
		same(t, 1, r.Changed)
		now, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, subscriptions.ItemPublished, now.State)
	})
}

func TestTheListIsNarrowedAndCounted(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		d.item(t, "gb-t-35273", day(2019, 3, 1), "iot")
		d.item(t, "radio", day(2019, 2, 1), "communication-networks", "iot")
		draft := d.written(t, "个人信息安全规范 draft")
		_, err := d.items.Edit(ctx, draft.ID, subscriptions.ItemEdit{Version: 1, Issuer: new("TC260"), Comments: &subscriptions.CommentPeriod{Until: day(2019, 5, 1)},
			Standard: &subscriptions.Standard{Identifier: "GB/T 99999-2019"}, Body: new("Radio waves")}, d.bob)
		must(t, err)
		phrases := func(s string) []subscriptions.Phrase { return subscriptions.ParseSearch(s).Phrases }
		for name, c := range map[string]struct {
			want   string
			filter subscriptions.ItemFilter
		}{
			"all, by date":             {"draft radio gb-t-35273", subscriptions.ItemFilter{}},
			"newest first":             {"gb-t-35273 radio draft", subscriptions.ItemFilter{Sort: subscriptions.SortNewest}},
			"by title":                 {"gb-t-35273 radio draft", subscriptions.ItemFilter{Sort: subscriptions.SortByTitle}},
			"by closing":               {"draft gb-t-35273 radio", subscriptions.ItemFilter{Sort: subscriptions.SortByClosing}},
			"drafts are found too":     {"draft radio", subscriptions.ItemFilter{Phrases: phrases("radio")}},
			"by identifier":            {"draft", subscriptions.ItemFilter{Phrases: phrases("gb/t 99999")}},
			"by Chinese words":         {"draft", subscriptions.ItemFilter{Phrases: phrases("信息安全")}},
			"by what was there before": {"", subscriptions.ItemFilter{Phrases: phrases(`"text of"`)}},
			"a topic":                  {"radio gb-t-35273", subscriptions.ItemFilter{TopicID: d.topics["iot"].ID}},
			"without topic":            {"draft", subscriptions.ItemFilter{NoTopic: true}},
			"a deadline":               {"draft", subscriptions.ItemFilter{HasDeadline: true}},
			"an issuer":                {"draft", subscriptions.ItemFilter{Issuer: "TC260"}},
			"changed by Bob":           {"draft", subscriptions.ItemFilter{ChangedBy: d.bob.EditorID}},
			"changed by nobody":        {"", subscriptions.ItemFilter{ChangedBy: 99}},
			"states":                   {"draft", subscriptions.ItemFilter{States: []subscriptions.ItemState{subscriptions.ItemDraft}}},
			"a period":                 {"gb-t-35273", subscriptions.ItemFilter{Period: subscriptions.Period{From: day(2019, 2, 2), To: day(2019, 3, 31)}}},
		} {
			l, err := d.items.List(ctx, c.filter)
			must(t, err)
			var slugs []string
			for _, i := range l.Items {
				slugs = append(slugs, i.Slug)
			}
			if got := strings.Join(slugs, " "); got != c.want || l.Total != len(slugs) {
				t.Errorf("%s: %q (of %d), want %q", name, got, l.Total, c.want)
			}
		}
		l, err := d.items.List(ctx, subscriptions.ItemFilter{Limit: 1})
		must(t, err)
		same(t, 3, l.Total)
		same(t, "Bob", l.Changes[draft.ID].Actor)
		issuers, err := d.store.ItemIssuers(ctx, 10)
		must(t, err)
		same(t, []string{"TC260"}, issuers)
	})
}

func TestTheSameNewsIsHintedAt(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		long := "https://example.org/" + strings.Repeat("a", 1000)
		make := func(title, identifier string, links ...string) subscriptions.Item {
			e := subscriptions.ItemEdit{Title: &title, Standard: &subscriptions.Standard{Identifier: identifier}, Sources: &[]subscriptions.Source{}}
			for _, l := range links {
				*e.Sources = append(*e.Sources, subscriptions.Source{URL: l})
			}
			i, err := d.items.Create(ctx, e, d.ann)
			must(t, err)
			return i
		}
		a := make("A", "GB/T 35273—2017", "https://www.example.org/a/?utm_source=x", long)
		b := make("B", "gbt 35273-2017")
		c := make("C", "", "http://example.org/a#part", long+"?fbclid=1")
		make("D", "", "https://example.org/b")
		l, err := d.items.List(ctx, subscriptions.ItemFilter{Sort: subscriptions.SortByTitle})
		must(t, err)
		titles := map[int64]string{}
		for id, like := range l.Like {
			for _, one := range like {
				titles[id] += one.Title
			}
		}
		same(t, map[int64]string{a.ID: "BC", b.ID: "A", c.ID: "A"}, titles)
		like, err := d.items.Like(ctx, subscriptions.Item{Sources: []subscriptions.Source{{URL: "https://EXAMPLE.org/b/"}}}) // not stored yet
		must(t, err)
		same(t, "D", like[0].Title)
	})
}

func TestWordsThatAreNotSavedAreKeptBesideTheItem(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "T")
		u := subscriptions.UnsavedItem{EditorID: d.ann.EditorID, Slot: subscriptions.ItemSlot(i.ID), ItemID: i.ID, Version: 1, Title: "T", Words: `{"body":["half a sen"]}`}
		first, err := d.items.KeepWords(ctx, u)
		must(t, err)
		same(t, int64(1), first.Turn)
		d.wait(time.Second)
		_, err = d.items.KeepWords(ctx, first)
		must(t, err)
		// A second window, opened before, must not write over the first.
		_, err = d.items.KeepWords(ctx, first)
		fails(t, err, subscriptions.Conflict)
		kept, err := d.store.FindUnsavedItem(ctx, d.ann.EditorID, u.Slot)
		must(t, err)
		same(t, u.Words, kept.Words)
		same(t, int64(2), kept.Turn)
		stored, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, i, stored) // the item knows nothing of it
		others, err := d.store.UnsavedOfItem(ctx, i.ID)
		must(t, err)
		same(t, 1, len(others))
		u.EditorID = d.bob.EditorID
		_, err = d.items.KeepWords(ctx, u)
		must(t, err)
		must(t, d.store.DeleteUnsavedItem(ctx, d.ann.EditorID, u.Slot))
		_, err = d.store.FindUnsavedItem(ctx, d.ann.EditorID, u.Slot)
		fails(t, err, subscriptions.NotFound)
		u.Words = strings.Repeat("x", 2<<20+1)
		_, err = d.items.KeepWords(ctx, u)
		fails(t, err, subscriptions.Invalid)
	})
}
