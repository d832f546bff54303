package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// TestEveryLinkInEveryMailIsAnswered has each kind of mail composed and sent, opens
// every address in it as a reader does, and then presses what is to be pressed.
func TestEveryLinkInEveryMailIsAnswered(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	const anna, ben = "anna@example.org", "ben@example.org"
	signUp := func(email string, newest bool, topics ...string) {
		t.Helper()
		err := l.app.readers.Subscribe(t.Context(), subscriptions.SubscribeRequest{Email: email, Topics: topics, Newest: newest, Source: "a test"})
		if err != nil {
			t.Fatal(err)
		}
	}
	press := func(link string) {
		t.Helper()
		if status := l.ask(http.MethodPost, link, url.Values{}); status >= http.StatusBadRequest {
			t.Errorf("POST %s is answered with %d", link, status)
		}
	}
	kinds := map[string]letter{}
	take := func(kind, to, words string) letter {
		t.Helper()
		kinds[kind] = l.letter(to, words)
		return kinds[kind]
	}

	signUp(anna, true, "iot", "blockchain")
	press(l.link(take("confirmation", anna, "Confirm your topics"), "/confirm/"))
	take("welcome with the newest edition", anna, "Welcome:")
	signUp(anna, false, "iot")
	take("sign-up of who has it all", anna, "You are subscribed already")
	l.waits(time.Hour)
	signUp(anna, false, "cybersecurity")
	press(l.link(take("sign-up for more", anna, "You are subscribed already"), "/confirm/"))
	signUp(ben, true, "intelligent-transport")
	press(l.link(take("confirmation", ben, "Confirm your topics"), "/confirm/"))
	take("welcome without one", ben, "You are subscribed")
	if err := l.app.readers.SendManageLink(t.Context(), anna, ""); err != nil {
		t.Fatal(err)
	}
	own := l.link(take("link asked for", anna, "Your link"), "/preferences/")
	press(own + "/data")
	if status := l.ask(http.MethodGet, own+"/erase", nil); status != http.StatusOK {
		t.Errorf("the page to erase is answered with %d", status)
	}
	if status := l.ask(http.MethodPost, own, url.Values{"form": {"address"}, "email": {"new@example.org"}}); status != http.StatusSeeOther {
		t.Fatalf("to ask for another address is answered with %d", status)
	}
	press(l.link(take("new address", "new@example.org", "Confirm this address"), "/address/"))
	press(l.link(take("address moved", anna, "Your letters go to another address"), "/restore/"))
	take("address moved back", "new@example.org", "Your letters go to another address")
	l.edition("April 2019", "iot")
	digest := take("digest", anna, "April 2019")

	// With their methods: the links of topics, each its own, then that of the header.
	topics := slices.DeleteFunc(l.links(digest), func(link string) bool { return !strings.Contains(link, "?topic=") })
	if len(topics) < 2 {
		t.Fatalf("the digest lets leave %v", topics)
	}
	for kind, m := range kinds {
		if (m.GetHeader("List-Unsubscribe") != "") != (kind == "digest" || strings.HasPrefix(kind, "welcome")) {
			t.Errorf("%s: List-Unsubscribe is %q", kind, m.GetHeader("List-Unsubscribe"))
		}
	}
	for _, kind := range []string{"welcome with the newest edition", "welcome without one", "digest"} {
		l.oneClick(kinds[kind])
		l.oneClick(kinds[kind]) // it may come twice
		l.links(kinds[kind])    // and the links of who has left are answered still
	}
	if len(kinds) != 10 {
		t.Errorf("%d kinds of mail were looked at", len(kinds))
	}
}
