package web_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/static"
)

// axe is the source of axe-core (testdata/axe/README.md).
func axe(t *testing.T) string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "axe", "axe.min.js.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// gallery serves every template with every case of TestEveryTemplate, whole pages
// and empty ones, those with faults and those without, and the assets they load. In
// everyday runs it is the first case of each.
func gallery(t *testing.T) (*httptest.Server, []string) {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2019, time.February, 14, 9, 0, 0, 0, time.UTC)
	pages, err := page.New(page.Options{Identity: subscriptions.StandardIdentity(), Asset: assets.Path, Demo: true, Inbox: true,
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]framed{}
	names := map[string]string{}
	var paths []string
	all := everyPage(now)
	maps.Copy(all, everyDeskPage(now))
	maps.Copy(all, deadlinePages(now))
	maps.Copy(all, everyWebinarPage(now))
	for name, cases := range all {
		for i, data := range cases {
			if i > 0 && !storetest.Thorough() {
				break
			}
			path := fmt.Sprintf("/%s/%d", name, i)
			shown[path], names[path] = data, name
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	e := gin.New()
	e.NoRoute(func(c *gin.Context) {
		if strings.HasSuffix(c.Request.URL.Path, "/check.js") {
			c.Status(http.StatusOK) // without it: the proof sends its form by itself, and the page is gone
			return
		}
		if data, ok := shown[c.Request.URL.Path]; ok {
			pages.HTML(c, http.StatusOK, names[c.Request.URL.Path], data)
			return
		}
		c.Status(http.StatusOK) // gin begins with 404 here, and a browser uses no style sheet of that
		if !assets.Serve(c.Writer, c.Request, false) {
			c.Status(http.StatusNotFound)
		}
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server, paths
}

// complaint is what axe has found.
type complaint struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		FailureSummary string
	}
}

// scheme has the browser say which colours its user likes.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return chromedp.Void{}, err
	}
}

// faults runs axe on the page that is open.
func faults(tab context.Context, t *testing.T, options string) []complaint {
	t.Helper()
	answer, err := chromedp.Run(tab, chromedp.Evaluate[string](`axe.run(document, `+options+`).then(r => JSON.stringify(r.violations))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var found []complaint
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryPageIsAccessible has axe look at every page in its every case: all rules
// by day, the contrast of its colours by night as well (WCAG 2.2 AA and good
// practice); and nothing is wider than 320 CSS pixels (WCAG 2.2, 1.4.10).
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	source := axe(t)
	server, paths := gallery(t)
	if len(paths) < 30 {
		t.Fatalf("only %d pages to look at", len(paths))
	}
	tab, cancel := context.WithTimeout(tab, 4*time.Minute)
	defer cancel()
	for _, path := range paths {
		if err := chromedp.Do(tab, scheme("light"), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](source+"; true")); err != nil {
			t.Fatal(err)
		}
		if styled, err := chromedp.Run(tab, chromedp.Evaluate[bool](`getComputedStyle(document.documentElement).getPropertyValue("--paper") !== ""`)); err != nil || !styled {
			t.Fatalf("%s is looked at without its style sheet: %v", path, err)
		}
		report(t, path+" by day", faults(tab, t, `{resultTypes: ["violations"], preload: false, selectors: false}`))
		if err := chromedp.Do(tab, scheme("dark")); err != nil {
			t.Fatal(err)
		}
		report(t, path+" by night", faults(tab, t, `{runOnly: ["color-contrast"], resultTypes: ["violations"], preload: false, selectors: false}`))
		if err := chromedp.Do(tab, chromedp.EmulateViewport(320, 640)); err != nil {
			t.Fatal(err)
		}
		if width, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); err != nil || width > 320 {
			t.Errorf("%s is %d pixels wide on a small phone (%v)", path, width, err)
		}
	}
}

func report(t *testing.T, where string, found []complaint) {
	t.Helper()
	for _, c := range found {
		var places []string
		for _, n := range c.Nodes {
			places = append(places, n.HTML+"\n\t\t"+strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
		t.Errorf("%s: %s: %s\n\t%s", where, c.ID, c.Help, strings.Join(places, "\n\t"))
	}
}
