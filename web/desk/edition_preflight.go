package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// PreflightPage is what the machine found of an edition.
type PreflightPage struct {
	Frame
	Edition subscriptions.Edition
	Steps   EditionSteps
	Run     *subscriptions.Preflight // the newest; nil before the first
	Verdict subscriptions.PreflightVerdict
	Broken  bool
	Groups  []FindingGroup
	Matrix  []MatrixRow
	Topics  []subscriptions.Topic
	Letters []CheckedLetter
	All     bool   // letters are listed
	AsOf    string // when it leaves, and it was judged as of then; "": as of the check
	Faults  page.Faults
	Wrong   string // the finding whose reason was not taken
}

// FindingGroup is the findings of one level, by their places.
type FindingGroup struct {
	Level  subscriptions.FindingLevel
	Title  string
	Open   int // that ask for something still
	Places []FindingPlace
}

// FindingPlace is a place with what was found there.
type FindingPlace struct {
	Name     string
	Findings []subscriptions.PreflightFinding
}

// MatrixRow is an entry, the topics it is filed under, and who gets it.
type MatrixRow struct {
	Item   subscriptions.Item
	Marks  []string // by topic: home, other, ""
	People int
}

// CheckedLetter is a letter with the way to look at it.
type CheckedLetter struct {
	subscriptions.PreflightLetter
	Path string
}

// levelWords head the groups.
var levelWords = map[subscriptions.FindingLevel]string{
	subscriptions.FindingBlocking: "Blocks", subscriptions.FindingWarning: "To be taken note of", subscriptions.FindingNote: "Worth knowing",
}

func preflightPath(id int64) string { return editionPath(id) + "/preflight" }

func (d *Desk) preflight(v *Visit) error {
	p, err := d.preflightPage(v)
	if err != nil {
		return err
	}
	return d.show(v, http.StatusOK, "desk/edition-preflight", p)
}

func (d *Desk) preflightPage(v *Visit) (*PreflightPage, error) {
	ctx := v.Request.Context()
	of, err := d.Seen.Collect(ctx, v.id())
	if err != nil {
		return nil, err
	}
	e, content, reach := of.Edition, of.Content, of.Reach
	p := &PreflightPage{Frame: Frame{Title: "Preflight of " + e.Title, Section: "/desk/editions"}, Edition: e, Steps: d.editionSteps(v, e, "/preflight"), All: v.Query("letters") == "all"}
	if p.Run, err = d.Preflight.Last(ctx, e.ID); err != nil {
		return nil, err
	}
	hash := e.Hash
	if hash == "" {
		if hash, err = content.Hash(); err != nil {
			return nil, err
		}
	}
	p.Verdict = subscriptions.JudgePreflight(e.ID, hash, p.Run, d.Preflight.Now())
	p.Topics = content.Topics
	for n, i := range content.Entries {
		row := MatrixRow{Item: i, People: reach.Entries[n]}
		for _, t := range content.Topics {
			row.Marks = append(row.Marks, markOf(i, t.ID))
		}
		p.Matrix = append(p.Matrix, row)
	}
	if p.Run == nil {
		return p, nil
	}
	if of.Ahead() && !p.Run.StartedAt.Before(e.SendOrderedAt) {
		p.AsOf = d.leaves(e)
	}
	p.Broken = p.Run.Broken(d.Preflight.Now())
	p.Groups = FindingGroups(p.Run.Findings)
	for _, l := range p.Run.Letters {
		p.Letters = append(p.Letters, CheckedLetter{l, previewPath(e.ID, "", subscriptions.AsVariant+":"+l.Key())})
	}
	return p, nil
}

// ShownLetters are the letters that stand on the page.
func (p *PreflightPage) ShownLetters() []CheckedLetter {
	if p.All {
		return p.Letters
	}
	return p.Letters[:min(fewLetters, len(p.Letters))]
}

// markOf is how an item stands to a topic: "home", "other" or "".
func markOf(i subscriptions.Item, topic int64) string {
	for n, id := range i.Topics {
		if id == topic && n == 0 {
			return "home"
		} else if id == topic {
			return "other"
		}
	}
	return ""
}

// FindingGroups puts sorted findings by level and place.
func FindingGroups(all []subscriptions.PreflightFinding) (groups []FindingGroup) {
	for _, f := range all {
		if n := len(groups); n == 0 || groups[n-1].Level != f.Level {
			groups = append(groups, FindingGroup{Level: f.Level, Title: levelWords[f.Level]})
		}
		g := &groups[len(groups)-1]
		if n := len(g.Places); n == 0 || g.Places[n-1].Name != f.Place.Name {
			g.Places = append(g.Places, FindingPlace{Name: f.Place.Name})
		}
		place := &g.Places[len(g.Places)-1]
		place.Findings = append(place.Findings, f)
		if f.Taken == nil {
			g.Open++
		}
	}
	return groups
}

// runPreflight starts the checks; the page shows how far they are.
func (d *Desk) runPreflight(v *Visit) error {
	if err := d.Preflight.As(v.By()).Start(v.Request.Context(), v.id()); err != nil {
		return err
	}
	return v.Go(preflightPath(v.id()))
}

// notePreflight takes note of a warning, or takes that back.
func (d *Desk) notePreflight(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	checks, finding := d.Preflight.As(v.By()), sent.Get("finding")
	said := "Taken note of."
	if sent.Get("verb") == "withdraw" {
		said, err = "It asks again.", checks.Withdraw(v.Request.Context(), v.id(), finding)
	} else {
		err = checks.Acknowledge(v.Request.Context(), v.id(), finding, sent.Get("reason"))
	}
	if faults, ok := page.FaultsOf(err); ok && err != nil {
		p, err := d.preflightPage(v)
		if err != nil {
			return err
		}
		p.Faults, p.Wrong = faults, finding
		return d.show(v, http.StatusUnprocessableEntity, "desk/edition-preflight", p)
	}
	if err != nil {
		return err
	}
	v.Say(said)
	return v.Go(preflightPath(v.id()) + "#f-" + finding)
}
