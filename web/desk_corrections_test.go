package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestAnEntryIsCorrectedAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor, publisher := s.as(subscriptions.RoleEditor), s.as(subscriptions.RolePublisher)
	ids := s.news(t, "One: iot", "Two: cybersecurity")
	s.member("anna@example.org", "iot")
	s.member("bea@example.org", "cybersecurity")
	e := s.released(t, "First quarter", taken)
	path := "/desk/editions/" + strconv.FormatInt(e.ID, 10)
	editor.get(path).want(t, http.StatusOK, path+"/corrections")
	editor.get(path+"/corrections").want(t, http.StatusOK, "None. May it stay so.", "1. One", "2. Two")
	one := strconv.FormatInt(ids["One"], 10)
	editor.post(path+"/corrections", url.Values{"wrong": {"x"}, "right": {"y"}}).want(t, http.StatusUnprocessableEntity, "Choose the entry that was wrong", ">x</textarea>")
	editor.post(path+"/corrections", url.Values{"item": {one}, "wrong": {"It said <b>May"}, "right": {" "}}).want(t, http.StatusUnprocessableEntity, "ay what is right", "It said &lt;b&gt;May")
	editor.post(path+"/corrections", url.Values{"item": {"999"}, "wrong": {"x"}, "right": {"y"}}).want(t, http.StatusNotFound)
	begun := editor.post(path+"/corrections", url.Values{"item": {one}, "wrong": {"It said **May** <script>alert(1)</script>."}, "right": {"It is June."}})
	if begun.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", begun.StatusCode, begun.body)
	}
	correction := begun.Header.Get("Location")
	editor.get(correction).want(t, http.StatusOK, "Correction: One", "1 person got the entry and get", "The item still says what was sent", "Freeze it")
	letter := editor.get(correction + "/correction/letter")
	letter.want(t, http.StatusOK, "A correction", "<strong>May</strong>", "It is June.")
	if strings.Contains(letter.body, "<script") {
		t.Error("the letter holds a script")
	}
	editor.post(correction+"/correction", url.Values{"wrong": {"It said April."}, "right": {"It is June."}}).want(t, http.StatusSeeOther)
	// It is no issue: what is done to issues leads back to it, or is refused.
	if got := editor.get(correction + "/edit"); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != correction {
		t.Errorf("/edit answers %d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	editor.post(correction+"/place", url.Values{"item": {one}, "verb": {"up"}}).want(t, http.StatusConflict, "is a correction")
	editor.get("/desk/editions").want(t, http.StatusOK, "First quarter")
	if got := editor.get("/desk/editions"); strings.Contains(got.body, "Correction: One") {
		t.Error("the list of issues holds a correction")
	}
	editor.post(correction+"/freeze", nil).want(t, http.StatusSeeOther)
	editor.get(correction).want(t, http.StatusOK, "Open it again", "It said April.")
	for _, part := range []string{"/preview", "/preflight", "/release", "/statistics"} { // the pages of every edition know it
		if got := publisher.get(correction + part); got.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d\n%s", part, got.StatusCode, got.body)
		}
	}
	s.get("/items/item-0").want(t, http.StatusOK)
	if got := s.get("/items/item-0"); strings.Contains(got.body, "Corrected on") {
		t.Error("the site tells of a correction that nobody has approved")
	}

	c, err := s.store.FindEdition(t.Context(), idAtEnd(t, correction))
	if err != nil {
		t.Fatal(err)
	}
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if _, err := editions.Approve(t.Context(), c.ID, c.Hash, "the publisher"); err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Start(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := editions.QueueBatch(t.Context(), c.ID, 100); err != nil {
		t.Fatal(err)
	}
	s.settle(t, c.ID, taken)
	s.get("/items/item-0").want(t, http.StatusOK, "Corrected on", "It said April.", "It is June.")
	s.get("/editions/"+c.Slug).want(t, http.StatusNotFound)
	ledger := publisher.get(correction + "/ledger")
	ledger.want(t, http.StatusOK, "anna@example.org", "<b>1</b> Sent")
	if strings.Contains(ledger.body, "bea@example.org") {
		t.Error("the correction went to somebody who did not get the entry")
	}
	editor.get(path+"/corrections").want(t, http.StatusOK, correction, "Sent")
	editor.get(correction+"/corrections").want(t, http.StatusSeeOther)
}

// idAtEnd is the number at the end of a path.
func idAtEnd(t *testing.T, path string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
