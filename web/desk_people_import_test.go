package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

func (s *site) lists() *subscriptions.PeopleImportService {
	clock := func() time.Time { return s.now }
	return &subscriptions.PeopleImportService{Store: s.store, Reader: importer.Lists{}, Now: clock,
		Imports: &subscriptions.ImportService{Store: s.store, Keys: s.keys, Now: clock}}
}

// peopleImportPages are the cases of the pages of lists.
func peopleImportPages(now time.Time, frame desk.Frame) map[string][]framed {
	frame.Section = "/desk/people"
	at := subscriptions.ListColumns{Email: 2, Name: -1, First: 0, Last: 1, Organisation: 3, Topics: -1}
	list := func(state subscriptions.PeopleImportState) subscriptions.PeopleImport {
		return subscriptions.PeopleImport{ID: 7, Name: "members-2019.csv", State: state, At: now, ChangedAt: now, By: "An editor", Size: 120_000, Rows: 1204, Columns: at}
	}
	head := subscriptions.ListHead{Named: true, Headings: []string{"Vorname", "Nachname", "E-Mail-Adresse", "Verband oder Unternehmen", ""}, Rows: 1204, Guess: at, Encoding: "WINDOWS-1252",
		Sample: [][]string{{"Änne", "Muster", "aenne.muster@example.org", strings.Repeat("A standards office ", 4), ""}, {"", "", "b@example.org"}}}
	form := desk.ListForm{Columns: []string{"first", "last", "email", "organisation", ""}}
	topics := []desk.TopicChoice{{Slug: "iot", Name: "IoT", Accent: "iot", Also: true}, {Slug: "horizontal", Name: "Horizontal issues", Accent: "horizontal"}}
	report := subscriptions.SubscriberReport{Rows: 1204, Added: 1130, Extended: 12, Unchanged: 30, Ended: 7, Suppressed: 2, Bad: 23, Twice: 5}
	lines := []subscriptions.ListLine{{Line: 14, Outcome: subscriptions.LineRefused, Why: `"nobody" is not an e-mail address. Write it like anna@example.org.`},
		{Line: 1200, Outcome: subscriptions.LineLeft, Why: "They left on 3 March 2019, and come back by their own hand alone."}, {Line: 1201, Outcome: subscriptions.LineTwice, Why: "The address stands in line 4."}}
	faults := page.Faults{{Field: "columns", Message: "Wrong."}, {Field: "topics", Message: "None."}, {Field: "confirmed", Message: "Say."}, {Field: "source", Message: "Say where."}, {Field: "given_on", Message: "Say when."}, {Field: "evidence", Message: "Long."}}
	checked, done, running, back, cli, faulty := list(subscriptions.ListChecked), list(subscriptions.ListDone), list(subscriptions.ListRunning), list(subscriptions.ListWithdrawn), list(subscriptions.ListRunning), list(subscriptions.ListUploaded)
	day := subscriptions.DateOf(now)
	for _, p := range []*subscriptions.PeopleImport{&checked, &done, &running, &back} {
		p.Report, p.Confirmed, p.Source, p.GivenOn, p.Evidence = report, true, "sign-up sheet of the meeting of 14 March", day, "I want to get the newsletter.\n<b>"
	}
	running.Done, back.Withdrawn, back.Note, back.Size, cli.Size = 400, subscriptions.WithdrawReport{Forgotten: 1, Ended: 3, Stay: 1}, "the wrong file", 0, 0
	faulty.Fault = "The list has no column email."
	open := form
	open.Basis, open.Source, open.GivenOn, open.Evidence = "agreed", checked.Source, day.String(), checked.Evidence
	return map[string][]framed{
		"desk/people-imports": {&desk.ListsPage{Frame: frame}, &desk.ListsPage{Frame: frame, Lists: []subscriptions.PeopleImport{running, checked, done, back, list(subscriptions.ListUploaded)}, More: "/desk/people/import?before=3"},
			&desk.ListsPage{Frame: frame, Text: "a <b>", Faults: page.Faults{{Field: "file", Message: "There is no list."}}}},
		"desk/people-import": {&desk.ListPage{Frame: frame, List: list(subscriptions.ListUploaded), Head: head, Form: form, Topics: topics},
			&desk.ListPage{Frame: frame, List: faulty, Head: head, Form: form, Topics: topics, Faults: faults},
			&desk.ListPage{Frame: frame, List: checked, Head: head, Form: open, Topics: topics, Lines: lines, Cut: true},
			&desk.ListPage{Frame: frame, List: running, Lines: lines}, &desk.ListPage{Frame: frame, List: cli}, &desk.ListPage{Frame: frame, List: list(subscriptions.ListChecking)},
			&desk.ListPage{Frame: frame, List: done, Lines: lines}, &desk.ListPage{Frame: frame, List: done, Note: "x", Faults: page.Faults{{Field: "note", Message: "Say why."}}},
			&desk.ListPage{Frame: frame, List: back}, &desk.ListPage{Frame: frame, List: list(subscriptions.ListWithdrawing)}},
	}
}

// upload sends a file as a browser does.
func (d *atDesk) bring(path, name, content string) answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		d.s.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return d.do(r)
}

func TestAnAdminBringsInAList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin, publisher := s.as(subscriptions.RoleAdmin), s.as(subscriptions.RolePublisher)
	const lists = "/desk/people/import"

	admin.get(lists).want(t, http.StatusOK, "Bring in a list", "No list was brought in yet")
	admin.post(lists, url.Values{"text": {" "}}).want(t, http.StatusUnprocessableEntity, "There is no list.")
	admin.bring(lists, "x.csv", "email\n").want(t, http.StatusUnprocessableEntity, "nobody below them")
	if a := publisher.bring(lists, "x.csv", "a@example.org"); a.StatusCode != http.StatusForbidden {
		t.Errorf("a publisher brings in a list: %d", a.StatusCode)
	}
	made := admin.bring(lists, `C:\lists\=cmd <b>.csv`, "Name;Mailadresse\nAnna;anna@example.org\n=1+1;nobody\n<script>;bea@example.org\n")
	path := made.Header.Get("Location")
	if made.StatusCode != http.StatusSeeOther || !strings.HasPrefix(path, lists+"/") {
		t.Fatalf("%d to %q\n%s", made.StatusCode, path, made.body)
	}
	admin.get(path).want(t, http.StatusOK, "=cmd &lt;b&gt;.csv", `<option value="email" selected>the address`, "&lt;script&gt;", "A letter asks each of them", "Nobody has come in yet")
	form := url.Values{"column0": {"name"}, "column1": {"email"}, "topics": {"iot"}}
	admin.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "Say whether they have agreed", `<option value="name" selected>`)
	form.Set("basis", "agreed")
	form.Set("evidence", "my <words>")
	admin.post(path+"/check", form).want(t, http.StatusUnprocessableEntity, "Say where the consent lies", "Say on which day they agreed", "my &lt;words&gt;")
	twice := url.Values{"column0": {"email"}, "column1": {"email"}, "topics": {"iot"}, "basis": {"ask"}}
	admin.post(path+"/check", twice).want(t, http.StatusUnprocessableEntity, "Two columns are said to hold the same")
	form.Set("source", "sheet of 14 March")
	form.Set("given_on", "2019-03-14")
	admin.post(path+"/check", form).leadsTo(t, path)
	admin.get(path).want(t, http.StatusOK, "What would come of it", "Bring in 2 rows", "is not an e-mail address", "sheet of 14 March")
	admin.get("/desk/people?q=anna").want(t, http.StatusOK, "Nobody begins so")

	admin.post(path+"/take", nil).leadsTo(t, path)
	admin.get(path).want(t, http.StatusOK, "What came of it", "Take it back", "as it came")
	admin.get("/desk/people?q=anna").want(t, http.StatusOK, "anna@example.org", "Active")
	admin.post(path+"/take", nil).want(t, http.StatusConflict, "This list is taken in")
	csv := admin.get(path + "/lines.csv")
	csv.want(t, http.StatusOK, "line,outcome,why", "3,refused,")
	if got := csv.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
		t.Errorf("lines come %q", got)
	}
	file := admin.post(path+"/list", nil)
	file.want(t, http.StatusOK, "<script>;bea@example.org")
	if got := file.Header.Get("Content-Disposition") + " " + file.Header.Get("X-Content-Type-Options"); !strings.HasPrefix(got, "attachment") || !strings.HasSuffix(got, "nosniff") {
		t.Errorf("a list comes %q", got)
	}
	admin.post(path+"/withdraw", url.Values{"note": {""}}).want(t, http.StatusUnprocessableEntity, "Say why it is taken back")
	admin.post(path+"/withdraw", url.Values{"note": {"wrong file"}}).leadsTo(t, path)
	admin.get(path).want(t, http.StatusOK, "Taken back: wrong file. 2 people are forgotten")
	admin.get("/desk/people?q=anna").want(t, http.StatusOK, "Nobody begins so")
	admin.get(lists).want(t, http.StatusOK, "taken back", "sheet of 14 March")
	admin.get("/desk/settings/audit").want(t, http.StatusOK, "wrong file")
	admin.get("/desk/settings/audit?action=person-list.").want(t, http.StatusOK, "person-list.export")
	admin.post(lists+"/999/list", nil).want(t, http.StatusNotFound)

	pasted := admin.post(lists, url.Values{"text": {"Cem <cem@example.org>; dora@example.org"}})
	admin.get(pasted.Header.Get("Location")).want(t, http.StatusOK, "2 rows", "taken for a person")
	admin.post(pasted.Header.Get("Location")+"/drop", nil).leadsTo(t, lists)
	admin.get(pasted.Header.Get("Location")).want(t, http.StatusNotFound)
	for _, wrong := range []string{"/0", "/x", "/999", "/999/lines.csv"} {
		admin.get(lists+wrong).want(t, http.StatusNotFound)
	}
}

func TestALongListIsLeftToTheJob(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	var list strings.Builder
	for n := range 2001 {
		fmt.Fprintf(&list, "p%d@example.org\n", n)
	}
	path := admin.bring("/desk/people/import", "long.csv", list.String()).Header.Get("Location")
	admin.post(path+"/check", url.Values{"column0": {"email"}, "topics": {"iot"}, "basis": {"ask"}}).leadsTo(t, path)
	admin.get(path).want(t, http.StatusOK, "data-live", "0 of 2,001 rows", "You may leave this page")
	if _, err := s.lists().WorkDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := admin.get(path); strings.Contains(a.body, "data-live") {
		t.Error("a page of what is done goes on asking")
	}
	admin.get(path).want(t, http.StatusOK, "Ask 2,001 rows by letter")
}
