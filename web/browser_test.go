package web_test

import (
	"context"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web"
)

// browser gives a tab of a real browser, where the machine has one.
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
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// press sends the form as its button does. (A click at the button's place on the
// screen is lost when the page moves under it.)
func press(tab context.Context, t *testing.T) {
	t.Helper()
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.querySelector("form button").click(), true`)); err != nil {
		t.Fatal(err)
	}
}

// becomes waits until the page says so: a browser sets the focus, and paints,
// some time after the page has loaded.
func becomes(tab context.Context, t *testing.T, expression, want string) {
	t.Helper()
	var got string
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if got, err = chromedp.Run(tab, chromedp.Evaluate[string](expression)); err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s is %q, want %q (%v)", expression, got, want, err)
}

// TestSubscribeInABrowser does by hand what the service begins with.
func TestSubscribeInABrowser(t *testing.T) {
	tab := browser(t)
	s := newSampleSite(t, func(o *web.Options) { o.Demo = true })
	server := httptest.NewServer(s.handler)
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()

	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/"),
		chromedp.Click(chromedp.CSS(`input[value="iot"]`)),
		chromedp.SendKeys(chromedp.ID("email"), "anna at example.org")); err != nil {
		t.Fatal(err)
	}
	becomes(tab, t, `String(document.querySelector('input[value="iot"]').checked)`, "true")
	press(tab, t)
	// The form is back with its words, and the focus on what is wrong.
	becomes(tab, t, `document.activeElement.className`, "faults")
	if err := chromedp.Do(tab, chromedp.SetValue(chromedp.ID("email"), "anna@example.org")); err != nil {
		t.Fatal(err)
	}
	press(tab, t)
	becomes(tab, t, `document.querySelector("h1").textContent`, "Look in your inbox")
	becomes(tab, t, `location.pathname`, "/subscribe/sent")
	if _, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org"); err != nil {
		t.Error(err)
	}
}

// TestNoPageIsWiderThanASmallPhone opens pages at 320 CSS pixels (WCAG 2.2,
// 1.4.10).
func TestNoPageIsWiderThanASmallPhone(t *testing.T) {
	tab := browser(t)
	s := newSampleSite(t, func(o *web.Options) { o.Inbox, o.Demo = newBox(t), true })
	server := httptest.NewServer(s.handler)
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	id := s.member("anna@example.org", "iot", "industrial-internet")
	for _, path := range []string{s.preferences(id), s.leave(id), "/confirm/forged", "/", "/subscribe", "/editions", "/editions/2019-q1", "/items/real-time-iot-framework",
		"/items/personal-information-security-draft", "/topics", "/topics/cybersecurity", "/search", "/search?q=TC260+%22information+security%22", "/search?q=nothing+xyzzy&topic=iot", "/webinars/sesec-webinar-06", "/glossary",
		"/privacy", "/manage", "/inbox", "/inbox/1", "/inbox/1?view=source", "/inbox/1?view=headers", "/nothing"} {
		if err := chromedp.Do(tab, chromedp.EmulateViewport(320, 640), chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		width, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		if err != nil || width > 320 {
			t.Errorf("%s is %d pixels wide (%v)", path, width, err)
		}
	}
}
