package public

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// SearchPage is the form, and what was found.
type SearchPage struct {
	page.Frame
	subscriptions.Found
	Turn Turn
}

// Asked reports whether there was a word to look for.
func (p SearchPage) Asked() bool { return len(p.Query.Phrases) > 0 }

// In gives the path of the same search in one topic, or in all for "".
func (p SearchPage) In(topic string) string { return searchPath(p.Query.Text, topic) }

func searchPath(text, topic string) string {
	q := url.Values{}
	if text != "" {
		q.Set("q", text)
	}
	if topic != "" {
		q.Set("topic", topic)
	}
	if len(q) == 0 {
		return "/search"
	}
	return "/search?" + q.Encode()
}

// Search answers GET /search?q=…&topic=…&page=….
func (s *Site) Search(c *gin.Context) error {
	found, err := s.Archive.Search(c.Request.Context(), c.Query("q"), c.Query("topic"), pageOf(c))
	if err != nil {
		return err
	}
	topic := ""
	if found.Topic != nil {
		topic = found.Topic.Slug
	}
	p := SearchPage{Frame: page.Frame{Title: "Search", Path: "/search", Section: "/search",
		Description: "Search the entries of all editions of " + s.Pages.Identity().Site + "."},
		Found: found, Turn: turn(searchPath(found.Query.Text, topic), found.Paging)}
	if p.Asked() {
		p.Title = found.Query.Text + " · Search"
	}
	s.Pages.HTML(c, http.StatusOK, "public/search", p)
	return nil
}

// Turn leads to the other pages of a long list. A path is "" where there is no
// page.
type Turn struct {
	subscriptions.Paging
	Back, On string
}

func turn(path string, p subscriptions.Paging) Turn {
	t := Turn{Paging: p}
	if p.Page > 1 {
		t.Back = pagePath(path, p.Page-1)
	}
	if p.Page < p.Pages {
		t.On = pagePath(path, p.Page+1)
	}
	return t
}

// pagePath adds the number of the page; the first has none.
func pagePath(path string, n int) string {
	if n <= 1 {
		return path
	}
	u, err := url.Parse(path)
	if err != nil { // paths are ours
		return path
	}
	q := u.Query()
	q.Set("page", strconv.Itoa(n))
	u.RawQuery = q.Encode()
	return u.String()
}

// pageOf reads ?page=, which is 1 when it is no number.
func pageOf(c *gin.Context) int {
	n, err := strconv.Atoi(c.Query("page"))
	if err != nil {
		return 1
	}
	return n
}

// openSearch tells browsers how to search here.
// https://github.com/dewitt/opensearch/blob/master/opensearch-1-1-draft-6.md
type openSearch struct {
	XMLName     xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
	ShortName   string
	Description string
	URL         struct {
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	} `xml:"Url"`
}

// OpenSearch answers GET /opensearch.xml.
func (s *Site) OpenSearch(c *gin.Context) error {
	name := []rune(s.Pages.Identity().Site)
	d := openSearch{ShortName: string(name[:min(16, len(name))]), Description: "Search " + s.Pages.Identity().Site} // 16 at most, says the format
	d.URL.Type, d.URL.Template = "text/html", s.Pages.Identity().URL("/search?q={searchTerms}")
	body, err := xml.Marshal(d)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "application/opensearchdescription+xml", append([]byte(xml.Header), body...))
	return nil
}
