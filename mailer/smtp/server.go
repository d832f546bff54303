package smtp

import (
	"errors"
	"net/textproto"
	"time"
)

// server is one of a Pool. The Pool's lock guards what follows limit.
type server struct {
	sender  *Sender
	standby bool
	weight  int
	limit   int // of connections; 0 for none

	open     int // connections in use
	opening  int // attempts under way
	unproven bool
	failures int       // in a row, see fail
	until    time.Time // when its time out ends
	why      error     // of the last failure

	learned      int // the limit that it told by 421
	learnedUntil time.Time
}

// How long a server is left alone after its first failure and at most, and for how
// long a limit is believed.
const (
	firstTimeOut = time.Second
	maxTimeOut   = time.Minute
	limitFor     = 5 * time.Minute
)

// state is what a server is good for at the moment.
type state int

const (
	ready  state = iota
	full         // as many connections as it may have
	trying       // somebody is at the gate, and nobody has come through yet
	down         // left alone
)

func (s *server) state(now time.Time) state {
	switch {
	case now.Before(s.until):
		return down
	case s.unproven && s.opening > 0:
		return trying
	case s.limit > 0 && s.places() >= s.limit, now.Before(s.learnedUntil) && s.places() >= s.learned:
		return full
	}
	return ready
}

// places are those taken.
func (s *server) places() int { return s.open + s.opening }

// refused notes why no connection came about.
func (s *server) refused(now time.Time, err error) {
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code == 421 && s.open > 0 {
		s.learned, s.learnedUntil = s.open, now.Add(limitFor)
		return
	}
	s.fail(now, err)
}

// fail begins a time out, twice as long as the last one unless that has been over
// for a while. What several connections tell of one outage counts once.
func (s *server) fail(now time.Time, why error) {
	s.why, s.unproven = why, true
	if now.Before(s.until) {
		return
	}
	if now.Sub(s.until) > maxTimeOut {
		s.failures = 0
	}
	s.failures++
	s.until = now.Add(min(firstTimeOut<<min(s.failures-1, 10), maxTimeOut))
}
