package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// Pool opens connections to several servers. The rules:
//
//   - A new connection goes to the server with the fewest connections for its
//     weight; of equals, to the first. A standby is asked while all others are
//     down.
//   - No server gets more connections than its limit. One that answers 421 (RFC
//     5321, 3.8) while it serves n connections of ours has told its own limit: n
//     is kept to for five minutes.
//   - A server that cannot be reached, does not let us log in, or refuses this
//     sender is down: it is left alone for a second, twice as long each time, up to
//     a minute. The next server is tried in the same call.
//   - Warm-up: at the start, and after it was down, a server gets one connection
//     attempt at a time until one succeeds. A crowd would knock over what has just
//     come back. Whoever has no other server to go to waits for that attempt.
//   - Nothing is moved while it works. Connections end after Options.MaxMessages or
//     MaxAge, and their successors go to where there are too few: so a server that
//     came back has its share again after that time.
//
// A Pool is safe for concurrent use.
type Pool struct {
	now     func() time.Time
	servers []*server // in the order of the settings

	mu      sync.Mutex    // guards what changes in the servers
	changed chan struct{} // closed and replaced when an attempt or a connection ends
}

var _ mailer.Sender = (*Pool)(nil)

// PoolOptions are the servers, one at least, in order of preference.
type PoolOptions struct {
	Servers []Options
	Now     func() time.Time // nil for time.Now
}

// NewPool checks the options of all servers and tells every fault.
func NewPool(o PoolOptions) (*Pool, error) {
	p := &Pool{now: o.Now, changed: make(chan struct{})}
	if p.now == nil {
		p.now = time.Now
	}
	var faults []error
	for _, so := range o.Servers {
		s, err := New(so)
		faults = append(faults, err)
		p.servers = append(p.servers, &server{sender: s, standby: so.Standby, weight: cmp.Or(so.Weight, 1), limit: so.Connections, unproven: true})
	}
	if len(o.Servers) == 0 {
		faults = append(faults, errors.New("a pool of mail servers needs one"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// Connect gives a connection to the server whose turn it is; its place is free
// again when it is closed. The error is Unavailable, with the reason of each
// server. It is mailer.ErrBusy as well when one of them takes mail and is full. When
// the context ends, it is the context's.
func (p *Pool) Connect(ctx context.Context) (mailer.Conn, error) {
	asked := map[*server]error{}
	for {
		s, wait, err := p.choose(asked)
		switch {
		case err != nil:
			return nil, err
		case s == nil:
			select {
			case <-wait:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		c, err := s.sender.connect(ctx)
		if err != nil && ctx.Err() != nil {
			p.attempted(s, func(time.Time) {})
			return nil, ctx.Err()
		}
		if err != nil {
			asked[s] = err
			p.attempted(s, func(now time.Time) { s.refused(now, err) })
			continue
		}
		c.release = func(aboutUs bool) { p.closed(s, aboutUs) }
		p.attempted(s, func(time.Time) { s.open++; s.unproven = false })
		return c, nil
	}
}

// choose takes a place at the server whose turn it is. Where there is none it
// gives what to wait for, an attempt under way whose end may open the gate; without
// that hope, the error of Connect.
func (p *Pool) choose(asked map[*server]error) (*server, <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	retrying := false
	for _, standby := range []bool{false, true} {
		var best *server
		serving, beginning := false, false
		for _, s := range p.servers {
			if s.standby != standby {
				continue
			}
			switch state := s.state(now); {
			case state == ready && asked[s] != nil: // its time out was shorter than this call
			case state == ready && (best == nil || s.places()*best.weight < best.places()*s.weight):
				best = s
			case state == full:
				serving = true
			case state == trying && s.failures == 0:
				beginning = true
			case state == trying:
				retrying = true
			}
		}
		switch {
		case best != nil:
			best.opening++
			return best, nil, nil
		case serving:
			return nil, nil, p.nobody(now, asked)
		case beginning: // which is no reason to go to a standby
			return nil, p.changed, nil
		}
	}
	if retrying {
		return nil, p.changed, nil
	}
	return nil, nil, p.nobody(now, asked)
}

// attempted ends an attempt to connect and notes what came of it.
func (p *Pool) attempted(s *server, note func(now time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.opening--
	note(p.now())
	p.tell()
}

// closed gives a place back.
func (p *Pool) closed(s *server, aboutUs bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.open--
	if aboutUs {
		s.fail(p.now(), &subscriptions.Error{Code: subscriptions.Unavailable, Message: "the mail server " + s.sender.options.address() + " refuses mail from this sender",
			Hint: "Check TIDINGS_SMTP (user and password) and TIDINGS_FROM."})
	}
	p.tell()
}

// tell wakes those who wait, to choose anew.
func (p *Pool) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// nobody is the error of Connect: with one server its own, with several the
// reason of each that could have been the one.
func (p *Pool) nobody(now time.Time, asked map[*server]error) error {
	out := &subscriptions.Error{Code: subscriptions.Unavailable, Message: "no mail server can be reached", Hint: hintServers}
	var why reasons
	for _, s := range p.servers {
		switch state := s.state(now); {
		case state == full:
			out.Message, out.Hint = "no mail server has room for another connection", "Wait, or raise connections in TIDINGS_SMTP."
			why = append(why, fmt.Errorf("%s: %w", s.sender.options.address(), mailer.ErrBusy))
		case state == down:
			why = append(why, s.why)
		case asked[s] != nil:
			why = append(why, asked[s])
		}
	}
	out.Err = why
	if len(p.servers) == 1 && !errors.Is(out, mailer.ErrBusy) {
		return why[0]
	}
	return out
}

const hintServers = "Check TIDINGS_SMTP: host, port, tls, user and password of each; and that the servers run."

// reasons are told in one line.
type reasons []error

func (r reasons) Error() string {
	all := make([]string, len(r))
	for i, err := range r {
		all[i] = err.Error()
	}
	return strings.Join(all, "; ")
}

// Unwrap gives each of them.
func (r reasons) Unwrap() []error { return r }

// Check asks every server whether it would take mail from the envelope sender, and
// sends nothing. The error says that none would; when some would, warnings has the
// reasons of the others.
func (p *Pool) Check(ctx context.Context, envelope string) (warnings []error, err error) {
	answers := make([]error, len(p.servers))
	var checks sync.WaitGroup
	for i, s := range p.servers {
		checks.Go(func() { answers[i] = s.sender.Check(ctx, envelope) })
	}
	checks.Wait()
	for _, err := range answers {
		if err != nil {
			warnings = append(warnings, err)
		}
	}
	switch {
	case len(warnings) < len(p.servers):
		return warnings, nil
	case len(warnings) == 1:
		return nil, warnings[0]
	}
	return nil, &subscriptions.Error{Code: subscriptions.Unavailable, Message: "no mail server takes mail", Err: reasons(warnings), Hint: hintServers}
}
