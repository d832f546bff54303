package desk

import (
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ImportRunPage is the report of an import: what would come in, or what did.
type ImportRunPage struct {
	Frame
	Run     subscriptions.ImportRun
	Entries []EntryView
	Cut     int // entries that are not shown
}

// EntryView is an entry with what it would be filed under.
type EntryView struct {
	subscriptions.ImportEntry
	Topics []subscriptions.Topic
}

// Ticked is true of what comes in unless somebody leaves it out: what is new and
// like nothing that is here.
func (e EntryView) Ticked() bool {
	return e.Outcome == subscriptions.EntryNew && len(e.Alike) == 0
}

// maxShown bounds the entries of a page. What is not shown is taken in with the
// others.
const maxShown = 500

func (d *Desk) importRun(v *Visit) error {
	id, err := importID(v)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	run, err := d.Imports.Store.FindImport(ctx, id)
	if err != nil {
		return err
	}
	entries, err := d.Imports.Store.ImportEntries(ctx, id, 0, maxShown)
	if err != nil {
		return err
	}
	topics, err := d.Imports.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	by := map[string]subscriptions.Topic{}
	for _, t := range topics {
		by[t.Slug] = t
	}
	p := &ImportRunPage{Frame: Frame{Title: "Import of " + run.Name, Section: "/desk/items"}, Run: run, Cut: run.Counts.Read - len(entries)}
	for _, e := range entries {
		view := EntryView{ImportEntry: e}
		for _, slug := range e.Draft.TopicSlugs {
			if t, ok := by[slug]; ok {
				view.Topics = append(view.Topics, t)
			}
		}
		p.Entries = append(p.Entries, view)
	}
	return d.show(v, http.StatusOK, "desk/import-run", p)
}

// takeImport makes drafts of the entries that are ticked, and of those below the
// bound of the page.
func (d *Desk) takeImport(v *Visit) error {
	id, err := importID(v)
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	only := []int{}
	for _, s := range sent["entry"] {
		if n, err := strconv.Atoi(s); err == nil {
			only = append(only, n)
		}
	}
	run, err := d.Imports.Store.FindImport(v.Request.Context(), id)
	if err != nil {
		return err
	}
	for n := maxShown; n < run.Counts.Read; n++ {
		only = append(only, n)
	}
	if run, err = d.Imports.TakeIn(v.Request.Context(), v.By(), id, only); err != nil {
		return err
	}
	v.Say(page.Count(run.Counts.New, "draft", "drafts") + " came in.")
	return v.Go(runPath(id))
}

func (d *Desk) undoImport(v *Visit) error {
	id, err := importID(v)
	if err != nil {
		return err
	}
	run, err := d.Imports.Undo(v.Request.Context(), v.By(), id)
	if err != nil {
		return err
	}
	v.Say(page.Count(run.Counts.Undone, "draft", "drafts") + " taken back.")
	return v.Go(runPath(id))
}

func importID(v *Visit) (int64, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such import", Hint: "Look in the list of imports."}
	}
	return id, nil
}
