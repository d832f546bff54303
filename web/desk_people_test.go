package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestPeopleInTheDesk(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	admin, publisher := s.as(subscriptions.RoleAdmin), s.as(subscriptions.RolePublisher)
	admin.get("/desk/people").want(t, http.StatusOK, "Nobody has subscribed yet")
	anna := s.member("anna@example.org", "iot")
	s.member("bea@two.example.org", "blockchain")
	publisher.get("/desk/people?q=anna").want(t, http.StatusOK, "anna@example.org", "IoT")
	if got := publisher.get("/desk/people?q=%40two.example.org"); strings.Contains(got.body, "anna@") || !strings.Contains(got.body, "bea@two") {
		t.Errorf("a domain: %s", got.body)
	}
	publisher.get("/desk/people?q=zebra").want(t, http.StatusOK, "Nobody begins so")
	path := "/desk/people/" + strconv.FormatInt(anna, 10)
	publisher.get(path).want(t, http.StatusOK, "anna@example.org", "web form", "Confirmed", "IoT")
	if got := publisher.get(path); strings.Contains(got.body, "Erase") {
		t.Error("a publisher is offered what takes an admin")
	}
	admin.get("/desk/people/999").want(t, http.StatusNotFound)
	admin.get("/desk/people/x").want(t, http.StatusNotFound)

	admin.post(path, url.Values{"do": {"end"}, "note": {""}}).want(t, http.StatusUnprocessableEntity, "Say who asked for it")
	admin.post(path, url.Values{"do": {"erase"}, "note": {"a letter"}}).want(t, http.StatusUnprocessableEntity, "Tick that you mean it", `value="a letter"`)
	admin.post(path, url.Values{"do": {"bar"}, "note": {"a letter"}}).want(t, http.StatusSeeOther)
	admin.get(path).want(t, http.StatusOK, "Ended. Nothing more is sent to them.", "Suppressed")
	if got := admin.get(path); strings.Contains(got.body, "Nothing more is sent to them.") {
		t.Error("it is said twice")
	}
	data := admin.post(path+"/data", nil)
	data.want(t, http.StatusOK)
	var kept subscriptions.PersonalData
	if err := json.Unmarshal([]byte(data.body), &kept); err != nil || kept.Person.Address != "anna@example.org" {
		t.Errorf("%v: %s", err, data.body)
	}
	publisher.post("/desk/people/suppressions", url.Values{"do": {"look"}, "email": {"ANNA@example.org"}}).want(t, http.StatusOK, "Suppressed since")
	publisher.post("/desk/people/suppressions", url.Values{"do": {"look"}, "email": {"bea@two.example.org"}}).want(t, http.StatusOK, "Not suppressed.")
	publisher.post("/desk/people/suppressions", url.Values{"do": {"lift"}, "email": {"anna@example.org"}, "note": {"x"}}).want(t, http.StatusConflict, "takes the role admin")
	admin.post("/desk/people/suppressions", url.Values{"do": {"lift"}, "email": {"anna@example.org"}}).want(t, http.StatusUnprocessableEntity, "Say why it is lifted")
	admin.post("/desk/people/suppressions", url.Values{"do": {"lift"}, "email": {"anna@example.org"}, "note": {"wrote to us"}}).want(t, http.StatusSeeOther)
	admin.post(path, url.Values{"do": {"erase"}, "note": {"a letter"}, "sure": {"yes"}}).want(t, http.StatusSeeOther)
	if got := admin.get(path); strings.Contains(got.body, "anna@example.org") {
		t.Error("the page of somebody who was erased names them")
	}
	events, err := s.store.AuditEvents(context.Background(), subscriptions.AuditFilter{EditorID: admin.Editor.ID})
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range events {
		log = append(log, e.Action)
	}
	if got := strings.Join(log, " "); got != "person.erase suppression.lift person.export person.bar" {
		t.Errorf("the log: %s", got)
	}

	admin.get("/desk/people/new").want(t, http.StatusOK, "Where the consent lies")
	admin.post("/desk/people/new", url.Values{"email": {"carl"}, "source": {""}}).want(t, http.StatusUnprocessableEntity, `value="carl"`, "say where the consent lies"[1:])
	admin.post("/desk/people/new", url.Values{"email": {"anna@example.org"}, "topics": {"iot"}, "source": {"sheet"}}).want(t, http.StatusUnprocessableEntity, "gets no letters")
	admin.post("/desk/people/new", url.Values{"email": {"carl@example.org"}, "topics": {"iot"}, "source": {"sheet"}, "confirmed": {"yes"}}).want(t, http.StatusSeeOther)
	admin.get("/desk/people?q=carl").want(t, http.StatusOK, "carl@example.org", "Active")
}
