package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/templates/markdown"
	"sesec.eu/tidings/web/page"
)

// The feeds hold what the archive holds: entries as they were frozen, since the
// moment their edition began to leave. An entry never changes afterwards, so
// that moment is both when it was published and when it was updated, and the
// newest of them is when the feed was.

// Atom answers GET /feed.atom.
func (s *Site) Atom(c *gin.Context) error { return s.feed(c, "", atom) }

// JSON answers GET /feed.json.
func (s *Site) JSON(c *gin.Context) error { return s.feed(c, "", jsonFeed) }

// TopicAtom answers GET /topics/SLUG/feed.atom.
func (s *Site) TopicAtom(c *gin.Context) error { return s.feed(c, c.Param("slug"), atom) }

// TopicJSON answers GET /topics/SLUG/feed.json.
func (s *Site) TopicJSON(c *gin.Context) error { return s.feed(c, c.Param("slug"), jsonFeed) }

// format is one way to write a feed.
type format struct {
	ending, kind string
	write        func(subscriptions.Identity, subscriptions.Feed) ([]byte, error)
}

var (
	atom     = format{".atom", "application/atom+xml; charset=utf-8", writeAtom}
	jsonFeed = format{".json", "application/feed+json; charset=utf-8", writeJSON}
)

// feed answers with a feed. Readers ask for it every hour and get it once a
// month: with an ETag or a Last-Modified that still holds they get a 304.
func (s *Site) feed(c *gin.Context, topic string, f format) error {
	found, err := s.Archive.Feed(c.Request.Context(), topic)
	if err != nil {
		return err
	}
	if found.Topic != nil && moved(c, found.Topic.Slug, "/feed"+f.ending) {
		return nil
	}
	body, err := f.write(s.Pages.Identity(), found)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	sum := sha256.Sum256(body)
	// Weak: it is the same feed compressed and not.
	h.Set("ETag", `W/"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=600")
	h.Add("Vary", "Accept-Encoding")
	h.Set("Access-Control-Allow-Origin", "*") // readers that run in a browser
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	c.Request.Header.Del("Range") // nobody wants a part of a feed
	if page.AcceptsGzip(c.Request) {
		body = page.Gzip(body)
		h.Set("Content-Encoding", "gzip")
	}
	http.ServeContent(c.Writer, c.Request, "", found.Updated, bytes.NewReader(body))
	return nil
}

// feedPath is where the feed's page and, with an ending, the feed itself are.
func feedPath(f subscriptions.Feed) (home, feed string) {
	if f.Topic == nil {
		return "/", "/feed"
	}
	return "/topics/" + f.Topic.Slug, "/topics/" + f.Topic.Slug + "/feed"
}

func feedTitle(site subscriptions.Identity, f subscriptions.Feed) string {
	if f.Topic == nil {
		return site.Site
	}
	return site.Site + ": " + f.Topic.Name
}

// tag is an id that stays when the site moves from http to https (RFC 4151): who
// had the name when, and what it is of theirs.
func tag(site subscriptions.Identity, since time.Time, path string) string {
	u, err := url.Parse(site.BaseURL)
	if err != nil { // Identity.Validate has read it
		return site.URL(path)
	}
	return "tag:" + u.Hostname() + "," + since.UTC().Format(time.DateOnly) + ":" + path
}

// Atom, RFC 4287. The standard library writes it: gorilla/feeds has one link a
// feed where "self" and "alternate" must both be, writes categories without
// their term, and leaves out the items of an empty JSON feed.
type atomFeed struct {
	XMLName xml.Name     `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string       `xml:"xml:lang,attr"`
	ID      string       `xml:"id"`
	Title   string       `xml:"title"`
	Sub     string       `xml:"subtitle,omitempty"`
	Updated string       `xml:"updated"`
	Links   []atomLink   `xml:"link"`
	Author  atomPerson   `xml:"author"` // of every entry that names none (4.2.1)
	Entries []*atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel   string `xml:"rel,attr"`
	Type  string `xml:"type,attr,omitempty"`
	Title string `xml:"title,attr,omitempty"`
	Href  string `xml:"href,attr"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    atomText       `xml:"content"`
}

func writeAtom(site subscriptions.Identity, f subscriptions.Feed) ([]byte, error) {
	home, feed := feedPath(f)
	doc := atomFeed{Lang: "en", ID: tag(site, f.Since, feed), Title: feedTitle(site, f), Sub: site.Subject, Updated: stamp(f.Updated),
		Links:  []atomLink{{Rel: "self", Type: "application/atom+xml", Href: site.URL(feed + ".atom")}, {Rel: "alternate", Type: "text/html", Href: site.URL(home)}},
		Author: atomPerson{site.Operator, site.URL("/")}}
	for _, e := range f.Entries {
		since := e.Edition.StartedAt
		entry := &atomEntry{ID: tag(site, since, "/items/"+e.Slug), Title: e.Title, Published: stamp(since), Updated: stamp(since), Summary: e.Summary,
			Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: site.URL("/items/" + e.Slug)}},
			Content: atomText{"html", content(e)}}
		for _, t := range topicsOf(e) {
			entry.Categories = append(entry.Categories, atomCategory{t.Slug, t.Name})
		}
		for _, source := range e.Sources {
			if !source.Web() {
				continue // a reader of feeds may follow whatever it gets
			}
			entry.Links = append(entry.Links, atomLink{Rel: "via", Title: source.Title, Href: source.URL})
		}
		doc.Entries = append(doc.Entries, entry)
	}
	body, err := xml.MarshalIndent(doc, "", " ")
	return append([]byte(xml.Header), body...), err
}

// JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/
type jsonFeedDoc struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	HomePage    string       `json:"home_page_url"`
	FeedURL     string       `json:"feed_url"`
	Description string       `json:"description,omitempty"`
	Language    string       `json:"language"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonItem   `json:"items"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type jsonItem struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Title     string   `json:"title"`
	Content   string   `json:"content_html"`
	Summary   string   `json:"summary,omitempty"`
	Published string   `json:"date_published"`
	Modified  string   `json:"date_modified"`
	Tags      []string `json:"tags,omitempty"`
}

func writeJSON(site subscriptions.Identity, f subscriptions.Feed) ([]byte, error) {
	home, feed := feedPath(f)
	doc := jsonFeedDoc{Version: "https://jsonfeed.org/version/1.1", Title: feedTitle(site, f), HomePage: site.URL(home), FeedURL: site.URL(feed + ".json"),
		Description: site.Subject, Language: "en", Authors: []jsonAuthor{{site.Operator, site.URL("/")}}, Items: []jsonItem{}}
	for _, e := range f.Entries {
		since := e.Edition.StartedAt
		item := jsonItem{ID: tag(site, since, "/items/"+e.Slug), URL: site.URL("/items/" + e.Slug), Title: e.Title, Content: content(e),
			Summary: e.Summary, Published: stamp(since), Modified: stamp(since)}
		for _, t := range topicsOf(e) {
			item.Tags = append(item.Tags, t.Name)
		}
		doc.Items = append(doc.Items, item)
	}
	return json.MarshalIndent(doc, "", " ")
}

// stamp writes a moment as both formats want it (RFC 3339).
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// content is the body as HTML. Its links are absolute: package markdown leaves
// no other.
func content(e subscriptions.ArchiveEntry) string { return string(markdown.Parse(e.Body, 2).HTML()) }

func topicsOf(e subscriptions.ArchiveEntry) []subscriptions.Topic {
	if e.Topic.Slug == "" {
		return e.AlsoIn
	}
	return append([]subscriptions.Topic{e.Topic}, e.AlsoIn...)
}
