package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

func TestDownloadingOnesData(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot", "cybersecurity")
	link := s.preferences(id)
	s.get(link).want(t, http.StatusOK, `<form action="`+link+`/data" method="post">`, `href="`+link+`/erase"`)
	s.post(link, nil).want(t, http.StatusUnprocessableEntity, `action="`+link+`/data"`)

	a := s.post(link+"/data", nil)
	a.want(t, http.StatusOK)
	for name, want := range map[string]string{"Content-Type": "application/json", "Content-Disposition": `attachment; filename="my-data.json"`,
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var data subscriptions.PersonalData
	if err := json.Unmarshal([]byte(a.body), &data); err != nil {
		t.Fatal(err)
	}
	if data.Person.Address != "anna@example.org" || len(data.Subscriptions) != 2 || data.Format != subscriptions.ExportFormat {
		t.Errorf("the file is %s", a.body)
	}
	// A scanner that opens links gets nothing, and the link of a letter that was
	// forwarded opens nothing here.
	s.get(link+"/data").want(t, http.StatusMethodNotAllowed)
	leave := strings.Replace(s.leave(id), "/unsubscribe/", "/preferences/", 1)
	s.post(leave+"/data", nil).want(t, http.StatusNotFound, `href="/manage"`)
	s.post("/preferences/forged/data", nil).want(t, http.StatusNotFound, "This link does not work")
	old := "/preferences/" + s.keys.Issue(subscriptions.PurposePreferences, id, 0, s.now.AddDate(-2, 0, 0))
	s.post(old+"/data", nil).want(t, http.StatusGone, `href="/manage"`)
}

func TestErasingByThePage(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	link, leave := s.preferences(id), s.leave(id)
	before := s.dump()
	s.get(link+"/erase").want(t, http.StatusOK, "a•••@example.org", "What goes", "What stays", "<form method=\"post\"><button>Erase my data</button></form>", `href="`+link+`"`)
	if s.dump() != before {
		t.Error("looking at the page changed something")
	}
	s.post(strings.Replace(leave, "/unsubscribe/", "/preferences/", 1)+"/erase", nil).want(t, http.StatusNotFound)
	if s.active(id) != "iot" {
		t.Fatal("a link to leave has erased somebody")
	}
	// Our pages send no Referer, so the form comes with "Origin: null".
	r := httptest.NewRequest(http.MethodPost, link+"/erase", strings.NewReader(""))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "null")
	a := s.do(r)
	a.want(t, http.StatusOK, "Your data are erased", "a•••@example.org", "What stays", "subscribe again")
	if dump := s.dump(); strings.Contains(dump, "anna@") || strings.Contains(dump, "192.0.2.") {
		t.Error("the database still names the person")
	}
	if strings.Contains(s.log.String(), "anna@") || strings.Contains(s.log.String(), strings.TrimPrefix(link, "/preferences/")) {
		t.Error("the log names the person or their link")
	}
	s.post(link+"/erase", nil).want(t, http.StatusOK, "Your data are erased", "done before")
	s.get(link+"/erase").want(t, http.StatusOK, "Your data are erased", "done before")
	s.get(link).want(t, http.StatusGone, "belongs to nobody any more")
	s.post(link+"/data", nil).want(t, http.StatusGone)

	// Two years later somebody finds an old letter.
	s.now = s.now.AddDate(2, 0, 0)
	s.get(leave).want(t, http.StatusOK, "There is nothing to leave", `href="/manage"`)
	one := httptest.NewRequest(http.MethodPost, leave, strings.NewReader("List-Unsubscribe=One-Click"))
	one.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.do(one).want(t, http.StatusOK, "You are unsubscribed.")
}

// The page tells the times that are set, all of the table that is about readers.
func TestThePrivacyPageTellsTheTable(t *testing.T) {
	keep := subscriptions.Keep{Unconfirmed: 9 * 24 * time.Hour, IP: 5 * 24 * time.Hour}
	body := newSite(t, func(o *web.Options) { o.Keep, o.Settings = keep, nil }).get("/privacy").body
	for _, row := range keep.Table() {
		kept := row.Kept()
		if row.Keep > 0 {
			kept = "for " + kept
		}
		told := "<dt>" + html.EscapeString(row.Data) + "</dt><dd>Kept " + kept + ". " + html.EscapeString(row.Then) + "</dd>"
		if strings.Contains(body, told) == row.Internal {
			t.Errorf("the page tells %q: %v", row.Data, row.Internal)
		}
	}
	if !strings.Contains(body, "9 days after the last sign-up") || !strings.Contains(body, "5 days after the event") {
		t.Error("the page tells other times than those that are set")
	}
}
