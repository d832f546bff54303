package subscriptions

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Edition is an issue of the newsletter.
//
//	collecting ──Freeze──▶ frozen ──Approve──▶ approved ──Start──▶ sending ──Finish──▶ sent
//	     ▲                    │                    │                ▲   │
//	     └──────Reopen────────┴────────────────────┘         Resume │   │ Pause
//	                                                                paused
//	Cancel: from every state but sent.
//
// Between frozen and approved it may be submitted, and between approved and
// sending ordered for a moment: see Release.
//
// Freezing takes a copy of everything the edition says (Content) and its hash;
// the approval is of that hash; sending composes from that copy.
type Edition struct {
	ID          int64
	Slug        string
	Title       string
	Period      Period
	Intro       string // Markdown
	About       string // Markdown: who sends this
	Contact     string // lines
	Subject     string // of its letters, in place of what each says is inside; see Digest.Subject
	Preheader   string // what an inbox shows beside it, in place of the first titles
	State       EditionState
	Hash        string // of the frozen content
	CreatedAt   time.Time
	FrozenAt    time.Time
	ApprovedAt  time.Time
	ApprovedBy  string
	StartedAt   time.Time
	FinishedAt  time.Time
	CancelledAt time.Time
	// The plan: how far QueueBatch has read the subscribers, whether it is
	// through, how many deliveries it planned and how many people it passed
	// over because nothing was in their topics.
	Cursor    int64
	PlannedAt time.Time // the plan is complete
	Planned   int
	Nothing   int
	Version   int // rises with each edit of its texts

	Release

	Kind       EditionKind // "" is EditionIssue
	Correction             // zero unless it is one
}

// EditionState is where an edition stands.
type EditionState string

// The states of an edition.
const (
	EditionCollecting EditionState = "collecting"
	EditionFrozen     EditionState = "frozen"
	EditionApproved   EditionState = "approved"
	EditionSending    EditionState = "sending"
	EditionPaused     EditionState = "paused"
	EditionSent       EditionState = "sent"
	EditionCancelled  EditionState = "cancelled"
)

// NewEdition starts an edition; its slug comes from the title.
func NewEdition(title string, period Period, now time.Time) (Edition, error) {
	e := Edition{Slug: Slugify(title), Title: strings.TrimSpace(title), Period: period, State: EditionCollecting, CreatedAt: now}
	return e, e.Validate()
}

// Validate wants a title and a period.
func (e Edition) Validate() error {
	switch {
	case e.Title == "":
		return invalid("title", "the edition needs a title")
	case len(e.Title) > maxTitle || !oneLine(e.Title):
		return invalid("title", "the edition's title is one line of at most %d characters", maxTitle)
	case !ValidSlug(e.Slug):
		return invalid("slug", "the edition's slug %q is not made of small letters, digits and hyphens", e.Slug)
	}
	return e.Period.Validate()
}

// wrong refuses a move, telling where the edition stands and what would help.
func (e *Edition) wrong(verb, hint string) error {
	return refused("edition %d is %s and cannot be %s", e.ID, e.State, verb).hint("%s", hint)
}

// maxEntries bounds an edition: ten times the largest one anybody would read.
const maxEntries = 500

// Freeze fixes what the edition says. The content must hold something, and not
// too much.
func (e *Edition) Freeze(c Content, now time.Time) error {
	if e.State != EditionCollecting {
		return e.wrong("frozen", "Only a collecting edition can be frozen.")
	}
	if len(c.Entries) == 0 {
		return refused("edition %d holds no items", e.ID).
			hint("Publish items dated between %s and %s.", e.Period.From, e.Period.To)
	}
	if len(c.Entries) > maxEntries {
		return refused("edition %d holds %d items; an edition has at most %d", e.ID, len(c.Entries), maxEntries).
			hint("Shorten its period, or leave some out.")
	}
	hash, err := c.Hash()
	if err != nil {
		return err
	}
	e.State, e.FrozenAt, e.Hash = EditionFrozen, now, hash
	return nil
}

// Reopen takes a frozen or approved edition back to collecting. The approval
// is gone.
func (e *Edition) Reopen() error {
	if e.State != EditionFrozen && e.State != EditionApproved {
		return e.wrong("reopened", "What has begun to leave can only be paused or cancelled.")
	}
	e.State, e.Hash = EditionCollecting, ""
	e.FrozenAt, e.ApprovedAt, e.ApprovedBy = time.Time{}, time.Time{}, ""
	e.Release = Release{Rate: e.Rate} // how fast it may leave is none of its content
	return nil
}

// Start begins the send. Starting one that is sending already changes nothing,
// so that a second "send" cannot send twice.
func (e *Edition) Start(now time.Time) error {
	switch e.State {
	case EditionSending, EditionSent:
		return nil
	case EditionApproved:
		if e.SendAt.After(now) {
			return e.wrong("sent now", "It is ordered for later. Take that back first, or wait.")
		}
		e.State, e.StartedAt = EditionSending, now
		e.clear()
		return nil
	case EditionPaused:
		return e.wrong("sent", fmt.Sprintf("Go on with: tidings edition resume %d", e.ID))
	case EditionCancelled:
		return e.wrong("sent", "Create a new edition; what was cancelled stays cancelled.")
	}
	return e.wrong("sent", fmt.Sprintf("Approve it first: tidings edition approve %d", e.ID))
}

// Pause stops the send before the next message.
func (e *Edition) Pause() error {
	if e.State != EditionSending {
		return e.wrong("paused", "Only an edition that is sending can be paused.")
	}
	e.State = EditionPaused
	return nil
}

// Resume goes on.
func (e *Edition) Resume() error {
	if e.State != EditionPaused {
		return e.wrong("resumed", "Only a paused edition can be resumed.")
	}
	e.State = EditionSending
	e.clear()
	return nil
}

// Cancel ends the edition; what has left has left.
func (e *Edition) Cancel(now time.Time) error {
	if e.State == EditionSent || e.State == EditionCancelled {
		return e.wrong("cancelled", "It is over.")
	}
	e.State, e.CancelledAt = EditionCancelled, now
	return nil
}

// Finish closes the send once the plan is complete and the books balance with
// nothing open.
func (e *Edition) Finish(b Books, now time.Time) error {
	switch {
	case e.State == EditionSent:
		return nil
	case e.State != EditionSending:
		return e.wrong("finished", "It is not sending.")
	case e.PlannedAt.IsZero():
		return refused("edition %d is not planned to its end", e.ID)
	case !b.Balanced() || b.Open() > 0:
		return refused("edition %d has %d messages open", e.ID, b.Open())
	}
	e.State, e.FinishedAt = EditionSent, now
	return nil
}

// Public reports whether readers may see the edition in the archive: from its
// first message on, and also when the send was cancelled in its middle, because
// letters that have left link to it.
func (e Edition) Public() bool { return !e.StartedAt.IsZero() }

// Content is an edition as it was frozen: a copy, so that no later change of an
// item, a topic or the glossary changes what was approved.
type Content struct {
	EditionID int64     `json:"edition_id"`
	Slug      string    `json:"slug"`
	Title     string    `json:"title"`
	Period    Period    `json:"period"`
	Intro     string    `json:"intro,omitempty"`
	About     string    `json:"about,omitempty"`
	Contact   string    `json:"contact,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Preheader string    `json:"preheader,omitempty"`
	Topics    []Topic   `json:"topics"`
	Entries   []Item    `json:"entries"` // in order; Number is the place
	Webinars  []Webinar `json:"webinars,omitempty"`
	Glossary  []Term    `json:"glossary,omitempty"`
	Look      *Look     `json:"look,omitempty"` // the settings it was frozen with; nil: those in force, as before there were any
	// Sections has the words of those sections that have their own. Their order is
	// that of Topics, and an entry's section the first of its topics.
	Sections []SectionText `json:"sections,omitempty"`
	// Corrected is set in a correction.
	Corrected *Corrected `json:"corrected,omitempty"`
}

// SectionText is what an edition says over a section.
type SectionText struct {
	TopicID int64  `json:"topic_id"`
	Heading string `json:"heading,omitempty"` // in place of the topic's name
	Intro   string `json:"intro,omitempty"`   // Markdown
}

// Hash names the content: SHA-256 of its JSON, whose field order is fixed.
func (c Content) Hash() (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("hash the content of edition %d: %w", c.EditionID, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Topic finds a topic of the content.
func (c Content) Topic(id int64) (Topic, bool) {
	for _, t := range c.Topics {
		if t.ID == id {
			return t, true
		}
	}
	return Topic{}, false
}

// Section finds the words of a topic's section; they may be empty.
func (c Content) Section(topicID int64) SectionText {
	for _, t := range c.Sections {
		if t.TopicID == topicID {
			return t
		}
	}
	return SectionText{TopicID: topicID}
}

// Webinar finds a webinar of the content by slug.
func (c Content) Webinar(slug string) (Webinar, bool) {
	for _, w := range c.Webinars {
		if w.Slug == slug {
			return w, true
		}
	}
	return Webinar{}, false
}
