package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// hand is a reader before a real browser. With keys alone it goes from field to
// field by Tab, as somebody does who uses no mouse.
type hand struct {
	*life
	tab    context.Context
	keys   bool
	narrow bool // 320 CSS pixels wide
	mute   bool // JavaScript is disabled
}

// browse opens a browser, where the machine has one.
func browse(t *testing.T) context.Context {
	t.Helper()
	path := storetest.Browser(t)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, shut := chromedp.NewContext(ctx)
	t.Cleanup(shut)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	tab, cancel := context.WithTimeout(tab, 5*time.Minute)
	t.Cleanup(cancel)
	return tab
}

// window opens one of the life's browser, which has one for all. Each is somebody's own.
func (l *life) window() context.Context {
	l.t.Helper()
	if l.browser == nil {
		l.browser = browse(l.t)
		return l.browser
	}
	tab, shut := chromedp.NewContext(l.browser, chromedp.WithNewBrowserContext())
	l.t.Cleanup(shut)
	if err := chromedp.Do(tab); err != nil {
		l.t.Fatalf("open a window: %v", err)
	}
	return tab
}

func (h *hand) do(actions ...chromedp.Action[chromedp.Void]) {
	h.t.Helper()
	if err := chromedp.Do(h.tab, actions...); err != nil {
		h.t.Fatal(err)
	}
}

// says evaluates an expression on the page.
func (h *hand) says(expression string) string {
	h.t.Helper()
	got, err := chromedp.Run(h.tab, chromedp.Evaluate[string](expression))
	if err != nil {
		h.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// sees waits until the selector's text holds the words.
func (h *hand) sees(selector, words string) {
	h.t.Helper()
	expression := fmt.Sprintf(`String((document.querySelector(%q) || {}).textContent || "")`, selector)
	got := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		var err error
		if got, err = chromedp.Run(h.tab, chromedp.Evaluate[string](expression)); err == nil && strings.Contains(got, words) {
			h.fits()
			return
		}
	}
	h.t.Fatalf("%s at %s reads %q, want %q; the page is\n%s", selector, h.says(`location.pathname`), got, words, h.says(`document.body.innerText`))
}

// fits checks that the page is no wider than the screen.
func (h *hand) fits() {
	h.t.Helper()
	if wide := h.says(`String(document.documentElement.scrollWidth > innerWidth)`); wide != "false" {
		h.t.Errorf("%s is %s pixels wide", h.says(`location.pathname`), h.says(`String(document.documentElement.scrollWidth)`))
	}
}

func (h *hand) open(link string) {
	h.t.Helper()
	h.do(chromedp.Navigate(link))
}

// reach puts the focus on the element: by Tab, as often as it takes, or at once.
func (h *hand) reach(selector string) {
	h.t.Helper()
	at := fmt.Sprintf(`String(document.activeElement.matches(%q))`, selector)
	if !h.keys {
		if h.says(fmt.Sprintf(`String(!!document.querySelector(%q)?.checkVisibility())`, selector)) != "true" {
			h.t.Fatalf("%s shows no %s", h.says(`location.pathname`), selector)
		}
		h.says(fmt.Sprintf(`(document.querySelector(%q).focus(), "")`, selector))
		return
	}
	for range 400 {
		if h.says(at) == "true" {
			if outline := h.says(`getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow`); outline == "nonenone" {
				h.t.Errorf("%s does not show that it has the focus", selector)
			}
			return
		}
		h.do(chromedp.KeyEvent(kb.Tab))
	}
	h.t.Fatalf("%s: Tab never comes to %s", h.says(`location.pathname`), selector)
}

func (h *hand) tick(selector string) {
	h.t.Helper()
	h.reach(selector)
	h.do(chromedp.KeyEvent(" "))
}

func (h *hand) write(selector, text string) {
	h.t.Helper()
	h.reach(selector)
	h.do(chromedp.KeyEvent(text))
}

// press presses a button or follows a link that has the focus.
func (h *hand) press(selector string) {
	h.t.Helper()
	h.reach(selector)
	h.do(chromedp.KeyEvent("\r"))
}

// past gets by the page that asks programs for a proof, as this reader is as fast
// as one: its script does the sum, or, without scripts, the reader waits.
func (h *hand) past() {
	h.t.Helper()
	if h.mute {
		h.sees("h1", "One more step")
		h.waits(2 * time.Minute)
		h.press("#check button")
	}
	h.sees("h1", "Look in your inbox")
}

// TestTheWholeLifeOfASubscription is what a reader does from the first visit to the
// last, with the mails as they arrive.
func TestTheWholeLifeOfASubscription(t *testing.T) {
	t.Parallel()
	for _, h := range []*hand{{keys: true}, {narrow: true}, {mute: true}} {
		name := map[bool]string{h.keys: "by keyboard", h.narrow: "on a small phone", h.mute: "without JavaScript"}[true]
		t.Run(name, func(t *testing.T) { // one after the other: a browser takes a machine's while
			h.tab = browse(t)
			h.life = newLife(t)
			if h.narrow {
				h.do(chromedp.EmulateViewport(320, 640))
			}
			if h.mute {
				if _, err := chromedp.Call(h.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
					t.Fatal(err)
				}
			}
			h.live()
		})
	}
}

const anna, annaMoved = "anna@example.org", "anna.berg@example.org"

func (h *hand) live() {
	h.t.Helper()
	h.subscribes()
	h.chooses()
	h.pauses()
	h.isUnsubscribedAndBack()
	h.moves()
	h.goes()
}

func (h *hand) subscribes() {
	h.t.Helper()
	h.open(h.base + "/")
	h.tick(`input[value="iot"]`)
	h.write("#email", anna)
	h.tick(`input[name="newest"]`)
	h.press(`form[action="/subscribe"] button`)
	h.past()
	confirmation := h.letter(anna, "Confirm your topics")
	h.open(h.link(confirmation, "/confirm/"))
	h.sees(".say", "a•••@example.org")
	h.press("button.large")
	h.sees("h1", "You are subscribed")
}

// chooses begins with the welcome's link, which was in a letter: who the person is
// wants another one.
func (h *hand) chooses() {
	h.t.Helper()
	welcome := h.letter(anna, "Welcome:")
	h.open(h.link(welcome, "/preferences/"))
	h.sees("h1", "Your preferences")
	h.press("#own")
	h.sees(".done", "A link is on its way to a•••@example.org.")
	h.open(h.link(h.letter(anna, "Your link"), "/preferences/"))
	h.sees("h1", "Your preferences")
	h.tick(`input[value="blockchain"]`)
	h.write("#name", "Anna Berg")
	h.write("#organisation", "CEN")
	h.choose("#dates", "iso")
	h.choose("#zone", "Europe/Lisbon")
	h.press(`form:has(#name) button`)
	h.sees(".done", "Saved: topics, name, organisation, how dates are written and time zone. From the next letter on you get IoT and Blockchain.")
}

// choose turns a list to the value with the arrow keys.
func (h *hand) choose(selector, value string) {
	h.t.Helper()
	h.reach(selector)
	for range 400 {
		if h.says(fmt.Sprintf(`document.querySelector(%q).value`, selector)) == value {
			return
		}
		h.do(chromedp.KeyEvent(kb.ArrowDown))
	}
	h.t.Fatalf("%s never comes to %s", selector, value)
}

// pauses sends an edition in the pause, and one after it.
func (h *hand) pauses() {
	h.t.Helper()
	until := h.app.now().AddDate(0, 0, 40)
	h.write("#until", until.Format("01022006"))
	if got := h.says(`document.querySelector("#until").value`); got != until.Format(time.DateOnly) {
		h.t.Fatalf("the day is %q", got)
	}
	h.press(`button[value="until"]`)
	h.sees(".done", "Letters pause, and come again on "+until.Format(time.DateOnly))
	h.waits(20 * 24 * time.Hour)
	h.edition("April 2019", "iot")
	if got := h.unread(anna); len(got) > 0 {
		h.t.Fatalf("%v came in the pause", got)
	}
	h.waits(21 * 24 * time.Hour)
	h.edition("May 2019", "iot")
}

// isUnsubscribedAndBack: the mailbox provider sends what its button stands for; the
// reader finds out, and takes it back by the same link.
func (h *hand) isUnsubscribedAndBack() {
	h.t.Helper()
	digest := h.letter(anna, "May 2019")
	if !strings.Contains(digest.Text, "Anna Berg") || strings.Contains(digest.Text, "April 2019") {
		h.t.Errorf("the digest is\n%s", digest.Text)
	}
	h.oneClick(digest)
	if person := h.person(anna); person.EndedAt.IsZero() {
		h.t.Error("the one-click has ended nothing")
	}
	h.open(strings.Trim(digest.GetHeader("List-Unsubscribe"), "<>"))
	h.sees("h1", "No letters come to you")
	h.press(`form:has(input[name="undo"]) button`)
	h.sees("h1", "You are back")
	h.sees(".say", "IoT and Blockchain")
}

func (h *hand) person(address string) subscriptions.Subscriber {
	h.t.Helper()
	p, err := h.app.store.FindSubscriberByAddress(h.t.Context(), address)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *hand) moves() {
	h.t.Helper()
	h.open(h.base + "/manage")
	h.write("#email", anna)
	h.press(`form[action="/manage"] button`)
	h.past()
	own := h.link(h.letter(anna, "Your link"), "/preferences/")
	h.open(own)
	h.write("#email", annaMoved)
	h.press(`form:has(#email) button`)
	h.sees(".done", "A letter is on its way")
	h.open(h.link(h.letter(annaMoved, "Confirm this address"), "/address/"))
	h.press("button.large")
	h.sees("h1", "The address is changed")
	notice := h.letter(anna, "Your letters go to another address")
	h.open(h.link(notice, "/restore/"))
	h.sees("h1", "Take the change back") // and leaves it
	h.open(own)
	h.sees(".say", "a•••@example.org")
	if p := h.person(annaMoved); p.Name != "Anna Berg" || p.Organisation != "CEN" {
		h.t.Errorf("moved is %+v", p)
	}
}

// goes takes the data along and is forgotten.
func (h *hand) goes() {
	h.t.Helper()
	dir := h.t.TempDir()
	_, err := chromedp.Call(h.tab, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
	if err != nil {
		h.t.Fatal(err)
	}
	h.press(`form[action$="/data"] button`)
	var data subscriptions.PersonalData
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		read, err := os.ReadFile(filepath.Join(dir, "my-data.json"))
		if err == nil && json.Unmarshal(read, &data) == nil {
			break
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("no file was downloaded: %v", err)
		}
	}
	if data.Person.Address != annaMoved || len(data.Consents) < 5 || len(data.Deliveries) < 6 {
		h.t.Errorf("the file holds %+v", data)
	}
	h.press(`a[href$="/erase"]`)
	h.sees("h1", "Erase your data")
	id := h.person(annaMoved).ID
	h.press("form button")
	h.sees("h1", "Your data are erased")
	if p, err := h.app.store.FindSubscriber(h.t.Context(), id); err != nil || p.Address != "" || p.Name != "" || p.ErasedAt.IsZero() {
		h.t.Errorf("left is %+v (%v)", p, err)
	}
	h.edition("June 2019", "iot")
	for _, who := range []string{anna, annaMoved} {
		if got := h.unread(who); len(got) > 0 {
			h.t.Errorf("after the end %v came to %s", got, who)
		}
	}
}
