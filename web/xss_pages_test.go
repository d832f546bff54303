package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// infected is a site whose every text field holds one of the texts: an item, a
// topic, a term and a webinar a text, and an edition of all of them. The rows are
// written past the rules for them, which would refuse some.
type infected struct {
	*site
	desk    *atDesk
	texts   []string
	items   []subscriptions.Item
	content subscriptions.Content
}

func infect(t *testing.T, texts []string) *infected {
	t.Helper()
	s := newSite(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := &infected{site: s, desk: s.as(subscriptions.RoleEditor), texts: texts}
	all := strings.Join(texts, "\n\n")
	day := subscriptions.Date{Year: 2019, Month: time.March, Day: 4}
	e := subscriptions.Edition{Slug: "infected", Title: all, Period: subscriptions.Period{From: day, To: day}, Intro: all, About: all, Contact: all,
		State: subscriptions.EditionCollecting, CreatedAt: s.now}
	must(s.store.AddEdition(ctx, &e))
	c := subscriptions.Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period, Intro: e.Intro, About: e.About, Contact: e.Contact}
	for n, text := range texts {
		name := fmt.Sprintf("n%d", n)
		topic := subscriptions.Topic{Slug: "topic-" + name, Name: text, ShortName: text, Description: text, Accent: text, Position: 100 + n, CreatedAt: s.now}
		must(s.store.AddTopic(ctx, &topic))
		c.Topics = append(c.Topics, topic)
		term := subscriptions.Term{Abbreviation: fmt.Sprintf("ABBR%d %s", n, text), English: text, Chinese: text}
		_, err := s.store.PutTerm(ctx, &term)
		must(err)
		c.Glossary = append(c.Glossary, term)
		w := subscriptions.Webinar{Slug: name, Title: text, Topics: []int64{topic.ID}, Starts: s.now.AddDate(0, 0, n-1).Add(time.Hour), Ends: s.now.AddDate(0, 0, n-1).Add(2 * time.Hour), Zone: "Europe/Brussels",
			Language: text, Presenters: []subscriptions.Presenter{{Name: text, Role: text, Biography: text}}, Contents: text, State: subscriptions.WebinarAnnounced, CreatedAt: s.now, UpdatedAt: s.now}
		must(s.store.AddWebinar(ctx, &w))
		c.Webinars = append(c.Webinars, w)
		link := "https://example.org/" + url.PathEscape(text) + "?q=" + text // what a check of links lets through
		item := subscriptions.Item{Slug: name, Title: text, Topics: []int64{topic.ID}, Date: day, Issuer: text, Summary: text,
			Body:     text + "\n\nABBR" + fmt.Sprint(n) + " and " + text + "\n\n| a | b |\n|---|---|\n| " + strings.ReplaceAll(text, "\n", " ") + " | 2 |\n\n- " + text,
			Standard: &subscriptions.Standard{Identifier: text, Title: text, OriginalTitle: text, Committee: text, Stage: text, Relation: text},
			Comments: &subscriptions.CommentPeriod{Until: subscriptions.DateOf(s.now.AddDate(0, 0, 9)), URL: link},
			Sources:  []subscriptions.Source{{Title: text, URL: link, Language: text, Accessed: day}, {Title: text, URL: text}},
			State:    subscriptions.ItemPublished, EditionID: e.ID, Origin: text, CreatedAt: s.now, UpdatedAt: s.now, PublishedAt: s.now}
		must(s.store.AddItem(ctx, &item))
		in.items = append(in.items, item)
		a := subscriptions.Attachment{ItemID: item.ID, Name: text, Type: text, Hash: strings.Repeat("a", 64), CreatedAt: s.now, CreatedBy: text}
		must(s.store.AddAttachment(ctx, &a))
	}
	c.Entries = in.items
	must(s.store.PutContent(ctx, c))
	e.State, e.FrozenAt, e.ApprovedAt, e.StartedAt = subscriptions.EditionSending, s.now, s.now, s.now
	must(s.store.UpdateEdition(ctx, e, subscriptions.EditionCollecting))
	in.content = c
	return in
}

// rendering is something that shows the texts. A new page, letter, feed or export
// is a line in renderings.
type rendering struct {
	name  string
	check func(t *testing.T, where, body string, seen parts)
	show  func(in *infected, n int) string // of the nth text
	says  bool                             // the text can be read on it, whole
	once  bool                             // it shows all of the texts, and n does not matter
}

var renderings = []rendering{
	{"home page", checkHTML, shown("/"), false, true},
	{"list of editions", checkHTML, shown("/editions"), true, true},
	{"edition", checkHTML, shown("/editions/infected"), true, true},
	{"item", checkHTML, shown("/items/n%d"), true, false},
	{"list of topics", checkHTML, shown("/topics"), true, true},
	{"topic", checkHTML, shown("/topics/topic-n%d"), true, false},
	{"list of webinars", checkHTML, shown("/webinars"), true, true},
	{"webinar", checkHTML, shown("/webinars/n%d"), true, false},
	{"glossary", checkHTML, shown("/glossary"), true, true},
	{"subscribe", checkHTML, shown("/subscribe"), true, true},
	{"search", checkHTML, shown("/search?q=alert"), false, true},
	{"search for it", checkHTML, func(in *infected, n int) string {
		return in.get("/search?q=" + url.QueryEscape(in.texts[n]) + "&topic=" + url.QueryEscape(in.texts[n])).body
	}, false, false},
	{"Atom feed", checkXML, shown("/feed.atom"), false, true},
	{"JSON feed", checkJSON, shown("/feed.json"), false, true},
	{"Atom feed of a topic", checkXML, shown("/topics/topic-n%d/feed.atom"), false, false},
	{"JSON feed of a topic", checkJSON, shown("/topics/topic-n%d/feed.json"), false, false},
	{"letter", checkHTML, func(in *infected, n int) string { return in.letterOf(n) }, true, false},
	{"preview as web", checkHTML, func(in *infected, n int) string { return in.previewOf(n, "web") }, true, false},
	{"preview as letter", checkHTML, func(in *infected, n int) string { return in.previewOf(n, "letter") }, true, false},
	{"preview as text", checkHTML, func(in *infected, n int) string { return in.previewOf(n, "text") }, true, false},
	{"preview", checkHTML, func(in *infected, n int) string { return in.previewOf(n, "") }, true, false},
	{"documents at the desk", checkHTML, func(in *infected, n int) string {
		return in.desk.get(fmt.Sprintf("/desk/items/%d/attachments", in.items[n].ID)).body
	}, true, false},
}

// shown asks for a page.
func shown(path string) func(in *infected, n int) string {
	return func(in *infected, n int) string {
		if strings.Contains(path, "%d") {
			return in.get(fmt.Sprintf(path, n)).body
		}
		return in.get(path).body
	}
}

// letterOf is the letter of an edition that has one of the items, and the webinar
// and the term of the same text.
func (in *infected) letterOf(n int) string {
	c := in.content
	c.Title, c.Intro, c.About, c.Contact = in.texts[n], in.texts[n], in.texts[n], in.texts[n]
	c.Topics, c.Entries, c.Webinars, c.Glossary = c.Topics[n:n+1], c.Entries[n:n+1], c.Webinars[n:n+1], c.Glossary[n:n+1]
	_, html, err := in.itemLetter(in.t.Context(), c)
	if err != nil {
		in.t.Fatal(err)
	}
	return html
}

func (in *infected) previewOf(n int, view string) string {
	text := in.texts[n]
	form := url.Values{"view": {view}, "home": {fmt.Sprint(in.items[n].Topics[0])}, "comments-until": {"2019-05-24"}, "comments-url": {text}, "source-0-url": {"https://example.org/" + text}, "source-1-url": {text}}
	for _, name := range []string{"title", "issuer", "summary", "body", "standard-identifier", "standard-title", "standard-original", "standard-committee", "standard-stage",
		"standard-relation", "source-0-title", "source-0-language", "source-1-title", "webinar", "slot"} {
		form.Set(name, text)
	}
	form.Set(text, text)
	return in.desk.post("/desk/preview", form).body
}

// TestNoTextBreaksOut puts every payload into every text field and looks at
// everything that shows them: nothing in it is made of other elements than the
// same pages with harmless words, nothing could run, and what was written can
// still be read.
func TestNoTextBreaksOut(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	plain, in := infect(t, harmless), infect(t, payloads)
	for _, r := range renderings {
		t.Run(r.name, func(t *testing.T) {
			ours := parts{}
			for n := range plain.texts {
				r.check(t, "harmless", r.show(plain, n), ours)
			}
			seen := parts{}
			for n, text := range in.texts {
				if n%4 != 0 && !storetest.Thorough() {
					continue
				}
				body := r.show(in, n)
				r.check(t, text, body, seen)
				if r.says && !strings.Contains(textOf(t, body), squeezed(text)) {
					t.Errorf("%q cannot be read on it", text)
				}
				if r.once {
					if r.says {
						read := textOf(t, body)
						for _, text := range in.texts {
							if !strings.Contains(read, squeezed(text)) {
								t.Errorf("%q cannot be read on it", text)
							}
						}
					}
					break
				}
			}
			for _, part := range slices.Sorted(maps.Keys(seen)) {
				if !ours[part] {
					t.Errorf("%s is not ours", part)
				}
			}
		})
	}
}

// TestNoTextRunsInABrowser opens pages, a letter and a preview with all of the
// payloads: nothing runs, and nothing has to be stopped by the content policy.
func TestNoTextRunsInABrowser(t *testing.T) {
	tab := browser(t)
	in := infect(t, payloads)
	letters := http.NewServeMux()
	letters.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/letter/%d", &n); err != nil {
			in.handler.ServeHTTP(w, r)
			return
		}
		// Without a policy, as mail programs have none.
		_, _ = w.Write([]byte(in.letterOf(n)))
	})
	server := httptest.NewServer(letters)
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	var said []string
	heard := make(chan string, 1000)
	if err := chromedp.Listen(tab, func(ev any) {
		switch ev := ev.(type) {
		case *page.EventJavascriptDialogOpening:
			heard <- "a dialog: " + ev.Message
		case *log.EventEntryAdded:
			heard <- string(ev.Entry.Source) + ": " + ev.Entry.Text
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return chromedp.Void{}, err
	}); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/editions/infected", "/glossary", "/webinars", "/topics", "/search?q=alert"}
	for n := range payloads {
		if n%4 != 0 && !storetest.Thorough() {
			continue
		}
		paths = append(paths, fmt.Sprintf("/items/n%d", n), fmt.Sprintf("/letter/%d", n))
	}
	for _, path := range paths {
		if err := chromedp.Do(tab, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		// Whatever waits for an event gets some.
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.querySelectorAll("*").forEach(e => ["mouseover", "focus", "toggle", "error", "load"].forEach(n => e.dispatchEvent(new Event(n)))), true`)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for len(heard) > 0 {
			said = append(said, path+": "+<-heard)
		}
	}
	for _, s := range said {
		t.Error(s)
	}
}
