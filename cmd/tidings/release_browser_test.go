package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
)

// TestTwoPeopleReleaseAnEdition is the moment an editor fears, in real browsers and
// against a mail server that misbehaves: one writes and submits, another approves,
// sends, stops and decides.
func TestTwoPeopleReleaseAnEdition(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.readers(160)
	anna := l.firstAdmin(hand{})
	anna.setsFactorUp()
	ben := anna.invitesPublisher("Ben Carvalho", "ben@example.org")
	ben.writesPlainly("A first item", 3)
	ben.writesPlainly("A second item", 4)
	ben.beginsEdition()
	page := ben.says(`location.pathname`) + "/release"
	title := ben.says(`document.querySelector("h1").textContent`)

	// Four eyes, on what was frozen.
	ben.to(page, title)
	ben.write("#note", "Two items, as agreed.")
	ben.goes(`form[action$="/submit"] button`, title)
	ben.sees("main", "It was not checked yet.")
	ben.checks(page, title)
	ben.sees("main", "You wrote it last, or froze it.")
	ben.lacks(`form[action$="/approve"]`)
	anna.to("/desk", "Today")
	anna.sees("main table", "Waits for approval")
	anna.goes(`main table a[href="`+page+`"]`, title)
	anna.sees("main", "Two items, as agreed.")
	anna.approves(title)

	// A change takes the approval back; Anna, who changed it, does not approve it.
	anna.goes(`form[action$="/reopen"] button`, title)
	anna.sees(".said", "An approval it had is withdrawn")
	first, _ := anna.neighbours()
	anna.decides(first, "down")
	anna.to(page, title)
	anna.goes(`form[action$="/submit"] button`, title)
	anna.sees("main", "You wrote it last, or froze it.")
	anna.sees("main", "It has changed since it was checked.")
	anna.checks(page, title)
	ben.approves(title)

	// Ordered for a moment, taken back, and ordered for now with minutes to think.
	ben.goes(`form[action$="/schedule"] button`, title)
	ben.sees(".sum", "at 09:00, Europe/Brussels")
	anna.to("/desk", "Today")
	anna.sees("main table", "Leaves ")
	anna.to(page, title)
	anna.goes(`form[action$="/take-back"] button`, title)
	anna.sees(".said", "Nothing has left.")
	anna.goes(`form[action$="/send"] button`, title)
	anna.sees(".sum", "in 10 minutes")

	// It begins by itself; the page follows. Stopped, and on again.
	slow := mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Stall(250 * time.Millisecond)}
	l.must(l.mail.SetFaults(slow))
	l.waits(10 * time.Minute)
	anna.until(`String(!!document.querySelector('form[action$="/pause"]'))`, "true")
	anna.until(`String(document.querySelector('[data-p="sent"]').textContent !== "0")`, "true")
	anna.goes(`form[action$="/pause"] button`, title)
	anna.sees(".sum", "Paused by Anna Berg.")
	ben.to(page, title)
	ben.sees(".sum", "Paused by Anna Berg.")
	anna.goes(`form[action$="/resume"] button`, title)

	// The server turns on us: the send pauses itself, and says why.
	l.must(l.mail.SetFaults(slow, mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "We do not like this"}}))
	anna.until(`String(/failed, more than 10 %/.test(document.querySelector(".sum").textContent))`, "true")
	anna.looks()
	anna.sees("main", "We do not like this")

	// Mended, it goes on; one connection breaks at the worst moment.
	l.must(l.mail.SetFaults(mailtest.Fault{At: mailtest.AfterDot, Times: 1, Accept: true, Action: mailtest.Reset}))
	anna.goes(`form[action$="/resume"] button`, title)
	anna.until(`String(!!document.querySelector('form[action$="/resolve"]'))`, "true")
	anna.until(`document.querySelector('[data-p="open"]').textContent`, "0")
	anna.looks()
	anna.goes(`td.act button[value="accept"]`, title)
	anna.sees(".said", "1 letter is taken as sent.")
	anna.lacks(`form[action$="/resolve"]`)
	e := l.latest()
	st, err := l.app.editions.Status(t.Context(), e.ID)
	l.must(err)
	if st.Edition.State != subscriptions.EditionSent || !st.Books.Balanced() || st.Books.Open() > 0 || st.Books.Failed == 0 || st.Books.Uncertain > 0 {
		t.Errorf("at the end the edition is %s with %+v", st.Edition.State, st.Books)
	}
	anna.findsInLog("Ben Carvalho", "approve")
}

// readers adds people who asked for everything.
func (l *life) readers(n int) {
	l.t.Helper()
	rows := func(yield func(subscriptions.SubscriberRow) bool) {
		for i := range n {
			if !yield(subscriptions.SubscriberRow{Line: i + 2, Email: fmt.Sprintf("reader%d@example.net", i), Topics: []string{"horizontal", "iot"}}) {
				return
			}
		}
	}
	_, err := l.app.imports.Subscribers(l.t.Context(), rows, subscriptions.SubscriberOptions{Confirmed: true, Source: "a test"})
	l.must(err)
}

// latest is the edition that was made last.
func (l *life) latest() subscriptions.Edition {
	l.t.Helper()
	all, err := l.app.store.Editions(l.t.Context())
	l.must(err)
	last := all[0]
	for _, e := range all {
		if e.ID > last.ID {
			last = e
		}
	}
	return last
}

// invitesPublisher invites somebody who may approve, and has them sign in.
func (c *clerk) invitesPublisher(name, address string) *clerk {
	c.t.Helper()
	c.to("/desk/settings/people", "People of the desk")
	c.write("#name", name)
	c.write("#email", address)
	c.tick(`input[name="role"][value="publisher"]`)
	c.goes(`form[action="/desk/settings/people"] button`, "People of the desk")
	invitation := c.letter(address, "desk")
	p := sits(c.life, hand{}, name, address, editorPassword)
	p.open(p.link(invitation, "/desk/invitation/"))
	p.at("Welcome to the desk")
	p.write("#password", p.password)
	p.goes("main form button", "Sign in")
	p.setsFactorUp()
	return p
}

// approves waits until the people are counted, and approves what the page shows.
func (c *clerk) approves(title string) {
	c.t.Helper()
	const button = `form[action$="/approve"] button`
	for deadline := time.Now().Add(30 * time.Second); c.says(`String(!!document.querySelector('`+button+`'))`) != "true"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("nothing can be approved:\n%s", c.says(`document.querySelector("main").innerText`))
		}
		c.open(c.says(`location.href`))
	}
	if words := c.says(`document.querySelector('` + button + `').textContent`); !strings.HasPrefix(words, "Approve for ") {
		c.t.Errorf("the button says %q", words)
	}
	c.goes(button, title)
	c.sees(".said", "Approved for ")
	c.sees(".sum", c.name+" approved it")
}

// checks has the machine look at the edition, takes note of what it warns of, and
// goes back to the release.
func (c *clerk) checks(page, title string) {
	c.t.Helper()
	c.goes(`main a[href$="/preflight"].button`, title)
	c.goes(`form[action$="/preflight"] button`, title)
	c.until(`String(!!document.querySelector("[data-running]"))`, "false")
	e := c.latest()
	run, err := c.app.preflight.Last(c.t.Context(), e.ID)
	c.must(err)
	for _, f := range run.Findings {
		if f.Level == subscriptions.FindingWarning && f.Taken == nil {
			c.must(c.app.preflight.As(subscriptions.Actor{Name: c.name}).Acknowledge(c.t.Context(), e.ID, f.Key, "It is meant so."))
		}
	}
	c.to(page, title)
	if c.says(`String(!!document.querySelector('main a[href$="/preflight"].button'))`) != "false" {
		c.t.Fatalf("after the check, which found %+v:\n%s", run.Findings, c.says(`document.querySelector("main").innerText`))
	}
}

// lacks wants nothing of that on the page.
func (c *clerk) lacks(selector string) {
	c.t.Helper()
	if c.says(fmt.Sprintf(`String(!!document.querySelector(%q))`, selector)) != "false" {
		c.t.Errorf("%s has %s", c.says(`location.pathname`), selector)
	}
}

func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}
