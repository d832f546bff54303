package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// EditionPage is an edition: who gets what, its order, and what comes by itself.
type EditionPage struct {
	Frame
	subscriptions.Board
	Reach   subscriptions.Reach
	Steps   EditionSteps
	Letters []Letter
	All     bool // letters are shown
	Editing bool // it is collecting: everything can be moved
	More    int  // entries that the page leaves out
}

// mostEntries is how many entries stand on the page: as many as can be frozen.
const mostEntries = 500

// EditionStep is a step of the state bar.
type EditionStep struct {
	Words string
	Done  bool
	Now   bool
}

// Letter is one of the different letters.
type Letter struct {
	subscriptions.VariantReach
	Names string
}

// fewLetters is how many letters the page shows unasked.
const fewLetters = 8

func editionPath(id int64) string { return fmt.Sprintf("/desk/editions/%d", id) }

// wholeNumber reads a number of a form; one that is none names nothing.
func wholeNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (d *Desk) edition(v *Visit) error {
	ctx := v.Request.Context()
	if e, err := d.Editions.Store.FindEdition(ctx, v.id()); err != nil || e.IsCorrection() {
		if err != nil {
			return err
		}
		return d.correction(v, http.StatusOK, nil, nil)
	}
	p := &EditionPage{All: v.Query("letters") == "all"}
	var err error
	if p.Board, err = d.Editions.Board(ctx, v.id()); err != nil {
		return err
	}
	if p.Reach, err = d.Reach.Of(ctx, p.Content); err != nil {
		return err
	}
	e := p.Edition
	p.Frame = Frame{Title: e.Title, Section: "/desk/editions"}
	p.Editing = e.State == subscriptions.EditionCollecting
	p.Steps = d.editionSteps(v, e, "")
	if p.More = len(p.Entries) - mostEntries; p.More > 0 {
		p.Entries = p.Entries[:mostEntries]
	}
	p.Letters = letters(p.Content.Topics, p.Reach)
	return d.show(v, http.StatusOK, "desk/edition", p)
}

// PeopleOf is how many people get the entry at the place.
func (p *EditionPage) PeopleOf(place int) int { return p.Reach.Entries[place] }

// Counted reports whether there are sums.
func (p *EditionPage) Counted() bool { return !p.Reach.At.IsZero() }

// Shown are the letters that stand on the page.
func (p *EditionPage) Shown() []Letter {
	if p.All {
		return p.Letters
	}
	return p.Letters[:min(fewLetters, len(p.Letters))]
}

// Mark is how an entry stands to a topic: "home", "other" or "".
func (p *EditionPage) Mark(e subscriptions.BoardEntry, topic int64) string {
	switch at := slices.Index(e.Topics, topic); {
	case at == 0:
		return "home"
	case at > 0:
		return "other"
	}
	return ""
}

// Elsewhere are the other sections an entry may stand in.
func (p *EditionPage) Elsewhere(e subscriptions.BoardEntry) []subscriptions.Topic {
	if e.Event {
		return nil
	}
	return e.AlsoIn
}

// None says who gets no letter, and why.
func (p *EditionPage) None() string {
	return noLetter(p.Reach)
}

func noLetter(r subscriptions.Reach) string {
	var parts []string
	for _, why := range []struct {
		n    int
		what string
	}{{r.Nothing, "because nothing is in their topics"}, {r.Paused, "because they paused"}, {r.Suppressed, "because their address is suppressed"}} {
		if why.n > 0 {
			parts = append(parts, page.Number(why.n)+" "+why.what)
		}
	}
	total := r.Nothing + r.Paused + r.Suppressed
	switch {
	case total == 0:
		return ""
	case len(parts) > 1:
		return page.Count(total, "person gets", "people get") + " none: " + page.List(parts) + "."
	case r.Nothing > 0:
		return page.Count(total, "person gets", "people get") + " none, because nothing is in their topics."
	case r.Paused > 0:
		return page.Count(total, "person gets", "people get") + " none, because they paused."
	}
	return page.Count(total, "person gets", "people get") + " none, because their address is suppressed."
}

// steps are the states of an edition as a row of steps.
func (d *Desk) steps(e subscriptions.Edition) []EditionStep {
	if e.State == subscriptions.EditionCancelled {
		return []EditionStep{{Words: "Collecting", Done: true}, {Words: "Cancelled " + d.Pages.DayAndHour(e.CancelledAt), Now: true}}
	}
	at := slices.Index([]subscriptions.EditionState{subscriptions.EditionCollecting, subscriptions.EditionFrozen,
		subscriptions.EditionApproved, subscriptions.EditionSending, subscriptions.EditionSent}, e.State)
	words := []string{"Collecting", "Frozen", "Approval", "Sending", "Archived"}
	if e.State == subscriptions.EditionPaused {
		at, words[3] = 3, "Sending is paused"
	}
	if !e.FrozenAt.IsZero() {
		words[1] = "Frozen " + d.Pages.DayAndHour(e.FrozenAt)
	}
	if !e.ApprovedAt.IsZero() {
		words[2] = "Approved " + d.Pages.DayAndHour(e.ApprovedAt)
	}
	switch e.State {
	case subscriptions.EditionFrozen: // what it waits for is what is now
		at, words[2] = 2, "To be submitted"
		if !e.SubmittedAt.IsZero() {
			words[2] = "Waiting for approval"
		}
	case subscriptions.EditionApproved:
		at, words[3] = 3, "To be sent"
		if !e.SendAt.IsZero() {
			words[3] = "Leaves " + d.Pages.DayAndHour(e.SendAt)
		}
	case subscriptions.EditionSent:
		at, words[3], words[4] = 4, "Sent", "Archived "+d.Pages.DayAndHour(e.FinishedAt)
	}
	steps := make([]EditionStep, len(words))
	for n, w := range words {
		steps[n] = EditionStep{Words: w, Done: n < at, Now: n == at}
	}
	return steps
}

// letters names the variants by their topics, without those that travel with
// every letter unless there is nothing else.
func letters(topics []subscriptions.Topic, r subscriptions.Reach) []Letter {
	all := make([]Letter, len(r.Variants))
	for n, variant := range r.Variants {
		var asked, names []string
		for _, t := range topics {
			if !variant.Topics.Has(t.ID) {
				continue
			}
			names = append(names, t.Name)
			if !t.ForEveryone {
				asked = append(asked, t.ShortName)
			}
		}
		said := page.List(asked)
		switch {
		case len(names) == len(topics) && len(topics) > 1:
			said = "All " + page.Number(len(topics)) + " topics"
		case len(asked) == 0:
			said = "Only " + page.List(names)
		}
		all[n] = Letter{variant, said}
	}
	return all
}
