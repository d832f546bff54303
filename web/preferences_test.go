package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

// preferences is the link that a person asked for; a letter holds a lesser one.
func (s *site) preferences(id int64) string {
	return "/preferences/" + s.keys.IssueOwn(id, s.now)
}

func (s *site) person(id int64) subscriptions.Subscriber {
	s.t.Helper()
	p, err := s.store.FindSubscriber(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// mails lists what was queued for the person: "kind to address".
func (s *site) mails(id int64) []subscriptions.Delivery {
	s.t.Helper()
	all, err := s.store.Deliveries(s.t.Context(), subscriptions.DeliveryFilter{SubscriberID: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// moves takes a person to another address by the pages, and gives the two links:
// the one in the mail to the new address and the one in the notice to the old.
func (s *site) moves(id int64, email string) (confirm, restore string) {
	s.t.Helper()
	s.post(s.preferences(id), url.Values{"form": {"address"}, "email": {email}}).want(s.t, http.StatusSeeOther)
	for _, d := range s.mails(id) {
		if d.Kind == subscriptions.KindAddress {
			confirm = "/address/" + s.keys.Issue(subscriptions.PurposeAddress, id, d.RefID, s.now)
			restore = "/restore/" + s.keys.Issue(subscriptions.PurposeRestore, id, d.RefID, s.now)
		}
	}
	if confirm == "" {
		s.t.Fatal("the new address was not asked")
	}
	s.post(confirm, nil).want(s.t, http.StatusOK, "The address is changed")
	return confirm, restore
}

// follow sends a form and opens the page that answers it, as a browser does.
func (s *site) follow(path string, form url.Values) answer {
	s.t.Helper()
	a := s.post(path, form)
	a.want(s.t, http.StatusSeeOther)
	return s.get(a.Header.Get("Location"))
}

func TestPreferencesAreSavedAndNamed(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	id := s.member("anna@example.org", "iot")
	link := s.preferences(id)
	s.get(link).want(t, http.StatusOK, "a•••@example.org", `<option value="" selected>31 March 2019</option>`, `<option value="iso">2019-03-31</option>`,
		`<option value="" selected>As the letter has it: Europe/Brussels</option>`, `value="Asia/Shanghai">Beijing, Shanghai`)
	all := url.Values{"form": {"choices"}, "topics": {"iot", "blockchain"}, "name": {"Anna Berg"}, "organisation": {"CEN"}, "dates": {"iso"}, "zone": {"Europe/Lisbon"}}
	s.follow(link, all).want(t, http.StatusOK, "Saved: topics, name, organisation, how dates are written and time zone. From the next letter on you get IoT and Blockchain.",
		`value="Anna Berg"`, `value="CEN"`, `value="iso" selected`, `value="Europe/Lisbon" selected`)
	s.follow(link, all).want(t, http.StatusOK, "Nothing was changed")
	all.Set("zone-other", " Atlantic/Reykjavik ")
	s.follow(link, all).want(t, http.StatusOK, "Saved: time zone.", `<option value="Atlantic/Reykjavik" selected>`)

	all.Set("zone-other", "Europe/<Atlantis>")
	all.Set("name", strings.Repeat("a", 200))
	all.Del("topics")
	bad := s.post(link, all)
	bad.want(t, http.StatusUnprocessableEntity, "3 things to mend", `href="#topics"`, `href="#name"`, `href="#zone-other"`, `value="Europe/&lt;Atlantis&gt;"`,
		`<details class="field" open>`, `value="Europe/Lisbon" selected`, strings.Repeat("a", 200))
	if p := s.person(id); p.Zone != "Atlantic/Reykjavik" || p.Name != "Anna Berg" || p.Dates != subscriptions.DatesISO {
		t.Errorf("the person is %+v", p)
	}
	for _, made := range []string{"?saved=", "?saved=<b>", "?saved=pause", "?saved=name'"} {
		if a := s.get(link + made); strings.Contains(a.body, `class="done"`) || a.StatusCode != http.StatusOK {
			t.Errorf("%s puts words on the page:\n%s", made, a.body)
		}
	}
}

func TestPausingByThePage(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	id := s.member("anna@example.org", "iot", "blockchain")
	link := s.preferences(id)
	s.follow(link, url.Values{"form": {"pause"}, "pause": {"until"}, "until": {"2019-05-20"}}).
		want(t, http.StatusOK, "Letters pause, and come again on 20 May 2019.", "Go on now")
	if p := s.person(id); p.Status(s.now) != subscriptions.SubscriberPaused {
		t.Fatalf("%+v", p)
	}
	s.follow(link, url.Values{"form": {"resume"}}).want(t, http.StatusOK, "There is no pause any more", "For three months")
	s.follow(link, url.Values{"form": {"resume"}}).want(t, http.StatusOK, "There is no pause any more")
	s.post(link, url.Values{"form": {"pause"}, "pause": {"until"}, "until": {"2019-02-30"}}).
		want(t, http.StatusUnprocessableEntity, `<a href="#until">Enter the day from which letters come again`, `value="2019-02-30"`, `value="blockchain" id="topics-blockchain" checked`)

	leave := s.leave(id)
	s.get(leave).want(t, http.StatusOK, "Or pause", "For one month")
	a := s.post(leave, url.Values{"form": {"pause"}, "pause": {"1m"}})
	a.want(t, http.StatusOK, "Letters pause", "a•••@example.org", "until 1 May 2019")
	if strings.Contains(a.body, "anna@") {
		t.Error("a forwarded link shows the address")
	}
	s.get(leave).want(t, http.StatusOK, "They pause, and come again on 1 May 2019.")
	undo := regexp.MustCompile(`name="undo" value="([^"]+)"`).FindStringSubmatch(a.body)
	if undo == nil {
		t.Fatal("there is no undo")
	}
	for range 2 {
		s.post(leave, url.Values{"undo": {undo[1]}}).want(t, http.StatusOK, "You are back", "IoT and Blockchain")
	}
	if p := s.person(id); p.Status(s.now) != subscriptions.SubscriberActive || s.active(id) != "blockchain iot" {
		t.Errorf("%+v", p)
	}
	s.post(leave, url.Values{"pause": {"until"}, "until": {"2018-01-01"}}).want(t, http.StatusUnprocessableEntity, "A pause ends after today.", `value="2018-01-01"`)
	s.post(leave, url.Values{"pause": {"for ever"}}).want(t, http.StatusUnprocessableEntity, "Choose how long to pause.")
	s.post(leave, url.Values{"topic": {"all"}}).want(t, http.StatusOK, "You are unsubscribed")
	s.post(leave, url.Values{"pause": {"1m"}}).want(t, http.StatusConflict, "nothing to pause")
	s.post(s.leave(987654), url.Values{"pause": {"1m"}}).want(t, http.StatusGone, "Send me a fresh link")
}

func TestMovingToAnotherAddressByThePages(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	id := s.member("old@example.org", "iot")
	s.member("known@example.org", "iot")
	link := s.preferences(id)
	var first answer
	for i, email := range []string{"known@example.org", "free@example.org"} {
		began := time.Now()
		a := s.follow(link, url.Values{"form": {"address"}, "email": {email}})
		if took := time.Since(began); took < 100*time.Millisecond {
			t.Errorf("%s was answered within %v: sooner than every answer is held back", email, took)
		}
		if i == 0 {
			first = a
		}
		a.want(t, http.StatusOK, "A letter is on its way to the address you entered, if it can be used.")
		if a.body != first.body {
			t.Error("the page tells which address is known")
		}
	}
	s.post(link, url.Values{"form": {"address"}, "email": {"nowhere"}}).
		want(t, http.StatusUnprocessableEntity, `<a href="#email">`, `value="nowhere"`)

	confirm, restore := s.moves(id, "new@example.org")
	for range 2 { // pressed twice, and opened again
		s.post(confirm, nil).want(t, http.StatusOK, "The address is changed", "n•••@example.org")
		s.get(confirm).want(t, http.StatusOK, "The address is changed")
	}
	if p := s.person(id); p.Address != "new@example.org" {
		t.Fatalf("letters go to %s", p.Address)
	}
	s.get(restore).want(t, http.StatusOK, "Take the change back", "o•••@example.org", `<button class="large">Take it back</button>`)
	for range 2 {
		s.post(restore, nil).want(t, http.StatusOK, "go to <b>o•••@example.org</b> again")
	}
	if p := s.person(id); p.Address != "old@example.org" {
		t.Fatalf("letters go to %s", p.Address)
	}
	s.get(confirm).want(t, http.StatusGone, "Send me a fresh link")
}

func TestTheNewestEditionComesWithTheTick(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		site   func(*testing.T, ...func(*web.Options)) *site
		form   url.Values
		mails  int
		words  string
		topics string
	}{
		{"with the tick", newSampleSite, url.Values{"newest": {"yes"}}, 2, "The newest edition comes at once.", "iot"},
		{"without", newSampleSite, nil, 1, "goes to", "iot"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.site(t)
			s.sent()
			s.get("/subscribe").want(t, http.StatusOK, `name="newest" value="yes">`) // not ticked before the person ticks it
			form := url.Values{"email": {"anna@example.org"}, "topics": {test.topics}}
			for k, v := range test.form {
				form[k] = v
			}
			s.post("/subscribe", form).want(t, http.StatusSeeOther)
			person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
			if err != nil {
				t.Fatal(err)
			}
			link := "/confirm/" + s.keys.Issue(subscriptions.PurposeConfirm, person.ID, 1, s.now)
			s.get(link).want(t, http.StatusOK, test.words)
			s.post(link, nil).want(t, http.StatusOK, "You are subscribed")
			s.post(link, nil).want(t, http.StatusOK, "This was confirmed before")
			if got := s.mails(person.ID); len(got) != test.mails || test.mails == 2 && (got[1].Kind != subscriptions.KindWelcome || got[1].VariantID == 0) {
				t.Errorf("queued: %+v", got)
			}
		})
	}
	empty := newSite(t)
	if strings.Contains(empty.get("/subscribe").body, "newest") {
		t.Error("an edition is offered that is not there")
	}
	bad := url.Values{"newest": {"yes"}, "email": {"anna"}}
	newSampleSite(t).post("/subscribe", bad).want(t, http.StatusUnprocessableEntity, `name="newest" value="yes" checked`)
}

// sent plans the sample edition to its end, for nobody.
func (s *site) sent() {
	s.t.Helper()
	editions := &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	all, err := s.store.Editions(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, more, err := editions.QueueBatch(s.t.Context(), all[0].ID, 1000); err != nil || more {
		s.t.Fatal(more, err)
	}
}

func TestALinkThatNamesARetiredTopicIsAnsweredCalmly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.member("anna@example.org", "iot", "blockchain")
	telex := subscriptions.Topic{Slug: "telex", Name: "Telex", ShortName: "Telex", CreatedAt: s.now, RetiredAt: s.now}
	if err := s.store.AddTopic(t.Context(), &telex); err != nil {
		t.Fatal(err)
	}
	link := s.leave(id)
	s.get(link+"?topic=telex").want(t, http.StatusOK, "The topic Telex has ended.", `value="all" id="topic" checked`)
	s.post(link, url.Values{"topic": {"telex"}}).want(t, http.StatusOK, "You had left this topic already")
	a := s.post(link, url.Values{"topic": {"iot"}, "reason": {"too-much"}})
	a.want(t, http.StatusOK, "You left IoT")
	consents, err := s.store.Consents(t.Context(), id)
	if err != nil || consents[len(consents)-1].Reason != subscriptions.LeftTooMuch {
		t.Errorf("%+v, %v", consents, err)
	}
	s.post(link, url.Values{"topic": {"blockchain"}, "reason": {"<script>"}}).want(t, http.StatusOK, "You are unsubscribed") // no reason stops anybody
}

// Whoever comes with a link that does not work leaves with a form that sends a
// fresh one, whatever is wrong with the link and whichever page it was for.
func TestEveryLinkThatFailsOffersAFreshOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	others, err := subscriptions.NewKeyring([]byte("a secret of somebody else"))
	if err != nil {
		t.Fatal(err)
	}
	purposes := map[string]subscriptions.Purpose{"/confirm/": subscriptions.PurposeConfirm, "/preferences/": subscriptions.PurposePreferences,
		"/unsubscribe/": subscriptions.PurposeUnsubscribe, "/address/": subscriptions.PurposeAddress, "/restore/": subscriptions.PurposeRestore, "/alive/": subscriptions.PurposeAlive}
	seen := 0
	for _, route := range s.routes() {
		path, isLink := strings.CutSuffix(route.Path, ":token")
		if !isLink || strings.HasPrefix(path, "/desk/") || path == "/register/" || path == "/attend/" || path == "/registration/" { // links of editors and of webinars have tests of their own
			continue
		}
		seen++
		of, ok := purposes[path]
		if !ok {
			t.Fatalf("the test has no purpose for %s", route.Path)
		}
		tokens := map[string]string{"cut off": "AXVj", "of another site": others.Issue(of, id, 1, s.now), "a word": "forged",
			"expired": s.keys.IssueUntil(of, id, 1, s.now.Add(-time.Hour))}
		for _, other := range subscriptions.Purposes() {
			if other != of {
				tokens["for "+string(rune(other))] = s.keys.Issue(other, id, 1, s.now)
			}
		}
		for name, token := range tokens {
			if of == subscriptions.PurposeUnsubscribe && name == "expired" {
				continue // such a link never expires; one that says so is taken for one of a person who is gone
			}
			a := s.follows(route.Method, path+token)
			if a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusGone {
				t.Errorf("%s %s, %s: %s", route.Method, route.Path, name, a.Status)
			}
			if route.Method == http.MethodHead {
				continue
			}
			for _, words := range []string{`<form action="/manage" method="post"`, `name="email"`, "Send me a fresh link", `<header class="mast">`} {
				if !strings.Contains(a.body, words) {
					t.Errorf("%s %s, %s: the page lacks %q", route.Method, route.Path, name, words)
				}
			}
			if strings.Contains(a.body, "There is no such page") {
				t.Errorf("%s %s, %s looks like a page that is not there", route.Method, route.Path, name)
			}
		}
	}
	if seen != 3*len(purposes) {
		t.Errorf("%d routes with a token, want GET, HEAD and POST of %d", seen, len(purposes))
	}
	// The form works for those who never confirmed, too: theirs is a link to confirm.
	s.subscribe("late@example.org", "iot")
	s.now = s.now.AddDate(0, 0, 8)
	s.post("/manage", url.Values{"email": {"late@example.org"}}).want(t, http.StatusSeeOther)
	person, err := s.store.FindSubscriberByAddress(t.Context(), "late@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.mails(person.ID); len(got) != 2 || got[1].Kind != subscriptions.KindConfirmation || got[1].RefID != got[0].RefID {
		t.Errorf("queued: %+v", got)
	}
}

// Links in letters outlive the secret that signed them, on every page.
func TestLinksWorkAfterTheSecretWasRotated(t *testing.T) {
	t.Parallel()
	old := []byte("a secret that only tests know")
	rotated, err := subscriptions.NewKeyring([]byte("the secret of the next year"), old)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	pending := s.subscribe("new@example.org", "iot")
	id := s.member("anna@example.org", "iot")
	confirm, restore := s.moves(id, "moved@example.org")
	links := map[string]string{"/confirm/" + pending: "Confirm", s.preferences(id): "Your preferences", s.leave(id): "Unsubscribe", confirm: "The address is changed", restore: "Take the change back"}
	s.service.Keys = rotated
	for link, words := range links {
		s.get(link).want(t, http.StatusOK, words)
	}
	a := s.post(s.leave(id), url.Values{"topic": {"all"}})
	a.want(t, http.StatusOK, "You are unsubscribed")
	only, err := subscriptions.NewKeyring([]byte("the secret of the next year"))
	if err != nil {
		t.Fatal(err)
	}
	s.service.Keys = only
	for link := range links {
		s.get(link).want(t, http.StatusNotFound, "Send me a fresh link") // thrown away, not a fault of ours
	}
}

// Two pages of one person, pressed at the same moment, several times each: every
// answer is a page, and the end is one of the two orders.
func TestConfirmAndLeaveAtOnceByThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.subscribe("anna@example.org", "iot")
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if a := s.post("/confirm/"+token, nil); a.StatusCode != http.StatusOK && a.StatusCode != http.StatusGone {
				t.Errorf("confirm: %s\n%s", a.Status, a.body)
			}
		})
		wg.Go(func() {
			if a := s.post(s.leave(person.ID), url.Values{"topic": {"all"}}); a.StatusCode != http.StatusOK {
				t.Errorf("leave: %s\n%s", a.Status, a.body)
			}
		})
	}
	wg.Wait()
	if got := s.active(person.ID); got != "" {
		t.Errorf("they left, and get %q", got)
	}
	// Back button: the page that was left is sent again.
	s.get("/confirm/"+token).want(t, http.StatusGone, "Send me a fresh link")
	s.post("/confirm/"+token, nil).want(t, http.StatusGone, "Send me a fresh link")
}

func TestRemindersOfDeadlinesAreAWishOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.member("anna@example.org", "iot")
	path := "/preferences/" + s.keys.Issue(subscriptions.PurposePreferences, id, 0, s.now)
	page := s.get(path)
	page.want(t, http.StatusOK, "Remind me a week before comments on a draft in my topics close")
	if strings.Contains(page.body, `name="deadlines" value="yes" checked`) {
		t.Error("it is ticked before anybody did")
	}
	wants := func() bool {
		on, err := s.store.WantsDeadlines(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return on
	}
	s.post(path, url.Values{"form": {"choices"}, "topics": {"iot"}, "deadlines-asked": {"1"}, "deadlines": {"yes"}}).want(t, http.StatusSeeOther)
	if !wants() {
		t.Error("the tick does nothing")
	}
	s.get(path+"?saved=deadlines").want(t, http.StatusOK, "Saved: reminders of deadlines.", `name="deadlines" value="yes" checked`)
	s.post(path, url.Values{"form": {"choices"}, "topics": {"iot"}}).want(t, http.StatusSeeOther) // a form that does not ask changes nothing
	if !wants() {
		t.Error("a form without the question took the wish away")
	}
	s.post(path, url.Values{"form": {"choices"}, "topics": {"iot"}, "deadlines-asked": {"1"}}).want(t, http.StatusSeeOther)
	if wants() {
		t.Error("the tick cannot be taken away")
	}
	consents, err := s.store.Consents(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range consents {
		if strings.HasPrefix(c.Source, subscriptions.SourceDeadlines) {
			said = append(said, strings.TrimPrefix(c.Source, subscriptions.SourceDeadlines))
		}
	}
	if strings.Join(said, " ") != "yes no" {
		t.Errorf("the proofs say %v", said)
	}
}
