package web_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
	"sesec.eu/tidings/web/public"
)

// strict has the limits that the service has.
func strict(o *web.Options) {
	o.Signups = subscriptions.NewSignupService(o.Signups.Store, o.Signups.Keys, o.Now)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// fields are the hidden inputs of a page.
func fields(a answer) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
		form.Add(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// fill opens the form and fills it in as slowly as a person does.
func (s *site) fill(path, address string) url.Values {
	s.t.Helper()
	form := fields(s.get(path))
	if form.Get("form") == "" {
		s.t.Fatalf("%s has no token", path)
	}
	s.now = s.now.Add(30 * time.Second)
	form.Set("email", address)
	if path != "/manage" {
		form.Set("topics", "iot")
	}
	return form
}

// solved adds the proof that the page asks for.
func solved(t *testing.T, a answer) url.Values {
	t.Helper()
	a.want(t, http.StatusTooManyRequests, "One more step")
	form := fields(a)
	seed := sha256.Sum256([]byte(form.Get("challenge")))
	var numbers []string
	for piece := range uint32(8) {
		for n := uint32(0); ; n++ {
			sum := sha256.Sum256(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(seed[:], piece), n))
			if bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:4])) >= 16 {
				numbers = append(numbers, fmt.Sprint(n))
				break
			}
		}
	}
	form.Set("proof", strings.Join(numbers, ","))
	return form
}

func TestWhoIsTooFastBringsAProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, strict)
	form := fields(s.get("/subscribe"))
	form["email"], form["topics"], form["name"] = []string{"anna@example.org"}, []string{"iot", "blockchain"}, []string{`Anna "<b>"`}
	before := s.dump()
	a := s.post("/subscribe", form)
	if got := a.Header.Get("Content-Security-Policy"); !strings.Contains(got, "script-src 'self'; worker-src 'self'") || strings.Contains(got, "unsafe") {
		t.Errorf("the policy of the page with the script: %s", got)
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Retry-After") != "120" {
		t.Errorf("headers: %v", a.Header)
	}
	proven := solved(t, a)
	if s.dump() != before {
		t.Error("a form without a proof left a row")
	}
	changed := url.Values{}
	for k, v := range proven {
		changed[k] = v
	}
	changed.Set("email", "ben@example.org")
	s.post("/subscribe", changed).want(t, http.StatusTooManyRequests)
	accepted := s.post("/subscribe", proven)
	accepted.want(t, http.StatusSeeOther)
	if accepted.Header.Get("Location") != "/subscribe/sent" {
		t.Errorf("sent on to %s", accepted.Header.Get("Location"))
	}
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil || person.Name != `Anna "<b>"` {
		t.Fatalf("%+v, %v", person, err)
	}
	subs, err := s.store.Subscriptions(t.Context(), person.ID)
	if err != nil || len(subs) != 2 {
		t.Errorf("the form has %d topics after the proof, want 2 (%v)", len(subs), err)
	}
	s.post("/subscribe", proven).want(t, http.StatusTooManyRequests, "One more step") // a replay
}

func TestWhoRunsNoScriptWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t, strict)
	form := s.fill("/manage", "anna@example.org")
	form.Set("homepage", "https://example.org")
	a := s.post("/manage", form)
	a.want(t, http.StatusTooManyRequests, "Wait 2 minutes, then press the button", `action="/manage"`, "mailto:tidings@example.org")
	s.now = s.now.Add(time.Minute)
	a = s.post("/manage", fields(a))
	a.want(t, http.StatusTooManyRequests, "That was too soon. Wait 60 seconds more")
	s.now = s.now.Add(time.Minute)
	s.post("/manage", fields(a)).want(t, http.StatusSeeOther)
	s.post("/manage", fields(a)).want(t, http.StatusTooManyRequests)
}

// What the person has to mend is said first, not after the work.
func TestFaultsComeBeforeTheProof(t *testing.T) {
	t.Parallel()
	s := newSite(t, strict)
	s.post("/subscribe", url.Values{"email": {"nowhere"}, "homepage": {"x"}}).want(t, http.StatusUnprocessableEntity, "2 things to mend")
	s.post("/manage", url.Values{"email": {"nowhere"}, "homepage": {"x"}}).want(t, http.StatusUnprocessableEntity, "One thing to mend")
}

// send posts the form as if it came through proxies, the last one ours.
func (s *site) sendFrom(forwarded string, form url.Values) answer {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/subscribe", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", forwarded)
	return s.do(r)
}

// Networks are told apart behind a trusted proxy, and nobody changes theirs by
// what they write into a header. A restart forgets nothing.
func TestNetworksAreLimited(t *testing.T) {
	t.Parallel()
	limits := func(o *web.Options) {
		strict(o)
		o.TrustedProxies = []string{"192.0.2.1"}
		o.Signups.Limits = []subscriptions.SignupLimit{
			{By: subscriptions.CountNetwork, Within: time.Hour, Most: 2, Then: subscriptions.Prove},
			{By: subscriptions.CountNetwork, Within: 24 * time.Hour, Most: 6, Then: subscriptions.Refuse},
		}
	}
	var kept web.Options
	s := newSite(t, limits, func(o *web.Options) { kept = *o })
	send := func(i int, forwarded string) answer {
		return s.sendFrom(forwarded, s.fill("/subscribe", fmt.Sprintf("p%d@example.org", i)))
	}
	send(1, "203.0.113.1").want(t, http.StatusSeeOther)
	send(2, "198.51.100.9, 203.0.113.2").want(t, http.StatusSeeOther)
	send(3, "198.51.100.10, 203.0.113.3").want(t, http.StatusTooManyRequests, "One more step")
	send(4, "203.0.114.1").want(t, http.StatusSeeOther)

	again := web.Options{Identity: kept.Identity, Subscriptions: kept.Subscriptions, Archive: kept.Archive, Desk: kept.Desk, Ops: kept.Ops, Now: kept.Now, Log: kept.Log,
		Signups: &subscriptions.SignupService{Store: s.store, Keys: s.keys, Now: kept.Now}}
	limits(&again)
	var err error
	if s.handler, err = web.New(again); err != nil {
		t.Fatal(err)
	}
	a := send(5, "203.0.113.1")
	s.sendFrom("203.0.113.1", solved(t, a)).want(t, http.StatusSeeOther)
	send(6, "203.0.113.1").want(t, http.StatusTooManyRequests, "One more step")
	refused := send(7, "203.0.113.1")
	refused.want(t, http.StatusTooManyRequests, "Too many forms today", "mailto:tidings@example.org")
	s.now = s.now.Add(25 * time.Hour)
	send(8, "203.0.113.1").want(t, http.StatusSeeOther)
}

var tokens = regexp.MustCompile(`[A-Za-z0-9_-]{40,}`)

// Also an address that has had its share, and one that is asked for a proof, gets
// the answer that all others get.
func TestLimitsDoNotTellWhoIsKnown(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/subscribe", "/manage"} {
		s := newSite(t, strict)
		s.member2("member@example.org")
		left := s.member2("left@example.org")
		s.post(s.leave(left), url.Values{"topic": {"all"}}).want(t, http.StatusOK)
		s.member2("barred@example.org")
		if err := s.store.PutSuppression(t.Context(), subscriptions.Suppression{Hash: s.keys.HashAddress("barred@example.org"),
			Reason: subscriptions.SuppressedComplaint, CreatedAt: s.now}); err != nil {
			t.Fatal(err)
		}
		kept := subscriptions.SignupForm{Name: subscriptions.FormSubscribe, Address: "limited@example.org"}
		weigher := &subscriptions.SignupService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now },
			Limits: subscriptions.NewSignupService(s.store, s.keys, nil).Limits[:1]}
		for range 11 {
			if _, _, err := weigher.Weigh(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
		}
		var passed, asked answer
		for i, who := range []string{"unknown", "member", "left", "barred", "limited"} {
			form := s.fill(path, who+"@example.org")
			a := s.post(path, form)
			form.Set("homepage", "x")
			b := s.post(path, form)
			b.body = tokens.ReplaceAllString(strings.ReplaceAll(b.body, who, "somebody"), "a token")
			b.Header.Del("Content-Length")
			if i == 0 {
				a.want(t, http.StatusSeeOther)
				b.want(t, http.StatusTooManyRequests)
				passed, asked = a, b
			}
			for _, pair := range [][2]answer{{passed, a}, {asked, b}} {
				if diff := cmp.Diff(pair[0].Header, pair[1].Header) + cmp.Diff(pair[0].body, pair[1].body); pair[0].StatusCode != pair[1].StatusCode || diff != "" {
					t.Errorf("%s answers otherwise for %s: %s\n%s", path, who, pair[1].Status, diff)
				}
			}
		}
		if _, err := s.store.FindSubscriberByAddress(t.Context(), "limited@example.org"); err == nil && path == "/subscribe" {
			t.Error("a form beyond the limit of its address was taken")
		}
	}
}

// member2 subscribes and confirms without the form.
func (s *site) member2(address string) int64 {
	s.t.Helper()
	if err := s.service.Subscribe(s.t.Context(), subscriptions.SubscribeRequest{Email: address, Topics: []string{"iot"}}); err != nil {
		s.t.Fatal(err)
	}
	person, err := s.store.FindSubscriberByAddress(s.t.Context(), address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.post("/confirm/"+s.keys.Issue(subscriptions.PurposeConfirm, person.ID, 0, s.now), nil).want(s.t, http.StatusOK)
	return person.ID
}

func TestAnswersLeaveInSteps(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0:                      100 * time.Millisecond,
		3 * time.Millisecond:   97 * time.Millisecond,
		99 * time.Millisecond:  time.Millisecond,
		100 * time.Millisecond: 100 * time.Millisecond,
		101 * time.Millisecond: 99 * time.Millisecond,
		730 * time.Millisecond: 70 * time.Millisecond,
		-time.Second:           100 * time.Millisecond, // a clock that was set back
	} {
		if got := public.HoldBack(took); got != want {
			t.Errorf("after %v it waits %v, want %v", took, got, want)
		}
	}
}

func TestADomainBeyondASCII(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/subscribe", url.Values{"email": {"post@Bücher.example"}, "topics": {"iot"}}).want(t, http.StatusSeeOther)
	person, err := s.store.FindSubscriberByAddress(t.Context(), "post@xn--bcher-kva.example")
	if err != nil || person.Address != "post@xn--bcher-kva.example" {
		t.Fatalf("%+v, %v", person, err)
	}
	s.get("/confirm/"+s.keys.Issue(subscriptions.PurposeConfirm, person.ID, 0, s.now)).want(t, http.StatusOK, "p•••@bücher.example")
	s.post("/subscribe", url.Values{"email": {"post@bücher.example"}}).want(t, http.StatusUnprocessableEntity, `value="post@bücher.example"`)
	s.post("/subscribe", url.Values{"email": {"jürgen@example.org"}, "topics": {"iot"}}).
		want(t, http.StatusUnprocessableEntity, "We cannot write to an address with letters outside a–z before the @.", `value="jürgen@example.org"`)
	// Those who move may move to one.
	id := s.member("anna@example.org", "iot")
	s.post(s.preferences(id), url.Values{"form": {"address"}, "email": {"anna@bücher.example"}}).want(t, http.StatusSeeOther)
	if mails := s.mails(id); mails[len(mails)-1].Address != "anna@xn--bcher-kva.example" {
		t.Errorf("asked was %+v", mails[len(mails)-1])
	}
	s.post(s.preferences(id), url.Values{"form": {"address"}, "email": {"用户@bücher.example"}}).
		want(t, http.StatusUnprocessableEntity, "letters outside a–z before the @", `value="用户@bücher.example"`)
	s.post("/manage", url.Values{"email": {"post@gооgle.example"}}).want(t, http.StatusUnprocessableEntity, "make no domain we know how to write to")
}

// A form that is too long comes back with what was read of it.
func TestALongFormComesBackWithItsWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/subscribe", url.Values{"email": {"anna@example.org"}, "topics": {"iot"}, "name": {"Anna"}, "organisation": {strings.Repeat("Acme ", 20_000)}}).
		want(t, http.StatusRequestEntityTooLarge, `value="anna@example.org"`, `value="Acme Acme`, `<a href="#organisation">This is longer than we read.`)
	s.post("/manage", url.Values{"email": {"anna@example.org"}, "x": {strings.Repeat("x", 100_000)}}).
		want(t, http.StatusRequestEntityTooLarge, `value="anna@example.org"`)
}
