package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/subscriptions/intake"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

func (s *site) importing() *subscriptions.ImportService {
	return &subscriptions.ImportService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
}

// intake reads feeds of this machine's 127.0.0.1, and nothing else of it.
func (s *site) intake() *intake.Reader {
	c := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	s.t.Cleanup(c.Close)
	return &intake.Reader{Fetch: c, Pandoc: intake.Pandoc{Path: "no-such-program"}}
}

func (s *site) watching() *subscriptions.WatchService {
	return &subscriptions.WatchService{Store: s.store, Imports: s.importing(), Reader: s.intake(), Now: func() time.Time { return s.now }}
}

// upload sends a file with a form around it.
func (d *atDesk) upload(path, name string, content []byte, form url.Values) answer {
	d.s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, values := range form {
		for _, v := range values {
			if err := w.WriteField(field, v); err != nil {
				d.s.t.Fatal(err)
			}
		}
	}
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		d.s.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return d.do(r)
}

const deskFeed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Notices</title>
<item><title>A first notice</title><link>https://example.org/1</link><guid>1</guid><description>&lt;p&gt;Words&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description></item>
<item><title>A second notice</title><link>https://example.org/1?utm_source=x</link><guid>2</guid></item></channel></rss>`

func TestAFileIsImportedAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	d.get("/desk/items/import").want(t, http.StatusOK, "Nothing was imported yet", "See what would come in")

	got := d.upload("/desk/items/import", "feed.xml", []byte(deskFeed), url.Values{"home": {"iot"}, "also": {"cybersecurity"}})
	report := got.Header.Get("Location")
	if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(report, "/desk/items/import/") {
		t.Fatalf("an upload: %d %s\n%s", got.StatusCode, report, got.body)
	}
	shown := d.get(report)
	shown.want(t, http.StatusOK, "2 read", "2 would come in", "A first notice", "May be the same as", "Take them in")
	if strings.Contains(shown.body, "alert(1)") {
		t.Error("a script came through")
	}
	if n := s.items(t); n != 0 {
		t.Errorf("a rehearsal made %d items", n)
	}
	if got := d.post(report+"/take", url.Values{"entry": {"0"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("taking in: %d\n%s", got.StatusCode, got.body)
	}
	d.get(report).want(t, http.StatusOK, "1 draft came in.", "1 left out", "Take them back")
	if n := s.items(t); n != 1 {
		t.Errorf("taking one in made %d items", n)
	}
	if got := d.post(report+"/take", nil); got.StatusCode != http.StatusConflict {
		t.Errorf("taking in twice: %d", got.StatusCode)
	}
	d.post(report+"/undo", nil)
	d.get(report).want(t, http.StatusOK, "1 draft taken back.", "Taken back")
	if n := s.items(t); n != 0 {
		t.Errorf("after the undo there are %d items", n)
	}
	d.get("/desk/items/import").want(t, http.StatusOK, "feed.xml", "taken back", "The editor")
	d.get("/desk/items/import/99").want(t, http.StatusNotFound, "There is no such page")
	d.get("/desk/items/import/x").want(t, http.StatusNotFound, "There is no such page")
}

func (s *site) items(t *testing.T) int {
	t.Helper()
	marks, err := s.store.ItemMarks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(marks)
}

func TestBadImportsAreRefusedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	home := url.Values{"home": {"iot"}, "text": {"My pasted words"}}
	for name, c := range map[string]struct {
		file   string
		words  []byte
		status int
		want   string
	}{
		"50 MB":               {"large.md", make([]byte, 50<<20), http.StatusRequestEntityTooLarge, "more than 20 MB"},
		"a PDF":               {"a.pdf", []byte("%PDF"), http.StatusUnprocessableEntity, "A PDF is not read"},
		"no document":         {"a.docx", []byte("Hello"), http.StatusUnprocessableEntity, "not a zip file"},
		"broken XML":          {"a.xml", []byte("<rss version=\"2.0\"><channel><item><title>A</wrong"), http.StatusUnprocessableEntity, "The feed is broken"},
		"a web page":          {"a.xml", []byte("<!doctype html><p>Hello"), http.StatusUnprocessableEntity, "This is not a feed"},
		"an empty file":       {"a.md", nil, http.StatusUnprocessableEntity, "The file is empty"},
		"what nobody can see": {"a", []byte("Hello"), http.StatusUnprocessableEntity, "cannot be seen what kind"},
	} {
		got := d.upload("/desk/items/import", c.file, c.words, home)
		got.want(t, c.status, c.want)
		if c.status != http.StatusRequestEntityTooLarge && !strings.Contains(got.body, "My pasted words") {
			t.Errorf("%s: the words in the form are lost", name)
		}
	}
	d.post("/desk/items/import", url.Values{"text": {"title,topics\nA,\n"}}).want(t, http.StatusUnprocessableEntity, "Choose at least one topic", `id="home-fault"`, "title,topics")
	d.post("/desk/items/import", nil).want(t, http.StatusUnprocessableEntity, "Nothing was given to import")
	d.post("/desk/items/import", url.Values{"url": {"http://169.254.169.254/latest/meta-data/"}, "home": {"iot"}}).
		want(t, http.StatusUnprocessableEntity, "leads into a private network", `value="http://169.254.169.254/latest/meta-data/"`)
	if n := s.items(t); n != 0 {
		t.Errorf("%d items came in", n)
	}
}

func TestFeedsAreWatchedAtTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	broken := false
	others := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(deskFeed))
	}))
	t.Cleanup(others.Close)
	form := url.Values{"url": {others.URL + "/feed"}, "home": {"iot"}, "every": {"24"}, "do": {"try"}}
	d.get("/desk/items/feeds").want(t, http.StatusOK, "No feed is watched")
	d.post("/desk/items/feeds", form).want(t, http.StatusOK, "What it holds: Notices", "2 entries", "A first notice")
	if n := s.items(t); n != 0 {
		t.Errorf("trying made %d items", n)
	}
	d.post("/desk/items/feeds", url.Values{"url": {"http://127.0.0.2/"}, "do": {"try"}}).want(t, http.StatusUnprocessableEntity, "private network", `id="url-fault"`)
	form.Set("do", "watch")
	form.Del("home")
	d.post("/desk/items/feeds", form).want(t, http.StatusUnprocessableEntity, "Choose at least one topic", `id="home-fault"`)
	form.Set("home", "iot")
	if got := d.post("/desk/items/feeds", form); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("watching: %d\n%s", got.StatusCode, got.body)
	}
	d.get("/desk/items/feeds").want(t, http.StatusOK, "Notices is watched now.", "every day", "Look now")
	if n := s.items(t); n != 2 {
		t.Errorf("watching made %d items", n)
	}
	d.post("/desk/items/feeds", form).want(t, http.StatusUnprocessableEntity, "is watched already")
	d.post("/desk/items/feeds/1/look", nil)
	d.get("/desk/items/feeds").want(t, http.StatusOK, "Notices has nothing new.")
	broken = true
	d.post("/desk/items/feeds/1/look", nil)
	d.get("/desk/items/feeds").want(t, http.StatusOK, "1 time in a row: The server answered 500 Internal Server Error.")
	d.post("/desk/items/feeds/1/pause", nil)
	d.get("/desk/items/feeds").want(t, http.StatusOK, "Notices is paused.", "Resume")
	d.post("/desk/items/feeds/1/resume", nil)
	d.post("/desk/items/feeds/1/end", nil)
	d.get("/desk/items/feeds").want(t, http.StatusOK, "not watched any more; the drafts it brought stay", "ended")
	if n := s.items(t); n != 2 {
		t.Errorf("at the end there are %d items", n)
	}
	d.post("/desk/items/feeds/99/look", nil).want(t, http.StatusNotFound, "There is no such page")
}

// importPages are the cases of imports and feeds.
func importPages(now time.Time, frame desk.Frame) map[string][]framed {
	run := subscriptions.ImportRun{ID: 3, Kind: subscriptions.ImportFeed, Name: "Notices of the committee", State: subscriptions.ImportPrepared, At: now, By: "An editor",
		Counts: subscriptions.ImportCounts{Read: 5, New: 3, Known: 1, Faulty: 1, Alike: 1}, Report: subscriptions.RunReport{
			Findings: []subscriptions.Finding{{Place: subscriptions.Place{File: "feed.xml", Line: 4}, Severity: subscriptions.SeverityError, Message: "The entry has neither a title nor a text.", Text: "https://example.org/4"},
				{Severity: subscriptions.SeverityWarning, Message: "The title is too long and was cut.", Hint: "Shorten it."}, {Severity: subscriptions.SeverityNote, Message: "The file is no UTF-8; it was read as GB18030."}},
			Terms: []subscriptions.Term{{Abbreviation: "CAC", English: "Cyberspace Administration of China"}}}}
	taken, undone, long := run, run, run
	taken.State, taken.TakenAt = subscriptions.ImportTaken, now
	undone.State, undone.TakenAt, undone.UndoneAt, undone.Counts.Undone = subscriptions.ImportUndone, now, now, 2
	long.Name = strings.Repeat("averylongnameofafile", 12) + ".docx"
	topics := []subscriptions.Topic{{Slug: "iot", Name: "IoT", ShortName: "IoT", Accent: "iot"}, {Slug: "cybersecurity", Name: "Cybersecurity and digital identity", ShortName: "Cybersecurity", Accent: "cybersecurity"}}
	entry := func(n int, title string, outcome subscriptions.EntryOutcome, why string, alike ...subscriptions.Alike) desk.EntryView {
		e := subscriptions.ImportEntry{ImportID: 3, Position: n, Title: title, Place: subscriptions.Place{File: "feed.xml", Line: n + 1}, Outcome: outcome, Why: why, Alike: alike}
		e.Draft.Item = subscriptions.Item{Title: title, Date: subscriptions.DateOf(now), Body: "#### Scope\n\nThe **draft** is out.\n\n| No | Title |\n|---|---|\n| 1 | Cloud |"}
		return desk.EntryView{ImportEntry: e, Topics: topics}
	}
	alike := []subscriptions.Alike{{ItemID: 7, Title: "Draft on personal information security", By: "https://example.org/1"}, {Title: "Another entry", By: "GB/T 35273-2020"}}
	entries := []desk.EntryView{entry(0, "A draft on the security of connected vehicles, for comment until May", "new", ""), entry(1, "GB/T 35273-2020 is out", "new", "", alike...),
		entry(2, "Weekly notice", "known", "An item with the link /items/weekly-notice is here: Weekly notice"), entry(3, strings.Repeat("Verylong", 30), "faulty", "There is no topic “nosuch”. The topics are: horizontal, iot."),
		entry(4, "公告", "taken", ""), entry(5, "Left", "left", ""), entry(6, "Back", "undone", ""), entry(7, "Here", "stays", "It was edited since.")}
	choices := []desk.TopicChoice{{Slug: "iot", Name: "IoT", Accent: "iot", Home: true}, {Slug: "cybersecurity", Name: "Cybersecurity and digital identity", Accent: "cybersecurity", Also: true}}
	kinds := []subscriptions.ImportKind{subscriptions.ImportMarkdown, subscriptions.ImportArchive, subscriptions.ImportWord, subscriptions.ImportTable, subscriptions.ImportFeed, subscriptions.ImportNewsletter}
	feed := subscriptions.WatchedFeed{ID: 1, Title: "Notices of the committee", URL: "https://example.org/feeds/notices.xml", Every: 24 * time.Hour, LookedAt: now, FoundAt: now, NextAt: now.Add(24 * time.Hour)}
	failing, paused, ended := feed, feed, feed
	failing.Failures, failing.Fault, failing.FoundAt = 3, "The server answered 500 Internal Server Error. Open the address in a browser and see whether it is still right.", time.Time{}
	failing.URL = "https://example.org/" + strings.Repeat("averylongpath", 15)
	paused.PausedAt, ended.EndedAt = now, now
	return map[string][]framed{
		"desk/import": {&desk.ImportPage{Frame: frame, Topics: choices, Kinds: kinds, Runs: []subscriptions.ImportRun{run, taken, undone, long}, More: "/desk/items/import?before=1"},
			&desk.ImportPage{Frame: frame, Topics: choices, Kinds: kinds},
			&desk.ImportPage{Frame: frame, Topics: choices, Kinds: kinds, Kind: "feed", Text: "A text", URL: "http://127.0.0.1/",
				Faults: pageFaults("file", "The file is empty. Choose another.", "url", "The address leads into a private network, where nothing is read.", "home", "Choose at least one topic.")}},
		"desk/import-run": {&desk.ImportRunPage{Frame: frame, Run: run, Entries: entries[:4], Cut: 1}, &desk.ImportRunPage{Frame: frame, Run: taken, Entries: entries[2:6]},
			&desk.ImportRunPage{Frame: frame, Run: undone, Entries: entries[6:]}, &desk.ImportRunPage{Frame: frame, Run: long}},
		"desk/feeds": {&desk.FeedsPage{Frame: frame, Topics: choices, Paces: subscriptions.FeedPaces(), Every: 24 * time.Hour,
			Feeds: []desk.FeedView{{WatchedFeed: feed, Topics: topics}, {WatchedFeed: failing, Topics: topics[:1]}, {WatchedFeed: paused, Topics: topics}, {WatchedFeed: ended}}},
			&desk.FeedsPage{Frame: frame, Topics: choices, Paces: subscriptions.FeedPaces(), URL: "https://example.org/feed", FromNow: true,
				Tried: &subscriptions.FeedAnswer{Import: subscriptions.Import{Title: "Notices", Items: []subscriptions.DraftItem{entries[0].Draft, entries[1].Draft}}}},
			&desk.FeedsPage{Frame: frame, Topics: choices, Paces: subscriptions.FeedPaces(),
				Faults: pageFaults("url", "This is not a feed.", "title", "The title has more than 300 characters.", "every", "A feed is looked at every hour to every week.", "home", "Choose at least one topic.")}},
	}
}

// pageFaults are fields and what is wrong with each, in turn.
func pageFaults(fieldsAndMessages ...string) (f page.Faults) {
	for i := 0; i < len(fieldsAndMessages); i += 2 {
		f = append(f, page.Fault{Field: fieldsAndMessages[i], Message: fieldsAndMessages[i+1]})
	}
	return f
}
