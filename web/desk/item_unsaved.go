package desk

import (
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// keepItem keeps a form while it is being written. A script sends it every few
// seconds after a change and shows the sentence it gets.
func (d *Desk) keepItem(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return v.tell(http.StatusRequestEntityTooLarge, "This is longer than is kept. Save it, or shorten it.", 0)
	}
	w := wordsOfForm(sent)
	var i subscriptions.Item
	if of, ok := strings.CutPrefix(w.Slot, "item:"); ok {
		id, err := strconv.ParseInt(of, 10, 64)
		if err == nil {
			i, err = d.Items.Store.FindItem(v.Request.Context(), id)
		}
		if err != nil {
			return v.tell(http.StatusNotFound, "There is no such item any more. Copy your words.", 0)
		}
		w.Slot = subscriptions.ItemSlot(id)
	}
	u, err := d.keep(v, i, w, sent)
	switch code := subscriptions.CodeOf(err); {
	case err == nil:
		sentence := "Saved as your draft " + d.Pages.Clock(u.SavedAt)
		if i.ID != 0 && i.Version != w.Version {
			sentence += ". Somebody has saved this item since you began: you will see both texts when you save."
		}
		return v.tell(http.StatusOK, sentence, u.Turn)
	case code == subscriptions.Internal || code == subscriptions.Unavailable:
		d.Pages.Log.ErrorContext(v.Request.Context(), "keep a form", "error", err)
		return v.tell(http.StatusInternalServerError, "Your words could not be kept. Save the form yourself.", 0)
	default:
		return v.tell(page.Status(err), page.Sentence(err.Error())+" "+page.Sentence(subscriptions.HintOf(err)), 0)
	}
}

// tell answers a script.
func (v *Visit) tell(status int, sentence string, turn int64) error {
	v.JSON(status, struct {
		Said string `json:"said"`
		Turn int64  `json:"turn"`
	}{sentence, turn})
	return nil
}

// dropItem forgets what was kept of a form.
func (d *Desk) dropItem(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	slot := sent.Get("slot")
	if err := d.Items.Store.DeleteUnsavedItem(v.Request.Context(), v.Editor.ID, slot); err != nil {
		return err
	}
	v.Say("The words that were not saved are gone.")
	if id, ok := strings.CutPrefix(slot, "item:"); ok {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			return v.Go(itemPath(n) + "/edit")
		}
	}
	return v.Go("/desk/items")
}
