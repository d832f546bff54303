package mailer

import (
	"sync/atomic"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Stats counts what this process does about mail, for those who watch it. What
// has become of a delivery is in the rows; here is how fast, how often and
// against what resistance.
//
// The zero value is ready, a nil one counts nothing, and counting neither waits
// nor allocates. Every number but the gauges only grows, from the start of the
// process.
type Stats struct {
	messages [len(statKinds)][len(statStates)]atomic.Uint64
	replies  [len(statStages)][len(statClasses)]atomic.Uint64

	attempts, opened, closed, notOpened      atomic.Uint64
	commits, rows, claimed, planned, requeue atomic.Uint64
	committing, waiting                      atomic.Int64 // nanoseconds
	beat                                     atomic.Int64 // of the last beat, Unix nanoseconds; 0 for none
	unreachable                              atomic.Bool
	slowed                                   atomic.Int64 // receiving domains, at the last beat
}

// KindOther counts what has no column of its own.
const KindOther subscriptions.Kind = "other"

// The columns. What is not among them counts under the last.
var (
	statKinds = [...]subscriptions.Kind{subscriptions.KindDigest, subscriptions.KindCorrection, subscriptions.KindConfirmation, subscriptions.KindManage,
		subscriptions.KindWelcome, subscriptions.KindAddress, subscriptions.KindMoved,
		subscriptions.KindInvitation, subscriptions.KindReset, subscriptions.KindProbe, subscriptions.KindTest,
		subscriptions.KindAnnouncement, subscriptions.KindRegisterConfirm, subscriptions.KindRegistered, subscriptions.KindWaiting, subscriptions.KindPromoted, subscriptions.KindReminder,
		subscriptions.KindWebinarMoved, subscriptions.KindWebinarChanged, subscriptions.KindWebinarCancelled, subscriptions.KindLeft, subscriptions.KindFollowUp, subscriptions.KindDeadlines, KindOther}
	statStates = [...]subscriptions.DeliveryState{subscriptions.DeliverySent, subscriptions.DeliveryDeferred, subscriptions.DeliveryFailed,
		subscriptions.DeliverySkipped, subscriptions.DeliveryUncertain}
	statStages  = [...]Stage{StageCompose, StageConnect, StageMail, StageRcpt, StageData, StageDot}
	statClasses = [...]string{"2xx", "3xx", "4xx", "5xx", "none"}
)

// Outcome counts a message by what became of it. A claim that goes back is no
// outcome and is not counted.
func (s *Stats) Outcome(kind subscriptions.Kind, state subscriptions.DeliveryState) {
	if s == nil {
		return
	}
	k := 0
	for k < len(statKinds)-1 && statKinds[k] != kind {
		k++
	}
	for i, known := range statStates {
		if known == state {
			s.messages[k][i].Add(1)
		}
	}
}

// Attempt counts a message put on the wire.
func (s *Stats) Attempt() {
	if s != nil {
		s.attempts.Add(1)
	}
}

// Reply counts a server's answer to a message: by its stage and by the class of
// its code, "none" where the connection ended without one.
func (s *Stats) Reply(r Result) {
	if s == nil {
		return
	}
	class := len(statClasses) - 1
	if c := r.Code/100 - 2; c >= 0 && c < class {
		class = c
	}
	for i, stage := range statStages {
		if stage == r.Stage {
			s.replies[i][class].Add(1)
		}
	}
}

// Opened counts a connection to the mail server, Closed its end, and NotOpened
// an attempt that came to none.
func (s *Stats) Opened() {
	if s != nil {
		s.opened.Add(1)
	}
}

// Closed counts the end of a connection that was Opened.
func (s *Stats) Closed() {
	if s != nil {
		s.closed.Add(1)
	}
}

// NotOpened counts an attempt to connect that failed.
func (s *Stats) NotOpened() {
	if s != nil {
		s.notOpened.Add(1)
	}
}

// Reached says whether the mail server could be reached, the last time it was
// tried.
func (s *Stats) Reached(ok bool) {
	if s != nil {
		s.unreachable.Store(!ok)
	}
}

// Commit counts a transaction of the ledger: how many outcomes and begins it
// carried, and how long it took.
func (s *Stats) Commit(rows int, took time.Duration) {
	if s != nil {
		s.commits.Add(1)
		s.rows.Add(uint64(max(rows, 0)))
		s.committing.Add(int64(max(took, 0)))
	}
}

// Claimed counts deliveries that were claimed.
func (s *Stats) Claimed(n int) {
	if s != nil {
		s.claimed.Add(uint64(max(n, 0)))
	}
}

// Planned counts deliveries that a plan has queued.
func (s *Stats) Planned(n int) {
	if s != nil {
		s.planned.Add(uint64(max(n, 0)))
	}
}

// Requeued counts a claim that went back because its turn at the throttle did
// not come.
func (s *Stats) Requeued() {
	if s != nil {
		s.requeue.Add(1)
	}
}

// Waited counts the time a message stood at the throttle.
func (s *Stats) Waited(d time.Duration) {
	if s != nil {
		s.waiting.Add(int64(max(d, 0)))
	}
}

// Beat keeps the moment of the worker's last sign of life.
func (s *Stats) Beat(at time.Time) {
	if s != nil {
		s.beat.Store(at.UnixNano())
	}
}

// Slowed keeps how many receiving domains are slowed by their answers.
func (s *Stats) Slowed(domains int) {
	if s != nil {
		s.slowed.Store(int64(domains))
	}
}
