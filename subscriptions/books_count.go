package subscriptions

import (
	"context"
	"sync"
	"time"
)

// counted is something of an edition as it was counted last: a million rows take a
// tenth of a second and more, and pages are opened often.
type counted[T any] struct {
	value T
	at    time.Time     // of the real clock; zero: not yet
	took  time.Duration // to count
	busy  chan struct{} // closed when the count under way is over; nil: none is
}

// lastCount keeps the last count of each edition. The zero value is ready.
type lastCount[T any] struct {
	mu   sync.Mutex
	kept map[int64]*counted[T]
}

// booksCounter keeps the books of editions.
type booksCounter struct{ lastCount[Books] }

func (s *booksCounter) count(ctx context.Context, store DeliveryStore, id int64) (b Books, known bool, err error) {
	return s.of(ctx, id, func(ctx context.Context) (Books, error) { return store.Books(ctx, id) })
}

// How long a page waits for the first count, and how old a count may be: at least
// countFresh, and as many times as long as it took as keeps counting below five
// per cent of a processor.
const (
	firstWait  = 40 * time.Millisecond
	countFresh = 2 * time.Second
	freshShare = 20
)

// of gives the count of an edition, a few seconds old at most unless counting takes
// long; known is false while it is made for the first time.
func (s *lastCount[T]) of(ctx context.Context, id int64, read func(ctx context.Context) (T, error)) (value T, known bool, err error) {
	s.mu.Lock()
	if s.kept == nil {
		s.kept = map[int64]*counted[T]{}
	}
	c := s.kept[id]
	if c == nil {
		c = &counted[T]{}
		s.kept[id] = c
	}
	if c.busy == nil && time.Since(c.at) > max(countFresh, freshShare*c.took) {
		c.busy = make(chan struct{})
		go s.make(context.WithoutCancel(ctx), c, read)
	}
	busy, first := c.busy, c.at.IsZero()
	s.mu.Unlock()
	if busy != nil && first {
		wait := time.NewTimer(firstWait)
		defer wait.Stop()
		select {
		case <-busy:
		case <-wait.C:
		case <-ctx.Done():
			return value, false, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.value, !c.at.IsZero(), nil
}

func (s *lastCount[T]) make(ctx context.Context, c *counted[T], read func(ctx context.Context) (T, error)) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	start := time.Now()
	value, err := read(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		c.value, c.at, c.took = value, time.Now(), time.Since(start)
	}
	close(c.busy)
	c.busy = nil
}
