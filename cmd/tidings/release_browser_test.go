package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
)

// TestTwoPeopleReleaseAnEdition is the moment an editor fears, from the first look to
// the last correction, in a real browser and against a mail server that misbehaves.
// One site, one database, one worker: Ben writes, submits and corrects; Anna approves,
// sends, stops, decides and answers for it.
func TestTwoPeopleReleaseAnEdition(t *testing.T) {
	t.Parallel()
	r := newRelease(t)
	r.benWrites()
	r.benLooksAtLetters()
	r.preflightBlocksAndIsMended()
	r.annaApproves()
	r.aChangeTakesTheApprovalBack()
	r.benSchedulesAndAnnaTakesItBack()
	r.annaOrdersAndLooksOnceMore()
	r.itRunsIsPausedAndResumed()
	r.itPausesItself()
	r.annaDecidesWhatIsUncertain()
	r.whatWasSeenHasArrived()
	r.annaReadsTheLedger()
	r.annaExports()
	r.benCorrectsAndAnnaSendsIt()
	r.whatRemains()
}

// aRelease is the walk: two people, an edition, and what they have seen so far.
type aRelease struct {
	*life
	anna, ben   *clerk
	title, path string // of the edition
	links       *otherSite
	seen        letterSeen
	sent        []subscriptions.Delivery
}

const (
	firstItem  = "A first item"
	secondItem = "A second item"
	itemOfFew  = "A note on security"
	hostile    = `<script>top.location = "/desk/sign-in"</script> <img src=x onerror=alert(1)>`
)

// otherSite is somebody else's: one page is not there, and one waits to be let go.
type otherSite struct {
	*httptest.Server
	asked atomic.Int64 // for the page that is not there
	hold  chan struct{}
}

// onlyThere asks that site; of what is further away nobody knows today.
type onlyThere struct {
	*fetch.Client
	site string
}

func (o onlyThere) CheckLink(ctx context.Context, link string) subscriptions.LinkAnswer {
	if !strings.HasPrefix(link, o.site) {
		return subscriptions.LinkAnswer{URL: link, State: subscriptions.LinkFine}
	}
	return o.Client.CheckLink(ctx, link)
}

func newRelease(t *testing.T) *aRelease {
	t.Helper()
	other := &otherSite{hold: make(chan struct{})}
	other.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-other.hold
		case "/gone":
			other.asked.Add(1)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(other.Close)
	at, err := url.Parse(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	allow, err := fetch.ParseAllow("127.0.0.0/8,:" + at.Port())
	if err != nil {
		t.Fatal(err)
	}
	r := &aRelease{life: newLife(t, func(a *app) { a.preflight.Links = onlyThere{fetch.New(allow), other.URL} }), links: other}
	r.readers(160)
	r.anna = r.firstAdmin(hand{})
	r.anna.setsFactorUp()
	r.ben = r.anna.invitesPublisher("Ben Carvalho", "ben@example.org")
	return r
}

// benWrites an edition: two entries for many, one with links and what a letter must not
// carry, and one that few have asked for.
func (r *aRelease) benWrites() {
	r.t.Helper()
	r.ben.writesOf(firstItem, "iot", "Read [it]("+r.links.URL+"/gone) and [that]("+r.links.URL+"/slow). "+hostile, 3)
	r.ben.writesPlainly(secondItem, 4)
	r.ben.writesOf(itemOfFew, "cybersecurity", "We wrote that it is in May.", 5)
	r.ben.beginsEdition()
	r.path = r.ben.says(`location.pathname`)
	r.title = r.ben.says(`document.querySelector("h1").textContent`)
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

// itRunsIsPausedAndResumed: it begins by itself, and the page follows. Stopped, and on
// again.
func (r *aRelease) itRunsIsPausedAndResumed() {
	r.t.Helper()
	r.must(r.mail.SetFaults(slowly))
	r.waits(10 * time.Minute)
	r.anna.until(`String(!!document.querySelector('form[action$="/pause"]'))`, "true")
	r.anna.until(`String(document.querySelector('[data-p="sent"]').textContent !== "0")`, "true")
	r.anna.goes(`form[action$="/pause"] button`, r.title)
	r.anna.sees(".sum", "Paused by Anna Berg.")
	r.ben.to(r.path+"/release", r.title)
	r.ben.sees(".sum", "Paused by Anna Berg.")
	r.anna.goes(`form[action$="/resume"] button`, r.title)
}

// slowly keeps a server to a few letters a second.
var slowly = mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Stall(250 * time.Millisecond)}

// itPausesItself when the server turns on us, and says why.
func (r *aRelease) itPausesItself() {
	r.t.Helper()
	r.must(r.mail.SetFaults(slowly, mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "We do not like this"}}))
	r.anna.until(`String(/failed, more than 10 %/.test(document.querySelector(".sum").textContent))`, "true")
	r.anna.looks()
	r.anna.sees("main", "We do not like this")
}

// annaDecidesWhatIsUncertain: mended, it goes on, and one connection breaks at the worst
// moment.
func (r *aRelease) annaDecidesWhatIsUncertain() {
	r.t.Helper()
	r.must(r.mail.SetFaults(mailtest.Fault{At: mailtest.AfterDot, Times: 1, Accept: true, Action: mailtest.Reset}))
	r.anna.goes(`form[action$="/resume"] button`, r.title)
	r.anna.until(`String(!!document.querySelector('form[action$="/resolve"]'))`, "true")
	r.anna.until(`document.querySelector('[data-p="open"]').textContent`, "0")
	r.anna.looks()
	r.anna.goes(`td.act button[value="accept"]`, r.title)
	r.anna.sees(".said", "1 letter is taken as sent.")
	r.anna.lacks(`form[action$="/resolve"]`)
	st, err := r.app.editions.Status(r.t.Context(), r.latest().ID)
	r.must(err)
	if st.Edition.State != subscriptions.EditionSent || !st.Books.Balanced() || st.Books.Open() > 0 || st.Books.Failed == 0 || st.Books.Uncertain > 0 {
		r.t.Errorf("at the end the edition is %s with %+v", st.Edition.State, st.Books)
	}
	r.anna.findsInLog("Ben Carvalho", "approve")
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
