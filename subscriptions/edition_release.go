package subscriptions

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Release is what happens to an edition between its freeze and its last letter
// beside its state. Reopening it takes all of this back.
//
//	frozen ──Submit──▶ frozen, waiting ──Approve──▶ approved ──Order──▶ approved, for a moment
//	                                                    ▲                 │          │
//	                                                    └─────TakeBack────┘          └──due──▶ sending
//
// An order is for now and some minutes of cooling off, or for a moment in a named
// zone. Either is only a row: whichever process plans when the moment has come
// starts the send, and one that comes much too late does not.
type Release struct {
	SubmittedAt time.Time
	SubmittedBy string
	Note        string    // of who submitted it
	Approved    HeadCount // beside the hash, what was approved

	SendAt        time.Time // the first letter may leave; zero: nobody has ordered it
	SendZone      string    // in which that was scheduled; "": minutes after the order
	SendBy        string
	SendOrderedAt time.Time

	Rate     float64 // letters a second at most, of all workers; 0: no limit of its own
	Reason   string  // why it stands still, a sentence; "" while nothing is to be said
	ReasonAt time.Time
	Watched  Watched
}

// HeadCount is how many people would get a letter, as of a moment; zero At: they
// were not counted.
type HeadCount struct {
	People int
	At     time.Time
}

// Far reports whether another count is so different that the approval is of
// something else: by more than a tenth, and by more than twenty people.
func (h HeadCount) Far(people int) bool {
	if h.At.IsZero() {
		return false
	}
	off := math.Abs(float64(people - h.People))
	return off > 20 && off > float64(h.People)/10
}

// Watched is from where failures and complaints are watched: what there was when
// somebody had the run go on.
type Watched struct{ Done, Failed, Complaints int }

// Scheduled reports whether the order is for a moment that somebody chose.
func (r Release) Scheduled() bool { return !r.SendAt.IsZero() && r.SendZone != "" }

// ReadAt is the moment as of which its letters are looked at and judged: that of the
// order when it is to leave then, now when nobody has ordered it.
func (e Edition) ReadAt(now time.Time) time.Time {
	if e.State == EditionApproved && e.SendAt.After(now) {
		return e.SendAt
	}
	return now
}

// clear takes the reason why it stood.
func (r *Release) clear() { r.Reason, r.ReasonAt = "", time.Time{} }

// stands says why nothing happens.
func (r *Release) stands(reason string, now time.Time) { r.Reason, r.ReasonAt = reason, now }

const (
	maxSubmitNote = 500
	mostAhead     = 366 * oneDay
	maxRate       = 100_000
	leastAhead    = time.Minute
	mostCooling   = 24 * time.Hour
)

// Submit asks a publisher for approval.
func (e *Edition) Submit(by, note string, now time.Time) error {
	note = clean(note)
	switch {
	case e.State != EditionFrozen:
		return e.wrong("submitted", "Only a frozen edition can be submitted.")
	case !e.SubmittedAt.IsZero():
		return refused("edition %d was submitted by %s already", e.ID, e.SubmittedBy).hint("A publisher approves it, or opens it again.")
	case utf8.RuneCountInString(note) > maxSubmitNote || !utf8.ValidString(note) || strings.ContainsRune(note, 0):
		return invalid("note", "the note is a text of at most %d characters", maxSubmitNote)
	}
	e.SubmittedAt, e.SubmittedBy, e.Note = now, by, note
	return nil
}

// Approve agrees to exactly the frozen state named by the hash. What is approved
// already, and not ordered, may be approved once more, for the people of today.
func (e *Edition) Approve(hash, by string, now time.Time) error {
	again := e.State == EditionApproved && e.SendAt.IsZero() && !e.Approved.At.IsZero()
	switch {
	case e.State != EditionFrozen && !again:
		return e.wrong("approved", "Only a frozen edition can be, and one that is approved and not ordered once more. At the command line tidings edition approve ID freezes it first.")
	case hash != e.Hash:
		return &Error{Code: Conflict, Message: fmt.Sprintf("edition %d changed after it was looked at", e.ID),
			Hint: "Look at it again, then approve what you see."}
	}
	e.State, e.ApprovedAt, e.ApprovedBy = EditionApproved, now, by
	e.clear()
	return nil
}

// Order has the send begin at a moment, which is in no zone when it is so many
// minutes after the order.
func (e *Edition) Order(at time.Time, zone, by string, now time.Time) error {
	switch {
	case e.State == EditionApproved && !e.SendAt.IsZero():
		return &Error{Code: Conflict, Message: fmt.Sprintf("edition %d is ordered already, by %s", e.ID, e.SendBy),
			Hint: "It is sent once. To choose another moment take that order back first."}
	case e.State == EditionSending || e.State == EditionSent:
		return &Error{Code: Conflict, Message: fmt.Sprintf("edition %d is on its way already", e.ID), Hint: "Nothing is sent twice."}
	case e.State != EditionApproved:
		return e.wrong("sent", "Have it approved first.")
	case zone != "" && at.Before(now.Add(leastAhead)):
		return invalid("at", "that moment is past").hint("Choose one that is to come, or send it now.")
	case at.After(now.Add(mostAhead)):
		return invalid("at", "that moment is more than a year ahead").hint("Look at the year.")
	case zone == "" && at.After(now.Add(mostCooling)):
		return invalid("minutes", "an order can wait for a day at most").hint("For more, choose a moment.")
	}
	e.SendAt, e.SendZone, e.SendBy, e.SendOrderedAt = at, zone, by, now
	e.clear()
	return nil
}

// TakeBack takes the order back, as long as no letter has left.
func (e *Edition) TakeBack() error {
	if e.State != EditionApproved || e.SendAt.IsZero() {
		return e.wrong("taken back", "Only an order of which nothing has left can be taken back. What is sending can be paused.")
	}
	e.SendAt, e.SendZone, e.SendBy, e.SendOrderedAt = time.Time{}, "", "", time.Time{}
	return nil
}

// Limit gives the run a pace of its own; 0 takes it away.
func (e *Edition) Limit(rate float64) error {
	switch {
	case e.State == EditionSent || e.State == EditionCancelled:
		return e.wrong("slowed down", "It is over.")
	case math.IsNaN(rate) || rate < 0 || rate > maxRate || rate > 0 && rate < 0.01:
		return invalid("rate", "a pace is from 0.01 to %d letters a second, or 0 for no limit", maxRate)
	}
	e.Rate = rate
	return nil
}

// Authorship is that somebody changed what an edition says.
type Authorship struct {
	EditorID int64 // 0: nobody who signed in
	Name     string
	At       time.Time
	Froze    bool // by freezing it
}

// ReleaseStore answers who wrote an edition.
type ReleaseStore interface {
	// EditionAuthors gives who froze the edition, and who changed its items, texts or
	// order last before that; one or none of each.
	EditionAuthors(ctx context.Context, editionID int64) ([]Authorship, error)
	// CountDeliveries counts those of the edition in a final state, by the index.
	CountDeliveries(ctx context.Context, editionID int64, state DeliveryState) (int, error)
	// WaitingDeliveries gives letters of the edition that may not be tried before a
	// moment to come, the next first: address, moment and last word alone.
	WaitingDeliveries(ctx context.Context, editionID int64, now time.Time, limit int) ([]Delivery, error)
}

// AuthorshipActions are the acts on an edition that change what it says.
func AuthorshipActions() []string {
	actions := []string{"edition.create", "edition.edit", "edition.section"}
	for _, v := range []PlacingVerb{PlaceUp, PlaceDown, PlaceTop, PlaceEnd, PlaceBefore, PlaceSection, PlacePin, PlaceUnpin, PlaceLeave, PlaceOn, PlaceBack, PlaceAdd} {
		actions = append(actions, "edition."+string(v))
	}
	return actions
}
