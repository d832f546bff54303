package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web"
)

// Somebody looks at letters beside each other and runs preflight in a real browser:
// with its frames, its content policy, its keyboard. What blocks is mended, and then
// the edition may be approved.
func TestBeforeAReleaseInABrowser(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	var gone atomic.Bool
	gone.Store(true)
	hold := make(chan struct{})
	other, client := elsewhere(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-hold
		}
		if r.URL.Path == "/gone" && gone.Load() {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	s := newSite(t, func(o *web.Options) { o.Desk.Preflight.Links = client })
	d := s.as(subscriptions.RolePublisher)
	ids := s.news(t, "One: iot", "Two: iot cybersecurity", "Three: cybersecurity")
	i, err := s.store.FindItem(t.Context(), ids["One"])
	if err == nil {
		i.Body = "Read [it](" + other.URL + "/gone) and [that](" + other.URL + "/slow). <script>top.location = '/desk/sign-in'</script> <img src=x onerror=alert(1)>"
		err = s.store.UpdateItem(t.Context(), i)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.member("anna@example.org", "iot", "cybersecurity")
	s.member("ben@example.org", "iot")
	count := &subscriptions.ReachService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }}
	if err := count.Count(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := d.quarter(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", d.cookie)
		s.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(tab, actions...); err != nil {
			t.Fatal(err)
		}
	}
	says := func(expression string) string {
		t.Helper()
		got, err := chromedp.Run(tab, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	press := func(selector string) {
		t.Helper()
		if got := says(`(b => { if (!b) return "nothing there"; b.focus(); return document.activeElement === b ? "" : "no focus" })(document.querySelector(` + "`" + selector + "`" + `))`); got != "" {
			t.Fatalf("%s: %s", selector, got)
		}
		do(chromedp.KeyEvent(kb.Enter))
	}
	picture := func(name string) {
		if dir := os.Getenv("PICTURES"); dir != "" {
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(dir+"/before-"+name+".png", png, 0o644)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	const frames = `[...document.querySelectorAll("iframe")].map(f => f.title + " " + (f.contentDocument === null)).join(", ")`
	do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+path))
	press(`nav a[href$="/preview"]`)
	// The longest letter stands there; the other one comes beside it, by the keyboard.
	becomes(tab, t, frames, "Letter for IoT and Cybersecurity true")
	press(`.viewers li:nth-child(2) .small a`)
	becomes(tab, t, frames, "Letter for IoT and Cybersecurity true, Letter for IoT true")
	becomes(tab, t, `location.pathname`, path+"/preview") // no letter has led the window away
	if got := says(`document.querySelectorAll(".seen")[0].getBoundingClientRect().top === document.querySelectorAll(".seen")[1].getBoundingClientRect().top ? "beside" : "below"`); got != "beside" {
		t.Errorf("the second letter stands %s the first", got)
	}
	picture("letters")
	press(`nav.forms a:nth-child(3)`)
	becomes(tab, t, `document.querySelector("nav.forms [aria-current]").textContent`, "Dark")
	picture("dark")

	// A letter by itself: it is in no origin, and shows itself dark whatever the screen.
	source := says(`document.querySelector("iframe").src`)
	ground := `(c => c[0] + c[1] + c[2] < 200 ? "dark" : "light")(getComputedStyle(document.querySelector(".page") || document.body).backgroundColor.match(/\d+/g).map(Number))`
	do(scheme("light"), chromedp.Navigate(source))
	becomes(tab, t, `window.origin`, "null")
	becomes(tab, t, ground, "dark")
	if text := says(`document.body.innerText`); !strings.Contains(text, "One") {
		t.Errorf("the letter reads %q", text)
	}
	if got := says(`String(document.querySelectorAll("script, img[onerror]").length)`); got != "0" {
		t.Errorf("%s scripts reached a letter", got)
	}
	do(scheme("dark"), chromedp.Navigate(strings.Replace(source, "view=dark", "view=", 1)))
	becomes(tab, t, ground, "light")
	do(scheme("light"))

	// Preflight blocks.
	do(chromedp.Navigate(server.URL + path + "/preflight"))
	press(`form[action$="/preflight"] button`)
	becomes(tab, t, `document.querySelector("[data-running] progress")?.getAttribute("max") ?? ""`, "2") // links, while a slow one is waited for
	picture("running")
	close(hold)
	becomes(tab, t, `document.querySelector("aside h2").textContent`, "Not ready yet")
	becomes(tab, t, `document.querySelector("#level-blocking ~ .nb, h2:has(#level-blocking) .nb").textContent`, "1 open")
	picture("blocked")
	// It leads to its place.
	press(`.findings li > a`)
	becomes(tab, t, `location.pathname`, "/desk/items/1/edit")
	// The other side mends the page; a publisher takes note of what is left.
	gone.Store(false)
	if err := s.store.PutLinkAnswers(t.Context(), subscriptions.LinkAnswer{URL: other.URL + "/gone", State: subscriptions.LinkDead, CheckedAt: s.now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	do(chromedp.Navigate(server.URL + path + "/preflight"))
	press(`form[action$="/preflight"] button`)
	becomes(tab, t, `document.querySelector("#level-blocking") ? "blocks" : "fine"`, "fine")
	for says(`String(document.querySelectorAll(".findings details").length)`) != "0" {
		press(`.findings summary`)
		becomes(tab, t, `String(document.querySelector(".findings details").open)`, "true")
		do(chromedp.SendKeys(chromedp.CSS(".take input[name=reason]"), "It is meant so."))
		left := says(`String(document.querySelectorAll(".findings details").length - 1)`)
		press(`.take button`)
		becomes(tab, t, `String(document.querySelectorAll(".findings details").length)`, left)
	}
	becomes(tab, t, `document.querySelector("aside h2").textContent`, "Ready to be approved")
	picture("ready")
	do(chromedp.EmulateViewport(320, 640))
	for _, page := range []string{"/preflight", "/preview", "/preview?view=source"} {
		do(chromedp.Navigate(server.URL + path + page))
		becomes(tab, t, `String(document.documentElement.scrollWidth <= 320)`, "true")
	}
}
