package mailer

import (
	"context"
	"sync"
	"time"
)

// Throttle is a token bucket that holds at most one second of its rate. Its
// rate may be changed while others wait. The zero value lets everything pass.
type Throttle struct {
	mu   sync.Mutex
	rate float64   // messages a second; 0 for no limit
	next time.Time // when the next message may leave
	// changed is closed when the rate changes: who waits for a place at the old
	// rate asks for a new one.
	changed chan struct{}
}

// NewThrottle limits to rate messages a second; 0 is no limit.
func NewThrottle(rate float64) *Throttle { return &Throttle{rate: max(rate, 0)} }

// SetRate changes the pace from the next message on, waiting ones included. The
// rate that it has already changes nothing.
func (t *Throttle) SetRate(rate float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rate == max(rate, 0) {
		return
	}
	t.rate, t.next = max(rate, 0), time.Time{}
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// begin has no place saved up from before now.
func (t *Throttle) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = now
}

// Rate is the pace that is kept to, in messages a second; 0 is no limit.
func (t *Throttle) Rate() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rate
}

// Wait returns when one more message may leave, or with the context's error.
func (t *Throttle) Wait(ctx context.Context, now func() time.Time) error {
	for {
		wait, changed := t.take(now())
		if wait <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			return nil
		case <-changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// Take reports whether one more message may leave at once, and books it then.
func (t *Throttle) Take(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ahead(now) > 0 {
		return false
	}
	t.book()
	return true
}

// take books the next place and says how far ahead it is.
func (t *Throttle) take(now time.Time) (time.Duration, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := t.ahead(now)
	t.book()
	if t.rate > 0 && t.changed == nil {
		t.changed = make(chan struct{})
	}
	return wait, t.changed
}

// ahead is how far ahead the next place is, called with the lock. Unused places of
// the last second are kept, older ones are lost.
func (t *Throttle) ahead(now time.Time) time.Duration {
	if t.rate == 0 {
		return 0
	}
	if earliest := now.Add(-time.Second); t.next.Before(earliest) {
		t.next = earliest
	}
	return t.next.Sub(now)
}

// book takes the next place, called with the lock.
func (t *Throttle) book() {
	if t.rate > 0 {
		t.next = t.next.Add(time.Duration(float64(time.Second) / t.rate))
	}
}
