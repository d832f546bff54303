package subscriptions

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// ReachService keeps the count of people by topic set. To count means to read
// everybody, by the same rules as the plan of a send (Recipient.Refusal), so that
// the two can only agree. A small list is counted while the page waits for it;
// of a million people the last count is shown, with its time, and a new one is
// made beside. Nothing is counted unless somebody looks.
//
// The other way, to keep counters in every transaction that changes a person,
// was left: pauses end without a transaction, each confirmation would wait for
// the same few rows, and a writer that forgot them would be wrong for ever. To
// count a million people takes six seconds of a core that is free, and so is done
// again after a minute at the soonest.
type ReachService struct {
	Store Store
	Keys  *Keyring
	Now   func() time.Time

	mu       sync.Mutex
	counting chan struct{}         // closed when the count under way has ended
	end      func()                // ends it early
	got      lastCount[[]GotCount] // of corrections
}

// Stop ends a count that is under way, before the store is closed.
func (s *ReachService) Stop() {
	s.mu.Lock()
	counting, end := s.counting, s.end
	s.mu.Unlock()
	if counting != nil {
		end()
		<-counting
	}
}

// How often people are counted, and how long a page waits for a count.
const (
	countEvery = 2 * time.Second
	countShare = 10 // a count that took a second is made again after ten at the soonest
	countWait  = 30 * time.Millisecond
	countBatch = 1000
)

// Sets gives the newest count there is, and starts a new one when that is old.
func (s *ReachService) Sets(ctx context.Context) (TopicSetCounts, error) {
	last, err := s.Store.TopicSets(ctx)
	if err != nil {
		return last, err
	}
	age := s.Now().Sub(last.At)
	if age >= 0 && age < max(countEvery, countShare*last.Took) {
		return last, nil
	}
	select {
	case <-s.start(ctx):
		return s.Store.TopicSets(ctx)
	case <-time.After(countWait):
		return last, nil
	case <-ctx.Done():
		return last, ctx.Err()
	}
}

// Of gives who would get what of the content.
func (s *ReachService) Of(ctx context.Context, c Content) (Reach, error) {
	if c.Corrected != nil {
		return s.ofCorrection(ctx, c, false)
	}
	sets, err := s.Sets(ctx)
	return NewReach(c, sets), err
}

// start counts beside the caller, once at a time.
func (s *ReachService) start(ctx context.Context) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counting != nil {
		return s.counting
	}
	done := make(chan struct{})
	// For all who wait for it: the first one's going away must not end it.
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	s.counting, s.end = done, end
	go func() {
		defer end()
		// A count that fails leaves the last one standing, with its time beside it.
		_, _ = s.Store.Exclusively(ctx, "count", func() error { return s.Count(ctx) })
		s.mu.Lock()
		s.counting = nil
		s.mu.Unlock()
		close(done)
	}()
	return done
}

// Count reads everybody who may be mailed at all, and stores the sums.
func (s *ReachService) Count(ctx context.Context) error {
	counts := TopicSetCounts{At: s.Now()}
	type line struct{ chosen, refusal string }
	sums := map[line]*TopicSetCount{}
	for after := int64(0); ; {
		people, err := s.Store.Recipients(ctx, after, countBatch)
		if err != nil {
			return err
		}
		if err := MarkSuppressed(ctx, s.Store, s.Keys, people); err != nil {
			return err
		}
		for _, p := range people {
			why := p.Refusal(counts.At)
			key := line{p.Chosen.Key(), why}
			if sums[key] == nil {
				sums[key] = &TopicSetCount{Chosen: p.Chosen, Refusal: why}
			}
			sums[key].People++
		}
		if len(people) < countBatch {
			break
		}
		after = people[len(people)-1].Subscriber.ID
	}
	counts.Took = s.Now().Sub(counts.At)
	for _, n := range slices.SortedFunc(maps.Values(sums), func(a, b *TopicSetCount) int { return b.People - a.People }) {
		counts.Counts = append(counts.Counts, *n)
	}
	return s.Store.PutTopicSets(ctx, counts)
}
