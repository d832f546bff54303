package desk

import (
	"errors"
	"net/http"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemHistoryPage lists what an item said, newest first.
type ItemHistoryPage struct {
	Frame
	Item subscriptions.Item
	Rows []RevisionRow
	Pager
}

// Path is where the item lives at the desk.
func (p *ItemHistoryPage) Path() string { return itemPath(p.Item.ID) }

// RevisionRow is a line of the history.
type RevisionRow struct {
	subscriptions.ItemRevision
	Changed string // fields, in a sentence
	Now     bool   // the item says this
}

func (d *Desk) itemHistory(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	query := v.Request.URL.Query()
	h, err := d.Items.History(v.Request.Context(), i.ID, pageOf(query))
	if err != nil {
		return err
	}
	query.Set("page", strconv.Itoa(h.Page))
	p := &ItemHistoryPage{Frame: Frame{Title: "History: " + i.Title, Section: "/desk/items"}, Item: h.Item,
		Pager: pager(itemPath(i.ID)+"/history", query, h.Total, "save", "saves")}
	for _, r := range h.Revisions {
		p.Rows = append(p.Rows, RevisionRow{r, page.List(h.Changed[r.Number]), r.Number == h.Item.Version && !r.Aside})
	}
	return d.show(v, http.StatusOK, "desk/item-history", p)
}

// ItemRevisionPage shows one save: what it changed, or what differs from now.
type ItemRevisionPage struct {
	Frame
	Item     subscriptions.Item
	Revision subscriptions.ItemRevision
	Diffs    []FieldDiff
	First    bool // there is nothing before it
	WithNow  bool // compared with what the item says now
	Current  bool // the item says exactly this
}

// Path is where the item lives at the desk.
func (p *ItemRevisionPage) Path() string { return itemPath(p.Item.ID) }

func (d *Desk) itemRevision(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(v.Param("n"), 10, 64)
	if err != nil {
		return &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such revision"}
	}
	r, before, err := d.Items.Revision(v.Request.Context(), i.ID, number)
	if err != nil {
		return err
	}
	topics, err := d.topicNames(v)
	if err != nil {
		return err
	}
	p := &ItemRevisionPage{Frame: Frame{Title: i.Title + ", revision " + strconv.FormatInt(number, 10), Section: "/desk/items"}, Item: i, Revision: r,
		WithNow: v.Query("with") == "now", Current: len(subscriptions.ChangedFields(i, r.Item)) == 0}
	switch {
	case p.WithNow:
		p.Diffs = itemDiff(r.Item, i, topics)
	case before != nil:
		p.Diffs = itemDiff(before.Item, r.Item, topics)
	default:
		p.First, p.Diffs = true, itemDiff(subscriptions.Item{}, r.Item, topics)
	}
	return d.show(v, http.StatusOK, "desk/item-revision", p)
}

func (d *Desk) restoreItem(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	number, _ := strconv.ParseInt(sent.Get("number"), 10, 64)
	version, _ := strconv.ParseInt(sent.Get("version"), 10, 64)
	_, err = d.Items.Restore(v.Request.Context(), i.ID, number, version, v.By())
	var c *subscriptions.ItemConflict
	if errors.As(err, &c) {
		v.Say(c.By + " has saved this item since you opened it. Look at the newest save before you restore.")
		return v.Go(itemPath(i.ID) + "/history")
	}
	if err != nil {
		return err
	}
	v.Say("Restored revision " + strconv.FormatInt(number, 10) + ". What it said before stands in the history.")
	return v.Go(itemPath(i.ID))
}
