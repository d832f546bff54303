package subscriptions

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// # Preflight
//
// What the machine looks at before people are asked whether an edition may leave.
// One run looks at one state of the edition, named by the hash of its content, and
// is kept as a row. What is found is a PreflightFinding:
//
//	blocking  the edition must not leave like this; it can only be mended
//	warning   it may be meant: a publisher takes note of it, with a reason
//	note      worth knowing, and nobody has to do anything
//
// The rules are pure: preflight_content.go reads the content, preflight_letter.go
// each letter as it is composed, spam.go what filters dislike, link.go what other
// servers answered, sender_domain.go what the domain's records say. The service
// gathers the facts, the slow ones (other servers) last and with progress.
//
// A finding is named by what it says. So what a publisher has taken note of stays
// noted through a change of something else, and comes back as new when it says
// something else.

// FindingLevel is what a finding asks of people.
type FindingLevel string

// The levels, the worst first.
const (
	FindingBlocking FindingLevel = "blocking"
	FindingWarning  FindingLevel = "warning"
	FindingNote     FindingLevel = "note"
)

// FindingLevels lists them, the worst first.
func FindingLevels() []FindingLevel {
	return []FindingLevel{FindingBlocking, FindingWarning, FindingNote}
}

// PreflightFinding is one thing that preflight found.
type PreflightFinding struct {
	Key      string       `json:"key"`  // names it; see above
	Code     string       `json:"code"` // of the rule: link-dead
	Level    FindingLevel `json:"level"`
	Place    Spot         `json:"place"`
	Sentence string       `json:"sentence"`     // what is so
	Do       string       `json:"do,omitempty"` // what to do about it
	Path     string       `json:"path,omitempty"`
	Action   string       `json:"action,omitempty"` // the words of the link to Path: "Edit the item"
	URL      string       `json:"url,omitempty"`    // of the link it is about

	// Taken is who took note of it, of a warning; nil: nobody has.
	Taken *Acknowledgement `json:"taken,omitempty"`
}

// Spot is where a finding is, in the order of an edition.
type Spot struct {
	Order int    `json:"order"`
	Name  string `json:"name"` // "Entry 6, Draft on personal information security"
}

// The places that are no entry. Entries stand between Edition and Webinars, in
// their own order.
var (
	placeEdition  = Spot{0, "The edition"}
	placeWebinars = Spot{10_000, "Webinars"}
	placeGlossary = Spot{10_001, "Glossary"}
	placeLetters  = Spot{10_002, "Letters"}
	placePeople   = Spot{10_003, "People"}
	placeLinks    = Spot{10_004, "Links"}
	placeSender   = Spot{10_005, "Sender"}
)

// Acknowledgement is that a publisher has taken note of a warning.
type Acknowledgement struct {
	EditionID int64     `json:"-"`
	Finding   string    `json:"-"` // its key
	Reason    string    `json:"reason"`
	Actor     string    `json:"by"`
	At        time.Time `json:"at"`
}

// named gives the finding its key.
func (f PreflightFinding) named() PreflightFinding {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Code, f.Place.Name, f.Sentence, f.URL}, "\x00")))
	f.Key = hex.EncodeToString(sum[:6])
	return f
}

// sortFindings brings them into order, each once: by level, then by place.
func sortFindings(all []PreflightFinding) []PreflightFinding {
	for n := range all {
		all[n] = all[n].named()
	}
	levels := FindingLevels()
	slices.SortStableFunc(all, func(a, b PreflightFinding) int {
		return cmp.Or(slices.Index(levels, a.Level)-slices.Index(levels, b.Level), a.Place.Order-b.Place.Order, strings.Compare(a.Code, b.Code))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(f PreflightFinding) bool {
		twice := seen[f.Key]
		seen[f.Key] = true
		return twice
	})
}

// PreflightState is where a run stands.
type PreflightState string

// The states of a run.
const (
	PreflightRunning PreflightState = "running"
	PreflightDone    PreflightState = "done"
	PreflightFailed  PreflightState = "failed"
)

// Preflight is one run.
type Preflight struct {
	ID         int64              `json:"-"`
	EditionID  int64              `json:"edition"`
	Hash       string             `json:"hash"`
	State      PreflightState     `json:"state"`
	People     int                `json:"people"` // who would get a letter
	Links      int                `json:"links"`  // other servers' that are asked
	LinksDone  int                `json:"links_done"`
	Findings   []PreflightFinding `json:"findings"`
	Letters    []PreflightLetter  `json:"letters"`
	Why        string             `json:"why,omitempty"` // it failed
	Actor      string             `json:"by"`
	StartedAt  time.Time          `json:"started_at"`
	UpdatedAt  time.Time          `json:"-"`
	FinishedAt time.Time          `json:"finished_at"`
}

// PreflightLetter is one of the different letters as it was composed.
type PreflightLetter struct {
	Topics    TopicSet `json:"topics"`
	Names     string   `json:"names"` // of its topics, in words
	People    int      `json:"people"`
	Entries   int      `json:"entries"`
	Subject   string   `json:"subject"`
	HTML      int      `json:"html_bytes"`
	Text      int      `json:"text_bytes"`
	Whole     int      `json:"message_bytes"` // as it leaves
	Shortened int      `json:"shortened"`     // entries whose end is only on the web
	LeftOut   int      `json:"left_out"`      // entries that are only on the web
}

// Key names the letter in an address.
func (l PreflightLetter) Key() string { return l.Topics.Key() }

// Count gives how many findings of the level nobody has taken note of.
func (p Preflight) Count(level FindingLevel) int {
	n := 0
	for _, f := range p.Findings {
		if f.Level == level && f.Taken == nil {
			n++
		}
	}
	return n
}

// gaveUp is after how long without a sign of life a run is taken for broken off:
// the program was stopped in its middle.
const gaveUp = time.Minute

// Broken reports whether the run was broken off.
func (p Preflight) Broken(now time.Time) bool {
	return p.State == PreflightRunning && now.Sub(p.UpdatedAt).Abs() > gaveUp
}

// PreflightVerdict is whether a state of an edition may be approved, as far as the machine
// can tell.
type PreflightVerdict struct {
	EditionID int64     `json:"edition"`
	Hash      string    `json:"hash"` // of the edition as it is now
	May       bool      `json:"may"`
	Why       string    `json:"why,omitempty"` // it may not: a sentence
	Do        string    `json:"do,omitempty"`  // what to do then
	Checked   bool      `json:"checked"`       // there was a run, of whatever state
	Running   bool      `json:"running"`
	Stale     bool      `json:"stale"` // the newest run was of another state, or is old
	At        time.Time `json:"at"`    // the newest run ended
	Blocking  int       `json:"blocking"`
	Warnings  int       `json:"warnings"` // nobody has taken note of
	Taken     int       `json:"taken"`    // warnings that a publisher has taken note of
	Notes     int       `json:"notes"`
}

// preflightAge is how long a run says something: links and deadlines change
// without anybody's hand.
const preflightAge = 24 * time.Hour

// JudgePreflight decides. hash names the edition as it is now; run is the newest,
// nil when there was none.
func JudgePreflight(editionID int64, hash string, run *Preflight, now time.Time) PreflightVerdict {
	v := PreflightVerdict{EditionID: editionID, Hash: hash}
	if run == nil {
		v.Why, v.Do = "It was not checked yet.", "Run preflight."
		return v
	}
	v.Checked, v.At = true, run.FinishedAt
	v.Blocking, v.Warnings, v.Notes = run.Count(FindingBlocking), run.Count(FindingWarning), run.Count(FindingNote)
	for _, f := range run.Findings {
		if f.Taken != nil {
			v.Taken++
		}
	}
	v.Stale = run.Hash != hash || run.State == PreflightDone && now.Sub(run.FinishedAt) > preflightAge
	switch {
	case run.Broken(now) || run.State == PreflightFailed:
		v.Why, v.Do = "The last check was broken off.", "Run preflight again."
	case run.State == PreflightRunning:
		v.Running, v.Why, v.Do = true, "It is being checked.", "Look again in a moment."
	case run.Hash != hash:
		v.Why, v.Do = "It has changed since it was checked.", "Run preflight again."
	case v.Stale:
		v.Why, v.Do = "It was checked more than a day ago.", "Run preflight again."
	case v.Blocking > 0:
		v.Why, v.Do = fmt.Sprintf("%s it.", countOf(v.Blocking, "finding blocks", "findings block")), "Mend what blocks, and run preflight again."
	case v.Warnings > 0:
		v.Why, v.Do = fmt.Sprintf("Nobody has taken note of %s.", countOf(v.Warnings, "warning", "warnings")), "Mend them, or have a publisher take note of each with a reason."
	default:
		v.May = true
	}
	return v
}

// PreflightStore keeps runs, notes and what links answered.
type PreflightStore interface {
	AddPreflight(ctx context.Context, p *Preflight) error
	UpdatePreflight(ctx context.Context, p Preflight) error
	// LastPreflight is the edition's newest run with what publishers have taken note
	// of; NotFound when there was none.
	LastPreflight(ctx context.Context, editionID int64) (Preflight, error)
	// PrunePreflights forgets all but the newest runs of the edition.
	PrunePreflights(ctx context.Context, editionID int64, keep int) error
	PutAcknowledgement(ctx context.Context, a Acknowledgement) error
	DropAcknowledgement(ctx context.Context, editionID int64, finding string) error

	LinkAnswers(ctx context.Context, urls []string) (map[string]LinkAnswer, error)
	PutLinkAnswers(ctx context.Context, answers ...LinkAnswer) error
	DropLinkAnswers(ctx context.Context, until time.Time, limit int) (int, error)
}
