package mailer_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesec.eu/tidings/mailer"
)

// flood has n senders send as fast as the throttle lets them, until the context
// ends, and counts.
func flood(ctx context.Context, th *mailer.Throttle, n int, sent *atomic.Int64) *sync.WaitGroup {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for th.Wait(ctx, time.Now) == nil {
				sent.Add(1)
				time.Sleep(time.Millisecond) // a message takes a moment
			}
		})
	}
	return &wg
}

func TestTheRateIsKeptAndTheBurstIsBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		rate        float64
		connections int
	}{
		{"slow", 0.5, 4},
		{"one a second", 1, 1},
		{"uneven", 7.3, 3},
		{"as a provider allows", 14, 10},
		{"quick", 500, 20},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var sent atomic.Int64
				wg := flood(ctx, mailer.NewThrottle(tc.rate), tc.connections, &sent)
				last := int64(0)
				for second := 1; second <= 10; second++ {
					time.Sleep(time.Second)
					now := sent.Load()
					// A bucket of one second, what the second itself brings, and the rounding.
					most := int64(tc.rate) + 2
					if second == 1 {
						most += int64(tc.rate) + 1
					}
					if now-last > most {
						t.Errorf("%d messages in second %d, at %v a second", now-last, second, tc.rate)
					}
					last = now
				}
				if want := 10 * tc.rate; float64(last) < want-1 || float64(last) > want+tc.rate+2 {
					t.Errorf("%d messages in ten seconds, want %v and at most one second's more", last, want)
				}
				cancel()
				wg.Wait()
			})
		})
	}
}

func TestAnIdleHourIsNotSavedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := mailer.NewThrottle(10)
		if err := th.Wait(t.Context(), time.Now); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/100)
		defer cancel()
		var sent atomic.Int64
		flood(ctx, th, 50, &sent).Wait()
		if n := sent.Load(); n < 10 || n > 11 {
			t.Errorf("%d messages at once after an hour, want a second's worth", n)
		}
	})
}

func TestTheRateMayChangeWhileOthersWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := mailer.NewThrottle(0.01) // one in a hundred seconds
		for range 2 {
			_ = th.Wait(t.Context(), time.Now)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var sent atomic.Int64
		wg := flood(ctx, th, 5, &sent)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := sent.Load(); n != 0 {
			t.Fatalf("%d messages in a second at 0.01 a second", n)
		}
		th.SetRate(10)
		// Those who wait need not see out what the old rate gave them.
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if n := sent.Load(); n < 25 || n > 42 {
			t.Errorf("%d messages in the three seconds after the rate became 10", n)
		}
		th.SetRate(0)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := sent.Load(); n < 2000 {
			t.Errorf("%d messages after the limit was lifted", n)
		}
		cancel()
		wg.Wait()
	})
}

// Settings are read anew for another reason, ten times in a second.
func TestTheSameRateOnceMoreGivesNoPlaces(t *testing.T) {
	t.Parallel()
	th, now := mailer.NewThrottle(10), time.Unix(0, 0)
	left := 0
	for range 10 {
		th.SetRate(10)
		for th.Take(now) {
			left++
		}
	}
	if left < 10 || left > 11 {
		t.Errorf("%d messages may leave at one moment, want a second's worth", left)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := mailer.NewThrottle(0.001)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		var err error
		for err == nil {
			err = th.Wait(ctx, time.Now)
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err := th.Wait(ctx, time.Now); err == nil {
			t.Error("a message may leave after the end")
		}
	})
}

func TestNoLimitIsNoLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for _, th := range []*mailer.Throttle{mailer.NewThrottle(0), mailer.NewThrottle(-1), {}} {
			for range 1000 {
				if err := th.Wait(t.Context(), time.Now); err != nil {
					t.Fatal(err)
				}
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}
