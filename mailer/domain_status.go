package mailer

import (
	"cmp"
	"slices"
	"time"
)

// DomainStatus is a domain whose pace holds messages back, or was slowed.
type DomainStatus struct {
	Domain     string
	Limit      DomainLimit // as it was set
	Rate       float64     // messages a second in force; 0 for no limit
	Concurrent int         // messages at once in force; 0 for no limit
	Taken      int         // messages on the wire now
	// Waiting is the latest turn that was told, zero when none is ahead.
	Waiting time.Time
	// Until is when the pace is back at its limit if nothing is refused any more and
	// there is mail enough; zero when it was not slowed.
	Until time.Time
	Why   string // the answer that slowed it last, "" when it was not slowed
}

// maxStatus bounds a snapshot.
const maxStatus = 100

// Snapshot lists the domains that are slowed, or make messages wait, for status
// and metrics: those slowed first, then by name; at most 100. A domain with a
// limit that it does not reach is not listed.
func (d *Domains) Snapshot(now time.Time) []DomainStatus {
	var list []DomainStatus
	for i := range d.shards {
		list = d.shards[i].status(list, d.limits.Load(), now)
	}
	slices.SortFunc(list, func(a, b DomainStatus) int {
		if a.Why == "" != (b.Why == "") {
			return cmp.Compare(b.Why, a.Why) // some words before none
		}
		return cmp.Compare(a.Domain, b.Domain)
	})
	return slices.Clip(list[:min(len(list), maxStatus)])
}

func (s *domainShard) status(list []DomainStatus, table *domainLimits, now time.Time) []DomainStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sinceEpoch(now)
	for name, p := range s.paces {
		if p.table != table {
			p.obey(table, table.of(name), at)
		}
		if p.seen < at-learnedFor || !p.slowed() && p.tail <= at {
			continue
		}
		st := DomainStatus{Domain: name, Limit: p.limit, Taken: p.taken, Why: p.why}
		st.Rate, st.Concurrent = p.inForce()
		if p.tail > at {
			st.Waiting = now.Add(p.tail - at)
		}
		if p.slowed() {
			st.Until = now.Add(p.recovery(at))
		}
		list = append(list, st)
	}
	return list
}

// recovery is how long it takes when there is a step in each growEvery: grow is
// asked, on a copy.
func (p *pace) recovery(now time.Duration) time.Duration {
	q, end := *p, p.grewAt
	for q.slowed() {
		end = q.grewAt + growEvery
		q.grow(end)
	}
	return max(end-now, 0)
}
