package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// counted has the people counted now, and not beside a page.
func (s *site) counted(t *testing.T) {
	t.Helper()
	if err := (&subscriptions.ReachService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}).Count(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// readers adds people who asked for IoT.
func (s *site) readers(t *testing.T, n int, domain string) {
	t.Helper()
	rows := func(yield func(subscriptions.SubscriberRow) bool) {
		for i := range n {
			if !yield(subscriptions.SubscriberRow{Line: i + 2, Email: fmt.Sprintf("reader%d@%s", i, domain), Topics: []string{"iot"}}) {
				return
			}
		}
	}
	imports := &subscriptions.ImportService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if _, err := imports.Subscribers(t.Context(), rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "a test"}); err != nil {
		t.Fatal(err)
	}
	s.counted(t)
}

// hiddenIn gives the hidden inputs of the page's form.
func hiddenIn(body, action string) url.Values {
	at := strings.Index(body, `action="`+action+`"`)
	if at < 0 {
		return nil
	}
	form, _, _ := strings.Cut(body[at:], "</form>")
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`).FindAllStringSubmatch(form, -1) {
		values.Set(m[1], m[2])
	}
	return values
}

// ready has the edition checked, and takes note of every warning.
func (d *atDesk) ready(t *testing.T, edition string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`name="finding" value="([0-9a-f]+)"`).FindAllStringSubmatch(d.checked(t, edition).body, -1) {
		d.post(edition+"/preflight/notes", url.Values{"finding": {m[1]}, "reason": {"It is meant so."}, "verb": {"take"}})
	}
	d.get(edition+"/preflight").want(t, http.StatusOK, "Ready to be approved")
}

// hash names the only edition as it was frozen.
func (s *site) hash(t *testing.T) string {
	t.Helper()
	all, err := s.store.Editions(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d editions, %v", len(all), err)
	}
	return all[0].Hash
}

func TestTwoPeopleRelease(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	writer, second := s.as(subscriptions.RolePublisher), s.as(subscriptions.RolePublisher)
	s.news(t, "One: iot", "Two: iot")
	s.readers(t, 40, "example.org")
	edition := writer.quarter(t)
	path := edition + "/release"
	writer.get(path).want(t, http.StatusOK, "Freeze and submit", "It is being collected")
	writer.post(path+"/submit", url.Values{"note": {strings.Repeat("x", 501)}}).want(t, http.StatusUnprocessableEntity, "at most 500 characters", strings.Repeat("x", 501))
	writer.post(path+"/submit", url.Values{"note": {"Ready & <b>done</b>."}})
	writer.post(path+"/submit", url.Values{"note": {"Ready."}}).want(t, http.StatusConflict, "was submitted by The publisher already")

	second.get(path).want(t, http.StatusOK, "It was not checked yet.", "To the preflight")
	second.post(path+"/approve", url.Values{"hash": {"any"}}).want(t, http.StatusConflict)
	second.ready(t, edition)

	// One's own work, and a page that shows something else than there is.
	approve := path + "/approve"
	own := writer.get(path)
	own.want(t, http.StatusOK, "You wrote it last, or froze it.", "Another publisher of the desk")
	if hiddenIn(own.body, approve) != nil {
		t.Error("who wrote it is offered to approve it")
	}
	page := second.get(path)
	page.want(t, http.StatusOK, "Approve for 40 people", "Ready &amp; &lt;b&gt;done&lt;/b&gt;.")
	seen := hiddenIn(page.body, approve)
	writer.post(approve, seen).want(t, http.StatusConflict, "who froze it")
	stale := url.Values{"hash": {strings.Repeat("0", 64)}, "people": seen["people"]}
	second.post(approve, stale).want(t, http.StatusConflict, "changed after it was looked at", "Approve for 40 people")
	s.readers(t, 40, "example.net")
	second.post(approve, seen).want(t, http.StatusConflict, "80 people would get it, and the page said 40", "Approve for 80 people")
	seen = hiddenIn(second.get(path).body, approve)
	if got := second.post(approve, seen); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("approving: %d\n%s", got.StatusCode, got.body)
	}
	second.get(path).want(t, http.StatusOK, "Send to 80 people", "Approved for 80 people.")

	// A change takes the approval back, and what was approved once is not approved again.
	writer.post(edition+"/reopen", nil)
	second.post(path+"/send", nil).want(t, http.StatusConflict, "is collecting and cannot be sent")
	s.now = s.now.Add(time.Minute)
	writer.post(edition+"/edit", url.Values{"version": {"0"}, "title": {"January–March 2019"}, "from": {"2019-01-01"}, "to": {"2019-03-31"}, "intro": {"Changed."}})
	writer.post(path+"/submit", nil)
	second.post(approve, seen).want(t, http.StatusConflict, "changed after it was looked at")
	second.post(approve, url.Values{"hash": {s.hash(t)}}).want(t, http.StatusConflict, "It has changed since it was checked")
	second.ready(t, edition)
	second.post(approve, hiddenIn(second.get(path).body, approve))

	// The hour that no clock shows, the one that is shown twice, and one that is past.
	when := func(day, hour, zone string) url.Values {
		return url.Values{"day": {day}, "hour": {hour}, "zone": {zone}}
	}
	second.post(path+"/schedule", when("2020-03-29", "02:30", "Europe/Brussels")).want(t, http.StatusUnprocessableEntity, "does not exist in Europe/Brussels", `value="02:30"`)
	second.post(path+"/schedule", when("2019-04-01", "09:59", "Europe/Brussels")).want(t, http.StatusUnprocessableEntity, "That moment is past.")
	second.post(path+"/schedule", when("2019-04-02", "09:00", "Mars/Olympus")).want(t, http.StatusUnprocessableEntity, "Europe/Brussels")
	second.post(path+"/schedule", when("2019-10-27", "02:30", "Europe/Brussels"))
	second.get(path).want(t, http.StatusOK, "Sunday 27 October 2019 at 02:30, Europe/Brussels", "show this hour twice: it leaves in the first", "Take the order back")
	second.get("/desk").want(t, http.StatusOK, "Leaves 27 October, 02:30")

	// From a second window: one order.
	second.post(path+"/send", nil).want(t, http.StatusConflict, "is ordered already, by The publisher", "It is sent once")
	writer.post(path+"/take-back", nil)
	second.post(path+"/send", nil)
	second.get(path).want(t, http.StatusOK, "The first letter leaves at 10:11, in 10 minutes")
	writer.post(path+"/take-back", nil)
	writer.post(path+"/take-back", nil).want(t, http.StatusConflict, "Only an order of which nothing has left")
	s.set(t, subscriptions.Settings{"send.cooling": "0"})
	second.post(path+"/send", nil)
	second.post(path+"/send", nil).want(t, http.StatusConflict, "is on its way already", "Nothing is sent twice")
	second.get(path).want(t, http.StatusOK, "How it goes", "Pause</button>")
	second.post(path+"/rate", url.Values{"rate": {"many"}}).want(t, http.StatusUnprocessableEntity, "from 0.01 to 100000 letters a second", `value="many"`)
	second.post(path+"/rate", url.Values{"rate": {"2.5"}})
	second.get(path).want(t, http.StatusOK, `value="2.5"`, "2.5 a second at most")
	writer.post(path+"/pause", nil)
	second.get(path).want(t, http.StatusOK, "Paused by The publisher.", "Resume</button>")
	second.post(path+"/resume", nil)
	second.post(path+"/resume", nil).want(t, http.StatusConflict, "Only a paused edition can be resumed")
	second.post(path+"/cancel", nil)
	second.get(path).want(t, http.StatusOK, "It was cancelled")
	second.post(path+"/cancel", nil).want(t, http.StatusConflict, "It is over")
}

// set changes settings.
func (s *site) set(t *testing.T, values subscriptions.Settings) {
	t.Helper()
	stored, err := s.settings.Stored(t.Context())
	if err == nil {
		_, _, err = s.settings.Change(t.Context(), stored.Version, values, subscriptions.Actor{Name: "a test"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onItsWay is an edition to n readers that is planned and sending, and its page.
func (s *site) onItsWay(t *testing.T, d *atDesk, n int) (id int64, path string) {
	t.Helper()
	ctx := t.Context()
	s.news(t, "One: iot")
	s.readers(t, n, "example.org")
	editions := s.newDesk().Editions
	path = d.quarter(t)
	if _, err := fmt.Sscanf(path, "/desk/editions/%d", &id); err != nil {
		t.Fatal(err)
	}
	e, err := editions.Freeze(ctx, id)
	if err == nil {
		e, err = editions.Agree(ctx, id, subscriptions.Approval{Hash: e.Hash, By: "a test", Unchecked: true})
	}
	if err == nil {
		_, err = editions.Start(ctx, e.ID)
	}
	if err == nil {
		_, _, err = editions.QueueBatch(ctx, id, 1000)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id, path + "/release"
}

// ends concludes n letters.
func (s *site) ends(t *testing.T, n int, state subscriptions.DeliveryState) {
	t.Helper()
	held, err := s.store.Claim(t.Context(), "w", n, s.now, s.now.Add(time.Hour))
	if err != nil || len(held) != n {
		t.Fatalf("%d claimed: %v", len(held), err)
	}
	var begins []subscriptions.Begin
	var outcomes []subscriptions.Outcome
	for _, d := range held {
		begins = append(begins, subscriptions.Begin{DeliveryID: d.ID})
		outcomes = append(outcomes, subscriptions.Outcome{DeliveryID: d.ID, State: state, Code: 451, Detail: "<i>said</i>", NotBefore: s.now.Add(time.Minute)})
	}
	if _, err := s.store.Advance(t.Context(), "w", s.now, nil, begins); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Advance(t.Context(), "w", s.now, outcomes, nil); err != nil {
		t.Fatal(err)
	}
}

func TestUncertainLettersAreDecidedOneByOneOrAllAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d, editor := s.as(subscriptions.RolePublisher), s.as(subscriptions.RoleEditor)
	_, path := s.onItsWay(t, d, 6)
	s.ends(t, 4, subscriptions.DeliveryUncertain)
	s.ends(t, 1, subscriptions.DeliveryDeferred)
	page := d.get(path)
	page.want(t, http.StatusOK, "Send all 4 again", "reader0@example.org", "Domains that take their time", "&lt;i&gt;said")
	if body := editor.get(path).body; strings.Contains(body, "reader0@example.org") || !strings.Contains(body, "A publisher decides about the uncertain ones") {
		t.Error("an editor sees addresses")
	}
	letter := regexp.MustCompile(`name="letter" value="(\d+)"`).FindStringSubmatch(page.body)[1]
	resolve := func(form url.Values, says string) {
		t.Helper()
		d.post(path+"/resolve", form)
		d.get(path).want(t, http.StatusOK, says)
	}
	resolve(url.Values{"do": {"accept"}, "letter": {letter}}, "1 letter is taken as sent.")
	resolve(url.Values{"do": {"resend"}, "letter": {letter}}, "There was nothing left to decide.")
	resolve(url.Values{"do": {"resend"}}, "3 letters are sent again, with the same Message-ID.")
	d.post(path+"/resolve", url.Values{"do": {"forget"}}).want(t, http.StatusUnprocessableEntity, "does not say what is to be done")
	editor.post(path+"/resolve", url.Values{"do": {"accept"}}).want(t, http.StatusForbidden)
}

// A stream tells at once, then of changes, and ends with the session.
func TestASendIsFollowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RolePublisher)
	id, path := s.onItsWay(t, d, 5)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	follow := func(ctx context.Context) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", d.cookie)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answer := follow(ctx)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") || answer.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() (event string, p map[string]any) {
		t.Helper()
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &p); err != nil {
					t.Fatal(err)
				}
				return event, p
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", nil
	}
	if event, p := next(); event != "progress" || p["sent"] != "0" || p["open"] != "5" {
		t.Errorf("first %s %v", event, p)
	}
	s.ends(t, 2, subscriptions.DeliverySent)
	if event, p := next(); event != "progress" || p["sent"] != "2" || p["sum"] != "2 of 5 letters have left." {
		t.Errorf("then %s %v", event, p)
	}
	// No more than four of one session.
	for n := range 4 {
		more := follow(ctx)
		defer more.Body.Close()
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[n < 3]; more.StatusCode != want {
			t.Errorf("stream %d: %d", n+2, more.StatusCode)
		}
	}
	if got := d.do(httptest.NewRequest(http.MethodHead, path+"/stream", nil)); got.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %d", got.StatusCode)
	}
	s.ends(t, 3, subscriptions.DeliverySent)
	editions := s.newDesk().Editions
	if _, err := editions.FinishIfDone(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for event := ""; event != "over"; {
		event, _ = next()
	}
	lines.Scan() // the blank line that ends an event
	if lines.Scan() {
		t.Errorf("after the end: %q", lines.Text())
	}
}
