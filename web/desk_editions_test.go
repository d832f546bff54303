package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sesec.eu/tidings/subscriptions"
)

// news publishes items of January 2019 under topics, "a: iot cybersecurity", and
// gives their ids by title.
func (s *site) news(t *testing.T, lines ...string) map[string]int64 {
	t.Helper()
	all, err := s.store.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int64{}
	for n, line := range lines {
		title, topics, _ := strings.Cut(line, ": ")
		i := subscriptions.Item{Title: title, Slug: subscriptions.Slugify(fmt.Sprintf("item %d", n)), Date: subscriptions.Date{Year: 2019, Month: 1, Day: 1 + n},
			Body: "Body.", State: subscriptions.ItemPublished, PublishedAt: s.now, CreatedAt: s.now}
		for slug := range strings.FieldsSeq(topics) {
			for _, topic := range all {
				if topic.Slug == slug {
					i.Topics = append(i.Topics, topic.ID)
				}
			}
		}
		if err := s.store.AddItem(t.Context(), &i); err != nil {
			t.Fatal(err)
		}
		ids[title] = i.ID
	}
	return ids
}

// quarter begins the edition January–March 2019.
func (d *atDesk) quarter(t *testing.T) string {
	t.Helper()
	got := d.post("/desk/editions/new", url.Values{"title": {"January–March 2019"}, "from": {"2019-01-01"}, "to": {"2019-03-31"}})
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("beginning an edition: %d\n%s", got.StatusCode, got.body)
	}
	return got.Header.Get("Location")
}

// entries reads the order off the page: "a 2, b 1" with the people.
func entries(page string) string {
	row := regexp.MustCompile(`(?s)<tr id="item-\d+" data-row data-item="\d+" data-title="([^"]*)".*?<span class="wide">([\d,]+)</span>`)
	var said []string
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		said = append(said, m[1]+" "+m[2])
	}
	return strings.Join(said, ", ")
}

func TestAnEditionAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RolePublisher)
	d.get("/desk/editions").want(t, http.StatusOK, "There is no edition yet", "New edition: April 2019")
	d.get("/desk/editions/new").want(t, http.StatusOK, `value="April 2019"`, `value="2019-04-01"`, `value="2019-04-30"`)
	d.post("/desk/editions/new", url.Values{"title": {""}, "from": {"soon"}, "to": {"2019-03-31"}}).
		want(t, http.StatusUnprocessableEntity, "Write this day as year-month-day", `value="soon"`)
	d.post("/desk/editions/new", url.Values{"title": {"Back"}, "from": {"2019-04-30"}, "to": {"2019-04-01"}}).
		want(t, http.StatusUnprocessableEntity, "before it starts", `value="Back"`)

	ids := s.news(t, "One: iot", "Two <b>: iot cybersecurity", "Three: cybersecurity", "Far: blockchain")
	s.member("both@example.org", "iot", "cybersecurity")
	s.member("iot@example.org", "iot")
	s.member("quiet@example.org", "communication-networks")
	count := &subscriptions.ReachService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if err := count.Count(t.Context()); err != nil { // the page does not wait for long
		t.Fatal(err)
	}
	path := d.quarter(t)
	place := func(verb, title string, more ...string) answer {
		form := url.Values{"verb": {verb}, "item": {fmt.Sprint(ids[title])}}
		for n := 0; n < len(more); n += 2 {
			form.Set(more[n], more[n+1])
		}
		return d.post(path+"/place", form)
	}
	shows := func(want string) {
		t.Helper()
		if got := entries(d.get(path).body); got != want {
			t.Errorf("the page shows %q, want %q", got, want)
		}
	}
	d.get(path).want(t, http.StatusOK, "Begun.", "4 entries", "2 people get 2 different letters", "1 person gets none, because nothing is in their topics",
		"Freeze this edition", "Two &lt;b&gt;")
	shows("One 2, Two &lt;b&gt; 2, Far 0, Three 1")
	place("up", "Two <b>")
	shows("Two &lt;b&gt; 2, One 2, Far 0, Three 1")
	place("section", "Two <b>", "topic", topicID(t, s, "cybersecurity"))
	shows("One 2, Far 0, Three 1, Two &lt;b&gt; 2")
	if got := place("section", "One", "topic", topicID(t, s, "cybersecurity")); got.StatusCode != http.StatusConflict || !strings.Contains(got.body, "not filed under") {
		t.Errorf("an entry in a section it is not of: %d", got.StatusCode)
	}
	place("pin", "Two <b>")
	d.get(path).want(t, http.StatusOK, "Pinned: it stays on top", "Pinned by The publisher")
	shows("One 2, Far 0, Two &lt;b&gt; 2, Three 1")
	if got := place("leave-out", "Far"); got.Header.Get("Location") != path+"#out" {
		t.Errorf("after leaving out: %q", got.Header.Get("Location"))
	}
	place("move-on", "Three")
	d.get(path).want(t, http.StatusOK, "2 entries", "Left out, or moved on", "Published, in no edition", "Waits for the next edition", "Put back")
	d.get(path+"/add?q=far").want(t, http.StatusOK, "Far", "Add<span")
	d.get(path+"/add?q=nowhere").want(t, http.StatusOK, "Try fewer of them")
	place("add", "Far")
	place("put-back", "Three")
	shows("One 2, Far 0, Two &lt;b&gt; 2, Three 1")

	// Texts: two editors began from the same version.
	edit := func(version, intro string) answer {
		return d.post(path+"/edit", url.Values{"version": {version}, "title": {"The quarter"}, "from": {"2019-01-01"}, "to": {"2019-03-31"}, "intro": {intro}})
	}
	edit("0", "First words.")
	got := edit("0", "Other words <script>")
	got.want(t, http.StatusConflict, "Somebody else saved this edition meanwhile", "First words.", "Other words &lt;script&gt;", `name="version" value="1"`)
	if edit("1", "Other words <script>").StatusCode != http.StatusSeeOther {
		t.Error("after the conflict the words could not be saved")
	}
	if got := edit("2", strings.Repeat("x", 3*subscriptions.MaxIntro)); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an intro far too long: %d", got.StatusCode)
	}
	// What an inbox shows is each letter's own, until an editor has words for all.
	d.get(path).want(t, http.StatusOK, "Each letter says what is inside")
	inbox := func(subject string) answer {
		return d.post(path+"/edit", url.Values{"version": {"2"}, "title": {"The quarter"}, "from": {"2019-01-01"}, "to": {"2019-03-31"}, "subject": {subject}, "preheader": {"Read <on>"}})
	}
	inbox("In {month}").want(t, http.StatusUnprocessableEntity, "{month} stands for nothing here", `value="In {month}"`)
	if got := inbox("At a glance: {inside}"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("a subject: %d", got.StatusCode)
	}
	d.get(path).want(t, http.StatusOK, "At a glance: {inside}", "Read &lt;on&gt;")
	sections := path + "/sections/" + topicID(t, s, "cybersecurity")
	d.post(sections, url.Values{"heading": {"Security first"}, "intro": {"A *word* before."}})
	d.post(sections, url.Values{"verb": {"up"}})
	d.get(sections).want(t, http.StatusOK, `value="Security first"`, "A *word* before.")
	d.post(sections, url.Values{"heading": {strings.Repeat("x", 400)}, "intro": {""}}).want(t, http.StatusUnprocessableEntity, "one line of at most")
	d.get(path).want(t, http.StatusOK, "Security first", "A word before.", "The quarter")

	// The list, and the moves of the whole.
	d.get("/desk/editions").want(t, http.StatusOK, "The quarter", "Collecting", "April–June 2019")
	d.post(path+"/freeze", nil)
	d.get(path).want(t, http.StatusOK, "To be submitted", "Open it again", "Frozen 1 April, 10:00")
	if body := d.get(path).body; strings.Contains(body, "data-grip") || strings.Contains(body, `value="up"`) {
		t.Error("a frozen edition offers to move entries")
	}
	place("up", "Two <b>").want(t, http.StatusConflict, "is frozen and cannot be changed", "Reopen it first")
	d.post(path+"/reopen", nil)
	d.post(path+"/cancel", nil)
	d.get(path).want(t, http.StatusOK, "Cancelled 1 April, 10:00")
	events, err := s.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "edition."})
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range events {
		if e.Actor != "The publisher" || e.EditorID != d.Editor.ID || e.IP == "" {
			t.Errorf("who did it: %+v", e)
		}
		log = append(log, strings.TrimPrefix(e.Action, "edition."))
	}
	if got, want := strings.Join(log, " "), "cancel reopen freeze section section edit edit edit put-back add move-on leave-out pin section up create"; got != want {
		t.Errorf("the log has %s, want %s", got, want)
	}
}

// What editors ordered is what readers see.
func TestThePublicPageKeepsTheOrderOfTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RolePublisher)
	ids := s.news(t, "One: iot", "Two: iot", "Three: cybersecurity")
	path := d.quarter(t)
	d.post(path+"/place", url.Values{"verb": {"pin"}, "item": {fmt.Sprint(ids["Two"])}})
	section := path + "/sections/" + topicID(t, s, "cybersecurity")
	d.post(section, url.Values{"verb": {"top"}, "heading": {"Security <first>"}, "intro": {"A *word* before.<script>alert(1)</script>"}})
	d.post(path+"/freeze", nil)
	ctx := t.Context()
	editions := s.newDesk().Editions
	e, err := s.store.FindEditionBySlug(ctx, "january-march-2019")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Agree(ctx, e.ID, subscriptions.Approval{Hash: e.Hash, By: "a test", Unchecked: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := editions.Start(ctx, e.ID); err != nil {
		t.Fatal(err)
	}
	public := s.get("/editions/" + e.Slug)
	public.want(t, http.StatusOK, "Security &lt;first&gt;</h2>", "<em>word</em> before.")
	heads := regexp.MustCompile(`(?:id="topic-[a-z-]+">|<a href="/items/item-\d">)([^<]+)<`)
	var said []string
	for _, m := range heads.FindAllStringSubmatch(public.body, -1) {
		said = append(said, m[1])
	}
	if got, want := strings.Join(said, ", "), "Security &lt;first&gt;, Three, IoT, Two, One"; got != want {
		t.Errorf("readers see %s, want %s", got, want)
	}
	if strings.Contains(public.body, "<script>alert") {
		t.Error("a script came through")
	}
	d.get(path).want(t, http.StatusOK, "Sending", "Read it on the site")
}

func topicID(t *testing.T, s *site, slug string) string {
	t.Helper()
	all, err := s.store.Topics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range all {
		if topic.Slug == slug {
			return fmt.Sprint(topic.ID)
		}
	}
	t.Fatalf("there is no topic %s", slug)
	return ""
}

// TestEntriesAreMovedInABrowser takes a row by the keyboard, leaves it, moves it,
// and drags another.
func TestEntriesAreMovedInABrowser(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	s := newSite(t)
	ids := s.news(t, "One: iot", "Two: iot cybersecurity", "Three: iot", "Four: cybersecurity")
	d := s.as(subscriptions.RoleEditor)
	path := d.quarter(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", d.cookie)
		s.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	const order = `[...document.querySelectorAll("tr[data-item]")].map(r => r.dataset.title).join(" ")`
	const says = `document.querySelector("[data-order-says]").textContent`
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(tab, actions...); err != nil {
			t.Fatal(err)
		}
	}
	grip := func(title string) string {
		return fmt.Sprintf(`document.querySelector("#item-%d [data-grip]")`, ids[title])
	}
	focus := func(title string) {
		t.Helper()
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](grip(title)+".focus(), true")); err != nil {
			t.Fatal(err)
		}
	}
	do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+path))
	becomes(tab, t, order, "One Two Three Four")
	focus("Three")
	do(chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.ArrowUp))
	becomes(tab, t, order, "One Three Two Four")
	becomes(tab, t, says, "Place 2 of 4.")
	do(chromedp.KeyEvent(kb.Escape))
	becomes(tab, t, order, "One Two Three Four")
	becomes(tab, t, says, "Three stays where it was.")
	// Three has no business under Cybersecurity, where Four stands.
	do(chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.ArrowDown))
	becomes(tab, t, says, "It cannot go further: it is filed under no topic of the sections there.")
	do(chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(" "))
	becomes(tab, t, `document.querySelector(".said")?.textContent.trim() ?? ""`, "Moved.")
	becomes(tab, t, order, "Three One Two Four")
	becomes(tab, t, `document.activeElement.closest("tr")?.dataset.title ?? ""`, "Three") // the work goes on there

	// Two may stand there: it is dragged below Four.
	middle := func(title string) string {
		return `(b => [b.x + b.width / 2, b.y + b.height / 2])(` + grip(title) + `.getBoundingClientRect())`
	}
	places, err := chromedp.Run(tab, chromedp.Evaluate[[][2]float64](grip("Four")+`.scrollIntoView({block: "center"}), [`+middle("Two")+`, `+middle("Four")+`]`))
	if err != nil {
		t.Fatal(err)
	}
	x, y, below := places[0][0], places[0][1], places[1][1]
	do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	for _, to := range []float64{y + 10, (y + below) / 2, below + 15} {
		do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, to, chromedp.ButtonLeft))
	}
	becomes(tab, t, order, "Three One Four Two")
	do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, below+15, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	becomes(tab, t, `document.querySelector(".said")?.textContent.trim() ?? ""`, "Moved to the other section.")
	becomes(tab, t, order, "Three One Four Two")
	if got := entries(d.get(path).body); !strings.HasPrefix(got, "Three ") || !strings.Contains(got, "Four 0, Two") {
		t.Errorf("the stored order is %q", got)
	}
}
