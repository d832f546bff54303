package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func (s *site) topicID(slug string) int64 {
	s.t.Helper()
	all, err := s.store.AllTopics(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, t := range all {
		if t.Slug == slug {
			return t.ID
		}
	}
	s.t.Fatalf("there is no topic %s", slug)
	return 0
}

// move follows a change of topics to its end, as the job does.
func (s *site) move() {
	s.t.Helper()
	if err := (&subscriptions.TopicService{Store: s.store, Now: func() time.Time { return s.now }}).Work(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (a answer) leadsTo(t *testing.T, path string) {
	t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != path {
		t.Errorf("%d to %q, want %q\n%s", a.StatusCode, a.Header.Get("Location"), path, a.body)
	}
}

func TestAnAdminManagesTopics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin, editor := s.as(subscriptions.RoleAdmin), s.as(subscriptions.RoleEditor)
	const list = "/desk/settings/topics"

	admin.get(list).want(t, http.StatusOK, "6 topics", "A new topic", "Move IoT up")
	if page := editor.get(list); page.StatusCode != http.StatusOK || strings.Contains(page.body, "Make the topic") || strings.Contains(page.body, `name="move"`) {
		t.Errorf("an editor sees %s", page.body)
	}
	admin.post(list, url.Values{"name": {""}, "description": {"my <words>"}}).want(t, http.StatusUnprocessableEntity, "The topic needs a name.", "my &lt;words&gt;")
	admin.post(list, url.Values{"name": {"Quantum"}, "slug": {"iot"}}).want(t, http.StatusUnprocessableEntity, "is or was the name of the topic IoT", `value="Quantum"`)
	made := admin.post(list, url.Values{"name": {"Quantum <b>"}, "description": {"Qubits."}})
	id := s.topicID("quantum-b")
	made.leadsTo(t, fmt.Sprintf("%s/%d", list, id))
	at := fmt.Sprintf("%s/%d", list, id)
	admin.get(at).want(t, http.StatusOK, "Quantum &lt;b&gt; is there.", "0 people have it", "people who did not choose it would get it too")

	// Two have the same form open: the second keeps the words.
	form := func(name string) url.Values {
		return url.Values{"version": {"1"}, "name": {name}, "short_name": {"Q"}, "slug": {"quantum"}, "accent": {"plum"}, "description": {"d"}}
	}
	admin.post(at, form("First")).leadsTo(t, at)
	admin.post(at, form("Second")).want(t, http.StatusConflict, "Somebody else has saved this topic", `value="Second"`, `name="version" value="2"`, "First")
	admin.post(at, url.Values{"version": {"2"}, "name": {strings.Repeat("x", 90)}, "short_name": {"Q"}, "slug": {"quantum"}, "accent": {"plum"}}).
		want(t, http.StatusUnprocessableEntity, "more than 80 characters")

	// Its old name leads to the new one, page and feeds, with what is in the query.
	for from, to := range map[string]string{"/topics/quantum-b": "/topics/quantum", "/topics/quantum-b?page=2": "/topics/quantum?page=2",
		"/topics/quantum-b/feed.atom": "/topics/quantum/feed.atom", "/topics/quantum-b/feed.json": "/topics/quantum/feed.json"} {
		if got := s.get(from); got.StatusCode != http.StatusMovedPermanently || got.Header.Get("Location") != to {
			t.Errorf("%s: %d to %s, want %s", from, got.StatusCode, got.Header.Get("Location"), to)
		}
	}

	ids := func() (order string) {
		all, err := s.store.Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, topic := range all {
			if i > 0 {
				order += ","
			}
			order += fmt.Sprint(topic.ID)
		}
		return order
	}
	before := ids()
	admin.post(list+"/order", url.Values{"order": {before}, "move": {fmt.Sprint(id, ":up")}}).leadsTo(t, list)
	if want := "1,2,3,4,5,7,6"; ids() != want {
		t.Errorf("the order is %s, want %s", ids(), want)
	}
	admin.post(list+"/order", url.Values{"order": {"7,6,5,4,3,2,1"}}).leadsTo(t, list)
	if ids() != "7,6,5,4,3,2,1" {
		t.Errorf("the order is %s", ids())
	}
	admin.post(list+"/order", url.Values{"order": {"1,2"}}).want(t, http.StatusConflict, "The topics have changed since")
	admin.post(list+"/order", url.Values{"order": {"a"}}).want(t, http.StatusUnprocessableEntity, "This is no order of topics")
	for _, path := range []string{list + "/999", list + "/x", list + "/0"} {
		admin.get(path).want(t, http.StatusNotFound, "There is no such")
	}
}

func TestALetterThatIsOutLeavesWhatItsTopicBecame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	reader := s.member("reader@example.org", "iot", "blockchain")
	from, into := s.topicID("iot"), s.topicID("industrial-internet")
	at := fmt.Sprintf("/desk/settings/topics/%d", from)
	admin.get(at).want(t, http.StatusOK, "1 person has it; 0 have nothing else", "Merge into another")
	admin.get(at+"/merge?into=").want(t, http.StatusUnprocessableEntity, "Choose the topic it becomes part of.")
	admin.get(fmt.Sprintf("%s/merge?into=%d", at, into)).want(t, http.StatusOK, "IoT becomes part of Industrial internet", "1 has IoT.", "1 gets it in its place", "cannot be undone")
	merge := url.Values{"version": {"1"}, "into": {fmt.Sprint(into)}}
	admin.post(at+"/merge", merge).leadsTo(t, at)
	admin.get(at).want(t, http.StatusOK, "People are being taken along: 0 of about 1", "About 1 person follow")
	s.move()
	admin.get(at).want(t, http.StatusOK, "IoT became part of Industrial internet. Of people, 1 got it.", "Part of")
	admin.post(at+"/merge", merge).want(t, http.StatusConflict, "has ended")
	admin.get("/desk/settings/topics").want(t, http.StatusOK, "part of Industrial internet")

	link := s.leave(reader)
	s.get(link+"?topic=iot").want(t, http.StatusOK, "The topic IoT is part of Industrial internet now.", `value="industrial-internet" checked`)
	s.post(link, url.Values{"topic": {"iot"}}).want(t, http.StatusOK, "Industrial internet", "Blockchain")
	if got := s.get("/topics/iot"); got.Header.Get("Location") != "/topics/industrial-internet" {
		t.Errorf("the page of the merged topic leads to %q", got.Header.Get("Location"))
	}
	rows, err := s.store.Subscriptions(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, r := range rows {
		if r.State != subscriptions.SubscriptionEnded {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d topics are left, want Blockchain alone: %+v", open, rows)
	}
}

func TestATopicIsRetiredAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(subscriptions.RoleAdmin)
	s.member("reader@example.org", "blockchain")
	at := fmt.Sprintf("/desk/settings/topics/%d", s.topicID("blockchain"))
	admin.get(at).want(t, http.StatusOK, "1 person loses it; 1 of them has nothing else")
	admin.post(at+"/retire", url.Values{"version": {"9"}}).want(t, http.StatusConflict, "Somebody else has changed")
	admin.post(at+"/retire", url.Values{"version": {"1"}}).leadsTo(t, at)
	s.move()
	admin.get(at).want(t, http.StatusOK, "Nobody gets it; what it brought stays", "Bring Blockchain back", "Blockchain ended. Of people, 1 had it.")
	s.get("/topics/blockchain").want(t, http.StatusOK, "The topic has ended")
	if page := s.get("/subscribe"); strings.Contains(page.body, "blockchain") {
		t.Error("the form still offers the topic")
	}
	admin.post(at+"/return", url.Values{"version": {"2"}}).leadsTo(t, at)
	s.move()
	admin.get(at).want(t, http.StatusOK, "1 person has it; 1 has nothing else", "Blockchain was brought back. Of people, 1 got it.")
}

func TestAnEditorKeepsTheGlossary(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor := s.as(subscriptions.RoleEditor)
	const glossary = "/desk/settings/glossary"
	editor.get(glossary).want(t, http.StatusOK, "The glossary is empty")
	editor.get(glossary+"?add=MIIT").want(t, http.StatusOK, `value="MIIT"`)
	editor.post(glossary, url.Values{"abbreviation": {"CAC"}}).want(t, http.StatusUnprocessableEntity, "needs the abbreviation and a name", `value="CAC"`)
	editor.post(glossary, url.Values{"abbreviation": {"CAC"}, "english": {"=HYPERLINK(\"x\")"}, "chinese": {"网信办"}}).leadsTo(t, glossary)
	editor.get(glossary).want(t, http.StatusOK, "CAC is in the glossary.", "网信办", "0 items")
	s.get("/glossary").want(t, http.StatusOK, "网信办")
	csv := editor.get(glossary + ".csv")
	csv.want(t, http.StatusOK, `CAC,"'=HYPERLINK(""x"")",网信办`)
	if got := csv.Header.Get("Content-Disposition"); got != `attachment; filename="glossary.csv"` {
		t.Errorf("the file comes as %q", got)
	}
	editor.get(glossary+".md").want(t, http.StatusOK, "| CAC | =HYPERLINK(\"x\") | 网信办 |")

	term := glossary + "/terms/1"
	editor.post(term, url.Values{"version": {"1"}, "abbreviation": {"CAC"}, "english": {"administration"}}).leadsTo(t, glossary)
	editor.post(term, url.Values{"version": {"1"}, "abbreviation": {"CAC"}, "english": {"my words"}}).want(t, http.StatusConflict, "Somebody else has saved this term", "my words", "administration", `name="version" value="2"`)
	editor.get(term).want(t, http.StatusOK, "What it said before", "HYPERLINK")
	editor.post(glossary+"/restore", url.Values{"revision": {"1"}}).leadsTo(t, glossary)
	editor.post(term+"/remove", url.Values{"version": {"3"}}).leadsTo(t, glossary)
	editor.get(glossary).want(t, http.StatusOK, "Taken out", "Put in again")
	editor.get(glossary+"?q=nothing").want(t, http.StatusOK, "No term has these words.")

	editor.get(glossary+"/missing").want(t, http.StatusOK, "Nothing is missing")
	editor.post(glossary+"/missing", url.Values{"ignore": {"NPC"}}).leadsTo(t, glossary+"/missing")
	editor.get(glossary+"/missing").want(t, http.StatusOK, "Passed over", "Look again for NPC")

	list := url.Values{"list": {"MIIT, ministry\nCAC, administration\n, nothing\n"}, "do": {"try"}}
	editor.post(glossary+"/import", list).want(t, http.StatusOK, "What it would do", "2: MIIT, CAC", "Line 3: a glossary entry needs", "MIIT, ministry")
	editor.get(glossary).want(t, http.StatusOK, "0 terms")
	list.Set("do", "import")
	editor.post(glossary+"/import", list).leadsTo(t, glossary)
	editor.get(glossary).want(t, http.StatusOK, "2 terms added, 0 changed.", "2 terms")
	editor.post(glossary+"/import", url.Values{"list": {""}, "do": {"try"}}).want(t, http.StatusUnprocessableEntity, "There is no term in this list.")
	// More than a form may hold elsewhere is read here; more than that is not lost.
	editor.post(glossary+"/import", url.Values{"list": {strings.Repeat("x", 200_000)}, "do": {"try"}}).want(t, http.StatusOK, "Line 1:")
	editor.post(glossary+"/import", url.Values{"list": {strings.Repeat("x", 4<<20)}, "do": {"try"}}).want(t, http.StatusRequestEntityTooLarge, "longer than we read")
}

func TestTheDeskIsSearched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.member("quentin@example.org", "iot")
	for role, sees := range map[subscriptions.Role]bool{subscriptions.RoleEditor: false, subscriptions.RolePublisher: true} {
		d := s.as(role)
		d.get("/desk/search").want(t, http.StatusOK, "What to look for")
		d.get("/desk/search?q=industrial").want(t, http.StatusOK, ">Industrial internet</a>")
		d.get("/desk/search?q=%3Cscript%3E").want(t, http.StatusOK, "Nothing has all of these words", `value="&lt;script&gt;"`)
		if page := d.get("/desk/search?q=quentin"); strings.Contains(page.body, "quentin@example.org") != sees {
			t.Errorf("the role %s finds the person: %t\n%s", role, !sees, page.body)
		}
	}
}
