package subscriptions

import (
	"context"
	"time"
)

// MissedReason says why somebody was missed. The missed are people who should have got an edition and did not, and could get it
// now. The reasons, and how each is found:
//
//   - soft: the letter failed, and not because the address is wrong or dead: a full
//     mailbox, a server that was down for days, a policy.
//   - skipped: the letter was planned and did not leave, because the person was on a
//     pause, or had no topic in it, at that moment.
//   - pause: they were on a pause while the edition was planned; it is over.
//   - confirmed: they confirmed after the plan, and not longer ago than some days.
//   - topics: they chose a topic of it after the plan, within those days.
//
// Of all of them only those count who may be mailed now, have something in the
// edition, and have not got it: nor as a welcome, which is the newest edition. Whose
// suppression was lifted since is not found: an address is kept there as a hash.
//
// # Nobody twice
//
// A letter that failed or was skipped is queued again: the same row, the same
// Message-ID. Whoever was not planned gets a row with the unique key of the edition's
// digests, so that a second press, a second window or a plan that comes back plans
// nobody twice. The planned number of the books grows by the new rows.
type MissedReason string

// The reasons.
const (
	MissedSoft      MissedReason = "soft"
	MissedSkipped   MissedReason = "skipped"
	MissedPause     MissedReason = "pause"
	MissedConfirmed MissedReason = "confirmed"
	MissedTopics    MissedReason = "topics"
)

// MissedReasons lists them in the order in which they are shown. Of somebody with
// several the first counts.
func MissedReasons() []MissedReason {
	return []MissedReason{MissedSoft, MissedSkipped, MissedPause, MissedConfirmed, MissedTopics}
}

// Words say what the reason is.
func (r MissedReason) Words() string {
	switch r {
	case MissedSoft:
		return "The letter failed for something that passes: a full mailbox, a server that was down"
	case MissedSkipped:
		return "The letter did not leave, because they were on a pause or had no topic in it, and could leave now"
	case MissedPause:
		return "They were on a pause, and it is over"
	case MissedConfirmed:
		return "They confirmed after the edition was sent"
	case MissedTopics:
		return "They chose a topic of it after it was sent"
	}
	return ""
}

// MissedCounts are how many missed an edition, by reason.
type MissedCounts struct {
	Edition Edition
	Days    int
	Counts  map[MissedReason]int
	More    bool // there are so many that not all were looked at
}

// Total is all of them.
func (c MissedCounts) Total() (n int) {
	for _, of := range c.Counts {
		n += of
	}
	return n
}

// Bounds of the days in which a newcomer still gets the edition.
const (
	MissedDays    = 14
	MaxMissedDays = 90
	mostMissed    = 50_000 // people looked at for one answer
)

// MissedStore finds the candidates. All lists are by id of the person, after one.
type MissedStore interface {
	// Undelivered reads deliveries of the edition in a state, by their ids.
	Undelivered(ctx context.Context, editionID int64, state DeliveryState, afterID int64, limit int) ([]Delivery, error)
	// BackFromPause, ConfirmedSince and ChoseSince give the people to whom that happened
	// from the moment on, and not after now.
	BackFromPause(ctx context.Context, since, now time.Time, limit int) ([]int64, error)
	ConfirmedSince(ctx context.Context, since, now time.Time, limit int) ([]int64, error)
	ChoseSince(ctx context.Context, since, now time.Time, limit int) ([]int64, error)
	// HaveLetter gives those of the people who have a letter of the edition in the
	// ledger, also as a welcome that has left or is about to.
	HaveLetter(ctx context.Context, e Edition, people []int64) (map[int64]bool, error)
	// Welcomed gives those of the people who have had the edition as a welcome, or are
	// about to.
	Welcomed(ctx context.Context, editionID int64, people []int64) (map[int64]bool, error)
	// QueueAgain queues these deliveries again if they still are in one of the states,
	// and says how many.
	QueueAgain(ctx context.Context, ids []int64, states []DeliveryState, detail string, now time.Time) (int, error)
}
