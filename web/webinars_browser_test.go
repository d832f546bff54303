package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// keyboard is somebody who has no other way through the pages, on a small phone at
// night, without scripts. Every stop on the way has to show where one is.
type keyboard struct {
	t    *testing.T
	tab  context.Context
	base string
}

func newKeyboard(tab context.Context, t *testing.T, base string) keyboard {
	t.Helper()
	if err := chromedp.Do(tab, scheme("dark"), chromedp.EmulateViewport(320, 640)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	return keyboard{t, tab, base}
}

func (k keyboard) keys(keys string) {
	k.t.Helper()
	if err := chromedp.Do(k.tab, chromedp.KeyEvent(keys)); err != nil {
		k.t.Fatal(err)
	}
}

func (k keyboard) goes(path string) {
	k.t.Helper()
	if err := chromedp.Do(k.tab, chromedp.Navigate(k.base+path)); err != nil {
		k.t.Fatal(err)
	}
}

// says waits for the page of the heading, which is no wider than the phone.
func (k keyboard) says(heading string) {
	k.t.Helper()
	becomes(k.tab, k.t, `document.querySelector("h1").textContent`, heading)
	becomes(k.tab, k.t, `String(document.documentElement.scrollWidth <= 320)`, "true")
}

// to presses Tab until the focus is where the expression says.
func (k keyboard) to(where string) {
	k.t.Helper()
	for range 90 {
		k.keys("\t")
		got, err := chromedp.Run(k.tab, chromedp.Evaluate[string](`(() => { const e = document.activeElement
			if (!e || e === document.body) return ""
			const s = getComputedStyle(e)
			if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 1) return "unseen: " + e.outerHTML
			return `+where+` ? "there" : "" })()`))
		if err != nil {
			k.t.Fatal(err)
		}
		if got == "there" {
			return
		}
		if got != "" {
			k.t.Errorf("the focus is not to be seen: %s", got)
		}
	}
	k.t.Fatalf("Tab does not lead to %s", where)
}

// button goes to the button or link of the words and presses Enter.
func (k keyboard) button(text string) {
	k.t.Helper()
	k.to(`e.matches("button, a") && e.textContent === "` + text + `"`)
	k.keys("\r")
}

// types writes into a field, in place of what stands there.
func (k keyboard) types(id, words string) {
	k.t.Helper()
	k.to(`e.id === "` + id + `"`)
	k.keys(words)
	becomes(k.tab, k.t, `document.getElementById("`+id+`").value`, words)
}

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
	k := newKeyboard(tab, t, server.URL)

	k.goes("/webinars/" + w.Slug)
	k.says("AI in China")
	k.types("email", "anna@example")
	k.button("Register")
	k.says("AI in China")
	becomes(tab, t, `document.querySelector(".faults h2").textContent`, "2 things to mend")
	k.to(`e.id === "email"`)
	k.keys("anna@example.org") // Tab has selected what stood there
	becomes(tab, t, `document.getElementById("email").value`, "anna@example.org")
	k.to(`e.id === "answer-c"`)
	k.keys("i") // as one chooses from a list
	becomes(tab, t, `document.getElementById("answer-c").value`, "industry")
	k.to(`e.id === "answer-y"`)
	k.keys(" ")
	becomes(tab, t, `String(document.getElementById("answer-y").checked)`, "true")
	k.button("Register")
	k.says("Look in your inbox")
	if r := s.seatOf(w.ID, "anna@example.org"); r.State != subscriptions.RegistrationPending || r.Answers["c"] != "industry" || r.Answers["y"] != "yes" {
		t.Errorf("%+v", r)
	}
	k.goes(s.attend(s.seatOf(w.ID, "anna@example.org")))
	k.says("Take the place")
	k.button("Take the place")
	k.says("You have a place")
	k.button("Give the place back")
	becomes(tab, t, `document.querySelectorAll("form").length + document.querySelector("form button").textContent`, "1Give it back")
	k.button("Give it back")
	k.says("Your place is given back")

	k.goes("/register/" + s.keys.Issue(subscriptions.PurposeRegister, id, w.ID, s.now))
	k.says("AI in China")
	k.to(`e.id === "answer-c"`)
	k.keys("r")
	k.button("Register")
	becomes(tab, t, `document.querySelector(".done").textContent`, "You are registered already. The mail that said so has the link to your place.")
	if r := s.seatOf(w.ID, "reader@example.org"); r.State != subscriptions.RegistrationActive || r.Answers["c"] != "research" {
		t.Errorf("%+v", r)
	}
}

// A publisher writes a webinar, announces it, takes somebody in, moves it and calls it
// off with a keyboard alone.
func TestAWebinarAtTheDeskByKeyboardWithoutScripts(t *testing.T) {
	t.Parallel()
	tab := browser(t)
	s := newSite(t)
	d := s.as(subscriptions.RolePublisher)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", d.cookie) // signed in
		s.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	k := newKeyboard(tab, t, server.URL)

	k.goes("/desk/webinars")
	k.says("Webinars")
	k.button("New webinar")
	k.says("New webinar")
	k.types("title", "AI in China")
	k.types("starts", "2019-06-11 09:30")
	k.types("ends", "2019-06-11 08:30")
	k.to(`e.name === "topics" && e.value === "iot"`)
	k.keys(" ")
	k.types("join_url", "https://join.example.org/room")
	k.button("Make the draft")
	becomes(tab, t, `document.querySelector(".faults a").textContent`, "The webinar ends before it starts.")
	k.types("ends", "2019-06-11 10:30")
	k.button("Make the draft")
	k.says("AI in China")
	k.button("Announce")
	becomes(tab, t, `document.querySelector(".state .now").textContent`, "Announced")
	k.button("Registrations")
	k.says("Registrations")
	k.types("email", "guest@example.org")
	k.types("source", "by telephone")
	k.button("Register them")
	becomes(tab, t, `String(document.querySelector("td.t").textContent.includes("guest@example.org"))`, "true")
	k.goes("/desk/webinars/1")
	k.says("AI in China")
	k.button("Move it")
	k.says("Move the webinar")
	k.types("starts", "2019-06-18 09:30")
	k.types("ends", "2019-06-18 10:30")
	k.button("Move it, and tell 1 person")
	becomes(tab, t, `document.querySelector(".state .now").textContent`, "Moved")
	k.button("Cancel the webinar")
	k.says("Cancel the webinar?")
	k.types("note", "The speaker is ill.")
	k.button("Cancel it, and tell 1 person")
	becomes(tab, t, `document.querySelector(".state .now").textContent`, "Cancelled")
	w, err := s.store.FindWebinar(t.Context(), 1)
	if err != nil || w.State != subscriptions.WebinarCancelled || w.Moves != 1 || w.Note != "The speaker is ill." {
		t.Errorf("%+v, %v", w, err)
	}
}
