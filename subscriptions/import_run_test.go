package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

var editor = subscriptions.Actor{Name: "Mei Lin", IP: "192.0.2.7"}

// prepare keeps the rehearsal of an import of a table.
func (h *house) prepare(t testing.TB, in subscriptions.Import) subscriptions.ImportRun {
	t.Helper()
	run, err := h.imports.Prepare(t.Context(), editor, in, subscriptions.ImportSource{Kind: subscriptions.ImportTable, Name: "items.csv", Topics: []string{"iot"}})
	must(t, err)
	return run
}

// entries writes down what became of an import: "first taken; second known".
func (h *house) entries(t testing.TB, id int64) string {
	t.Helper()
	entries, err := h.store.ImportEntries(t.Context(), id, 0, 0)
	must(t, err)
	var lines []string
	for _, e := range entries {
		line := e.Title + " " + string(e.Outcome)
		if e.Why != "" {
			line += " (" + e.Why + ")"
		}
		for _, a := range e.Alike {
			line += " like " + a.Title
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// audited writes the log down, oldest first, without what the line is about.
func (h *house) audited(t testing.TB, action string) string {
	t.Helper()
	events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: action})
	must(t, err)
	var lines []string
	for _, e := range events {
		lines = append([]string{e.Actor + " " + e.Action + " " + e.Subject + " " + e.About + ": " + e.Detail}, lines...)
	}
	return strings.Join(lines, "\n")
}

func draft(title string, topics ...string) subscriptions.DraftItem {
	return subscriptions.DraftItem{Item: subscriptions.Item{Slug: subscriptions.Slugify(title), Title: title, Date: day(2019, 2, 1), Body: "Text of " + title},
		TopicSlugs: topics, Place: subscriptions.Place{File: "items.csv", Line: 2}}
}

func TestAnImportIsPreparedTakenInAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.prepareKnown(t)
		in := subscriptions.Import{Items: []subscriptions.DraftItem{draft("First", "cybersecurity", "iot"), draft("Known"), draft("Nowhere", "nosuch"), draft("Second"), draft("Third"), draft("Fourth")}}
		run := h.prepare(t, in)
		same(t, subscriptions.ImportCounts{Read: 6, New: 4, Known: 1, Faulty: 1}, run.Counts)
		if got := h.kept(t); got != "known draft" {
			t.Errorf("a rehearsal wrote items: %s", got)
		}
		_, err := h.imports.Undo(ctx, editor, run.ID)
		fails(t, err, subscriptions.Refused)

		taken, err := h.imports.TakeIn(ctx, editor, run.ID, []int{0, 1, 2, 3, 4})
		must(t, err)
		same(t, subscriptions.ImportCounts{Read: 6, New: 3, Known: 1, Faulty: 1, Left: 1}, taken.Counts)
		got := h.entries(t, run.ID)
		if !strings.HasPrefix(got, "First taken; Known known (An item with the link /items/known is here: Known); Nowhere faulty (There is no topic") ||
			!strings.HasSuffix(got, "; Second taken; Third taken; Fourth left") {
			t.Errorf("what became of them: %s", got)
		}
		first, err := h.store.FindItemBySlug(ctx, "first")
		must(t, err)
		same(t, []int64{h.topics["cybersecurity"].ID, h.topics["iot"].ID}, first.Topics)
		same(t, "import items.csv:2", first.Origin)
		same(t, subscriptions.ItemDraft, first.State)
		second, err := h.store.FindItemBySlug(ctx, "second")
		must(t, err)
		same(t, []int64{h.topics["iot"].ID}, second.Topics)
		_, err = h.imports.TakeIn(ctx, editor, run.ID, nil)
		fails(t, err, subscriptions.Refused)

		// The second is edited, the third published: both stay.
		h.wait(time.Hour)
		second.Summary, second.UpdatedAt = "An editor was here.", h.clock()
		must(t, h.store.UpdateItem(ctx, second))
		third, err := h.store.FindItemBySlug(ctx, "third")
		must(t, err)
		must(t, third.Publish(h.clock()))
		must(t, h.store.UpdateItem(ctx, third))
		undone, err := h.imports.Undo(ctx, editor, run.ID)
		must(t, err)
		same(t, 1, undone.Counts.Undone)
		same(t, subscriptions.ImportUndone, undone.State)
		same(t, "known draft, second draft, third published", h.kept(t))
		got = h.entries(t, run.ID)
		if !strings.HasPrefix(got, "First undone; ") || !strings.Contains(got, "Second stays (It was edited since.); Third stays (It is public.)") {
			t.Errorf("after the undo: %s", got)
		}
		_, err = h.imports.Undo(ctx, editor, run.ID)
		fails(t, err, subscriptions.Refused)
		same(t, fmt.Sprintf("Mei Lin import.take import:%d items.csv: Table: 6 read, 3 drafts, 1 known, 1 faulty, 1 left out\n"+
			"Mei Lin import.undo import:%d items.csv: 1 drafts taken back, 2 stay", run.ID, run.ID), h.audited(t, "import."))
	})
}

func (h *house) prepareKnown(t testing.TB) {
	t.Helper()
	must(t, h.store.AddItem(t.Context(), &subscriptions.Item{Slug: "known", Title: "Known", Topics: []int64{h.topics["iot"].ID}, Date: day(2018, 1, 1), State: subscriptions.ItemDraft,
		CreatedAt: h.clock(), UpdatedAt: h.clock(), Sources: []subscriptions.Source{{URL: "https://www.example.org/notice/"}},
		Standard: &subscriptions.Standard{Identifier: "GB/T 35273-2017"}}))
}

func TestAnImportSaysWhatLooksLikeADuplicate(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.prepareKnown(t)
		link, standard, both := draft("By link"), draft("By standard"), draft("By both")
		link.Item.Sources = []subscriptions.Source{{URL: "http://example.org/notice?utm_source=feed"}}
		standard.Item.Standard = &subscriptions.Standard{Identifier: "gb/t 35273—2017"}
		both.Item.Sources, both.Item.Standard = link.Item.Sources, standard.Item.Standard
		other := draft("Another year")
		other.Item.Standard = &subscriptions.Standard{Identifier: "GB/T 35273-2020"}
		run := h.prepare(t, subscriptions.Import{Items: []subscriptions.DraftItem{link, standard, both, other}})
		same(t, "By link new like Known; By standard new like Known; By both new like Known like By link like By standard; Another year new", h.entries(t, run.ID))
		same(t, 3, run.Counts.Alike)
	})
}

func TestWhatCameInMeanwhileIsKnown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		run := h.prepare(t, subscriptions.Import{Items: []subscriptions.DraftItem{draft("Known"), draft("First")}})
		h.prepareKnown(t)
		_, err := h.imports.TakeIn(t.Context(), editor, run.ID, nil)
		must(t, err)
		same(t, "Known known (An item with the link /items/known is here: Known); First taken", h.entries(t, run.ID))
	})
}

func TestWhatStandsBesideTheItemsComesInUnannounced(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in := file()
		in.Webinars[0].Webinar.State = subscriptions.WebinarAnnounced
		run := h.prepare(t, in)
		_, err := h.imports.TakeIn(t.Context(), editor, run.ID, nil)
		must(t, err)
		same(t, "first draft, second draft, CAC, webinar-06", h.kept(t))
		webinars, err := h.store.Webinars(t.Context())
		must(t, err)
		same(t, subscriptions.WebinarDraft, webinars[0].State)
	})
}

func TestARehearsalIsForgottenAfterAWeek(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		old := h.prepare(t, subscriptions.Import{Items: []subscriptions.DraftItem{draft("First")}})
		taken := h.prepare(t, subscriptions.Import{Items: []subscriptions.DraftItem{draft("Second")}})
		_, err := h.imports.TakeIn(ctx, editor, taken.ID, nil)
		must(t, err)
		h.wait(7*24*time.Hour + time.Minute)
		h.prepare(t, subscriptions.Import{})
		_, err = h.store.FindImport(ctx, old.ID)
		fails(t, err, subscriptions.NotFound)
		_, err = h.store.FindImport(ctx, taken.ID)
		must(t, err)
		runs, err := h.store.Imports(ctx, 0, 0)
		must(t, err)
		same(t, 2, len(runs))
	})
}

func TestAnImportHasBounds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		source := subscriptions.ImportSource{Kind: subscriptions.ImportTable, Name: "x"}
		_, err := h.imports.Prepare(t.Context(), editor, subscriptions.Import{Items: make([]subscriptions.DraftItem, 2001)}, source)
		fails(t, err, subscriptions.Invalid)
		large := draft("Large", "iot")
		large.Item.Body = strings.Repeat("a", 11<<20)
		_, err = h.imports.Prepare(t.Context(), editor, subscriptions.Import{Items: []subscriptions.DraftItem{large, large}}, source)
		fails(t, err, subscriptions.Invalid)
	})
}

// What an editor has begun to work with stays, and the others go all the same.
func TestAnUndoLeavesWhatSomebodyWorksWith(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		run := h.prepare(t, subscriptions.Import{Items: []subscriptions.DraftItem{draft("First"), draft("Second")}})
		_, err := h.imports.TakeIn(ctx, editor, run.ID, nil)
		must(t, err)
		first, err := h.store.FindItemBySlug(ctx, "first")
		must(t, err)
		second, err := h.store.FindItemBySlug(ctx, "second")
		must(t, err)
		must(t, h.store.PutItemWords(ctx, second, map[string]bool{"CAC": false})) // what is read out of it goes with it
		e := subscriptions.Edition{Slug: "2019-q1", Title: "First quarter", Period: quarter, State: subscriptions.EditionCollecting, CreatedAt: h.clock()}
		must(t, h.store.AddEdition(ctx, &e))
		must(t, h.store.PutEditionItems(ctx, subscriptions.EditionItem{EditionID: e.ID, ItemID: first.ID, Placement: subscriptions.PlacementPinned, Position: 1, At: h.clock()}))
		_, err = h.imports.Undo(ctx, editor, run.ID)
		must(t, err)
		same(t, "First stays (Somebody has begun to work with it.); Second undone", h.entries(t, run.ID))
		same(t, "first draft, 2019-q1", h.kept(t))
	})
}
