package web_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// TestAnotherHouseIsAccessible has axe look at the site in colours that share nothing
// with ours, and at the desk that sets them: what the table of pairs lets pass can be
// read in a real browser.
func TestAnotherHouseIsAccessible(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	source := axe(t)

	s := newSampleSite(t)
	picture, err := subscriptions.NewPicture("logo.light", pngOf(t, 320, 80))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.settings.Change(t.Context(), 0, subscriptions.Settings{"site": "Grüne Post", "light.paper": "#f4faf5", "light.ink": "#0d2b1d", "light.accent": "#14663f",
		"dark.paper": "#0b1a12", "dark.ink": "#e8f2ec", "dark.accent": "#7fe0ac", "logo.light": picture.Setting()}, subscriptions.AtCommandLine, picture); err != nil {
		t.Fatal(err)
	}
	ada := s.as(subscriptions.RoleAdmin)
	server := httptest.NewServer(withCookie(s.handler, ada.cookie))
	defer server.Close()
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	for _, path := range []string{"/", "/editions/2019-q1", "/items/tc260-key-work-2019", "/subscribe", "/privacy", "/desk/settings/look", "/desk/settings/history/1"} {
		if err := chromedp.Do(tab, scheme("light"), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](source+"; true")); err != nil {
			t.Fatal(err)
		}
		for name, paper := range map[string]string{"light": "rgb(244, 250, 245)", "dark": "rgb(11, 26, 18)"} {
			if err := chromedp.Do(tab, scheme(name)); err != nil {
				t.Fatal(err)
			}
			got, err := chromedp.Run(tab, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
			if err != nil || got != paper {
				t.Errorf("%s, %s: the paper is %s, want %s (%v)", path, name, got, paper, err)
			}
			report(t, path+" "+name, faults(tab, t, `{}`))
		}
	}
}
