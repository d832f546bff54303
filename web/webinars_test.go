package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func (s *site) webinarDesk() *subscriptions.WebinarService {
	return &subscriptions.WebinarService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
}

var anEditor = subscriptions.Actor{Name: "a test"}

// announced is a webinar with a form of our own.
func (s *site) announced(change func(e *subscriptions.WebinarEdit)) subscriptions.Webinar {
	s.t.Helper()
	e := subscriptions.WebinarEdit{Title: "AI in China", Topics: []string{"iot"}, Starts: "2019-06-11 09:30", Ends: "2019-06-11 10:30", Zone: "Europe/Brussels",
		JoinURL: "https://join.example.org/room", Language: "English"}
	if change != nil {
		change(&e)
	}
	w, err := s.webinarDesk().Create(s.t.Context(), e, anEditor)
	if err == nil {
		w, err = s.webinarDesk().Announce(s.t.Context(), w.ID, false, anEditor)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// seatOf finds the latest registration of the address.
func (s *site) seatOf(id int64, address string) subscriptions.Registration {
	s.t.Helper()
	all, err := s.store.Registrations(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Address == address {
			return all[i]
		}
	}
	s.t.Fatalf("%s has not registered", address)
	return subscriptions.Registration{}
}

func (s *site) attend(r subscriptions.Registration) string {
	return "/attend/" + s.keys.Issue(subscriptions.PurposeSeatMail, r.ID, 0, s.now)
}

func (s *site) ownSeat(r subscriptions.Registration) string {
	return "/registration/" + s.keys.Issue(subscriptions.PurposeSeat, r.ID, 0, s.now)
}

func TestRegisteringForAWebinar(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(func(e *subscriptions.WebinarEdit) {
		e.Questions = []subscriptions.Question{{ID: "c", Kind: subscriptions.QuestionChoice, Text: "Which sector?", Choices: []string{"industry", "research"}, Required: true}}
	})
	a := s.get("/webinars/" + w.Slug)
	a.want(t, http.StatusOK, "Tuesday 11 June 2019", "09:30–10:30", "CEST, UTC&#43;2", "15:30–16:30", "CST, UTC&#43;8", `action="/webinars/ai-in-china/register"`, "Which sector?")
	if strings.Contains(a.body, "join.example.org") || strings.Contains(a.body, `name="letters" value="yes" checked`) {
		t.Error("the page tells the link to join, or ticks for the reader")
	}
	s.get("/webinars/"+w.Slug+"?zone=Asia/Kathmandu").want(t, http.StatusOK, "13:15–14:15", "Kathmandu")
	form := url.Values{"email": {"anna@example"}, "name": {"Anna"}, "zone": {"Mars/Base"}}
	a = s.post("/webinars/"+w.Slug+"/register", form)
	a.want(t, http.StatusUnprocessableEntity, "3 things to mend", `href="#email"`, `href="#zone"`, `href="#answer-c"`, `value="Anna"`)
	form = url.Values{"email": {"anna@example.org"}, "name": {"Anna"}, "answer-c": {"industry"}, "zone": {"Asia/Tokyo"}}
	for range 2 {
		a = s.post("/webinars/"+w.Slug+"/register", form)
		a.want(t, http.StatusSeeOther)
		if to := a.Header.Get("Location"); to != "/webinars/"+w.Slug+"/register/sent" {
			t.Fatalf("it leads to %s", to)
		}
	}
	s.get("/webinars/"+w.Slug+"/register/sent").want(t, http.StatusOK, "Look in your inbox")
	r := s.seatOf(w.ID, "anna@example.org")
	s.get(s.attend(r)).want(t, http.StatusOK, "Take the place", "a•••@example.org", "<form method=\"post\">")
	if s.seatOf(w.ID, "anna@example.org").State != subscriptions.RegistrationPending {
		t.Error("opening the link has taken the place")
	}
	a = s.post(s.attend(r), nil)
	a.want(t, http.StatusSeeOther)
	a = s.get(a.Header.Get("Location"))
	a.want(t, http.StatusOK, "You have a place", "https://join.example.org/room", "16:30–17:30", "a•••@example.org", "calendar.ics")
	if strings.Contains(a.body, "anna@example.org") {
		t.Error("the page shows the whole address to whoever has the link")
	}
	// Nobody was subscribed.
	if _, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org"); err == nil {
		t.Error("registering has made a subscriber")
	}
	// Change, and leave.
	own := s.ownSeat(r)
	s.post(own, url.Values{"name": {"Anna Berg"}, "answer-c": {"research"}}).want(t, http.StatusSeeOther)
	if got := s.seatOf(w.ID, "anna@example.org"); got.Name != "Anna Berg" || got.Answers["c"] != "research" {
		t.Errorf("%+v", got)
	}
	s.get(own+"?leave=yes").want(t, http.StatusOK, "Give the place back", `name="do" value="leave"`)
	s.post(own, url.Values{"do": {"leave"}}).want(t, http.StatusSeeOther)
	s.get(own+"?said=left").want(t, http.StatusOK, "Your place is given back", "Register again")
}

// The newsletter has a tick of its own, and a letter of its own to confirm (MAIL 20).
func TestTheLettersHaveATickOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(nil)
	s.post("/webinars/"+w.Slug+"/register", url.Values{"email": {"anna@example.org"}, "letters": {"yes"}}).want(t, http.StatusSeeOther)
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil || !person.ConfirmedAt.IsZero() {
		t.Fatalf("%+v, %v", person, err)
	}
	s.post(s.attend(s.seatOf(w.ID, "anna@example.org")), nil).want(t, http.StatusSeeOther)
	if got := s.active(person.ID); got != "" {
		t.Errorf("confirming the place has confirmed the letters: %s", got)
	}
}

func TestASubscriberRegistersInTwoPresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(nil)
	id := s.member("anna@example.org", "iot")
	link := "/register/" + s.keys.Issue(subscriptions.PurposeRegister, id, w.ID, s.now)
	s.get(link).want(t, http.StatusOK, "AI in China", "a•••@example.org", `<button class="large">Register</button>`)
	a := s.post(link, nil)
	a.want(t, http.StatusSeeOther)
	// Whoever the letter was passed on to comes no further than this.
	if to := a.Header.Get("Location"); to != link {
		t.Errorf("it leads to %s", to)
	}
	s.get(link).want(t, http.StatusOK, "You are registered already")
	if again := s.post(link, nil); again.Header.Get("Location") != link {
		t.Errorf("a second press leads to %s", again.Header.Get("Location"))
	}
}

func TestTheStatesOfAWebinarsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(func(e *subscriptions.WebinarEdit) { e.Capacity, e.RegisterUntil = "2", "2019-06-10 18:00" })
	page := "/webinars/" + w.Slug
	s.get(page).want(t, http.StatusOK, "2 places are left")
	for _, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		if _, err := s.webinarDesk().Register(t.Context(), w.ID, subscriptions.Registrant{Email: email, Source: "test"}, anEditor); err != nil {
			t.Fatal(err)
		}
	}
	s.get(page).want(t, http.StatusOK, "All places are taken", "Join the waiting list")
	s.get(s.ownSeat(s.seatOf(w.ID, "c@example.org"))).want(t, http.StatusOK, "You are on the waiting list")
	if a := s.get(s.ownSeat(s.seatOf(w.ID, "c@example.org"))); strings.Contains(a.body, "join.example.org") {
		t.Error("who waits learns the link to join")
	}
	s.now = time.Date(2019, 6, 10, 17, 0, 0, 0, time.UTC)
	s.get(page).want(t, http.StatusOK, "Registration is closed")
	s.post(page+"/register", url.Values{"email": {"d@example.org"}}).want(t, http.StatusConflict)
	s.now = w.Starts.Add(time.Minute)
	s.get(page).want(t, http.StatusOK, "It is on at the moment")
	s.now = w.Ends
	s.get(page).want(t, http.StatusOK, "This webinar is over")
	w2 := s.announcedLater()
	if _, err := s.webinarDesk().Cancel(t.Context(), w2.ID, "The speaker is ill.", anEditor); err != nil {
		t.Fatal(err)
	}
	s.get("/webinars/"+w2.Slug).want(t, http.StatusOK, "This webinar is cancelled. The speaker is ill.")
}

func (s *site) announcedLater() subscriptions.Webinar {
	return s.announced(func(e *subscriptions.WebinarEdit) {
		e.Slug, e.Starts, e.Ends = "later", "2019-09-01 09:00", "2019-09-01 10:00"
	})
}

// Links of a webinar that do not work lead to the webinars, and tell nothing.
func TestLinksOfWebinarsThatFail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(nil)
	r, err := s.webinarDesk().Register(t.Context(), w.ID, subscriptions.Registrant{Email: "a@example.org", Source: "test"}, anEditor)
	if err != nil {
		t.Fatal(err)
	}
	for path, of := range map[string]subscriptions.Purpose{"/attend/": subscriptions.PurposeSeatMail, "/register/": subscriptions.PurposeRegister, "/registration/": subscriptions.PurposeSeat} {
		tokens := []string{"forged", s.keys.IssueUntil(of, r.ID, w.ID, s.now.Add(-time.Hour)), s.keys.Issue(of, 987654, w.ID, s.now)}
		for _, other := range subscriptions.Purposes() {
			if other != of {
				tokens = append(tokens, s.keys.Issue(other, r.ID, w.ID, s.now))
			}
		}
		for _, token := range tokens {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				a := s.follows(method, path+token)
				if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusGone {
					t.Errorf("%s %s: %s", method, path, a.Status)
				}
				if !strings.Contains(a.body, `href="/webinars"`) || strings.Contains(a.body, "join.example.org") {
					t.Errorf("%s %s: the page is\n%s", method, path, a.body)
				}
			}
		}
	}
}

func TestCalendarsOfWebinars(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(nil)
	later := s.announced(func(e *subscriptions.WebinarEdit) {
		e.Slug, e.Topics, e.Starts, e.Ends = "later", []string{"blockchain"}, "2019-09-01 09:00", "2019-09-01 10:00"
	})
	one := s.get("/webinars/" + w.Slug + "/calendar.ics")
	one.want(t, http.StatusOK, "METHOD:PUBLISH", "TZID:Europe/Brussels", "DTSTART;TZID=Europe/Brussels:20190611T093000", "SEQUENCE:0")
	if kind := one.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/calendar") || strings.Contains(one.body, "join.example.org") || strings.Contains(one.body, "ATTENDEE") {
		t.Errorf("%s\n%s", kind, one.body)
	}
	all := s.get("/calendar.ics")
	all.want(t, http.StatusOK, "webinar-1@", "webinar-2@", "X-WR-CALNAME")
	some := s.get("/calendar.ics?topics=blockchain")
	some.want(t, http.StatusOK, "webinar-2@")
	if strings.Contains(some.body, "webinar-1@") {
		t.Error("the feed of a topic holds a webinar of another")
	}
	s.get("/calendar.ics?topics=iot,blockchain").want(t, http.StatusOK, "webinar-1@", "webinar-2@")
	s.get("/calendar.ics?topics=telex").want(t, http.StatusNotFound)
	// Asked again it is the same, until something changes.
	again := func(header, value string) answer {
		r := httptest.NewRequest(http.MethodGet, "/calendar.ics", nil)
		r.Header.Set(header, value)
		return s.do(r)
	}
	again("If-None-Match", all.Header.Get("ETag")).want(t, http.StatusNotModified)
	again("If-Modified-Since", all.Header.Get("Last-Modified")).want(t, http.StatusNotModified)
	s.now = s.now.Add(time.Hour)
	if _, err := s.webinarDesk().Cancel(t.Context(), later.ID, "", anEditor); err != nil {
		t.Fatal(err)
	}
	again("If-None-Match", all.Header.Get("ETag")).want(t, http.StatusOK, "STATUS:CANCELLED", "SEQUENCE:1")
	again("If-Modified-Since", all.Header.Get("Last-Modified")).want(t, http.StatusOK)
}

// A link in a letter registers nobody when a scanner opens it, whatever it sends with
// a GET or a HEAD.
func TestScannersRegisterNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.announced(nil)
	id := s.member("anna@example.org", "iot")
	s.post("/webinars/"+w.Slug+"/register", url.Values{"email": {"ben@example.org"}}).want(t, http.StatusSeeOther)
	r := s.seatOf(w.ID, "ben@example.org")
	placed, err := s.webinarDesk().Register(t.Context(), w.ID, subscriptions.Registrant{Email: "c@example.org", Source: "test"}, anEditor)
	if err != nil {
		t.Fatal(err)
	}
	before := s.dump()
	for _, link := range []string{"/register/" + s.keys.Issue(subscriptions.PurposeRegister, id, w.ID, s.now), s.attend(r), s.ownSeat(placed), s.ownSeat(placed) + "/calendar.ics",
		"/webinars/" + w.Slug, "/webinars/" + w.Slug + "/register", "/webinars/" + w.Slug + "/register/sent", "/webinars/" + w.Slug + "/calendar.ics"} {
		for _, query := range []string{"", "?do=leave", "?leave=yes&email=x@example.org&name=x&said=left"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if a := s.follows(method, link+query); a.StatusCode >= 500 {
					t.Errorf("%s %s: %s", method, link, a.Status)
				}
			}
		}
	}
	if s.dump() != before {
		t.Error("reading has changed something")
	}
}
