package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// TestAnItemInABrowser writes one: words are kept without a button, survive the
// window, get a source by one press, and are saved by a key.
func TestAnItemInABrowser(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	s := newSite(t)
	d := s.as(subscriptions.RoleEditor)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", d.cookie) // signed in
		s.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	run := func(script string) {
		t.Helper()
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](script+", true")); err != nil {
			t.Fatal(err)
		}
	}
	open := func(path string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		becomes(tab, t, `document.readyState`, "complete")
	}
	const typed = `((name, words) => { const e = document.querySelector("form[data-item]").elements[name]; e.value = words; e.dispatchEvent(new Event("input", { bubbles: true })); })`
	const key = `((k) => document.querySelector("#title").dispatchEvent(new KeyboardEvent("keydown", { key: k, ctrlKey: true, bubbles: true, cancelable: true })))`

	open("/desk/items/new")
	run(typed + `("title", "Begun in a browser")`)
	run(typed + `("body", "Half a sentence")`)
	becomes(tab, t, `document.querySelector("[data-kept]").textContent`, "Saved as your draft 10:00")
	// The window dies: nobody asked it to keep anything.
	run(`window.onbeforeunload = null`)
	open("/desk/items")
	becomes(tab, t, `document.querySelector(".checks li span").textContent`, "Your words in “Begun in a browser”, 1 April 2019, 10:00")
	run(`document.querySelector(".checks a").click()`)
	becomes(tab, t, `document.querySelector("textarea[name=body]")?.value ?? ""`, "Half a sentence")

	run(`document.querySelector("[data-add-source]").click()`)
	becomes(tab, t, `document.activeElement.name`, "source-1-url")
	run(typed + `("source-1-url", "https://example.org/second")`)
	run(typed + `("source-0-url", "https://example.org/first")`)
	run(`document.querySelector("[data-drop-source]").click()`)
	becomes(tab, t, `[...document.querySelectorAll("[data-source] input[name$=url]")].map(e => e.name + " " + e.value).join()`, "source-0-url https://example.org/second")
	run(typed + `("home", "2")`)
	run(key + `("s")`)
	becomes(tab, t, `document.querySelector(".said")?.textContent ?? ""`, "Saved.")
	i := d.itemAt(t, "1")
	if i.Title != "Begun in a browser" || i.Body != "Half a sentence" || len(i.Sources) != 1 || i.Sources[0].URL != "https://example.org/second" || i.State != subscriptions.ItemDraft {
		t.Errorf("it was saved as %+v", i)
	}
	open("/desk/items/1/edit")
	run(typed + `("summary", "Told shortly")`)
	run(key + `("Enter")`)
	becomes(tab, t, `document.querySelector(".said")?.textContent ?? ""`, "Saved and published.")
	if i = d.itemAt(t, "1"); i.State != subscriptions.ItemPublished || i.Summary != "Told shortly" {
		t.Errorf("it was published as %+v", i)
	}
}
