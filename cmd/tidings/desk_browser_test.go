package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
)

const (
	adminPassword  = "four plain words together"
	editorPassword = "rivers carry paper boats"
)

// TestAnEditorsMonth is what an office does between two letters, in real browsers:
// an admin sets the desk up and invites an editor, who writes, imports, puts the
// edition together and freezes it.
func TestAnEditorsMonth(t *testing.T) {
	t.Parallel()
	feed := notices(t)
	allow, err := fetch.ParseAllow(feed.allow)
	if err != nil {
		t.Fatal(err)
	}
	l := newLife(t, func(a *app) { a.intake.Fetch = fetch.New(allow) })
	admin := l.firstAdmin(hand{})
	admin.setsFactorUp()
	admin.signsOutAndIn()
	editor := admin.invites("Ben Carvalho", "ben@example.org", hand{})
	editor.usesKeys()
	editor.writes()
	editor.publishesByKey()
	editor.clash(admin)
	editor.importsTable()
	editor.importsWord()
	editor.watches(feed.url)
	editor.publishesDrafts()
	editor.beginsEdition()
	editor.ordersByButtons()
	editor.ordersByKeyboard()
	editor.leavesOutAndPutsBack()
	editor.freezes()
	admin.renames("The Monthly Standard")
	admin.findsInLog("Ben Carvalho", "Freeze")
}

// TestTheDeskInEveryHand does the main path by keys alone, on a small phone, and
// without JavaScript: sign in, write, publish, put an edition in order.
func TestTheDeskInEveryHand(t *testing.T) {
	t.Parallel()
	for _, how := range []hand{{keys: true}, {narrow: true}, {mute: true}} {
		name := map[bool]string{how.keys: "by keyboard", how.narrow: "on a small phone", how.mute: "without JavaScript"}[true]
		t.Run(name, func(t *testing.T) { // one after the other: a browser takes a machine's while
			l := newLife(t)
			c := l.firstAdmin(how)
			c.setsFactorUp()
			c.signsOutAndIn()
			c.writesPlainly("A first item", 3)
			c.writesPlainly("A second item", 4)
			c.finds("first", "A first item")
			c.beginsEdition()
			c.ordersByButtons()
			if how.keys {
				c.ordersByKeyboard()
			}
			c.leavesOutAndPutsBack()
			c.freezes()
		})
	}
}

// firstAdmin comes from the command line.
func (l *life) firstAdmin(how hand) *clerk {
	l.t.Helper()
	said := l.command(adminPassword+"\n", "editor", "add", "--name", "Anna Berg", "--address", "anna.berg@example.org", "--role", "admin", "--password-stdin")
	if !strings.Contains(said, l.base+"/desk/sign-in") {
		l.t.Errorf("tidings editor add says\n%s", said)
	}
	c := sits(l, how, "Anna Berg", "anna.berg@example.org", adminPassword)
	c.to("/desk", "Sign in")
	return c
}

// entersPassword fills the sign-in form.
func (c *clerk) entersPassword(heading string) {
	c.t.Helper()
	c.write("#email", c.address)
	c.write("#password", c.password)
	c.goes(`form[action="/desk/sign-in"] button`, heading)
}

// setsFactorUp signs in for the first time: a role of weight needs a second factor
// before anything else.
func (c *clerk) setsFactorUp() {
	c.t.Helper()
	c.entersPassword("Set up a second factor")
	c.secret = strings.ReplaceAll(c.says(`document.querySelector(".secret").textContent`), " ", "")
	c.write("#code", c.code())
	c.goes(`form[action="/desk/account/factor"] button`, "Your recovery codes")
	if got := c.says(`String(document.querySelectorAll(".codes code").length)`); got != "10" {
		c.t.Errorf("%s recovery codes", got)
	}
	c.goes("main a.button", "Today")
	c.sees("main", "Set the password") // what the command line did, in words
}

func (c *clerk) signsOutAndIn() {
	c.t.Helper()
	c.goes(`form[action="/desk/sign-out"] button`, "Sign in")
	c.entersPassword("Enter your code")
	c.write("#code", c.code())
	c.goes(`form[action="/desk/sign-in/code"] button`, "Today")
}

// invites somebody by a letter, and has them sign in.
func (c *clerk) invites(name, address string, how hand) *clerk {
	c.t.Helper()
	c.to("/desk/settings/people", "People of the desk")
	c.write("#name", name)
	c.write("#email", address)
	c.goes(`form[action="/desk/settings/people"] button`, "People of the desk")
	c.sees(".said", name+" is invited")
	invitation := c.letter(address, "desk")
	e := sits(c.life, how, name, address, editorPassword)
	e.open(e.link(invitation, "/desk/invitation/"))
	e.at("Welcome to the desk")
	e.write("#password", e.password)
	e.goes("main form button", "Sign in")
	e.entersPassword("Today")
	return e
}

// usesKeys: ? lists the keys, / searches, g and a letter goes, and the list turns
// them off.
func (c *clerk) usesKeys() {
	c.t.Helper()
	c.to("/desk", "Today")
	c.do(chromedp.KeyEvent("?"))
	c.until(`String(document.querySelector("#keys").open)`, "true")
	c.looks()
	c.do(chromedp.KeyEvent("\x1b"))
	c.until(`String(document.querySelector("#keys").open)`, "false")
	c.by("/", "Search")
	c.until(`document.activeElement.id`, "q")
	c.do(chromedp.KeyEvent("Q1 2019"))
	c.by("\r", "Search")
	c.sees("main table", "2019")
	c.by("gi", "Items")
	c.by("ge", "Editions")
	c.do(chromedp.KeyEvent("j"))
	c.by("\r", "2019")
	c.by("gt", "Today")
}

// by presses keys, and waits for the page they lead to.
func (c *clerk) by(keys, heading string) {
	c.t.Helper()
	c.says(`(document.documentElement.id = "before", "")`)
	c.do(chromedp.KeyEvent(keys))
	c.follows(heading)
}

// finds an item by its words in the list.
func (c *clerk) finds(words, title string) {
	c.t.Helper()
	c.goes(`nav[aria-label="Desk"] a[href="/desk/items"]`, "Items")
	c.write("#q", words)
	c.goes(`form[role="search"] > button`, "Items")
	c.sees("main table tbody", title)
	c.sees(".sum", "match")
}

// publishesDrafts does with several what is done with one.
func (c *clerk) publishesDrafts() {
	c.t.Helper()
	c.to("/desk/items?state=draft", "Items")
	c.choose("#which", "all")
	c.goes(`form[data-bulk] fieldset.bulk button`, "Items")
	c.to("/desk/items?state=draft", "Items")
	c.sees("main .empty", "No item matches")
}

// renames the publication, which its home page says at once.
func (c *clerk) renames(name string) {
	c.t.Helper()
	c.to("/desk/settings", "Settings")
	c.says(`(document.querySelector("#site").select(), "")`)
	c.write("#site", name)
	c.goes(`form#settings button:not([formaction])`, "Settings")
	c.open(c.base + "/")
	c.sees("header", name)
	c.looks()
}

// findsInLog looks for who did what.
func (c *clerk) findsInLog(who, what string) {
	c.t.Helper()
	c.to("/desk/settings/audit", "Audit log")
	if got := c.says(`document.querySelector("main").innerText`); !strings.Contains(got, who) || !strings.Contains(strings.ToLower(got), strings.ToLower(what)) {
		c.t.Errorf("the audit log holds no %q by %s:\n%s", what, who, got)
	}
}

// period is that of the edition the office works on: the quarter after the sample.
func (l *life) period() subscriptions.Period {
	l.t.Helper()
	next, err := l.app.editions.Propose(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return next.Period
}

// day is the n-th of the period.
func (l *life) day(n int) string {
	l.t.Helper()
	return l.period().From.AddDays(n - 1).String()
}
