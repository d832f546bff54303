package subscriptions

import (
	"context"
	"sync"
	"time"
)

// countedBooks are those of an edition as they were counted last: a million rows
// take a tenth of a second, and the first page is opened often.
type countedBooks struct {
	books Books
	at    time.Time     // of the real clock; zero: not yet
	took  time.Duration // to count
	busy  chan struct{} // closed when the count under way is over; nil: none is
}

// booksCounter keeps the last count of editions' books, for pages that are opened
// often. The zero value is ready.
type booksCounter struct {
	mu    sync.Mutex
	books map[int64]*countedBooks
}

// How long a page waits for the first count, and how old a count may be: at least
// booksFresh, and as many times as long as it took as keeps counting below five
// per cent of a processor.
const (
	booksWait  = 40 * time.Millisecond
	booksFresh = 2 * time.Second
	booksShare = 20
)

// count gives the edition's books, a few seconds old at most unless counting
// takes long; known is false while they are counted for the first time.
func (s *booksCounter) count(ctx context.Context, store DeliveryStore, id int64) (b Books, known bool, err error) {
	s.mu.Lock()
	if s.books == nil {
		s.books = map[int64]*countedBooks{}
	}
	c := s.books[id]
	if c == nil {
		c = &countedBooks{}
		s.books[id] = c
	}
	if c.busy == nil && time.Since(c.at) > max(booksFresh, booksShare*c.took) {
		c.busy = make(chan struct{})
		go s.read(context.WithoutCancel(ctx), store, id, c)
	}
	busy, first := c.busy, c.at.IsZero()
	s.mu.Unlock()
	if busy != nil && first {
		wait := time.NewTimer(booksWait)
		defer wait.Stop()
		select {
		case <-busy:
		case <-wait.C:
		case <-ctx.Done():
			return b, false, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.books, !c.at.IsZero(), nil
}

func (s *booksCounter) read(ctx context.Context, store DeliveryStore, id int64, c *countedBooks) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	start := time.Now()
	b, err := store.Books(ctx, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		c.books, c.at, c.took = b, time.Now(), time.Since(start)
	}
	close(c.busy)
	c.busy = nil
}
