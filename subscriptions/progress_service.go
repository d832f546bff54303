package subscriptions

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Progress is where a send stands, for those who watch it.
type Progress struct {
	Edition Edition
	Books   Books
	At      time.Time     // when the books were counted
	Pace    float64       // letters a second that came to an end lately; 0: none, or not known yet
	Left    time.Duration // at that pace; 0: not known
	Slow    []SlowDomain
}

// SlowDomain is a receiving domain whose letters wait: its servers said "later", or
// it has its share for now.
type SlowDomain struct {
	Domain  string
	Waiting int
	Next    time.Time // when the first of them is tried
	Said    string    // the last word on one of them
}

// ProgressService counts sends for all who watch, from the rows: so it is true in any
// process and after any crash. To count reads an entry of an index for every letter,
// a tenth of a second for a million. All viewers of a process share a count, and the
// next is made when so much time has passed that counting takes less than half a
// hundredth of a processor. While nobody watches nothing is counted.
type ProgressService struct {
	Store Store
	Now   func() time.Time

	mu   sync.Mutex
	runs map[int64]*watchedRun
}

type watchedRun struct {
	last    Progress
	read    time.Time     // of the real clock: when last was made
	counted time.Time     // and its books
	took    time.Duration // to count them
	busy    chan struct{} // closed when whoever reads now is done; nil: nobody does
	ended   []endedLetters
}

// endedLetters is how many letters had come to an end at a moment.
type endedLetters struct {
	n  int
	at time.Time
}

const (
	progressFresh = time.Second
	progressShare = 200 // a count that took a hundredth of a second is made again after two
	promptCount   = 20 * time.Millisecond
	progressKept  = 5 * time.Second // a look so old is shown while a long count goes on
	paceOver      = time.Minute
	mostWaiting   = 2000 // rows that are looked at for slow domains
	mostSlow      = 8
	mostRuns      = 32
)

// Of tells where the send stands, a second ago at most; of a very large one that is
// watched, a look before.
func (s *ProgressService) Of(ctx context.Context, id int64) (Progress, error) {
	for {
		s.mu.Lock()
		r := s.run(id)
		switch {
		case !r.read.IsZero() && (time.Since(r.read) < progressFresh || r.busy != nil):
			defer s.mu.Unlock()
			return r.last, nil
		case r.busy != nil: // the first is being read
			busy := r.busy
			s.mu.Unlock()
			select {
			case <-busy:
				continue
			case <-ctx.Done():
				return Progress{}, ctx.Err()
			}
		}
		r.busy = make(chan struct{})
		was := *r
		s.mu.Unlock()
		if was.took > promptCount && time.Since(was.read) < progressKept {
			// Nobody waits for a long count while somebody has the last one before them.
			go func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
				defer cancel()
				_, _ = s.reread(ctx, id, r, was) // the next to look is told of a fault
			}()
			return was.last, nil
		}
		return s.reread(ctx, id, r, was)
	}
}

// reread looks for all who watch. A fault leaves what is known as it was, but older.
func (s *ProgressService) reread(ctx context.Context, id int64, r *watchedRun, was watchedRun) (Progress, error) {
	next, err := s.look(ctx, id, was)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(r.busy)
	r.busy = nil
	if err == nil {
		next.busy = nil
		*r = next
	}
	return next.last, err
}

// Changed has the next look at the send count anew: somebody has just done something
// to it.
func (s *ProgressService) Changed(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.runs, id) // whoever reads it now keeps the old one to themselves
}

// run finds what is known of a send. It is called with the lock.
func (s *ProgressService) run(id int64) *watchedRun {
	if s.runs == nil {
		s.runs = map[int64]*watchedRun{}
	}
	if len(s.runs) > mostRuns {
		for other, r := range s.runs {
			if r.busy == nil && other != id {
				delete(s.runs, other)
			}
		}
	}
	if s.runs[id] == nil {
		s.runs[id] = &watchedRun{}
	}
	return s.runs[id]
}

// look reads the edition, and counts when it is time.
func (s *ProgressService) look(ctx context.Context, id int64, r watchedRun) (watchedRun, error) {
	e, err := s.Store.FindEdition(ctx, id)
	if err != nil {
		return r, err
	}
	moved := e.State != r.last.Edition.State
	r.last.Edition = e
	if e.StartedAt.IsZero() {
		r.read = time.Now()
		return r, nil
	}
	if began := time.Now(); moved || began.Sub(r.counted) >= max(progressFresh, progressShare*r.took) {
		if r.last.Books, err = s.Store.Books(ctx, id); err != nil {
			return r, err
		}
		r.counted, r.took, r.last.At = began, time.Since(began), s.Now()
		r.pace(e)
		waiting, err := s.Store.WaitingDeliveries(ctx, id, s.Now(), mostWaiting)
		if err != nil {
			return r, err
		}
		r.last.Slow = slowDomains(waiting)
	}
	r.read = time.Now()
	return r, nil
}

// pace follows how many letters came to an end over the last minute.
func (r *watchedRun) pace(e Edition) {
	b := r.last.Books
	r.last.Pace, r.last.Left = 0, 0
	if e.State != EditionSending {
		r.ended = nil
		return
	}
	r.ended = append(slices.Clip(r.ended), endedLetters{b.Planned - b.Open(), r.last.At})
	r.ended = slices.DeleteFunc(r.ended, func(n endedLetters) bool { return r.last.At.Sub(n.at) > paceOver })
	first, last := r.ended[0], r.ended[len(r.ended)-1]
	span := last.at.Sub(first.at)
	if span < progressFresh || last.n <= first.n {
		return
	}
	r.last.Pace = float64(last.n-first.n) / span.Seconds()
	if !e.PlannedAt.IsZero() {
		r.last.Left = time.Duration(float64(b.Open()) / r.last.Pace * float64(time.Second))
	}
}

// slowDomains groups what waits, the domains with most first.
func slowDomains(waiting []Delivery) []SlowDomain {
	by := map[string]*SlowDomain{}
	for _, d := range waiting { // the next to be tried first
		domain := AddressDomain(d.Address)
		if by[domain] == nil {
			by[domain] = &SlowDomain{Domain: domain, Next: d.NotBefore}
		}
		slow := by[domain]
		slow.Waiting++
		if d.Detail != "" {
			slow.Said = d.Detail
		}
	}
	var all []SlowDomain
	for _, slow := range by {
		all = append(all, *slow)
	}
	slices.SortFunc(all, func(a, b SlowDomain) int { return cmp.Or(b.Waiting-a.Waiting, cmp.Compare(a.Domain, b.Domain)) })
	return all[:min(len(all), mostSlow)]
}
