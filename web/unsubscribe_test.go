package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func (s *site) leave(id int64) string {
	return "/unsubscribe/" + s.keys.Issue(subscriptions.PurposeUnsubscribe, id, 0, s.now)
}

// What mail programs send (RFC 8058, 3.1): no cookie, any origin, either
// encoding, more than once.
func TestOneClick(t *testing.T) {
	multipart := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	tests := []struct {
		name, kind, body string
		headers          map[string]string
	}{
		{"urlencoded", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", nil},
		{"multipart", "multipart/form-data; boundary=b", multipart, nil},
		{"from a browser on another site", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click",
			map[string]string{"Origin": "https://mail.example.org", "Sec-Fetch-Site": "cross-site", "Referer": "https://mail.example.org/"}},
		{"multipart from a page without an origin", "multipart/form-data; boundary=b", multipart, map[string]string{"Origin": "null"}},
		{"with a charset", "application/x-www-form-urlencoded; charset=UTF-8", "List-Unsubscribe=One-Click", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			id := s.member("anna@example.org", "iot", "cybersecurity")
			for range 3 {
				r := httptest.NewRequest(http.MethodPost, s.leave(id), strings.NewReader(test.body))
				r.Header.Set("Content-Type", test.kind)
				for k, v := range test.headers {
					r.Header.Set(k, v)
				}
				a := s.do(r)
				a.want(t, http.StatusOK, "You are unsubscribed.")
				if len(a.Header.Values("Set-Cookie")) > 0 {
					t.Error("a cookie was set")
				}
			}
			if got := s.active(id); got != "" {
				t.Errorf("still subscribed to %s", got)
			}
			person, err := s.store.FindSubscriber(t.Context(), id)
			if err != nil || person.EndedAt.IsZero() {
				t.Errorf("the person has not ended: %v", err)
			}
		})
	}
}

func TestLeavingByThePage(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot", "cybersecurity", "blockchain")
	link := s.leave(id)

	page := s.get(link + "?topic=iot")
	page.want(t, http.StatusOK, "a•••@example.org", `value="iot" checked`)
	if strings.Contains(page.body, "anna@") {
		t.Error("a forwarded link shows the address")
	}
	s.get(link+"?topic=nothing").want(t, http.StatusOK, `value="all" id="topic" checked`)

	a := s.post(link, url.Values{"topic": {"iot"}})
	a.want(t, http.StatusOK, "You left IoT", "Blockchain and Cybersecurity and digital identity", "Undo")
	if got := s.active(id); got != "blockchain cybersecurity" {
		t.Fatalf("left with %q", got)
	}
	undo := regexp.MustCompile(`name="undo" value="([^"]+)"`).FindStringSubmatch(a.body)
	if undo == nil {
		t.Fatal("there is no undo")
	}
	s.post(link, url.Values{"undo": {undo[1]}}).want(t, http.StatusOK, "You are back", "IoT")
	s.post(link, url.Values{"undo": {undo[1]}}).want(t, http.StatusOK, "You are back")
	if got := s.active(id); got != "blockchain cybersecurity iot" {
		t.Fatalf("undone to %q", got)
	}

	s.post(link, nil).want(t, http.StatusUnprocessableEntity, "Choose what to leave.")
	s.post(link, url.Values{"topic": {"nothing"}}).want(t, http.StatusUnprocessableEntity, "Something is missing or wrong")
	s.post(link, url.Values{"topic": {"all"}}).want(t, http.StatusOK, "You are unsubscribed")
	s.post(link, url.Values{"topic": {"all"}}).want(t, http.StatusOK, "You are unsubscribed")
	s.post(link, url.Values{"topic": {"iot"}}).want(t, http.StatusOK, "You are unsubscribed")
	s.get(link).want(t, http.StatusOK, "No letters come to you")
	if got := s.active(id); got != "" {
		t.Fatalf("left with %q", got)
	}
}

func TestTheAddressOfAPageCannotAct(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	// A link can be pressed by a scanner, and its query would come with a POST of
	// an empty form: only the body of a form counts.
	s.post(s.leave(id)+"?topic=all&List-Unsubscribe=One-Click", nil).want(t, http.StatusUnprocessableEntity)
	if got := s.active(id); got != "iot" {
		t.Errorf("left with %q", got)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	old := s.now.AddDate(-2, 0, 0)
	tests := []struct {
		name, path string
		want       int
		words      string
	}{
		{"a confirmation of two years ago has expired", "/confirm/" + s.keys.Issue(subscriptions.PurposeConfirm, id, 1, old), http.StatusGone, `href="/subscribe"`},
		{"so has a link to the preferences", "/preferences/" + s.keys.Issue(subscriptions.PurposePreferences, id, 0, old), http.StatusGone, `href="/manage"`},
		{"a link to leave never expires", "/unsubscribe/" + s.keys.Issue(subscriptions.PurposeUnsubscribe, id, 0, old), http.StatusOK, "a•••@example.org"},
		{"a link to leave does not open the preferences", "/preferences/" + s.keys.Issue(subscriptions.PurposeUnsubscribe, id, 0, s.now), http.StatusNotFound, "This link does not work"},
		{"a link cut off in a letter", "/unsubscribe/AXVj", http.StatusNotFound, `href="/manage"`},
		{"a link of a person who is not here", s.leave(987654), http.StatusOK, "This link belongs to nobody any more"},
		{"a confirmation of a person who is not here", "/confirm/" + s.keys.Issue(subscriptions.PurposeConfirm, 987654, 1, s.now), http.StatusGone, "nobody"},
		{"a link as long as a novel", "/confirm/" + strings.Repeat("A", 8000), http.StatusNotFound, "This link does not work"},
		{"a link in another script", "/confirm/%E4%BD%A0%E5%A5%BD%00", http.StatusNotFound, "This link does not work"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.get(test.path).want(t, test.want, test.words)
			if a := s.post(test.path, url.Values{"topics": {"iot"}}); a.StatusCode >= 500 {
				t.Errorf("a POST: %s", a.Status)
			}
		})
	}
}

// The header of a letter names no topic: its POST ends all. The link to leave one
// topic says which, and a program that posts to it ends that one alone.
func TestOneClickAtATopicsLinkLeavesThatTopic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.member("anna@example.org", "iot", "cybersecurity")
	link := s.leave(id)
	click := func(path string) answer {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return s.do(r)
	}
	for range 2 {
		click(link+"?topic=iot").want(t, http.StatusOK, "You have left this topic.", "still come")
		if got := s.active(id); got != "cybersecurity" {
			t.Fatalf("left with %q", got)
		}
	}
	s.post("/confirm/"+s.subscribe("ben@example.org", "iot", "blockchain"), nil).want(t, http.StatusOK)
	ben, err := s.store.FindSubscriberByAddress(t.Context(), "ben@example.org")
	if err != nil {
		t.Fatal(err)
	}
	click(s.leave(ben.ID)+"?topic=all").want(t, http.StatusOK, "No letter of")
	if got := s.active(ben.ID); got != "" {
		t.Errorf("left with %q", got)
	}
	click(link+"?topic=nothing").want(t, http.StatusUnprocessableEntity)
	if got := s.active(id); got != "cybersecurity" {
		t.Fatalf("a topic that never was has ended %q", got)
	}
	click(link+"?topic=cybersecurity").want(t, http.StatusOK, "No letter of")
	if got := s.active(id); got != "" {
		t.Fatalf("left with %q", got)
	}
}
