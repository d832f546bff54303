package checks

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
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

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// axe is the source of axe-core, which the tests of the site have (web/testdata/axe).
func axe(t *testing.T) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "web", "testdata", "axe", "axe.min.js.gz"))
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

// browser gives a tab of Chromium, or ends the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := storetest.Browser(t)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// scheme has the browser say which colours its user likes.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return chromedp.Void{}, err
	}
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

// unfit are rules for pages of a site, which a letter is not: it stands within the page
// of a mail program, whose landmarks are its own.
const options = `{rules: {region: {enabled: false}, "landmark-one-main": {enabled: false}}}`

func faults(tab context.Context, t *testing.T, options string) (found []complaint) {
	t.Helper()
	answer, err := chromedp.Run(tab, chromedp.Evaluate[string](`axe.run(document, `+options+`).then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryLetterIsAccessible has axe look at letters: all rules by day, the contrast
// by night as well. And no letter is wider than the narrowest telephone.
func TestEveryLetterIsAccessible(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	letters := usual(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var i int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &i); err != nil || i >= len(letters) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, letters[i].page)
	}))
	t.Cleanup(server.Close)
	source := axe(t)
	for i, l := range letters {
		if err := chromedp.Do(tab, scheme("light"), chromedp.EmulateViewport(800, 900), chromedp.Navigate(fmt.Sprintf("%s/%d", server.URL, i))); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](source+"; true")); err != nil {
			t.Fatal(err)
		}
		report(t, l.name+" by day", faults(tab, t, options))
		if err := chromedp.Do(tab, scheme("dark")); err != nil {
			t.Fatal(err)
		}
		report(t, l.name+" by night", faults(tab, t, `{runOnly: ["color-contrast"]}`))
		for _, width := range []int64{320, 360} {
			if err := chromedp.Do(tab, chromedp.EmulateViewport(width, 640)); err != nil {
				t.Fatal(err)
			}
			if is, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); err != nil || is > width {
				wide, _ := chromedp.Run(tab, chromedp.Evaluate[string](`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.children.length === 0).slice(0, 3).map(e => e.outerHTML.slice(0, 200)).join("\n")`))
				t.Errorf("%s is %d pixels wide on a telephone of %d (%v):\n%s", l.name, is, width, err, wide)
			}
		}
	}
}

func report(t *testing.T, where string, found []complaint) {
	t.Helper()
	for _, c := range found {
		var places []string
		for _, n := range c.Nodes[:min(len(c.Nodes), 3)] {
			places = append(places, n.HTML+"\n\t\t"+strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
		t.Errorf("%s: %s: %s, %d times\n\t%s", where, c.ID, c.Help, len(c.Nodes), strings.Join(places, "\n\t"))
	}
}
