package web_test

import (
	"context"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
	"sesec.eu/tidings/web"
)

// suspicious is a site that takes every form for a program's. Its clock can be
// moved while the server runs.
func suspicious(t *testing.T) (s *site, base string, move func(time.Duration)) {
	t.Helper()
	var moved atomic.Int64
	s = newSite(t, func(o *web.Options) {
		o.Now = func() time.Time { return storetest.Now().Add(time.Duration(moved.Load())) }
		o.Signups = subscriptions.NewSignupService(o.Signups.Store, o.Signups.Keys, o.Now)
		o.Signups.MinFill = time.Hour
	})
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	return s, server.URL, func(d time.Duration) { moved.Add(int64(d)) }
}

func enter(tab context.Context, t *testing.T, base string) {
	t.Helper()
	if err := chromedp.Do(tab, chromedp.Navigate(base+"/subscribe"), chromedp.Click(chromedp.CSS(`input[value="iot"]`)),
		chromedp.SendKeys(chromedp.ID("email"), "anna@example.org")); err != nil {
		t.Fatal(err)
	}
	becomes(tab, t, `String(document.querySelector('input[value="iot"]').checked)`, "true")
	press(tab, t)
}

// The browser does the sum under our policy and sends the form on by itself.
func TestABrowserSolvesTheProof(t *testing.T) {
	tab := browser(t)
	s, base, _ := suspicious(t)
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	enter(tab, t, base)
	becomes(tab, t, `document.querySelector("h1").textContent`, "Look in your inbox")
	becomes(tab, t, `location.pathname`, "/subscribe/sent")
	person, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if subs, err := s.store.Subscriptions(t.Context(), person.ID); err != nil || len(subs) != 1 {
		t.Errorf("subscribed to %v (%v)", subs, err)
	}
}

// Without scripts the same page has a button, which works after two minutes.
func TestABrowserWithoutScriptsWaits(t *testing.T) {
	tab := browser(t)
	s, base, move := suspicious(t)
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(320, 640)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	enter(tab, t, base)
	becomes(tab, t, `document.querySelector("h1").textContent`, "One more step")
	becomes(tab, t, `document.getElementById("working").hidden + " " + (document.querySelector("#check button").getClientRects().length > 0)`, "true true")
	becomes(tab, t, `String(document.documentElement.scrollWidth <= 320)`, "true")
	press(tab, t)
	becomes(tab, t, `document.querySelector(".fault").textContent`, "That was too soon. Wait 2 minutes more, then press the button.")
	if _, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org"); err == nil {
		t.Error("the form was taken before the time")
	}
	move(2 * time.Minute)
	press(tab, t)
	becomes(tab, t, `document.querySelector("h1").textContent`, "Look in your inbox")
	if _, err := s.store.FindSubscriberByAddress(t.Context(), "anna@example.org"); err != nil {
		t.Error(err)
	}
}
