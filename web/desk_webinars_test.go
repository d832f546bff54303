package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// webinarLetter composes a letter as the desk shows it.
func (s *site) webinarLetter(ctx context.Context, w subscriptions.Webinar, kind subscriptions.Kind) (desk.WebinarLetter, error) {
	c, err := compose.New(compose.Options{Store: s.store, Keys: s.keys, Identity: subscriptions.StandardIdentity(), Salt: "salt", Now: func() time.Time { return s.now }})
	if err != nil {
		return desk.WebinarLetter{}, err
	}
	m, err := c.PreviewWebinar(ctx, w, kind)
	if err != nil {
		return desk.WebinarLetter{}, err
	}
	l := desk.WebinarLetter{Subject: m.Body.Subject}
	l.Text, l.HTML = m.Render()
	if m.Body.Invite != nil {
		l.Invite = string(m.Body.Invite.Data)
	}
	return l, nil
}

func webinarForm() url.Values {
	return url.Values{"title": {"AI in China"}, "topics": {"iot"}, "starts": {"2019-06-11T09:30"}, "ends": {"2019-06-11 10:30"}, "zone": {"Europe/Brussels"}, "language": {"English"},
		"join_url": {"https://join.example.org/room"}, "presenter_name": {"A speaker", ""}, "presenter_role": {"Expert", ""}, "presenter_biography": {"Speaks.", ""}, "capacity": {"2"},
		"question-1": {"Which sector?"}, "question-1-kind": {"choice"}, "question-1-choices": {"industry\r\nresearch\r\n"}, "reminders": {"24h 1h"}}
}

func TestAWebinarAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	publisher := s.as(subscriptions.RolePublisher)
	publisher.get("/desk/webinars").want(t, http.StatusOK, "No webinar yet")
	publisher.get("/desk/webinars/new").want(t, http.StatusOK, `name="starts"`, `value="Europe/Brussels"`)
	publisher.post("/desk/webinars/new", webinarForm()).want(t, http.StatusSeeOther)
	publisher.get("/desk/webinars/1").want(t, http.StatusOK, "AI in China", "Tuesday 11 June 2019, 09:30–10:30 in Brussels", "1 day before", "Which sector?", `class="now" aria-current="step">Draft`)
	publisher.post("/desk/webinars/1/announce", url.Values{"alone": {"yes"}}).want(t, http.StatusSeeOther)
	publisher.get("/desk/webinars/1").want(t, http.StatusOK, "The letter is on its way", `aria-current="step">Announced`, "being planned")
	publisher.get("/desk/webinars").want(t, http.StatusOK, "0 of 2")
	add := func(email, source string) answer {
		return publisher.post("/desk/webinars/1/registrations", url.Values{"email": {email}, "name": {"=cmd()"}, "source": {source}})
	}
	add("a@example.org", "").want(t, http.StatusUnprocessableEntity, "Say how they asked for it")
	for _, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		add(email, "telephone").want(t, http.StatusSeeOther)
	}
	publisher.get("/desk/webinars/1/registrations").want(t, http.StatusOK, "is on the waiting list", "2 registered of 2 places, 1 waiting", "desk: telephone")
	found := publisher.get("/desk/webinars/1/registrations?q=b@ex")
	found.want(t, http.StatusOK, "b@example.org")
	if strings.Contains(found.body, "a@example.org") {
		t.Error("the search finds somebody else")
	}
	// What editors take with them is no formula, and it is written down.
	export := publisher.post("/desk/webinars/1/export", nil)
	export.want(t, http.StatusOK, "email,name,organisation,state", "Which sector?", "a@example.org,'=cmd()")
	log, err := s.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "webinar.export"})
	if err != nil || len(log) != 1 {
		t.Errorf("%v, %v", log, err)
	}
	// Moving and cancelling say how many get a mail.
	publisher.get("/desk/webinars/1/move").want(t, http.StatusOK, "3 people get a mail", "Move it, and tell 3 people")
	publisher.post("/desk/webinars/1/move", url.Values{"version": {"2"}, "starts": {"2019-06-12 11:00"}, "ends": {"2019-06-12 10:00"}, "zone": {"Europe/Brussels"}}).
		want(t, http.StatusUnprocessableEntity, "The webinar ends before it starts")
	publisher.post("/desk/webinars/1/move", url.Values{"version": {"2"}, "starts": {"2019-06-12 09:30"}, "ends": {"2019-06-12 10:30"}, "zone": {"Europe/Brussels"}, "note": {"The hall is taken."}}).want(t, http.StatusSeeOther)
	publisher.get("/desk/webinars/1").want(t, http.StatusOK, `aria-current="step">Moved`, "New time")
	s.get("/webinars/ai-in-china").want(t, http.StatusOK, "It was moved", "The hall is taken.", "Wednesday 12 June 2019")
	publisher.post("/desk/webinars/1/registrations/1/cancel", nil).want(t, http.StatusSeeOther)
	if got := s.seatOf(1, "c@example.org").State; got != subscriptions.RegistrationActive {
		t.Errorf("the place is not given on: %s", got)
	}
	publisher.get("/desk/webinars/1/cancel").want(t, http.StatusOK, "Cancel the webinar?", "2 people get a mail")
	publisher.post("/desk/webinars/1/cancel", url.Values{"note": {"The speaker is ill."}}).want(t, http.StatusSeeOther)
	publisher.get("/desk/webinars/1").want(t, http.StatusOK, `aria-current="step">Cancelled`)
}

// Each fault is a sentence at its field, and the words stay in the form.
func TestFaultsOfAWebinar(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor := s.as(subscriptions.RoleEditor)
	form := webinarForm()
	form["starts"], form["ends"], form["join_url"], form["capacity"] = []string{"2019-03-31 02:30"}, []string{"2019-03-31 04:00"}, []string{"http://join.example.org"}, []string{"few"}
	editor.post("/desk/webinars/new", form).want(t, http.StatusUnprocessableEntity, "2019-03-31 02:30 does not exist in Europe/Brussels", "capacity is a number", `value="AI in China"`, "industry\nresearch", `id="starts"`)
	form["zone"] = []string{"Europe/Atlantis"}
	editor.post("/desk/webinars/new", form).want(t, http.StatusUnprocessableEntity, "There is no time zone Europe/Atlantis")
	editor.post("/desk/webinars/1/announce", nil).want(t, http.StatusForbidden)
}

func TestLettersOfAWebinarAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	editor := s.as(subscriptions.RoleEditor)
	editor.post("/desk/webinars/new", webinarForm()).want(t, http.StatusSeeOther)
	for _, kind := range subscriptions.WebinarKinds() {
		path := "/desk/webinars/1/letters/" + string(kind)
		editor.get(path).want(t, http.StatusOK, "AI in China", "sandbox")
		a := editor.get(path + "?view=html")
		a.want(t, http.StatusOK, "</html>")
		if !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s stands alone without a sandbox", kind)
		}
	}
	editor.get("/desk/webinars/1/letters/webinar-registered").want(t, http.StatusOK, "METHOD:REQUEST")
	editor.get("/desk/webinars/1/letters/digest").want(t, http.StatusNotFound)
}

func TestAttendanceAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	publisher := s.as(subscriptions.RolePublisher)
	publisher.post("/desk/webinars/new", webinarForm()).want(t, http.StatusSeeOther)
	publisher.post("/desk/webinars/1/announce", nil).want(t, http.StatusSeeOther)
	for _, email := range []string{"a@example.org", "b@example.org"} {
		publisher.post("/desk/webinars/1/registrations", url.Values{"email": {email}, "source": {"x"}}).want(t, http.StatusSeeOther)
	}
	s.now = time.Date(2019, 6, 11, 9, 0, 0, 0, time.UTC)
	if _, err := s.webinarDesk().Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	publisher = s.as(subscriptions.RolePublisher) // the first is signed out by now
	upload := func(content string) answer {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		f, err := m.CreateFormFile("file", "attendees.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(content))
		_ = m.Close()
		r := httptest.NewRequest(http.MethodPost, "/desk/webinars/1/attendance", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Cookie", publisher.cookie)
		return s.do(r)
	}
	upload("").want(t, http.StatusUnprocessableEntity, "Choose the list")
	upload("no,headings\n").want(t, http.StatusUnprocessableEntity, "No line of this file")
	upload("Attended,First Name,Last Name,Email Address\nYes,A,A,a@example.org\nNo,B,B,b@example.org\nYes,G,G,guest@example.org\n").
		want(t, http.StatusOK, "1 of the registered attended, 1 missed it", "guest@example.org")
	publisher.post("/desk/webinars/1/follow-up", nil).want(t, http.StatusSeeOther)
	publisher.get("/desk/webinars/1").want(t, http.StatusOK, "What comes after", "Attended")
}
