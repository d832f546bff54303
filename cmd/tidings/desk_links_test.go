package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/importer"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web/desk"
)

// unlinked are the pages to which no link leads, with what does.
var unlinked = map[string]string{
	"/desk/confirm":                     "the desk leads there when it asks for the password once more",
	"/desk/editions/:id/release/stream": "a script of the page listens to it",
}

// TestNoDeadEndsInTheDesk opens every link that somebody of each role comes to from
// the desk's first page: each is answered, every form has a route that takes it from
// them, and every page of theirs is at most four links away.
func TestNoDeadEndsInTheDesk(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	l := newLife(t)
	if err := l.app.demoDesk(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := l.app.desk()
	if err != nil {
		t.Fatal(err)
	}
	l.has(d)
	for _, role := range subscriptions.Roles() {
		t.Run(string(role), func(t *testing.T) {
			e, err := l.app.store.FindEditorByAddress(t.Context(), string(role)+"@example.org")
			if err != nil {
				t.Fatal(err)
			}
			token, err := d.Sessions.Begin(t.Context(), e.ID, "192.0.2.7", "a test")
			if err != nil {
				t.Fatal(err)
			}
			c := &crawl{t: t, base: l.base, role: role, cookie: "tidings-desk=" + token, routes: d.Routes(),
				far: map[string]int{"/desk": 0}, shapes: map[string]int{}, reached: map[string]bool{}}
			for todo := []string{"/desk"}; len(todo) > 0; {
				path := todo[0]
				todo = append(todo[1:], c.follow(path)...)
			}
			for _, r := range c.routes {
				if r.Method == http.MethodGet && r.Role != desk.Everybody && role.May(r.Role) && !c.reached[r.Path] && unlinked[r.Path] == "" {
					t.Errorf("no link leads to %s", r.Path)
				}
			}
			if len(c.far) < 50 {
				t.Errorf("only %d addresses were found", len(c.far))
			}
		})
	}
}

type crawl struct {
	t       *testing.T
	base    string
	role    subscriptions.Role
	cookie  string
	routes  []desk.Route
	far     map[string]int  // links from /desk to the address
	shapes  map[string]int  // addresses opened of each shape
	reached map[string]bool // routes
}

const farthest, ofAShape = 4, 4

// follow opens a page and gives the addresses on it that are new.
func (c *crawl) follow(path string) (found []string) {
	c.t.Helper()
	if r := c.route(http.MethodGet, path); r != "" {
		c.reached[r] = true
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Cookie", c.cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		c.t.Errorf("GET %s is answered with %d", path, answer.StatusCode)
		return nil
	}
	if !strings.HasPrefix(path, "/desk") || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || c.far[path] == farthest {
		_, err := io.Copy(io.Discard, answer.Body)
		if err != nil {
			c.t.Errorf("%s breaks off: %v", path, err)
		}
		return nil
	}
	page, err := html.Parse(answer.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	for n := range page.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "a" && attr(n, "href") != "" || n.Data == "form" && attr(n, "method") != "post":
			if to := c.within(path, attr(n, "href")+attr(n, "action")+choices(n)); to != "" && c.isNew(to) {
				c.far[to] = c.far[path] + 1
				found = append(found, to)
			}
		case n.Data == "form" && attr(n, "method") == "post" && hasButton(n):
			if to := c.within(path, attr(n, "action")); c.route(http.MethodPost, to) == "" {
				c.t.Errorf("%s has a form for %q, which nothing takes from them", path, to)
			}
		}
	}
	return found
}

// hasButton tells a form that can be sent from one that is only read.
func hasButton(form *html.Node) bool {
	for n := range form.Descendants() {
		if n.Data == "button" {
			return true
		}
	}
	return false
}

// choices are what a form of a list sends when the last of each is chosen.
func choices(form *html.Node) string {
	query := url.Values{}
	for list := range form.Descendants() {
		if list.Data != "select" {
			continue
		}
		for option := range list.Descendants() {
			if option.Data == "option" && attr(option, "value") != "" {
				query.Set(attr(list, "name"), attr(option, "value"))
			}
		}
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// has what the desk's pages are about: an edition that collects, an item that was
// saved, an import, a list of people, a correction, returns, a webinar with places,
// and statistics that were counted.
func (l *life) has(d *desk.Desk) {
	l.t.Helper()
	ctx := l.t.Context()
	next, err := l.app.editions.Propose(ctx)
	if err == nil {
		_, err = l.app.editions.Create(ctx, next.Title, next.Period)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	title := "An item of the desk"
	if _, err = d.Items.Create(ctx, subscriptions.ItemEdit{Title: &title}, subscriptions.AtCommandLine); err != nil {
		l.t.Fatal(err)
	}
	in, err := importer.Items("table.csv", []byte("title,topics\nAn imported item,iot\n"))
	if err == nil {
		_, err = d.Imports.Prepare(ctx, subscriptions.AtCommandLine, in, subscriptions.ImportSource{Name: "table.csv", Kind: subscriptions.ImportTable})
	}
	if err != nil {
		l.t.Fatal(err)
	}
	sent, err := l.app.store.FindEditionBySlug(ctx, "2019-q1")
	if err == nil {
		err = l.app.demoReturns(ctx, sent.ID)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	content, err := l.app.store.Content(ctx, sent.ID)
	if err == nil {
		_, err = l.app.editions.Correct(ctx, sent.ID, content.Entries[0].ID, subscriptions.Correction{Wrong: "The day was wrong.", Right: "It was the 18th."})
	}
	if err == nil {
		err = l.app.demoWebinar(ctx)
	}
	if err == nil {
		err = l.app.statistics.Count(ctx)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	list, err := l.app.lists.Upload(ctx, subscriptions.AtCommandLine, "people.csv", []byte("email,name,topics\nnew@example.org,,iot\nno address,,iot\n"))
	if err == nil {
		asked := false
		err = l.app.lists.Check(ctx, list.ID, subscriptions.PeopleImportEdit{Columns: list.Columns, Confirmed: &asked})
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// within is an address of our site without its fragment, "" for any other.
func (c *crawl) within(page, href string) string {
	from, err := url.Parse(c.base + page)
	if err != nil {
		c.t.Fatal(err)
	}
	to, err := from.Parse(href)
	if err != nil {
		c.t.Errorf("%s leads to %q: %v", page, href, err)
		return ""
	}
	if to.Host != from.Host || to.Scheme != from.Scheme {
		return ""
	}
	return to.RequestURI()
}

var numbers = regexp.MustCompile(`[0-9]+`)

// isNew reports whether the address is to be opened: once, and a few of those that
// differ in numbers only.
func (c *crawl) isNew(path string) bool {
	if _, known := c.far[path]; known {
		return false
	}
	shape := numbers.ReplaceAllString(path, "0")
	c.shapes[shape]++
	return c.shapes[shape] <= ofAShape
}

// route is the path of the desk's table that takes the address from the role.
func (c *crawl) route(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	asked := strings.Split(path, "/")
	best := ""
	for _, r := range c.routes {
		parts := strings.Split(r.Path, "/")
		if r.Method != method || len(parts) != len(asked) || r.Role != desk.Everybody && !c.role.May(r.Role) {
			continue
		}
		fits := true
		for i := range parts {
			fits = fits && (parts[i] == asked[i] || strings.HasPrefix(parts[i], ":"))
		}
		if fits && (best == "" || !strings.Contains(r.Path, ":")) {
			best = r.Path
		}
	}
	return best
}
