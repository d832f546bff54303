package main

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
)

// The walk of a release up to the order: letters are looked at, preflight blocks, two
// people agree to one state.

// benLooksAtLetters beside each other, in their frames: no letter leads the window away
// or runs a script, and each shows itself dark whatever the screen is.
func (r *aRelease) benLooksAtLetters() {
	r.t.Helper()
	ben := r.ben
	const frames = `String([...document.querySelectorAll("iframe")].map(f => f.title.startsWith("Letter for ") && f.contentDocument === null))`
	ben.goes(`nav a[href$="/preview"]`, r.title)
	ben.until(frames, "true")
	ben.goes(`.viewers li:nth-child(2) .small a`, r.title)
	ben.until(frames, "true,true")
	if got := ben.says(`(([a, b]) => a.getBoundingClientRect().top === b.getBoundingClientRect().top ? "beside" : "below")(document.querySelectorAll(".seen"))`); got != "beside" {
		r.t.Errorf("the second letter stands %s the first", got)
	}
	ben.goes(`nav.forms a:nth-child(3)`, r.title)
	ben.sees("nav.forms [aria-current]", "Dark")
	if got := ben.says(`location.pathname`); got != r.path+"/preview" {
		r.t.Errorf("a letter has led the window to %s", got)
	}
	source := ben.says(`document.querySelector("iframe").src`)
	for _, c := range []struct{ screen, link, want string }{{"light", source, "dark"}, {"dark", strings.Replace(source, "view=dark", "view=", 1), "light"}} {
		_, err := chromedp.Call(ben.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.screen}}})
		r.must(err)
		ben.open(c.link)
		ben.until(`window.origin`, "null")
		ben.until(`(c => c[0] + c[1] + c[2] < 200 ? "dark" : "light")(getComputedStyle(document.querySelector(".page") || document.body).backgroundColor.match(/\d+/g).map(Number))`, c.want)
		if text := ben.says(`document.body.innerText`); !strings.Contains(text, firstItem) {
			r.t.Errorf("the letter reads %q", text)
		}
		if got := ben.says(`String(document.querySelectorAll("script, img[onerror]").length)`); got != "0" {
			r.t.Errorf("%s scripts reached a letter", got)
		}
	}
	_, err := chromedp.Call(ben.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}})
	r.must(err)
	ben.open(r.base + r.path + "/preview")
	ben.sees("h1", r.title)
	ben.heard() // what a letter may not load, it may not
	ben.do(chromedp.EmulateViewport(320, 640))
	for _, view := range []string{"", "?view=source"} {
		ben.to(r.path+"/preview"+view, r.title)
	}
	ben.do(chromedp.EmulateViewport(1280, 900))
}

// preflightBlocksAndIsMended: a link is dead. The finding leads to its place, the item
// is changed, and what is left a publisher takes note of.
func (r *aRelease) preflightBlocksAndIsMended() {
	r.t.Helper()
	ben := r.ben
	ben.to(r.path+"/preflight", r.title)
	ben.goes(`form[action$="/preflight"] button`, r.title)
	ben.until(`String(!!document.querySelector("[data-running] progress"))`, "true") // while a slow link is waited for
	close(r.links.hold)
	ben.until(`document.querySelector("aside h2").textContent`, "Not ready yet")
	ben.looks()
	ben.until(`document.querySelector("h2:has(#level-blocking) .nb").textContent`, "1 open")
	ben.goes(`section:has(#level-blocking) .findings li > a`, firstItem)
	ben.until(`String(/^.desk.items.\d+.edit$/.test(location.pathname))`, "true")
	ben.says(`(document.querySelector("#body").select(), "")`)
	ben.types("#body", "Read [it]("+r.links.URL+"/here). "+hostile)
	ben.goes(`button[data-save]`, firstItem)
	ben.checks(r.path+"/preflight", r.title)
	if r.links.asked.Load() == 0 {
		r.t.Error("nobody asked for the page that is not there")
	}
}

// checks has the machine look at the edition, and takes note of what it warns of.
func (c *clerk) checks(page, title string) {
	c.t.Helper()
	c.to(page, title)
	c.goes(`form[action$="/preflight"] button`, title)
	c.until(`String(!!document.querySelector("[data-running]"))`, "false")
	for left := c.openWarnings(); left > 0; left = c.openWarnings() {
		c.press(`.findings summary`)
		c.until(`String(document.querySelector(".findings details").open)`, "true")
		c.write(".take input[name=reason]", "It is meant so.")
		c.goes(`.take button`, title)
		if c.openWarnings() >= left {
			c.t.Fatalf("a warning is not taken note of:\n%s", c.says(`document.querySelector("main").innerText`))
		}
	}
	c.sees("aside h2", "Ready to be approved")
}

// openWarnings counts the warnings that nobody has taken note of.
func (c *clerk) openWarnings() int {
	c.t.Helper()
	n, err := strconv.Atoi(c.says(`String(document.querySelectorAll(".findings details").length)`))
	c.must(err)
	return n
}

// annaApproves what Ben has frozen and submitted: with four eyes, for these people.
func (r *aRelease) annaApproves() {
	r.t.Helper()
	page := r.path + "/release"
	r.ben.to(page, r.title)
	r.ben.write("#note", "Three items, as agreed.")
	r.ben.goes(`form[action$="/submit"] button`, r.title)
	r.ben.sees("main", "You wrote it last, or froze it.")
	r.ben.lacks(`form[action$="/approve"]`)
	r.anna.to("/desk", "Today")
	r.anna.sees("main table", "Waits for approval")
	r.anna.goes(`main table a[href="`+page+`"]`, r.title)
	r.anna.sees("main", "Three items, as agreed.")
	r.anna.approves(r.title)
}

// aChangeTakesTheApprovalBack: Anna, who changed it, does not approve it.
func (r *aRelease) aChangeTakesTheApprovalBack() {
	r.t.Helper()
	page := r.path + "/release"
	r.anna.goes(`form[action$="/reopen"] button`, r.title)
	r.anna.sees(".said", "An approval it had is withdrawn")
	first, _ := r.anna.neighbours()
	r.anna.decides(first, "down")
	r.anna.to(page, r.title)
	r.anna.goes(`form[action$="/submit"] button`, r.title)
	r.anna.sees("main", "You wrote it last, or froze it.")
	r.anna.sees("main", "It has changed since it was checked.")
	r.anna.checks(r.path+"/preflight", r.title)
	r.ben.to(page, r.title)
	r.ben.approves(r.title)
}

// benSchedulesAndAnnaTakesItBack: until then, letters are seen as of the moment.
func (r *aRelease) benSchedulesAndAnnaTakesItBack() {
	r.t.Helper()
	r.ben.goes(`form[action$="/schedule"] button`, r.title)
	r.ben.sees(".sum", "at 09:00, Europe/Brussels")
	r.ben.to(r.path+"/preview", r.title)
	r.ben.sees(".sum", "They are as of when it leaves, on ")
	r.anna.to("/desk", "Today")
	r.anna.sees("main table", "Leaves ")
	r.anna.to(r.path+"/release", r.title)
	r.anna.goes(`form[action$="/take-back"] button`, r.title)
	r.anna.sees(".said", "Nothing has left.")
}

// letterSeen is a person's letter as preview gave it.
type letterSeen struct{ address, raw string }

const reader = "iot@example.org" // of the sample's people

// annaOrdersAndLooksOnceMore: for now, with minutes to think, in which she looks at the
// letter of somebody and keeps it.
func (r *aRelease) annaOrdersAndLooksOnceMore() {
	r.t.Helper()
	r.anna.goes(`form[action$="/send"] button`, r.title)
	r.anna.sees(".sum", "in 10 minutes")
	r.anna.to(r.path+"/preview", r.title)
	r.anna.write("#email", reader)
	r.anna.tick("input[name=beside]") // it is not to stand beside another
	r.anna.goes(`form[action$="/preview/person"] button`, r.title)
	r.anna.sees(".seen h2", reader)
	r.seen = letterSeen{reader, r.anna.fetches(`document.querySelector(".seen a[download]").href`)}
	if events, err := r.app.store.AuditEvents(r.t.Context(), subscriptions.AuditFilter{Action: "edition.look"}); err != nil || len(events) != 1 || events[0].Actor != r.anna.name {
		r.t.Errorf("%v: the log says %+v", err, events)
	}
	r.anna.to(r.path+"/release", r.title)
}

// fetches asks for the address that an expression gives, as the page would.
func (c *clerk) fetches(address string) string {
	c.t.Helper()
	return c.says(`(() => { const x = new XMLHttpRequest(); x.open("GET", ` + address + `, false); x.send(); return x.responseText })()`)
}

// whatWasSeenHasArrived, byte for byte but for the moment it left and the link that is
// signed until a while after it.
func (r *aRelease) whatWasSeenHasArrived() {
	r.t.Helper()
	same := func(raw string) string {
		raw = regexp.MustCompile(`(?m)^Date: .*$`).ReplaceAllString(raw, "Date: then")
		raw = strings.ReplaceAll(raw, "=\r\n", "")
		return regexp.MustCompile(`/preferences/[\w-]+`).ReplaceAllString(raw, "/preferences/token")
	}
	arrived := r.letter(r.seen.address, r.title)
	if got, want := same(string(arrived.raw)), same(r.seen.raw); got != want {
		r.t.Errorf("what arrived is\n%s\nand preview showed\n%s", got, want)
	}
}
