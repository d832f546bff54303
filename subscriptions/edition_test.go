package subscriptions_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// The whole state machine: where each move leads from each state; what is not
// named is refused and leaves the edition as it was.
var editionMoves = map[string]struct {
	move func(e *subscriptions.Edition, now time.Time) error
	to   map[subscriptions.EditionState]subscriptions.EditionState
}{
	"freeze": {func(e *subscriptions.Edition, now time.Time) error {
		return e.Freeze(subscriptions.Content{Entries: make([]subscriptions.Item, 1)}, now)
	}, map[subscriptions.EditionState]subscriptions.EditionState{
		subscriptions.EditionCollecting: subscriptions.EditionFrozen}},
	"reopen": {func(e *subscriptions.Edition, _ time.Time) error { return e.Reopen() },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionFrozen:   subscriptions.EditionCollecting,
			subscriptions.EditionApproved: subscriptions.EditionCollecting}},
	"approve": {func(e *subscriptions.Edition, now time.Time) error { return e.Approve("hash", "publisher", now) },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionFrozen: subscriptions.EditionApproved}},
	"start": {func(e *subscriptions.Edition, now time.Time) error { return e.Start(now) },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionApproved: subscriptions.EditionSending,
			subscriptions.EditionSending:  subscriptions.EditionSending,
			subscriptions.EditionSent:     subscriptions.EditionSent}},
	"pause": {func(e *subscriptions.Edition, _ time.Time) error { return e.Pause() },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionSending: subscriptions.EditionPaused}},
	"resume": {func(e *subscriptions.Edition, _ time.Time) error { return e.Resume() },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionPaused: subscriptions.EditionSending}},
	"cancel": {func(e *subscriptions.Edition, now time.Time) error { return e.Cancel(now) },
		map[subscriptions.EditionState]subscriptions.EditionState{
			subscriptions.EditionCollecting: subscriptions.EditionCancelled,
			subscriptions.EditionFrozen:     subscriptions.EditionCancelled,
			subscriptions.EditionApproved:   subscriptions.EditionCancelled,
			subscriptions.EditionSending:    subscriptions.EditionCancelled,
			subscriptions.EditionPaused:     subscriptions.EditionCancelled}},
	"finish": {func(e *subscriptions.Edition, now time.Time) error {
		return e.Finish(subscriptions.Books{Planned: 2, Sent: 1, Failed: 1}, now)
	}, map[subscriptions.EditionState]subscriptions.EditionState{
		subscriptions.EditionSending: subscriptions.EditionSent,
		subscriptions.EditionSent:    subscriptions.EditionSent}},
}

func TestEveryMoveFromEveryState(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	states := []subscriptions.EditionState{subscriptions.EditionCollecting, subscriptions.EditionFrozen, subscriptions.EditionApproved,
		subscriptions.EditionSending, subscriptions.EditionPaused, subscriptions.EditionSent, subscriptions.EditionCancelled}
	for _, verb := range slices.Sorted(maps.Keys(editionMoves)) {
		for _, from := range states {
			t.Run(verb+" while "+string(from), func(t *testing.T) {
				t.Parallel()
				e := subscriptions.Edition{ID: 7, State: from, Hash: "hash", FrozenAt: now, ApprovedAt: now, ApprovedBy: "a", StartedAt: now, PlannedAt: now}
				was := e
				err := editionMoves[verb].move(&e, now.Add(time.Hour))
				to, allowed := editionMoves[verb].to[from]
				switch {
				case allowed:
					must(t, err)
					same(t, to, e.State)
				default:
					fails(t, err, subscriptions.Refused)
					same(t, was, e)
					if subscriptions.HintOf(err) == "" || !strings.Contains(err.Error(), "edition 7 is "+string(from)) {
						t.Errorf("%v (%s): want where it stands and what to do", err, subscriptions.HintOf(err))
					}
				}
				if allowed && to == from {
					same(t, was, e) // a repeated move changes nothing, not even a date
				}
			})
		}
	}
}

func TestWhatEachMoveRecords(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	e, err := subscriptions.NewEdition("  March 2019 ", march, now)
	must(t, err)
	same(t, "march-2019", e.Slug)
	same(t, "March 2019", e.Title)
	fails(t, e.Freeze(subscriptions.Content{}, now), subscriptions.Refused)
	fails(t, e.Freeze(subscriptions.Content{Entries: make([]subscriptions.Item, 501)}, now), subscriptions.Refused)

	c := subscriptions.Content{Title: "March", Entries: []subscriptions.Item{{Title: "a"}}}
	must(t, e.Freeze(c, now))
	hash, err := c.Hash()
	must(t, err)
	same(t, hash, e.Hash)
	fails(t, e.Approve("another", "publisher", now), subscriptions.Conflict)
	fails(t, e.Approve("", "publisher", now), subscriptions.Conflict)
	must(t, e.Approve(hash, "publisher", now))
	same(t, "publisher", e.ApprovedBy)
	must(t, e.Reopen())
	if e.Hash != "" || e.ApprovedBy != "" || !e.ApprovedAt.IsZero() || !e.FrozenAt.IsZero() {
		t.Errorf("a reopened edition keeps its approval: %+v", e)
	}
}

func TestAnEditionEndsOnlyWhenItsBooksDo(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	for name, c := range map[string]struct {
		books   subscriptions.Books
		planned bool
		ends    bool
	}{
		"all accounted for":            {subscriptions.Books{Planned: 4, Sent: 1, Failed: 1, Skipped: 1, Uncertain: 1}, true, true},
		"nobody to send to":            {subscriptions.Books{}, true, true},
		"one is queued":                {subscriptions.Books{Planned: 2, Sent: 1, Queued: 1}, true, false},
		"one is claimed":               {subscriptions.Books{Planned: 2, Sent: 1, Claimed: 1}, true, false},
		"one is on the wire":           {subscriptions.Books{Planned: 2, Sent: 1, Sending: 1}, true, false},
		"one will be tried again":      {subscriptions.Books{Planned: 2, Sent: 1, Deferred: 1}, true, false},
		"one is missing":               {subscriptions.Books{Planned: 2, Sent: 1}, true, false},
		"one too many":                 {subscriptions.Books{Planned: 1, Sent: 2}, true, false},
		"the plan is not at its end":   {subscriptions.Books{Planned: 1, Sent: 1}, false, false},
		"nothing is planned as of now": {subscriptions.Books{}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := subscriptions.Edition{ID: 7, State: subscriptions.EditionSending}
			if c.planned {
				e.PlannedAt = now
			}
			err := e.Finish(c.books, now)
			if c.ends {
				must(t, err)
				same(t, now, e.FinishedAt)
				return
			}
			fails(t, err, subscriptions.Refused)
			same(t, subscriptions.EditionSending, e.State)
		})
	}
}

func TestTheHashNamesEverythingTheEditionSays(t *testing.T) {
	t.Parallel()
	base := func() subscriptions.Content {
		return subscriptions.Content{EditionID: 1, Slug: "s", Title: "t", Period: march, Topics: []subscriptions.Topic{{ID: 1, Name: "IoT"}},
			Entries: []subscriptions.Item{{ID: 1, Title: "a", Topics: []int64{1}}, {ID: 2, Title: "b", Topics: []int64{1}}}}
	}
	first, err := base().Hash()
	must(t, err)
	again, err := base().Hash()
	must(t, err)
	same(t, first, again)
	seen := map[string]string{first: "nothing"}
	for what, change := range map[string]func(c *subscriptions.Content){
		"the title":        func(c *subscriptions.Content) { c.Title = "u" },
		"the intro":        func(c *subscriptions.Content) { c.Intro = "i" },
		"the contact":      func(c *subscriptions.Content) { c.Contact = "c" },
		"a topic's name":   func(c *subscriptions.Content) { c.Topics[0].Name = "Internet of Things" },
		"an entry's body":  func(c *subscriptions.Content) { c.Entries[0].Body = "changed" },
		"an entry's topic": func(c *subscriptions.Content) { c.Entries[0].Topics = []int64{1, 2} },
		"the order":        func(c *subscriptions.Content) { slices.Reverse(c.Entries) },
		"a source": func(c *subscriptions.Content) {
			c.Entries[1].Sources = []subscriptions.Source{{URL: "https://example.org"}}
		},
		"a webinar": func(c *subscriptions.Content) { c.Webinars = []subscriptions.Webinar{{Slug: "w"}} },
		"a term":    func(c *subscriptions.Content) { c.Glossary = []subscriptions.Term{{Abbreviation: "CAC"}} },
	} {
		c := base()
		change(&c)
		hash, err := c.Hash()
		must(t, err)
		if other, ok := seen[hash]; ok {
			t.Errorf("a change of %s gives the same hash as a change of %s", what, other)
		}
		seen[hash] = what
	}
}

func TestEditionValidate(t *testing.T) {
	t.Parallel()
	for name, title := range map[string]string{"no title": "", "spaces": "   ", "two lines": "a\nb", "too long": strings.Repeat("a ", 151), "no letter": "—"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := subscriptions.NewEdition(title, march, storetest.Now())
			fails(t, err, subscriptions.Invalid)
		})
	}
	_, err := subscriptions.NewEdition("March", subscriptions.Period{From: march.To, To: march.From}, storetest.Now())
	fails(t, err, subscriptions.Invalid)
}

func TestReadersSeeAnEditionOnceItIsBeingSent(t *testing.T) {
	t.Parallel()
	e := edition(t)
	for _, step := range []struct {
		name   string
		move   func() error
		public bool
	}{
		{"collecting", func() error { return nil }, false},
		{"frozen", func() error {
			return e.Freeze(subscriptions.Content{Entries: []subscriptions.Item{{ID: 1}}}, storetest.Now())
		}, false},
		{"approved", func() error { return e.Approve(e.Hash, "publisher", storetest.Now()) }, false},
		{"sending", func() error { return e.Start(storetest.Now()) }, true},
		{"paused", func() error { return e.Pause() }, true},
		{"cancelled in its middle, with letters out that link to it", func() error { return e.Cancel(storetest.Now()) }, true},
	} {
		must(t, step.move())
		if e.Public() != step.public {
			t.Errorf("%s: public is %v", step.name, e.Public())
		}
	}
	never := edition(t)
	must(t, never.Cancel(storetest.Now()))
	same(t, false, never.Public())
}

// edition is a new one, collecting.
func edition(t *testing.T) subscriptions.Edition {
	t.Helper()
	e, err := subscriptions.NewEdition("March", march, storetest.Now())
	must(t, err)
	return e
}
