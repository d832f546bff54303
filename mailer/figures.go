package mailer

import (
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Figures are what Stats has counted up to a moment. Lists hold every
// combination, zeros included, so that a rate can be seen from the first.
type Figures struct {
	Messages []MessageFigure
	Replies  []ReplyFigure

	Attempts           uint64
	Connections        uint64 // opened
	OpenConnections    uint64 // now
	ConnectionsRefused uint64 // attempts that came to none
	Commits            uint64
	CommittedRows      uint64 // in all commits
	CommitTime         time.Duration
	Claimed            uint64
	Planned            uint64
	Requeued           uint64 // by the throttle
	ThrottleWait       time.Duration
	SlowedDomains      uint64    // receiving domains that have said "slow down", at the last beat
	LastBeat           time.Time // zero before the first
	Reachable          bool      // the mail server; true until it is known better
}

// MessageFigure counts the messages of a kind that came to an outcome.
type MessageFigure struct {
	Kind  subscriptions.Kind
	State subscriptions.DeliveryState
	N     uint64
}

// ReplyFigure counts the server's answers at a stage, by class: 2xx to 5xx, or
// "none".
type ReplyFigure struct {
	Stage Stage
	Class string
	N     uint64
}

// Figures reads the counters, each by itself: they are not of one instant. Of a
// nil Stats all are zero.
func (s *Stats) Figures() Figures {
	if s == nil {
		s = new(Stats)
	}
	f := Figures{Attempts: s.attempts.Load(), ConnectionsRefused: s.notOpened.Load(), Commits: s.commits.Load(), CommittedRows: s.rows.Load(),
		CommitTime: time.Duration(s.committing.Load()), Claimed: s.claimed.Load(), Planned: s.planned.Load(), Requeued: s.requeue.Load(),
		ThrottleWait: time.Duration(s.waiting.Load()), SlowedDomains: uint64(max(s.slowed.Load(), 0)), Reachable: !s.unreachable.Load()}
	// The ends first: what is closed meanwhile is still open here, and never the
	// other way round.
	closed := s.closed.Load()
	f.Connections = s.opened.Load()
	f.OpenConnections = f.Connections - min(closed, f.Connections)
	if beat := s.beat.Load(); beat != 0 {
		f.LastBeat = time.Unix(0, beat).UTC()
	}
	for k, kind := range statKinds {
		for i, state := range statStates {
			f.Messages = append(f.Messages, MessageFigure{kind, state, s.messages[k][i].Load()})
		}
	}
	for i, stage := range statStages {
		for c, class := range statClasses {
			f.Replies = append(f.Replies, ReplyFigure{stage, class, s.replies[i][c].Load()})
		}
	}
	return f
}
