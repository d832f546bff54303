package main

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// TestEveryLinkInEveryMailIsAnswered has each kind of mail composed and sent, opens
// every address in it as a reader does, and then presses what is to be pressed.
func TestEveryLinkInEveryMailIsAnswered(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
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

// TestEveryAddressInEveryKindOfMailHasAPage: what the samples of all kinds lead to are
// pages of the site, whatever a mail begins with and however a link came into it. Their
// tokens are signed by nobody, so a page behind one says that the link does not work; it
// is the page itself that must be there. Names of entries, editions and webinars are
// changed into those of the sample edition, which the site has.
func TestEveryAddressInEveryKindOfMailHasAPage(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	l := newLife(t)
	nowhere := l.page("/no-such/page/at-all")
	if !strings.Contains(nowhere, "<h1") {
		t.Fatalf("what has no page is answered with\n%s", nowhere)
	}
	id := subscriptions.StandardIdentity()
	id.BaseURL = l.base
	all, err := compose.Samples(t.Context(), compose.SampleOptions{Identity: id, Now: demoTime})
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]string{}
	for _, s := range all {
		text, page := s.Message.Render()
		links := aURL.FindAllString(text, -1)
		for _, found := range anHref.FindAllStringSubmatch(page, -1) {
			links = append(links, html.UnescapeString(found[1]))
		}
		for _, h := range slices.Concat(s.Message.Headers, s.Message.Body.Headers) {
			if h.Name == "List-Unsubscribe" {
				links = append(links, strings.Trim(h.Value, "<>"))
			}
		}
		for _, link := range links {
			rest, ours := strings.CutPrefix(link, l.base)
			if !ours {
				continue
			}
			path, _, _ := strings.Cut(rest, "?")
			path, anchor, _ := strings.Cut(path, "#")
			shape := aToken.ReplaceAllString(path, "/TOKEN")
			for kind, name := range map[string]string{"items": "real-time-iot-framework", "editions": "2019-q1", "webinars": "sesec-webinar-06"} {
				shape = regexp.MustCompile(`^/`+kind+`/[a-z0-9-]+`).ReplaceAllString(shape, "/"+kind+"/"+name)
			}
			if asked[shape+"#"+anchor] != "" {
				continue
			}
			answer := l.page(strings.ReplaceAll(shape, "TOKEN", strings.Repeat("A", 34)))
			asked[shape+"#"+anchor] = s.Name
			if heading(answer) == heading(nowhere) {
				t.Errorf("%s, %s: the site has no page %s", s.Case, s.Name, shape)
			}
			if anchor != "" && !strings.Contains(answer, `id="`+anchor+`"`) {
				t.Errorf("%s, %s: nothing on %s is called %s", s.Case, s.Name, shape, anchor)
			}
		}
	}
	if len(asked) < 15 {
		t.Errorf("only %d pages were asked for: %v", len(asked), asked)
	}
}

// aToken is what a signed link ends with, or has before another part.
var aToken = regexp.MustCompile(`/[A-Za-z0-9_-]{30,}`)

var anHeading = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)

func heading(page string) string {
	if found := anHeading.FindStringSubmatch(page); found != nil {
		return found[1]
	}
	return ""
}

// page gives what a path is answered with.
func (l *life) page(path string) string {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, l.base+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(body)
}
