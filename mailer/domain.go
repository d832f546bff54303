package mailer

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Domains keeps the pace of each receiving domain: its limit, and what its
// answers have taught. Every message is asked for with Admit; one that was
// admitted ends in Done, or in Release when it was never tried.
//
// domain_limits.go has how limits are written, domain_answer.go what an answer
// says, domain_learn.go how a pace falls and recovers, domain_pace.go who may
// leave and when the others' turn is.
//
// What must wait is not held here. It is told its turn and goes back to the
// outbox until then, so a slow domain keeps neither a connection nor memory, and
// a message of another domain is not behind it. Whoever comes first when there is
// a place gets it; a turn is where to be, not a right.
//
// A domain is the part after the @. Domains that share mail servers, such as
// those of one provider's customers, are not told apart from others: that takes
// the MX, which the relay knows and we do not.
//
// Domains knows no clock: now comes from the caller, and may go back. All methods
// are safe for concurrent use.
type Domains struct {
	limits atomic.Pointer[domainLimits]
	seed   maphash.Seed
	shards [domainShards]domainShard
}

// domainShard has its own lock, held for some tens of nanoseconds.
type domainShard struct {
	mu      sync.Mutex
	paces   map[string]*pace
	sweptAt time.Duration
}

const (
	domainShards = 32
	// maxPaces bounds what is remembered: 16,384 domains in all, some 5 MB. Beyond
	// that those go first of which nothing is known, then those unused for longest;
	// never one with a place taken, of which there are as many as messages on the
	// wire.
	maxPaces = 512 // a shard
	// knownFor is how long a domain is remembered of which nothing is known.
	knownFor   = time.Minute
	sweepEvery = time.Minute
)

// NewDomains keeps the limits, none when the map is empty. Names are domains or
// EveryOther.
func NewDomains(limits map[string]DomainLimit) *Domains {
	d := &Domains{seed: maphash.MakeSeed()}
	d.Set(limits)
	return d
}

// Set changes the limits from the next message on. Messages on the wire keep
// their places, and what was learned is kept where it is still below the limit.
func (d *Domains) Set(limits map[string]DomainLimit) { d.limits.Store(newDomainLimits(limits)) }

// Admit asks whether one more message to the domain may leave now. When ok, a
// place is taken and turn is now. Otherwise turn is an estimate of when to ask
// again: at an unchanged pace each is later than the one before, so that those
// who wait come back one by one and not together; none is more than ten minutes
// ahead.
func (d *Domains) Admit(domain string, now time.Time) (turn time.Time, ok bool) {
	s, p, at := d.enter(domain, now)
	defer s.mu.Unlock()
	t, ok := p.admit(at)
	if ok {
		return now, true
	}
	return now.Add(t - sinceEpoch(now)), false
}

// Done gives the place of an admitted message back and learns from the answer.
func (d *Domains) Done(domain string, r Result, now time.Time) {
	says := domainAnswerOf(r)
	s, p, at := d.enter(domain, now)
	defer s.mu.Unlock()
	p.done(says, r, at)
}

// Release gives back the place of a message that was admitted and never tried.
func (d *Domains) Release(domain string) {
	domain = strings.ToLower(domain)
	s := d.shard(domain)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.paces[domain]; p != nil {
		p.release()
	}
}

func sinceEpoch(t time.Time) time.Duration { return time.Duration(t.UnixNano()) }

func (d *Domains) shard(domain string) *domainShard {
	return &d.shards[maphash.String(d.seed, domain)%domainShards]
}

// enter gives a domain's pace, brought up to now, with its shard locked.
func (d *Domains) enter(domain string, now time.Time) (*domainShard, *pace, time.Duration) {
	domain, at := strings.ToLower(domain), sinceEpoch(now)
	s := d.shard(domain)
	s.mu.Lock()
	p := s.paces[domain]
	if p == nil {
		s.sweep(at)
		if s.paces == nil {
			s.paces = map[string]*pace{}
		}
		p = &pace{}
		s.paces[strings.Clone(domain)] = p // not a piece of somebody's address
	}
	at = p.touch(at)
	if table := d.limits.Load(); p.table != table {
		p.obey(table, table.of(domain), at)
	}
	return s, p, at
}

// sweep makes room before a domain is added.
func (s *domainShard) sweep(now time.Duration) {
	if full := len(s.paces) >= maxPaces; !full && (s.sweptAt-now).Abs() < sweepEvery {
		return
	}
	s.sweptAt = now
	var spare []string
	for name, p := range s.paces {
		switch {
		case p.useless(now):
			delete(s.paces, name)
		case p.taken == 0:
			spare = append(spare, name)
		}
	}
	if len(s.paces) < maxPaces {
		return
	}
	slices.SortFunc(spare, func(a, b string) int {
		p, q := s.paces[a], s.paces[b]
		if p.indebted(now) != q.indebted(now) {
			if q.indebted(now) {
				return -1
			}
			return 1
		}
		return cmp.Compare(p.seen, q.seen)
	})
	// A quarter at a time, so that not every new domain pays for this.
	for _, name := range spare[:min(len(spare), maxPaces/4)] {
		delete(s.paces, name)
	}
}
