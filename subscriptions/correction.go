package subscriptions

import (
	"fmt"
	"strings"
)

// Correction tells those who got an entry what was wrong in it and what is right.
// It is an edition of another kind: a row of its own with frozen content, its own
// books and its own four eyes, planned, sent, paused and accounted for by the same
// machine. What differs is who gets it, the letter, and that it is no issue: lists of
// issues, the archive and the first page do not have it.
//
// # Who gets it
//
// Everybody whose letter had the entry and was sent, or is uncertain: of an
// uncertain one nobody knows whether it arrived, and a correction of what somebody
// did not get costs them a minute, a missing one misleads them. Of these, nobody
// whose address is suppressed, who has ended, paused or was erased since: they are
// counted as Nothing, not planned. Who has given up the topic and kept another
// gets it: they have the letter, and have not left.
//
// # While the edition is still sent
//
// A correction may begin while the edition it corrects is still on its way, or was
// cancelled in the middle. When more letters have left, because the edition ended or
// those who were missed got theirs, its corrections that have begun are planned once
// more from the beginning: the unique key keeps everybody at one.
type Correction struct {
	Corrects     int64  // the edition in which the entry was wrong
	CorrectsItem int64  // the entry
	Wrong        string // Markdown: what was wrong
	Right        string // Markdown: what is right
}

// EditionKind tells an issue of the newsletter from a correction.
type EditionKind string

// The kinds of edition.
const (
	EditionIssue      EditionKind = "issue"
	EditionCorrection EditionKind = "correction"
)

// IsCorrection reports whether it is no issue.
func (e Edition) IsCorrection() bool { return e.Kind == EditionCorrection }

// issue refuses what is done to issues alone.
func (e Edition) issue() error {
	if !e.IsCorrection() {
		return nil
	}
	return refused("edition %d is a correction; it has no order and no period of its own", e.ID).hint("Its words are changed on its own page at the desk.")
}

// Original is the edition whose content and variants the letters are about: itself,
// or the one it corrects.
func (e Edition) Original() int64 {
	if e.IsCorrection() {
		return e.Corrects
	}
	return e.ID
}

// DeliveryKey is the unique key of a person's letter of the edition.
func (e Edition) DeliveryKey(subscriberID int64) string {
	if e.IsCorrection() {
		return fmt.Sprintf("correction:%d:%d", e.ID, subscriberID)
	}
	return DigestKey(e.ID, subscriberID)
}

// MaxCorrection is how long what was wrong, and what is right, may be each, in bytes:
// a few paragraphs. Who has more to say writes an item.
const MaxCorrection = 4000

// clean trims the words and checks them.
func (c Correction) clean() (Correction, error) {
	c.Wrong, c.Right = strings.TrimSpace(c.Wrong), strings.TrimSpace(c.Right)
	for _, part := range []struct{ field, words, ask string }{{"wrong", c.Wrong, "say what was wrong"}, {"right", c.Right, "say what is right"}} {
		switch {
		case part.words == "":
			return c, invalid(part.field, "%s", part.ask)
		case len(part.words) > MaxCorrection:
			return c, invalid(part.field, "%s in at most %d characters", part.ask, MaxCorrection).hint("Who has more to tell writes an item for the next edition.")
		}
	}
	return c, nil
}

// LetterFor gives the topics of the letter that a person with these topics gets, and
// false when there is none for them. A correction is one letter for all: who gets it is
// who got the entry, whatever they have chosen since.
func (c Content) LetterFor(chosen TopicSet) (TopicSet, bool) {
	if c.Corrected != nil {
		return NewTopicSet(c.Entries[0].Topics...), true
	}
	return NewAudience(c).VariantFor(chosen)
}

// Corrected is what a correction says, as it was frozen.
type Corrected struct {
	EditionID int64  `json:"edition_id"`
	Slug      string `json:"slug"`  // of the edition
	Title     string `json:"title"` // of the edition
	Wrong     string `json:"wrong"`
	Right     string `json:"right"`
	Was       Item   `json:"was"` // the entry as it was sent; the content's only entry is how it is now
}
