package desk

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemPage shows an item as it reads.
type ItemPage struct {
	Frame
	Item   subscriptions.Item
	Topics []subscriptions.Topic // home first
	Held   string                // the edition that has taken it
	Like   []subscriptions.ItemLike
	Last   *subscriptions.ItemRevision // the last save at the desk, nil before the first
	Kept   time.Time                   // the editor has words that are not saved
	Others []OtherWords

	Documents ItemDocuments
}

// Path is where the item lives at the desk.
func (p *ItemPage) Path() string { return itemPath(p.Item.ID) }

func (d *Desk) viewItem(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	p := &ItemPage{Frame: Frame{Title: i.Title, Section: "/desk/items"}, Item: i}
	all, err := d.Items.Store.AllTopics(ctx)
	if err != nil {
		return err
	}
	p.Topics = topicsOf(i, all)
	if p.Held, err = d.heldBy(v, i); err != nil {
		return err
	}
	if p.Like, err = d.Items.Like(ctx, i); err != nil {
		return err
	}
	last, err := d.Items.Store.LastChanges(ctx, []int64{i.ID})
	if err != nil {
		return err
	}
	if r, ok := last[i.ID]; ok {
		p.Last = &r
	}
	if p.Others, err = d.othersIn(v, i.ID); err != nil {
		return err
	}
	if p.Documents, err = d.documentsOf(v, i.ID, false); err != nil {
		return err
	}
	u, err := d.Items.Store.FindUnsavedItem(ctx, v.Editor.ID, subscriptions.ItemSlot(i.ID))
	switch {
	case err == nil && !keptWords(u).same(wordsOfItem(i)):
		p.Kept = u.SavedAt
	case err != nil && subscriptions.CodeOf(err) != subscriptions.NotFound:
		return err
	}
	return d.show(v, http.StatusOK, "desk/item", p)
}

// topicsOf gives the topics of an item, home first.
func topicsOf(i subscriptions.Item, all []subscriptions.Topic) []subscriptions.Topic {
	var topics []subscriptions.Topic
	for _, id := range i.Topics {
		for _, t := range all {
			if t.ID == id {
				topics = append(topics, t)
			}
		}
	}
	return topics
}

// moveItem publishes, withdraws, or makes a draft again.
func (d *Desk) moveItem(v *Visit) error {
	i, err := d.item(v)
	if err != nil {
		return err
	}
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(sent.Get("version"), 10, 64)
	ctx := v.Request.Context()
	said := ""
	switch subscriptions.ItemState(sent.Get("to")) {
	case subscriptions.ItemPublished:
		_, err = d.Items.Publish(ctx, i.ID, version, v.By())
		said = "Published. It is part of the next edition of its period."
	case subscriptions.ItemWithdrawn:
		_, err = d.Items.Withdraw(ctx, i.ID, version, v.By())
		said = "Withdrawn. What was sent or frozen stays as it was."
	case subscriptions.ItemDraft:
		_, err = d.Items.Redraft(ctx, i.ID, version, v.By())
		said = "It is a draft again."
	default:
		err = &subscriptions.Error{Code: subscriptions.Invalid, Message: "there is no such state", Hint: "Go back and choose again."}
	}
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		// What is missing is mended in the form, which says it.
		return d.showItemForm(v, http.StatusUnprocessableEntity, &ItemFormPage{Words: wordsOfItem(i), Faults: faults}, i)
	}
	var c *subscriptions.ItemConflict
	if errors.As(err, &c) {
		v.Say(c.By + " has saved this item since you opened it. This is how it reads now.")
		return v.Go(itemPath(i.ID))
	}
	if err != nil {
		return err
	}
	v.Say(said)
	return v.Go(itemPath(i.ID))
}
