package web_test

import (
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

// element is any XML element, so that nothing in a feed goes unseen.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Kids    []element  `xml:",any"`
}

func (e element) all(name string) (found []element) {
	for _, k := range e.Kids {
		if k.XMLName.Local == name {
			found = append(found, k)
		}
	}
	return found
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

const base = "https://tidings.example.org"

func atBase(o *web.Options) { o.Identity.BaseURL = base }

func TestAtomKeepsToRFC4287(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t, atBase)
	empty := newSite(t, atBase)
	for path, c := range map[string]struct {
		on      *site
		entries int
		home    string
	}{
		"/feed.atom":                      {s, 11, "/"},
		"/topics/cybersecurity/feed.atom": {s, 5, "/topics/cybersecurity"},
		"/topics/iot/feed.atom?x":         {empty, 0, "/topics/iot"},
		"/feed.atom?nothing is out":       {empty, 0, "/"},
	} {
		a := c.on.get(strings.ReplaceAll(path, " ", "+"))
		a.want(t, http.StatusOK)
		path, _, _ = strings.Cut(path, "?")
		if got := a.Header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", path, got)
		}
		var feed element
		if err := xml.Unmarshal([]byte(a.body), &feed); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if feed.XMLName.Local != "feed" {
			t.Fatalf("%s: the document is a %s", path, feed.XMLName.Local)
		}
		walk(feed, func(e element) {
			if e.XMLName.Space != "http://www.w3.org/2005/Atom" {
				t.Errorf("%s: <%s> is in namespace %q", path, e.XMLName.Local, e.XMLName.Space)
			}
		})
		head(t, feed)                             // 4.1.1: exactly one id, title and updated
		if n := len(feed.all("author")); n == 0 { // 4.1.1: one or more unless every entry has one
			t.Errorf("%s has no author", path)
		}
		for _, author := range feed.all("author") { // 3.2.1: exactly one name
			if n := author.all("name"); len(n) != 1 || n[0].Text == "" {
				t.Errorf("%s: an author has %d names", path, len(n))
			}
		}
		links(t, feed, map[string]string{"self": base + path, "alternate": base + c.home})
		entries := feed.all("entry")
		if len(entries) != c.entries {
			t.Errorf("%s has %d entries, want %d", path, len(entries), c.entries)
		}
		ids := map[string]bool{}
		newest := ""
		for _, e := range entries {
			id := head(t, e) // 4.1.2
			if ids[id] {     // two entries of one feed with one id
				t.Errorf("%s: %s is there twice", path, id)
			}
			ids[id] = true
			newest = max(newest, e.all("updated")[0].Text)
			to := links(t, e, map[string]string{"alternate": ""})
			s.get(strings.TrimPrefix(to, base)).want(t, http.StatusOK)
			content := e.all("content")
			if len(content) != 1 || content[0].attr("type") != "html" || len(content[0].Kids) != 0 { // 4.1.3.3: HTML is text, not elements
				t.Fatalf("%s: content is %+v", path, content)
			}
			if content[0].Text == "" {
				t.Errorf("%s: %s has no content", path, id)
			}
			absolute(t, content[0].Text)
			for _, category := range e.all("category") { // 4.2.2: a term
				if category.attr("term") == "" {
					t.Errorf("%s: a category without its term", id)
				}
			}
			if len(e.all("category")) == 0 {
				t.Errorf("%s is in no topic", id)
			}
		}
		if c.entries > 0 && feed.all("updated")[0].Text != newest {
			t.Errorf("%s was updated %s, its newest entry %s", path, feed.all("updated")[0].Text, newest)
		}
	}
}

func walk(e element, see func(element)) {
	see(e)
	for _, k := range e.Kids {
		walk(k, see)
	}
}

// head checks what feed and entry share, and gives the id.
func head(t *testing.T, e element) string {
	t.Helper()
	for _, name := range []string{"id", "title", "updated"} {
		if n := e.all(name); len(n) != 1 || strings.TrimSpace(n[0].Text) == "" {
			t.Fatalf("<%s> has %d of %s", e.XMLName.Local, len(n), name)
		}
	}
	id := e.all("id")[0].Text
	// 4.2.6: an IRI, absolute. Ours are tags (RFC 4151).
	if !regexp.MustCompile(`^tag:tidings\.example\.org,\d{4}-\d\d-\d\d:/[a-z0-9/-]+$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	for _, name := range []string{"updated", "published"} { // 3.3: RFC 3339, with T and Z in capitals
		for _, d := range e.all(name) {
			if at, err := time.Parse(time.RFC3339, d.Text); err != nil || !strings.HasSuffix(d.Text, "Z") || at.IsZero() {
				t.Errorf("%s %q", name, d.Text)
			}
		}
	}
	return id
}

// links checks 4.2.7: an href, absolute, and of "alternate" no two of a type.
func links(t *testing.T, e element, want map[string]string) (alternate string) {
	t.Helper()
	seen := map[string]int{}
	for _, l := range e.all("link") {
		u, err := url.Parse(l.attr("href"))
		if err != nil || !u.IsAbs() || u.Host == "" {
			t.Errorf("a link to %q", l.attr("href"))
		}
		rel := l.attr("rel")
		seen[rel]++
		if to, ok := want[rel]; ok && to != "" && to != l.attr("href") {
			t.Errorf("%s is %s, want %s", rel, l.attr("href"), to)
		}
		if rel == "alternate" {
			alternate = l.attr("href")
		}
	}
	for rel := range want {
		if seen[rel] != 1 {
			t.Errorf("<%s> has %d links of %s", e.XMLName.Local, seen[rel], rel)
		}
	}
	return alternate
}

// absolute checks that content can be read away from its site.
func absolute(t *testing.T, content string) {
	t.Helper()
	for _, sign := range []string{"<script", "<img", "<style", "<iframe"} {
		if strings.Contains(content, sign) {
			t.Errorf("the content holds %s", sign)
		}
	}
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(content, -1) {
		if u, err := url.Parse(link[1]); err != nil || !u.IsAbs() {
			t.Errorf("the content links to %q", link[1])
		}
	}
}

func TestJSONFeedKeepsToVersion11(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t, atBase)
	empty := newSite(t, atBase)
	for path, c := range map[string]struct {
		on    *site
		items int
	}{"/feed.json": {s, 11}, "/topics/cybersecurity/feed.json": {s, 5}, "/topics/blockchain/feed.json": {empty, 0}} {
		a := c.on.get(path)
		a.want(t, http.StatusOK, `"items": [`) // must be there, also when it is empty
		if got := a.Header.Get("Content-Type"); got != "application/feed+json; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", path, got)
		}
		var feed struct {
			Version, Title, Language string
			HomePage                 string `json:"home_page_url"`
			FeedURL                  string `json:"feed_url"`
			Authors                  []struct{ Name, URL string }
			Items                    []struct {
				ID, URL, Title      string
				Content             string    `json:"content_html"`
				Published, Modified time.Time `json:"-"`
				DatePublished       string    `json:"date_published"`
				DateModified        string    `json:"date_modified"`
				Tags                []string
			}
		}
		if err := json.Unmarshal([]byte(a.body), &feed); err != nil {
			t.Fatal(err)
		}
		if feed.Version != "https://jsonfeed.org/version/1.1" || feed.Title == "" || feed.FeedURL != base+path || !strings.HasPrefix(feed.HomePage, base+"/") ||
			len(feed.Authors) != 1 || feed.Authors[0].Name == "" || feed.Language != "en" || len(feed.Items) != c.items {
			t.Errorf("%s: %d items, %+v", path, len(feed.Items), feed.Authors)
		}
		ids := map[string]bool{}
		for _, i := range feed.Items {
			if i.ID == "" || ids[i.ID] || i.Content == "" || i.Title == "" || len(i.Tags) == 0 || !strings.HasPrefix(i.URL, base+"/items/") {
				t.Errorf("%s: %+v", path, i)
			}
			ids[i.ID] = true
			for _, d := range []string{i.DatePublished, i.DateModified} {
				if _, err := time.Parse(time.RFC3339, d); err != nil {
					t.Error(err)
				}
			}
			absolute(t, i.Content)
		}
	}
}

// Ids stay: under another name of the site's scheme, and after the next edition.
func TestFeedIDsStay(t *testing.T) {
	t.Parallel()
	ids := func(s *site, path string) string {
		return strings.Join(regexp.MustCompile(`(?:<id>|"id": ")([^<"]+)`).FindAllString(s.get(path).body, -1), "\n")
	}
	s, plain := newSampleSite(t, atBase), newSampleSite(t, func(o *web.Options) { o.Identity.BaseURL = "http://tidings.example.org:8080" })
	before := ids(s, "/feed.atom")
	if n := strings.Count(before, "tag:tidings.example.org,2019-04-01:/items/"); n != 11 {
		t.Errorf("%d ids:\n%s", n, before)
	}
	s.now = s.now.AddDate(0, 3, 0)
	if after := ids(s, "/feed.atom"); after != before || ids(plain, "/feed.atom") != before {
		t.Errorf("ids changed:\n%s\n%s", before, after)
	}
	if a, j := before[strings.Index(before, "/items/"):], ids(s, "/feed.json"); !strings.Contains(j, a[:strings.Index(a, "\n")]) {
		t.Errorf("the two feeds name an entry differently:\n%s", j)
	}
}

func TestFeedsAreNotSentTwice(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t, atBase)
	for _, path := range []string{"/feed.atom", "/feed.json", "/topics/iot/feed.atom", "/topics/iot/feed.json"} {
		first := s.get(path)
		first.want(t, http.StatusOK)
		tag, changed := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		if tag == "" || changed != "Mon, 01 Apr 2019 08:00:00 GMT" {
			t.Errorf("%s: ETag %q, Last-Modified %q", path, tag, changed)
		}
		ask := func(headers ...string) answer {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			return s.do(r)
		}
		for name, c := range map[string]struct {
			headers []string
			status  int
		}{
			"with its ETag":             {[]string{"If-None-Match", tag}, http.StatusNotModified},
			"among others, compressed":  {[]string{"If-None-Match", `"x", ` + tag, "Accept-Encoding", "gzip"}, http.StatusNotModified},
			"with its date":             {[]string{"If-Modified-Since", changed}, http.StatusNotModified},
			"with another ETag":         {[]string{"If-None-Match", `W/"x"`}, http.StatusOK},
			"an ETag goes before dates": {[]string{"If-None-Match", `W/"x"`, "If-Modified-Since", changed}, http.StatusOK},
			"with an older date":        {[]string{"If-Modified-Since", "Sun, 31 Mar 2019 08:00:00 GMT"}, http.StatusOK},
			"a part of it":              {[]string{"Range", "bytes=0-9"}, http.StatusOK},
		} {
			a := ask(c.headers...)
			if a.StatusCode != c.status || c.status == http.StatusNotModified && a.body != "" || a.Header.Get("ETag") != tag {
				t.Errorf("%s %s: %s, %d bytes, ETag %q", path, name, a.Status, len(a.body), a.Header.Get("ETag"))
			}
		}
		z, err := gzip.NewReader(strings.NewReader(ask("Accept-Encoding", "gzip").body))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(z); err != nil || string(b) != first.body {
			t.Errorf("%s is another one compressed (%v)", path, err)
		}
		if a := s.do(httptest.NewRequest(http.MethodHead, path, nil)); a.StatusCode != http.StatusOK || a.body != "" || a.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %s, %d bytes", path, a.Status, len(a.body))
		}
	}
	s.get("/topics/weather/feed.atom").want(t, http.StatusNotFound)
}

func TestPagesNameTheirFeeds(t *testing.T) {
	t.Parallel()
	s := newSampleSite(t)
	const whole = `<link rel="alternate" type="application/atom+xml" title="SESEC Tidings" href="/feed.atom">`
	s.get("/").want(t, http.StatusOK, whole, `type="application/feed+json" title="SESEC Tidings" href="/feed.json"`)
	s.get("/topics/iot").want(t, http.StatusOK, whole, `<link rel="alternate" type="application/atom+xml" title="IoT" href="/topics/iot/feed.atom">`,
		`type="application/feed+json" title="IoT" href="/topics/iot/feed.json"`, `<a href="/topics/iot/feed.atom">Atom</a>`, `<a href="/topics/iot/feed.json">JSON</a>`)
}

// A reader is shown text, whatever an editor wrote.
func TestFeedsCarryAnyText(t *testing.T) {
	t.Parallel()
	s := newSite(t, atBase)
	title := "A <b>bold</b> & \"quoted\" ]]> title 信息安全"
	s.publish(subscriptions.Item{Slug: "odd", Title: title, Date: subscriptions.Date{Year: 2019, Month: 2, Day: 1},
		Body: "Text \x0b with <script>alert(1)</script>, [here](/relative) and [there](https://example.org/?a=1&b=2)."}, "iot")
	var feed element
	if err := xml.Unmarshal([]byte(s.get("/feed.atom").body), &feed); err != nil {
		t.Fatal(err)
	}
	entry := feed.all("entry")[0]
	if got := entry.all("title")[0].Text; got != title {
		t.Errorf("title %q", got)
	}
	absolute(t, entry.all("content")[0].Text)
	if got := entry.all("content")[0].Text; !strings.Contains(got, `href="https://example.org/?a=1&amp;b=2"`) {
		t.Error(got)
	}
}
