package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// Somebody registers for a webinar, takes the place and gives it back with nothing but
// a keyboard, without scripts, on a small phone at night; and a subscriber does with
// the link of a letter. Every stop on the way shows where one is.
func TestRegisteringInABrowserByKeyboardWithoutScripts(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	s := newSite(t)
	w := s.announced(func(e *subscriptions.WebinarEdit) {
		e.Questions = []subscriptions.Question{{ID: "c", Kind: subscriptions.QuestionChoice, Text: "Which sector?", Choices: []string{"industry", "research"}, Required: true},
			{ID: "y", Kind: subscriptions.QuestionYesNo, Text: "Do you need captions?"}}
	})
	id := s.member("reader@example.org", "iot")
	server := httptest.NewServer(s.handler)
	defer server.Close()
	if err := chromedp.Do(tab, scheme("dark"), chromedp.EmulateViewport(320, 640)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	keys := func(keys string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.KeyEvent(keys)); err != nil {
			t.Fatal(err)
		}
	}
	goes := func(path string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Navigate(server.URL+path)); err != nil {
			t.Fatal(err)
		}
	}
	says := func(heading string) {
		t.Helper()
		becomes(tab, t, `document.querySelector("h1").textContent`, heading)
		becomes(tab, t, `String(document.documentElement.scrollWidth <= 320)`, "true")
	}
	// to presses Tab until the focus is where the expression says.
	to := func(where string) {
		t.Helper()
		for range 60 {
			keys("\t")
			got, err := chromedp.Run(tab, chromedp.Evaluate[string](`(() => { const e = document.activeElement, s = getComputedStyle(e)
				if (e === document.body) return ""
				if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 1) return "unseen: " + e.outerHTML
				return `+where+` ? "there" : "" })()`))
			if err != nil {
				t.Fatal(err)
			}
			if got == "there" {
				return
			}
			if got != "" {
				t.Errorf("the focus is not to be seen: %s", got)
			}
		}
		t.Fatalf("Tab does not lead to %s", where)
	}
	button := func(text string) {
		t.Helper()
		to(`e.matches("button, a") && e.textContent === "` + text + `"`)
		keys("\r")
	}

	goes("/webinars/" + w.Slug)
	says("AI in China")
	to(`e.id === "email"`)
	keys("anna@example")
	button("Register")
	says("AI in China")
	becomes(tab, t, `document.querySelector(".faults h2").textContent`, "2 things to mend")
	to(`e.id === "email"`)
	keys("anna@example.org") // Tab has selected what stood there
	becomes(tab, t, `document.getElementById("email").value`, "anna@example.org")
	to(`e.id === "answer-c"`)
	keys("i") // as one chooses from a list
	becomes(tab, t, `document.getElementById("answer-c").value`, "industry")
	to(`e.id === "answer-y"`)
	keys(" ")
	becomes(tab, t, `String(document.getElementById("answer-y").checked)`, "true")
	button("Register")
	says("Look in your inbox")
	if r := s.seatOf(w.ID, "anna@example.org"); r.State != subscriptions.RegistrationPending || r.Answers["c"] != "industry" || r.Answers["y"] != "yes" {
		t.Errorf("%+v", r)
	}
	goes(s.attend(s.seatOf(w.ID, "anna@example.org")))
	says("Take the place")
	button("Take the place")
	says("You have a place")
	button("Give the place back")
	becomes(tab, t, `document.querySelectorAll("form").length + document.querySelector("form button").textContent`, "1Give it back")
	button("Give it back")
	says("Your place is given back")

	goes("/register/" + s.keys.Issue(subscriptions.PurposeRegister, id, w.ID, s.now))
	says("AI in China")
	to(`e.id === "answer-c"`)
	keys("r")
	button("Register")
	becomes(tab, t, `document.querySelector(".done").textContent`, "You are registered already. The mail that said so has the link to your place.")
	if r := s.seatOf(w.ID, "reader@example.org"); r.State != subscriptions.RegistrationActive || r.Answers["c"] != "research" {
		t.Errorf("%+v", r)
	}
}
