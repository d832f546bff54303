package subscriptions_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// desk is a house with editors at work.
type deskHouse struct {
	*house
	items    *subscriptions.ItemService
	ann, bob subscriptions.Actor
}

func eachDesk(t *testing.T, f func(t *testing.T, d deskHouse)) {
	t.Helper()
	each(t, func(t *testing.T, h *house) {
		editor := func(name string) subscriptions.Actor {
			e := subscriptions.Editor{Name: name, Address: name + "@example.org", Role: subscriptions.RoleEditor, CreatedAt: h.clock()}
			must(t, h.store.AddEditor(t.Context(), &e))
			return subscriptions.Actor{EditorID: e.ID, Name: name, IP: "192.0.2.1"}
		}
		f(t, deskHouse{h, &subscriptions.ItemService{Store: h.store, Now: h.clock}, editor("Ann"), editor("Bob")})
	})
}

// written is a draft with a title and a text.
func (d deskHouse) written(t *testing.T, title string, topics ...string) subscriptions.Item {
	t.Helper()
	i, err := d.items.Create(t.Context(), subscriptions.ItemEdit{Title: &title, Body: new("Text of " + title), Topics: new(d.ids(topics...))}, d.ann)
	must(t, err)
	return i
}

func (d deskHouse) ids(topics ...string) []int64 {
	var ids []int64
	for _, topic := range topics {
		ids = append(ids, d.topics[topic].ID)
	}
	return ids
}

// told writes down the audit log of an item, oldest first.
func (d deskHouse) told(t *testing.T, id int64) string {
	t.Helper()
	events, err := d.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Subject: subscriptions.ItemSlot(id)})
	must(t, err)
	var lines []string
	for _, e := range events {
		lines = append([]string{e.Actor + " " + e.Action + " (" + e.Detail + ")"}, lines...)
	}
	return strings.Join(lines, "; ")
}

func TestAnItemIsWrittenEditedAndPublished(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "GB/T 35273 is out")
		same(t, "gb-t-35273-is-out", i.Slug)
		same(t, subscriptions.ItemDraft, i.State)
		if _, err := d.items.Publish(ctx, i.ID, i.Version, d.ann); !errors.Is(err, subscriptions.ErrInvalid) {
			t.Errorf("published without a topic: %v", err)
		}
		d.wait(time.Minute)
		kept, err := d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Slug: new("")}, d.bob)
		must(t, err)
		same(t, i.Slug, kept.Slug) // its own link is free for it
		i, err = d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Title: new("GB/T 35273 is public"), Topics: new(d.ids("iot")),
			Standard: &subscriptions.Standard{Identifier: "GB/T 35273-2017"}, Note: "better title"}, d.bob)
		must(t, err)
		i, err = d.items.Publish(ctx, i.ID, i.Version, d.ann)
		must(t, err)
		same(t, int64(3), i.Version)
		stored, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, i, stored)
		same(t, "Ann item.create (as draft); Bob item.edit (title, topics, standard); Ann item.publish (state draft → published)", d.told(t, i.ID))

		_, err = d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Slug: new("other")}, d.ann)
		fails(t, err, subscriptions.Invalid)
		same, err := d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Slug: new("")}, d.ann)
		must(t, err)
		if same.Slug != i.Slug || same.Version != i.Version {
			t.Errorf("a save without a change made version %d, link %s", same.Version, same.Slug)
		}
		twin := d.written(t, "GB/T 35273 is out")
		if twin.Slug == "gb-t-35273-is-out" {
			t.Error("two items have one link")
		}
		_, err = d.items.Edit(ctx, twin.ID, subscriptions.ItemEdit{Version: 1, Slug: new(i.Slug)}, d.ann)
		fails(t, err, subscriptions.Invalid)
	})
}

func TestEveryFaultOfAnItemIsSaidAtOnce(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		_, err := d.items.Create(t.Context(), subscriptions.ItemEdit{Title: new(" "), Slug: new("a/b"), Issuer: new("a\nb"), Summary: new(strings.Repeat("s", 401)),
			Body: new(strings.Repeat("标", subscriptions.MaxBody/3+1)), Standard: &subscriptions.Standard{Stage: "WD"},
			Comments: &subscriptions.CommentPeriod{URL: "here"}, Topics: &[]int64{99}, Note: "a\nb",
			Sources: &[]subscriptions.Source{{URL: "https://example.org/"}, {URL: "javascript:alert(1)", Language: "Chinese!"}}}, d.ann)
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Fatalf("got %v, want joined faults", err)
		}
		var fields []string
		var walk func(errs []error)
		walk = func(errs []error) {
			for _, e := range errs {
				if more, ok := e.(interface{ Unwrap() []error }); ok {
					walk(more.Unwrap())
					continue
				}
				var fault *subscriptions.Error
				if errors.As(e, &fault) {
					fields = append(fields, fault.Field)
				}
			}
		}
		walk(joined.Unwrap())
		same(t, []string{"note", "topics", "title", "slug", "issuer", "summary", "body", "standard-identifier", "comments-until", "comments-url",
			"source-1-url", "source-1-language"}, fields)
		n, err := d.store.CountMatching(t.Context(), subscriptions.ItemFilter{})
		must(t, err)
		same(t, 0, n)
	})
}

// Two editors save at the same moment, again and again. One is first; the other
// is told, with every word of both. Nothing that was ever saved is lost.
func TestSavesAtTheSameMomentLoseNoWord(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "Both write")
		const rounds = 10
		for round := range rounds {
			from, err := d.store.FindItem(ctx, i.ID)
			must(t, err)
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for n, by := range []subscriptions.Actor{d.ann, d.bob} {
				wg.Go(func() {
					body := fmt.Sprintf("%s writes in round %d", by.Name, round)
					_, errs[n] = d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: from.Version, Body: &body}, by)
				})
			}
			wg.Wait()
			now, err := d.store.FindItem(ctx, i.ID)
			must(t, err)
			if now.Version != from.Version+1 {
				t.Fatalf("round %d: version %d after %d", round, now.Version, from.Version)
			}
			second := 0
			if errs[0] == nil {
				second = 1
			}
			var c *subscriptions.ItemConflict
			if errs[1-second] != nil || !errors.As(errs[second], &c) || !errors.Is(errs[second], subscriptions.ErrConflict) {
				t.Fatalf("round %d: %v and %v", round, errs[0], errs[1])
			}
			names := []string{"Ann", "Bob"}
			same(t, from.Body, c.Base.Body)
			same(t, fmt.Sprintf("%s writes in round %d", names[1-second], round), c.Theirs.Body)
			same(t, fmt.Sprintf("%s writes in round %d", names[second], round), c.Mine.Body)
			same(t, names[1-second], c.By)
		}
		revisions, err := d.store.ItemRevisions(ctx, i.ID, 0, 0)
		must(t, err)
		same(t, rounds+1, len(revisions))
	})
}

func TestAConflictIsMergedFieldByField(t *testing.T) {
	t.Parallel()
	base := subscriptions.Item{Title: "T", Body: "B", Summary: "S", Issuer: "I", Topics: []int64{1}}
	theirs, mine := base, base
	theirs.Title, theirs.Body, theirs.Issuer, theirs.Version = "Their title", "Their text", "Same", 7
	mine.Body, mine.Summary, mine.Issuer, mine.Topics = "My text", "My summary", "Same", []int64{2, 1}
	merged, clash := (&subscriptions.ItemConflict{Base: base, Theirs: theirs, Mine: mine}).Merge()
	same(t, subscriptions.Item{Title: "Their title", Body: "My text", Summary: "My summary", Issuer: "Same", Topics: []int64{2, 1}, Version: 7}, merged)
	same(t, []string{"text"}, clash)
}

func TestTheSameFormSentTwiceIsNoConflict(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		i := d.written(t, "Double click")
		for range 2 {
			saved, err := d.items.Edit(t.Context(), i.ID, subscriptions.ItemEdit{Version: i.Version, Title: new("Double")}, d.ann)
			must(t, err)
			same(t, int64(2), saved.Version)
		}
	})
}

func TestAnOldItemGetsItsFirstRevisionAtTheFirstEdit(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		old := d.item(t, "from-before", day(2019, 3, 1), "iot")
		d.wait(time.Hour)
		i, err := d.items.Edit(ctx, old.ID, subscriptions.ItemEdit{Body: new("Edited")}, d.ann)
		must(t, err)
		same(t, int64(2), i.Version)
		h, err := d.items.History(ctx, old.ID, 1)
		must(t, err)
		same(t, 2, len(h.Revisions))
		same(t, "Body of from-before", h.Revisions[1].Item.Body)
		same(t, old.UpdatedAt, h.Revisions[1].At)
		same(t, map[int64][]string{2: {"text"}}, h.Changed)
		// And an editor who began before it had one still learns what was changed.
		_, err = d.items.Edit(ctx, old.ID, subscriptions.ItemEdit{Body: new("Mine")}, d.bob)
		var c *subscriptions.ItemConflict
		if !errors.As(err, &c) || c.Base.Body != "Body of from-before" {
			t.Errorf("got %v, want a conflict with the first text as its base", err)
		}
	})
}

func TestWhatWasSavedCanBeRestored(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "First title", "iot")
		i, err := d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Slug: new("my-link")}, d.ann)
		must(t, err)
		i, err = d.items.Publish(ctx, i.ID, i.Version, d.ann)
		must(t, err)
		i, err = d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Title: new("Second"), Body: new("New"), Topics: new(d.ids("cybersecurity", "iot"))}, d.bob)
		must(t, err)
		restored, err := d.items.Restore(ctx, i.ID, 1, i.Version, d.ann)
		must(t, err)
		same(t, "First title", restored.Title)
		same(t, "Text of First title", restored.Body)
		same(t, d.ids("iot"), restored.Topics)
		same(t, subscriptions.ItemPublished, restored.State) // only words come back
		same(t, "my-link", restored.Slug)                    // readers may have it
		same(t, int64(5), restored.Version)
		stored, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, restored, stored)
		_, err = d.items.Restore(ctx, i.ID, 1, i.Version, d.bob)
		fails(t, err, subscriptions.Conflict)
		r, before, err := d.items.Revision(ctx, i.ID, 4)
		must(t, err)
		same(t, "Second", r.Item.Title)
		same(t, "First title", before.Item.Title)
	})
}

func TestWordsPutAsideStandInTheHistory(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.written(t, "T")
		i, err := d.items.SetAside(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Body: new("Words of Bob")}, d.bob)
		must(t, err)
		same(t, "Text of T", i.Body)
		r, err := d.store.FindItemRevision(ctx, i.ID, 2)
		must(t, err)
		same(t, true, r.Aside)
		same(t, "Words of Bob", r.Item.Body)
		i, err = d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: i.Version, Title: new("U")}, d.ann)
		must(t, err)
		_, before, err := d.items.Revision(ctx, i.ID, 3)
		must(t, err)
		same(t, "Text of T", before.Item.Body) // what was put aside was never said
		i, err = d.items.Restore(ctx, i.ID, 2, i.Version, d.bob)
		must(t, err)
		same(t, "Words of Bob", i.Body)
	})
}

// What is frozen is a copy: the item can be edited, and a send in progress says
// what was approved.
func TestEditingAFrozenItemLeavesTheEditionAsItWas(t *testing.T) {
	eachDesk(t, func(t *testing.T, d deskHouse) {
		ctx := t.Context()
		i := d.item(t, "frozen", day(2019, 3, 1), "iot")
		e := d.approved(t)
		held, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, e.ID, held.EditionID)
		edited, err := d.items.Edit(ctx, i.ID, subscriptions.ItemEdit{Version: held.Version, Body: new("Later words")}, d.ann)
		must(t, err)
		same(t, e.ID, edited.EditionID)
		c, err := d.store.Content(ctx, e.ID)
		must(t, err)
		same(t, "Body of frozen", c.Entries[0].Body)
		hash, err := c.Hash()
		must(t, err)
		same(t, e.Hash, hash)
		_, err = d.items.Redraft(ctx, i.ID, edited.Version, d.ann)
		fails(t, err, subscriptions.Refused)
		// Reopening gives the item back with the words it has now.
		_, err = d.editions.Reopen(ctx, e.ID)
		must(t, err)
		free, err := d.store.FindItem(ctx, i.ID)
		must(t, err)
		same(t, int64(0), free.EditionID)
		same(t, "Later words", free.Body)
	})
}
