package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sesec.eu/tidings/subscriptions"
)

// listOfPeople has each kind of row: two who are new, one twice, one who is here and
// gets a further topic, one who left, one who complained, and one that is no address.
const listOfPeople = `E-mail;Who;Office
aenne@example.net;Änne Muster;Standards office
berta@example.net;Berta Beispiel;Ministry
AENNE@example.net;Änne Muster;Standards office
ledger@example.org;;
left@example.org;;
complained@example.org;;
nobody;;
`

// TestAListOfPeopleComesIn brings a list in by keys alone and without JavaScript: a
// file, what its columns hold, what would come of it, what came of it, and back.
func TestAListOfPeopleComesIn(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	c := l.firstAdmin(hand{mute: true})
	c.setsFactorUp()
	c.keys = true
	file := filepath.Join(t.TempDir(), "members.csv")
	l.must(os.WriteFile(file, []byte(listOfPeople), 0o600))

	c.to("/desk/people", "People")
	c.goes(`main a[href="/desk/people/import"]`, "Bring in a list")
	c.goes("main form.work button", "Bring in a list")
	c.sees(".faults", "There is no list.")
	c.reach("#file") // what opens the window of the system, which no test has
	c.do(chromedp.SetUploadFiles(chromedp.ID("file"), []string{file}))
	c.goes("main form.work button", "members.csv")

	// The mapping: two columns are recognised, one is not, and a proof is asked for.
	c.sees("main", "7 rows")
	for selector, want := range map[string]string{"#column0": "email", "#column1": ""} {
		if got := c.says(`document.querySelector("` + selector + `").value`); got != want {
			t.Errorf("%s is taken for %q, want %q", selector, got, want)
		}
	}
	c.choose("#column1", "name")
	c.choose("#column2", "organisation")
	c.tick(`input[name="topics"][value="iot"]`)
	c.tick(`input[name="basis"][value="ask"]`) // the first of two: Tab comes to it
	c.do(chromedp.KeyEvent(kb.ArrowDown))      // and the arrow to the other
	c.until(`String(document.querySelector('input[name="basis"][value="agreed"]').checked)`, "true")
	c.goes("button[data-save]", "members.csv")
	c.sees(".faults", "Say where the consent lies")
	c.write("#source", "Sign-up sheet of 14 March")
	c.fills("#given_on", "2019-03-14")

	// The rehearsal, which changes nothing.
	c.goes("button[data-save]", "members.csv")
	c.sees("#report", "What would come of it")
	c.tells("2 new people, 1 get further topics, 1 have it already, 1 left before, 1 suppressed, 1 refused")
	c.sees("main", "1 row repeats an address")
	c.sees(`section[aria-labelledby="lines"]`, "is not an e-mail address")
	if _, err := l.app.store.FindSubscriberByAddress(t.Context(), "aenne@example.net"); subscriptions.CodeOf(err) != subscriptions.NotFound {
		t.Errorf("after the rehearsal somebody is here: %v", err)
	}

	// The run, and its report.
	c.goes(`form[action$="/take"] button`, "members.csv")
	c.sees("#report", "What came of it")
	c.tells("2 new people, 1 get further topics, 1 have it already, 1 left before, 1 suppressed, 1 refused")
	who, err := l.app.store.FindSubscriberByAddress(t.Context(), "aenne@example.net")
	if err != nil || who.Name != "Änne Muster" || who.Organisation != "Standards office" || who.ConfirmedAt.IsZero() {
		t.Errorf("%v: who came in is %+v", err, who)
	}
	c.to("/desk/people?q=aenne", "People")
	c.sees("main", "aenne@example.net")

	// It was the wrong one.
	c.to("/desk/people/import", "Bring in a list")
	c.goes("tr[data-row] td.t a", "members.csv")
	c.write("#note", "The wrong file")
	c.goes(`form[action$="/withdraw"] button`, "members.csv")
	c.sees("main", "Taken back: The wrong file. 2 people are forgotten")
}

// tells reads the sums of a report.
func (c *clerk) tells(want string) {
	c.t.Helper()
	if got := c.says(`[...document.querySelectorAll(".sums > div")].map(d => d.querySelector("dd").textContent + " " + d.querySelector("dt").textContent).join(", ")`); got != want {
		c.t.Errorf("the report says %q, want %q", got, want)
	}
}
