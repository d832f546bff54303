package web_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// sends fills fields by their ids and presses the button of their form.
func sends(tab context.Context, t *testing.T, words ...string) {
	t.Helper()
	for i := 0; i < len(words); i += 2 {
		if err := chromedp.Do(tab, chromedp.SendKeys(chromedp.ID(words[i]), words[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.getElementById("`+words[0]+`").form.querySelector("button").click(), true`)); err != nil {
		t.Fatal(err)
	}
}

// TestSigningInAtTheDeskInABrowser does it with a real browser's headers, cookies
// and content policy: a password, a second factor, a colleague, and out again.
func TestSigningInAtTheDeskInABrowser(t *testing.T) {
	tab := browser(t)
	s := newSite(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	s.works(t, "anna@example.org", subscriptions.RoleAdmin)
	const heading = `document.querySelector("h1").textContent`
	if err := chromedp.Do(tab, chromedp.EmulateViewport(320, 640), chromedp.Navigate(server.URL+"/desk/settings/people")); err != nil {
		t.Fatal(err)
	}
	fits := func() {
		t.Helper()
		if width, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); err != nil || width > 320 {
			path, _ := chromedp.Run(tab, chromedp.Evaluate[string](`location.pathname`))
			t.Errorf("%s is %d pixels wide (%v)", path, width, err)
		}
	}
	becomes(tab, t, heading, "Sign in")
	sends(tab, t, "email", "anna@example.org", "password", otherPassword)
	becomes(tab, t, `document.activeElement.className`, "faults")
	fits()
	sends(tab, t, "password", goodPassword)
	becomes(tab, t, heading, "Set up a second factor")
	becomes(tab, t, `String(document.querySelector("img.qr").naturalWidth > 0)`, "true") // the policy lets it be seen
	fits()
	secret, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector(".secret").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	sends(tab, t, "code", s.code(t, strings.ReplaceAll(secret, " ", "")))
	becomes(tab, t, heading, "Your recovery codes")
	fits()
	code, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector(".codes code").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	open := func(path, title string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		becomes(tab, t, heading, title)
		fits()
	}
	open("/desk/settings/people", "People of the desk")
	sends(tab, t, "name", "Ben Carvalho-Hohenberg-Papadopoulou", "email", "ben.carvalho-hohenberg-papadopoulou@standards.example.org")
	becomes(tab, t, `document.querySelector(".said").textContent.slice(0, 12)`, "Ben Carvalho")
	fits()
	open("/desk/settings/people/2", "Ben Carvalho-Hohenberg-Papadopoulou")
	open("/desk/settings/audit", "Audit log")
	open("/desk/account", "Anna Berg")
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.querySelector('form[action="/desk/sign-out"] button').click(), true`)); err != nil {
		t.Fatal(err)
	}
	becomes(tab, t, heading, "Sign in")
	sends(tab, t, "email", "anna@example.org", "password", goodPassword)
	becomes(tab, t, heading, "Enter your code")
	fits()
	sends(tab, t, "code", strings.ToUpper(code))
	becomes(tab, t, `location.pathname`, "/desk")
	open("/desk/account", "Anna Berg")
	becomes(tab, t, `String(document.querySelector("aside").textContent.includes("9 recovery codes are left"))`, "true")
}
