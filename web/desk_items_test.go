package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// itemForm is a filled form.
func itemForm(more ...string) url.Values {
	form := url.Values{"title": {"Draft on <b>data</b>"}, "summary": {"S"}, "body": {"Line one\r\nLine two"}, "home": {"2"}, "topic": {"3", "2"}, "date": {"2019-02-04"},
		"issuer": {"TC260"}, "standard-identifier": {"GB/T 35273"}, "comments-until": {"2019-03-03"}, "source-0-url": {"https://example.org/a"},
		"source-3-url": {"https://example.org/b"}, "source-3-accessed": {"2019-02-01"}, "act": {"save"}, "slot": {"new:test"}}
	for n := 0; n < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	return form
}

// write saves a new item and gives it.
func (d *atDesk) write(t *testing.T, more ...string) subscriptions.Item {
	t.Helper()
	got := d.post("/desk/items/new", itemForm(more...))
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving a new item: %d\n%s", got.StatusCode, got.body)
	}
	return d.itemAt(t, strings.TrimPrefix(got.Header.Get("Location"), "/desk/items/"))
}

func (d *atDesk) itemAt(t *testing.T, id string) subscriptions.Item {
	t.Helper()
	var n int64
	if _, err := fmt.Sscan(id, &n); err != nil {
		t.Fatal(err)
	}
	i, err := d.s.store.FindItem(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestAnItemIsWrittenAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	d.get("/desk/items").want(t, http.StatusOK, "Write the first")
	d.get("/desk/items/new").want(t, http.StatusOK, `action="/desk/items/new"`, `data-markdown`, `data-preview`)
	i := d.write(t)
	if i.Body != "Line one\nLine two" || len(i.Sources) != 2 || len(i.Topics) != 2 || i.Topics[0] != 2 || i.State != subscriptions.ItemDraft {
		t.Errorf("it came out as %+v", i)
	}
	path := "/desk/items/" + fmt.Sprint(i.ID)
	d.get(path).want(t, http.StatusOK, "Draft on &lt;b&gt;data&lt;/b&gt;", "Saved.", `href="`+path+`/edit"`, "GB/T 35273")
	d.get(path+"/edit").want(t, http.StatusOK, "Line one\nLine two</textarea>", `value="2019-02-04"`, `name="source-1-accessed" value="2019-02-01"`, `name="version" value="1"`)
	d.get("/desk/items?q=35273").want(t, http.StatusOK, "1 item matches", "Draft on &lt;b&gt;data")
	d.get("/desk/items?q=nothing+at+all").want(t, http.StatusOK, "No item matches")

	// What is missing for publishing is said in the form, and the words stay.
	bad := itemForm("act", "publish", "version", "1", "title", "", "date", "4 Feb", "home", "", "comments-until", "", "comments-url", "here", "source-0-url", "javascript:alert(1)", "body", "My words & more")
	bad.Del("topic")
	d.post(path+"/edit", bad).want(t, http.StatusUnprocessableEntity, "The item has no title.", "This is not a date.", "The item is filed under no topic.",
		"The comment period needs its last day.", "This is not a web link.", `<input type="text" id="date" name="date" value="4 Feb"`, "My words &amp; more</textarea>", `value="javascript:alert(1)"`, `href="#source-0-url"`, `id="source-0-url"`)
	d.post(path+"/edit", itemForm("act", "publish", "version", "1", "note", "now")).want(t, http.StatusSeeOther)
	if i = d.itemAt(t, fmt.Sprint(i.ID)); i.State != subscriptions.ItemPublished || i.Version != 2 {
		t.Errorf("after publishing: %s, version %d", i.State, i.Version)
	}
	d.post(path+"/state", url.Values{"to": {"withdrawn"}, "version": {"1"}}).want(t, http.StatusSeeOther)
	d.get(path).want(t, http.StatusOK, "has saved this item since you opened it")
	d.post(path+"/state", url.Values{"to": {"withdrawn"}, "version": {"2"}}).want(t, http.StatusSeeOther)
	d.get(path).want(t, http.StatusOK, "Withdrawn", "Make it a draft again")
	d.get(path+"/history").want(t, http.StatusOK, path+"/history/3", "state published → withdrawn")
	d.get(path+"/history/2").want(t, http.StatusOK, "<h3 class=\"field\">State</h3>", "<del>draft</del><ins>published</ins>", "Restore this")
	d.post(path+"/restore", url.Values{"number": {"1"}, "version": {"3"}}).want(t, http.StatusSeeOther)
	for _, none := range []string{"/desk/items/99", "/desk/items/x", path + "/history/99", path + "/history/x", "/desk/items/new?form=new:none"} {
		d.get(none).want(t, http.StatusNotFound)
	}
}

func TestARowOfSourcesMoreWithoutAScript(t *testing.T) {
	t.Parallel()
	d := newSite(t).as(subscriptions.RoleEditor)
	d.post("/desk/items/new", itemForm("act", "add-source")).want(t, http.StatusOK, `id="source-2-url"`, `value="https://example.org/b"`, "Line one\nLine two</textarea>")
	got := d.post("/desk/items/new", itemForm("act", "drop-source-0"))
	got.want(t, http.StatusOK, `name="source-0-url" value="https://example.org/b"`)
	if strings.Contains(got.body, "https://example.org/a") {
		t.Error("the row that was removed is still there")
	}
}

// Two editors have the form open. The second sees both texts, and whatever they
// choose no word is lost.
func TestTwoWriteAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, bob := s.as(subscriptions.RoleEditor), s.as(subscriptions.RolePublisher)
	i := ann.write(t)
	path := "/desk/items/" + fmt.Sprint(i.ID)
	ann.get(path+"/edit").want(t, http.StatusOK, `name="slug" value="`+i.Slug+`"`)
	ann.post(path+"/edit", itemForm("version", "1", "title", "Ann’s title", "body", "Ann’s text")).want(t, http.StatusSeeOther)
	sent := itemForm("version", "1", "body", "Bob’s text", "summary", "Bob’s summary", "slot", "item:1")
	page := bob.post(path+"/edit", sent)
	page.want(t, http.StatusConflict, "The editor saved this while you were writing", "Both of you changed: text.", "<ins>Ann", "<ins>Bob", `name="act" value="aside"`,
		"Bob’s text</textarea>", `name="title" value="Ann’s title"`, `name="version" value="2"`)
	// The form that carries Bob's words, as a browser would send it back.
	mine := url.Values{"version": {"2"}}
	hidden := regexp.MustCompile(`(?s)<textarea name="([^"]+)" hidden[^>]*>\n(.*?)</textarea>`)
	for _, m := range hidden.FindAllStringSubmatch(page.body, -1) {
		mine.Add(m[1], strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&#39;", "'", "&#34;", `"`).Replace(m[2]))
	}
	if mine.Get("body") != "Bob’s text" || mine.Get("summary") != "Bob’s summary" || mine.Get("title") != "Draft on <b>data</b>" {
		t.Fatalf("the page carries %v", mine)
	}
	// His words are kept even when the window dies here.
	bob.get(path+"/edit").want(t, http.StatusOK, "Bob’s text</textarea>", "They are not saved yet.", "you will see both texts")
	aside := url.Values{"act": {"aside"}}
	for name, values := range mine {
		aside[name] = values
	}
	bob.post(path+"/edit", aside).want(t, http.StatusSeeOther)
	if i = ann.itemAt(t, "1"); i.Body != "Ann’s text" || i.Version != 3 {
		t.Errorf("after putting aside it says %q, version %d", i.Body, i.Version)
	}
	bob.get(path+"/history/3").want(t, http.StatusOK, "put aside", "Bob")
	mine.Set("act", "save")
	mine.Set("version", "3")
	bob.post(path+"/edit", mine).want(t, http.StatusSeeOther)
	if i = ann.itemAt(t, "1"); i.Body != "Bob’s text" {
		t.Errorf("after taking Bob's it says %q", i.Body)
	}
	ann.get(path+"/history/2").want(t, http.StatusOK, "Ann") // hers stands in the history
}

func TestWordsAreKeptWhileTheyAreWritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d, other := s.as(subscriptions.RoleEditor), s.as(subscriptions.RoleEditor)
	keep := func(d *atDesk, status int, form url.Values) (told struct {
		Said string
		Turn int64
	}) {
		t.Helper()
		got := d.post("/desk/items/unsaved", form)
		got.want(t, status)
		if err := json.Unmarshal([]byte(got.body), &told); err != nil {
			t.Fatalf("%v: %s", err, got.body)
		}
		return told
	}
	first := keep(d, http.StatusOK, itemForm("body", "Half a sen", "date", "no date yet"))
	if first.Turn != 1 || !strings.HasPrefix(first.Said, "Saved as your draft ") {
		t.Errorf("told %+v", first)
	}
	keep(d, http.StatusConflict, itemForm("turn", "0"))
	keep(d, http.StatusOK, itemForm("turn", "1", "body", "Half a sentence", "date", "no date yet"))
	d.get("/desk/items").want(t, http.StatusOK, "Not saved yet", "/desk/items/new?form=new%3atest")
	d.get("/desk/items/new?form=new:test").want(t, http.StatusOK, "Half a sentence</textarea>", `value="no date yet"`, `name="turn" value="2"`)
	other.get("/desk/items/new?form=new:test").want(t, http.StatusNotFound)
	i := d.write(t, "turn", "2")
	d.get("/desk/items/new?form=new:test").want(t, http.StatusNotFound) // saved: nothing is left over

	slot := subscriptions.ItemSlot(i.ID)
	edit := "/desk/items/" + fmt.Sprint(i.ID) + "/edit"
	keep(d, http.StatusOK, itemForm("slot", slot, "version", "1", "body", "Unsaved"))
	d.get(edit).want(t, http.StatusOK, "Unsaved</textarea>", "They are not saved yet.")
	other.get(edit).want(t, http.StatusOK, "Line one\nLine two</textarea>", "has words in this form")
	if now := d.itemAt(t, fmt.Sprint(i.ID)); now.Body != i.Body || now.Version != 1 {
		t.Errorf("keeping words changed the item: %q", now.Body)
	}
	d.post("/desk/items/unsaved/drop", url.Values{"slot": {slot}}).want(t, http.StatusSeeOther)
	d.get(edit).want(t, http.StatusOK, "Line one\nLine two</textarea>")
	keep(d, http.StatusNotFound, itemForm("slot", "item:99"))
	keep(d, http.StatusUnprocessableEntity, itemForm("slot", "anything"))
}

func TestALongTextComesBackInFull(t *testing.T) {
	t.Parallel()
	d := newSite(t).as(subscriptions.RoleEditor)
	long := strings.Repeat("标准 ", subscriptions.MaxBody/7+10) + "the end"
	got := d.post("/desk/items/new", itemForm("body", long))
	got.want(t, http.StatusUnprocessableEntity, "The text has", "Shorten it", "the end</textarea>")
	if !strings.Contains(got.body, long) {
		t.Error("the text came back with words missing")
	}
	huge := d.post("/desk/items/new", itemForm("body", strings.Repeat("x", 5<<20)))
	huge.want(t, http.StatusRequestEntityTooLarge, "longer than we read", `value="GB/T 35273"`[:5])
	exact := strings.Repeat("y", subscriptions.MaxBody)
	if i := d.write(t, "body", exact); i.Body != exact {
		t.Error("a text as long as may be was not taken whole")
	}
}

func TestSeveralItemsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	for _, title := range []string{"One", "Two", "Three"} {
		d.write(t, "title", title, "slug", "")
	}
	without := itemForm("title", "Homeless", "home", "", "slug", "", "source-0-url", "", "source-3-url", "", "source-3-accessed", "", "standard-identifier", "")
	without.Del("topic")
	d.post("/desk/items/new", without).want(t, http.StatusSeeOther)
	d.get("/desk/items?topic=none").want(t, http.StatusOK, "1 item matches", "Homeless", "without topic")
	d.get("/desk/items").want(t, http.StatusOK, "4 items.", "Same standard as")

	got := d.post("/desk/items/act", url.Values{"act": {"publish"}, "which": {"all"}, "here": {"state=draft&sort=title"}})
	got.want(t, http.StatusSeeOther)
	back := got.Header.Get("Location")
	if !strings.HasPrefix(back, "/desk/items?sort=title&state=draft&done=") {
		t.Errorf("sent to %s", back)
	}
	done, _ := url.Parse(back)
	d.get(back).want(t, http.StatusOK, "3 items changed.", "Not “Homeless”: the item is filed under no topic.", "Undo this for 3 items", "1 item matches")
	d.post("/desk/items/undo", url.Values{"batch": {done.Query().Get("done")}, "here": {"state=draft"}}).want(t, http.StatusSeeOther)
	d.get("/desk/items?state=draft").want(t, http.StatusOK, "3 items set back.", "4 items match.")
	d.post("/desk/items/act", url.Values{"act": {"withdraw"}, "which": {"ticked"}}).want(t, http.StatusSeeOther)
	d.get("/desk/items").want(t, http.StatusOK, "No item is chosen.")
	d.post("/desk/items/act", url.Values{"act": {"home-topic"}, "topic": {"5"}, "item": {"1", "x", "2"}}).want(t, http.StatusSeeOther)
	d.get("/desk/items?topic=5").want(t, http.StatusOK, "2 items match.")
	d.post("/desk/items/undo", url.Values{"batch": {"none"}}).want(t, http.StatusNotFound)
	// Filters that make no sense do not narrow, and pages that are not there are the last.
	d.get("/desk/items?state=x&topic=-1&edition=y&by=0&from=soon&deadline=maybe&sort=odd&page=99&q=%C2%A7").want(t, http.StatusOK, "4 items.", "There is no word to look for")
}

// A frozen edition holds a copy, and the pages say so.
func TestAnItemInAFrozenEdition(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	i := d.write(t, "act", "publish")
	e := subscriptions.Edition{Slug: "q1", Title: "First quarter", State: subscriptions.EditionFrozen, CreatedAt: s.now,
		Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}}
	ctx := context.Background()
	if err := s.store.AddEdition(ctx, &e); err != nil {
		t.Fatal(err)
	}
	i.EditionID = e.ID
	if err := s.store.UpdateItem(ctx, i); err != nil {
		t.Fatal(err)
	}
	const said = "This is in the edition First quarter. What was frozen of it stays as it was."
	d.get("/desk/items/1").want(t, http.StatusOK, said)
	d.get("/desk/items/1/edit").want(t, http.StatusOK, said, "so it stays")
	d.get("/desk/items?edition=1").want(t, http.StatusOK, "1 item matches", "in First quarter")
	d.get("/desk/items?edition=none").want(t, http.StatusOK, "No item matches")
	d.post("/desk/items/1/state", url.Values{"to": {"draft"}, "version": {"1"}}).want(t, http.StatusConflict, "is in an edition")
}
