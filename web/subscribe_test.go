package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions"
)

func sorted(s []string) string {
	slices.Sort(s)
	return strings.Join(s, " ")
}

func TestSubscribeConfirmAndChange(t *testing.T) {
	s := newSampleSite(t)
	token := s.subscribe("anna@example.org", "iot", "cybersecurity")
	s.get("/subscribe/sent").want(t, http.StatusOK, "Look in your inbox")

	s.get("/confirm/"+token).want(t, http.StatusOK, "a•••@example.org", "IoT and Cybersecurity and digital identity", "<button class=\"large\">Confirm</button>")
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.active(person.ID); got != "" {
		t.Fatalf("opening the link made %q active", got)
	}
	s.post("/confirm/"+token, nil).want(t, http.StatusOK, "You are subscribed")
	if got := s.active(person.ID); got != "cybersecurity iot" {
		t.Fatalf("confirmed %q", got)
	}
	s.get("/confirm/"+token).want(t, http.StatusOK, "This was confirmed before")
	s.post("/confirm/"+token, nil).want(t, http.StatusOK, "This was confirmed before")

	preferences := "/preferences/" + s.keys.Issue(subscriptions.PurposePreferences, person.ID, 0, s.now)
	s.get(preferences).want(t, http.StatusOK, `value="iot" id="topics" checked`, `href="/unsubscribe/`)
	a := s.post(preferences, url.Values{"topics": {"blockchain"}})
	a.want(t, http.StatusSeeOther)
	if got := s.active(person.ID); got != "blockchain" {
		t.Fatalf("changed to %q", got)
	}
	s.get(a.Header.Get("Location")).want(t, http.StatusOK, "Saved: topics. From the next letter on you get Blockchain.")
	s.post(preferences, nil).want(t, http.StatusUnprocessableEntity, "Choose at least one topic. To get no more letters, unsubscribe instead.")
}

func TestTheSubscribeFormComesBackWithItsWords(t *testing.T) {
	s := newSite(t)
	s.post("/subscribe", url.Values{"email": {"anna at example"}, "name": {`Anna "the" <b>`}, "topics": {"iot"}}).
		want(t, http.StatusUnprocessableEntity, `value="anna at example"`, `Anna &#34;the&#34; &lt;b&gt;`, `id="topics" checked`,
			`<a href="#email">`, `aria-invalid="true"`, `One thing to mend`)
	s.post("/subscribe", url.Values{"email": {"anna@example.org"}}).
		want(t, http.StatusUnprocessableEntity, `<a href="#topics">Choose at least one topic.</a>`, `value="anna@example.org"`)
	s.post("/subscribe", nil).want(t, http.StatusUnprocessableEntity, `2 things to mend`)
	s.get("/subscribe").want(t, http.StatusOK)
	for _, page := range []string{"/", "/subscribe"} {
		if strings.Contains(s.get(page).body, " checked") {
			t.Errorf("%s ticks a topic before the person does", page)
		}
	}
}

func TestNobodyLearnsWhoIsSubscribed(t *testing.T) {
	s := newSampleSite(t)
	s.member("anna@example.org", "iot")
	for _, form := range []string{"/subscribe", "/manage"} {
		known := s.post(form, url.Values{"email": {"anna@example.org"}, "topics": {"iot"}})
		unknown := s.post(form, url.Values{"email": {"nobody@example.org"}, "topics": {"iot"}})
		if known.StatusCode != unknown.StatusCode || known.body != unknown.body || known.Header.Get("Location") != unknown.Header.Get("Location") {
			t.Errorf("%s answers a known address with %s %q and an unknown one with %s %q", form,
				known.Status, known.body, unknown.Status, unknown.body)
		}
	}
	s.post("/manage", url.Values{"email": {"nowhere"}}).want(t, http.StatusUnprocessableEntity, `value="nowhere"`, `<a href="#email">`)
}

func TestTheTrapTakesPrograms(t *testing.T) {
	s := newSite(t)
	before := s.dump()
	a := s.post("/subscribe", url.Values{"email": {"anna@example.org"}, "topics": {"iot"}, "homepage": {"https://example.org"}})
	a.want(t, http.StatusTooManyRequests, "One more step")
	if s.dump() != before {
		t.Error("a form that a program filled in was taken")
	}
}

func TestFormsFromElsewhere(t *testing.T) {
	tests := []struct {
		name    string
		path    string
		headers map[string]string
		want    int
	}{
		{"our own page subscribes", "/subscribe", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusSeeOther},
		{"a program without a browser's headers subscribes", "/subscribe", nil, http.StatusSeeOther},
		{"the site behind a proxy that renames it is still ours", "/subscribe", map[string]string{"Origin": "http://127.0.0.1:8080"}, http.StatusSeeOther},
		{"another site cannot subscribe a reader", "/subscribe", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"nor in an old browser", "/subscribe", map[string]string{"Origin": "https://elsewhere.example.org"}, http.StatusForbidden},
		{"nor have a link sent", "/manage", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			form := url.Values{"email": {"anna@example.org"}, "topics": {"iot"}}
			r := httptest.NewRequest(http.MethodPost, test.path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for k, v := range test.headers {
				r.Header.Set(k, v)
			}
			s.do(r).want(t, test.want)
		})
	}
}

// What an answer to a form with an address looks like, and how long it takes,
// says nothing about the address (MAIL 15).
func TestAFormDoesNotTellWhoIsKnown(t *testing.T) {
	s := newSite(t)
	s.member("member@example.org", "iot")
	left := s.member("left@example.org", "iot")
	s.post(s.leave(left), url.Values{"topic": {"all"}}).want(t, http.StatusOK)
	s.subscribe("pending@example.org", "iot")
	s.member("barred@example.org", "iot")
	err := s.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: s.keys.HashAddress("barred@example.org"),
		Reason: subscriptions.SuppressedComplaint, CreatedAt: s.now})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/manage", "/subscribe"} {
		var first answer
		for i, who := range []string{"unknown", "member", "left", "pending", "barred"} {
			began := time.Now()
			a := s.post(path, url.Values{"email": {who + "@example.org"}, "topics": {"iot"}})
			if took := time.Since(began); took < 100*time.Millisecond {
				t.Errorf("%s answered for %s within %v: sooner than it holds every answer back", path, who, took)
			}
			if i == 0 {
				first = a
			}
			if diff := cmp.Diff(first.Header, a.Header); a.StatusCode != first.StatusCode || a.body != first.body || diff != "" {
				t.Errorf("%s answers otherwise for %s: %s\n%s%s", path, who, a.Status, a.body, diff)
			}
		}
	}
}
