package subscriptions

import (
	"fmt"
	"time"
)

// Today is what an editor sees first: what comes next, whether anything is wrong,
// and what the others did.
type Today struct {
	Date      Date
	Editions  []EditionToday // not over yet, the nearest first
	Webinars  []Webinar      // announced or live, not over, the next first
	Deadlines []Deadline     // open for comments, the nearest first
	Items     map[ItemState]int
	Checks    []Check      // what is wrong first
	Since     time.Time    // when the editor was here before; zero: never
	News      []AuditEvent // what others did since then, newest first
}

// EditionToday is an edition that is not over.
type EditionToday struct {
	Edition
	Entries int   // collected or frozen
	Books   Books // zero before the start
}

// Level is how bad a check came out.
type Level string

// The levels.
const (
	LevelOK   Level = "ok"
	LevelWarn Level = "warn"
	LevelBad  Level = "bad"
)

// Check is one thing that was looked at.
type Check struct {
	Level Level
	Text  string // a sentence
	Hint  string // what to do, "" for nothing
	Path  string // where, on the site; "" for nowhere
}

// Health is what the checks are made from.
type Health struct {
	Now       time.Time
	Workers   int
	Sending   bool      // an edition is on its way
	Open      int       // confirmations and links that wait
	OldestDue time.Time // zero: nothing waits
	Last      *EditionToday
	Counted   bool          // Last's books are known
	Bounced   int           // addresses that died in the last thirty days
	Complaint int           // people who complained in that time
	Rate      ComplaintRate // of the last edition
	Room      Room          // of the database's disk
	Ahead     time.Duration // how far the newest row lies ahead of this clock
	Drift     time.Duration // the database's clock minus this one
}

// Room is the space of a disk, in bytes.
type Room struct {
	Known       bool
	Free, Total uint64
}

// The bounds of the checks.
const (
	lateAfter    = 15 * time.Minute // mail that could have left and has not
	failedShare  = 0.05             // of an edition
	worthCount   = 20               // below so many messages a share says nothing
	roomWarn     = 2 << 30
	roomBad      = 256 << 20
	clockMayMove = 30 * time.Second
)

// Checks judges the state of the service: each thing is said once, what is bad
// before what is well.
func (h Health) Checks() []Check {
	all := []Check{h.mail(), h.workers(), h.edition(), h.returns(), h.room(), h.clock()}
	var sorted []Check
	for _, level := range []Level{LevelBad, LevelWarn, LevelOK} {
		for _, c := range all {
			if c.Level == level {
				sorted = append(sorted, c)
			}
		}
	}
	return sorted
}

func (h Health) mail() Check {
	waited := h.Now.Sub(h.OldestDue)
	if h.OldestDue.IsZero() || waited < lateAfter {
		return Check{Level: LevelOK, Text: "No mail is late."}
	}
	return Check{Level: LevelBad, Text: fmt.Sprintf("Mail that could have left has waited for %s.", spell(waited)),
		Hint: "Is a worker running, and does the mail server answer? Its log says what it lacks."}
}

func (h Health) workers() Check {
	switch {
	case h.Workers > 1:
		return Check{Level: LevelOK, Text: fmt.Sprintf("%d workers are sending.", h.Workers)}
	case h.Workers == 1:
		return Check{Level: LevelOK, Text: "A worker is ready to send."}
	case h.Sending || h.Open > 0:
		return Check{Level: LevelBad, Text: "No worker is running, and mail is waiting.", Hint: "Start one: tidings serve, or tidings worker."}
	}
	return Check{Level: LevelWarn, Text: "No worker is running.", Hint: "Nobody who subscribes gets a confirmation. Start one: tidings serve, or tidings worker."}
}

func (h Health) edition() Check {
	if h.Last != nil && !h.Counted {
		return Check{Level: LevelOK, Text: fmt.Sprintf("The letters of %s are being counted.", h.Last.Title), Path: fmt.Sprintf("/desk/editions/%d", h.Last.ID)}
	}
	if h.Last == nil || h.Last.Books.Planned == 0 {
		return Check{Level: LevelOK, Text: "No edition has left yet."}
	}
	e, b := h.Last, h.Last.Books
	path := fmt.Sprintf("/desk/editions/%d", e.ID)
	if b.Uncertain > 0 {
		return Check{Level: LevelWarn, Text: fmt.Sprintf("%s of %s: nobody knows whether it arrived.", countOf(b.Uncertain, "letter", "letters"), e.Title),
			Hint: "Send them again, or take them as sent.", Path: path}
	}
	if done := b.Sent + b.Failed; done >= worthCount && float64(b.Failed) > failedShare*float64(done) {
		return Check{Level: LevelBad, Text: fmt.Sprintf("%d of %d letters of %s failed.", b.Failed, done, e.Title),
			Hint: "Pause the edition, and read what the servers said.", Path: path}
	}
	if b.Failed > 0 {
		return Check{Level: LevelOK, Text: fmt.Sprintf("%s left; %s failed.", e.Title, countOf(b.Failed, "letter", "letters")), Path: path}
	}
	return Check{Level: LevelOK, Text: fmt.Sprintf("%s: no letter failed.", e.Title), Path: path}
}

func (h Health) returns() Check {
	switch {
	case h.Last != nil && h.Rate.Alarm():
		return Check{Level: LevelBad, Text: fmt.Sprintf("%s of the readers of %s reported it as spam.", h.Rate.Percent(), h.Last.Title),
			Hint: "From 0.3 % on large providers bar a sender. Look at who was added lately, and how.", Path: "/desk/returns/figures"}
	case h.Complaint > 0:
		return Check{Level: LevelWarn, Text: fmt.Sprintf("%s about us in the last thirty days.", countOf(h.Complaint, "person complained", "people complained")),
			Hint: "They get nothing more. Look at what they were sent.", Path: "/desk/returns?kind=complaint"}
	case h.Bounced > 0:
		return Check{Level: LevelOK, Text: fmt.Sprintf("%s in the last thirty days.", countOf(h.Bounced, "address died", "addresses died")), Path: "/desk/returns?class=hard"}
	}
	return Check{Level: LevelOK, Text: "Nothing came back in the last thirty days."}
}

func (h Health) room() Check {
	if !h.Room.Known {
		return Check{Level: LevelOK, Text: "The database is on another machine; its disk is watched there."}
	}
	text := fmt.Sprintf("The disk has %s free.", bytesOf(h.Room.Free))
	switch {
	case h.Room.Free < roomBad:
		return Check{Level: LevelBad, Text: text, Hint: "Make room at once: sending stops when it is full. Nothing is lost."}
	case h.Room.Free < roomWarn:
		return Check{Level: LevelWarn, Text: text, Hint: "Make room before the next edition."}
	}
	return Check{Level: LevelOK, Text: text}
}

func (h Health) clock() Check {
	switch {
	case h.Ahead > clockMayMove:
		return Check{Level: LevelBad, Text: fmt.Sprintf("The clock went back: the last entry of the log is %s ahead of it.", spell(h.Ahead)),
			Hint: "Set this machine's clock by a time server. Times of sending cannot be relied on."}
	case h.Drift.Abs() > clockMayMove:
		return Check{Level: LevelWarn, Text: fmt.Sprintf("This machine's clock and the database's are %s apart.", spell(h.Drift.Abs())),
			Hint: "Set both by a time server."}
	}
	return Check{Level: LevelOK, Text: "The clock is right."}
}

// spell says a duration in its largest unit: 40 seconds, 12 minutes, 3 hours, 2 days.
func spell(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return countOf(int(d/time.Second), "second", "seconds")
	case d < 2*time.Hour:
		return countOf(int(d/time.Minute), "minute", "minutes")
	case d < 2*oneDay:
		return countOf(int(d/time.Hour), "hour", "hours")
	}
	return countOf(int(d/oneDay), "day", "days")
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func bytesOf(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MB", n>>20)
}
