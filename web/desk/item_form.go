package desk

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// itemBody is how much the form of an item may send: the longest text, each of
// its bytes written as three, and what stands around it.
const itemBody = 4 << 20

// ItemFormPage is the form of an item, new or old.
type ItemFormPage struct {
	Frame
	ID      int64  // 0 for a new one
	State   string // of the item; "" for a new one
	Fixed   bool   // readers may have its link
	Words   ItemWords
	Faults  page.Faults
	Choices []subscriptions.Topic
	Issuers []string
	Held    string    // the edition that has taken it, "" for none
	Kept    time.Time // the words are from then and not saved; zero: they are the item's
	Stale   bool      // and somebody has saved since
	Like    []subscriptions.ItemLike
	Others  []OtherWords                // who else is writing in it
	Unsaved []subscriptions.UnsavedItem // of a new one: other forms of this editor

	Documents ItemDocuments
}

// OtherWords says that somebody else has words of their own in the form.
type OtherWords struct {
	Name string
	At   time.Time
}

// Open reports whether the part of the form that holds the fields is open: it
// has words, or a fault.
func (p *ItemFormPage) Open(part string) bool {
	w := p.Words
	for _, f := range p.Faults {
		if strings.HasPrefix(f.Field, part) {
			return true
		}
	}
	switch part {
	case "standard":
		return lines("", w.Identifier, w.StandardTitle, w.Original, w.Committee, w.Stage, w.Terms) != ""
	case "comments":
		return lines("", w.Until, w.CommentsURL) != ""
	}
	return true
}

// Path is where the form is sent.
func (p *ItemFormPage) Path() string {
	if p.ID == 0 {
		return "/desk/items/new"
	}
	return itemPath(p.ID) + "/edit"
}

func itemPath(id int64) string { return "/desk/items/" + strconv.FormatInt(id, 10) }

// newItem shows the empty form, or one of the editor's that was not saved.
func (d *Desk) newItem(v *Visit) error {
	w := ItemWords{Slot: v.Query("form")}
	var kept time.Time
	if strings.HasPrefix(w.Slot, "new:") {
		u, err := d.Items.Store.FindUnsavedItem(v.Request.Context(), v.Editor.ID, w.Slot)
		if err != nil {
			return err
		}
		w, kept = keptWords(u), u.SavedAt
	} else {
		w.Slot = "new:" + rand.Text()[:16]
	}
	return d.showItemForm(v, http.StatusOK, &ItemFormPage{Words: w, Kept: kept}, subscriptions.Item{})
}

// keptWords reads what was kept of a form.
func keptWords(u subscriptions.UnsavedItem) ItemWords {
	var sent url.Values
	if err := json.Unmarshal([]byte(u.Words), &sent); err != nil {
		sent = url.Values{"body": {u.Words}} // whatever it is, it is shown
	}
	w := wordsOfForm(sent)
	w.Slot, w.Version, w.Turn = u.Slot, u.Version, u.Turn
	return w
}

// editItem shows the form with the item, or with the editor's words that were
// not saved.
func (d *Desk) editItem(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	p := &ItemFormPage{Words: wordsOfItem(i)}
	u, err := d.Items.Store.FindUnsavedItem(v.Request.Context(), v.Editor.ID, p.Words.Slot)
	switch {
	case err == nil:
		if kept := keptWords(u); !kept.same(p.Words) {
			p.Words, p.Kept, p.Stale = kept, u.SavedAt, u.Version != i.Version
		} else {
			p.Words.Turn = u.Turn
		}
	case subscriptions.CodeOf(err) != subscriptions.NotFound:
		return err
	}
	return d.showItemForm(v, http.StatusOK, p, i)
}

// item reads the item the address names.
func (d *Desk) item(v *Visit) (subscriptions.Item, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil {
		return subscriptions.Item{}, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such item"}
	}
	return d.Items.Store.FindItem(v.Request.Context(), id)
}

// showItemForm fills in what the form needs beside the words.
func (d *Desk) showItemForm(v *Visit, status int, p *ItemFormPage, i subscriptions.Item) error {
	ctx := v.Request.Context()
	p.Frame = Frame{Title: "New item", Section: "/desk/items"}
	var err error
	if p.Choices, err = d.Items.Store.Topics(ctx); err != nil {
		return err
	}
	if p.Issuers, err = d.Items.Store.ItemIssuers(ctx, 100); err != nil {
		return err
	}
	look, _ := p.Words.edit("")
	looked := p.Words.item(look)
	if looked.ID = i.ID; i.ID == 0 {
		p.Unsaved, err = d.unsavedNew(v, p.Words.Slot)
	} else {
		p.Title, p.ID, p.State, p.Fixed = "Edit: "+i.Title, i.ID, string(i.State), i.Public()
		if p.Held, err = d.heldBy(v, i); err == nil {
			p.Others, err = d.othersIn(v, i.ID)
		}
	}
	if err != nil {
		return err
	}
	if p.Documents, err = d.documentsOf(v, i.ID, true); err != nil {
		return err
	}
	if p.Like, err = d.Items.Like(ctx, looked); err != nil {
		return err
	}
	p.Faults = p.Faults.InOrder(p.Words.fieldOrder()...)
	return d.show(v, status, "desk/item-form", p)
}

// heldBy names the edition that has taken the item.
func (d *Desk) heldBy(v *Visit, i subscriptions.Item) (string, error) {
	if i.EditionID == 0 {
		return "", nil
	}
	e, err := d.Items.Store.FindEdition(v.Request.Context(), i.EditionID)
	return e.Title, err
}

// othersIn says who else has words in the form.
func (d *Desk) othersIn(v *Visit, id int64) ([]OtherWords, error) {
	found, err := d.Items.Store.UnsavedOfItem(v.Request.Context(), id)
	if err != nil {
		return nil, err
	}
	var others []OtherWords
	for _, u := range found {
		if u.EditorID == v.Editor.ID || v.desk.Now().Sub(u.SavedAt) > 24*time.Hour {
			continue
		}
		e, err := d.Items.Store.FindEditor(v.Request.Context(), u.EditorID)
		if err != nil {
			return nil, err
		}
		others = append(others, OtherWords{e.Name, u.SavedAt})
	}
	return others, nil
}

// unsavedNew lists the editor's forms of new items, but the one that is shown.
func (d *Desk) unsavedNew(v *Visit, slot string) ([]subscriptions.UnsavedItem, error) {
	all, err := d.Items.Store.UnsavedItems(v.Request.Context(), v.Editor.ID, 0)
	var open []subscriptions.UnsavedItem
	for _, u := range all {
		if u.ItemID == 0 && u.Slot != slot {
			open = append(open, u)
		}
	}
	return open, err
}

// saveItem takes the form: it saves, publishes, gives a row more, or puts the
// words aside.
func (d *Desk) saveItem(v *Visit) error {
	var i subscriptions.Item
	if v.Param("id") != "" {
		var err error
		if i, err = d.item(v); err != nil {
			return err
		}
	}
	sent, err := page.Form(v.Context)
	p := &ItemFormPage{Words: wordsOfForm(sent)}
	if i.ID != 0 {
		p.Words.Slot = subscriptions.ItemSlot(i.ID)
	}
	if err != nil {
		if !page.TooLong(err) {
			return err
		}
		p.Faults = page.Faults{{Field: "body", Message: "This is longer than we read: the end is missing here. Shorten it in the window before, and send the form again."}}
		return d.showItemForm(v, http.StatusRequestEntityTooLarge, p, i)
	}
	act := sent.Get("act")
	if row, ok := strings.CutPrefix(act, "drop-source-"); ok {
		p.dropSource(row)
		return d.showItemForm(v, http.StatusOK, p, i)
	}
	if act == "add-source" { // the form always has an empty row at its end
		return d.showItemForm(v, http.StatusOK, p, i)
	}
	saved, err := d.takeItem(v, i.ID, p.Words, act)
	if err == nil {
		return d.itemSaved(v, saved, p.Words, act)
	}
	// The words are kept now, should the window be lost.
	if u, kept := d.keep(v, i, p.Words, sent); kept == nil {
		p.Words.Turn = u.Turn
	}
	var c *subscriptions.ItemConflict
	if errors.As(err, &c) {
		return d.showItemConflict(v, c, p.Words)
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	p.Faults = faults
	return d.showItemForm(v, http.StatusUnprocessableEntity, p, i)
}

// takeItem saves the words.
func (d *Desk) takeItem(v *Visit, id int64, w ItemWords, act string) (subscriptions.Item, error) {
	to := subscriptions.ItemState("")
	if act == "publish" {
		to = subscriptions.ItemPublished
	}
	e, err := w.edit(to)
	if err != nil {
		return subscriptions.Item{}, err
	}
	ctx := v.Request.Context()
	switch {
	case id == 0:
		return d.Items.Create(ctx, e, v.By())
	case act == "aside":
		return d.Items.SetAside(ctx, id, e, v.By())
	}
	return d.Items.Edit(ctx, id, e, v.By())
}

// itemSaved says what became of the form; what was kept of it is not needed any
// more.
func (d *Desk) itemSaved(v *Visit, i subscriptions.Item, w ItemWords, act string) error {
	if err := d.Items.Store.DeleteUnsavedItem(v.Request.Context(), v.Editor.ID, w.Slot); err != nil {
		return err
	}
	switch {
	case act == "aside":
		v.Say("Your words are put aside. They stand in the history, and can be restored there.")
	case act == "publish":
		v.Say("Saved and published.")
	case i.Version == w.Version:
		v.Say("Nothing was changed.")
	default:
		v.Say("Saved.")
	}
	return v.Go(itemPath(i.ID))
}

// dropSource takes a row out.
func (p *ItemFormPage) dropSource(row string) {
	n, err := strconv.Atoi(row)
	if err == nil && n >= 0 && n < len(p.Words.Sources) {
		p.Words.Sources = append(p.Words.Sources[:n], p.Words.Sources[n+1:]...)
	}
}

// keep keeps a form as it stands.
func (d *Desk) keep(v *Visit, i subscriptions.Item, w ItemWords, sent url.Values) (subscriptions.UnsavedItem, error) {
	if i.ID == 0 && !strings.HasPrefix(w.Slot, "new:") {
		return subscriptions.UnsavedItem{}, &subscriptions.Error{Code: subscriptions.Invalid, Message: "the form has no name"}
	}
	for _, own := range []string{"act", "slot", "version", "turn"} {
		sent.Del(own)
	}
	words, err := json.Marshal(sent)
	if err != nil {
		return subscriptions.UnsavedItem{}, err
	}
	return d.Items.KeepWords(v.Request.Context(), subscriptions.UnsavedItem{EditorID: v.Editor.ID, Slot: w.Slot, ItemID: i.ID, Version: w.Version,
		Turn: w.Turn, Title: w.Title, Words: string(words)})
}
