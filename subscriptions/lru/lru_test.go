package lru_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"sesec.eu/tidings/subscriptions/lru"
)

func TestCacheKeepsWhatWasUsedLast(t *testing.T) {
	c := lru.New[int, string](2)
	built := 0
	get := func(key int) {
		t.Helper()
		if _, err := c.Get(key, func() (string, error) { built++; return "", nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		key, built int
		why        string
	}{
		{1, 1, "new"}, {2, 2, "new"}, {1, 2, "kept"}, {3, 3, "new: 2 was used longest ago and goes"}, {1, 3, "kept"}, {2, 4, "gone"},
	} {
		if get(step.key); built != step.built {
			t.Errorf("get %d (%s): %d built, want %d", step.key, step.why, built, step.built)
		}
		if c.Len() > 2 {
			t.Errorf("%d values are kept, the bound is 2", c.Len())
		}
	}
}

func TestCacheBuildsOnceForAllWhoWait(t *testing.T) {
	c := lru.New[int, string](8)
	var built atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if v, err := c.Get(1, func() (string, error) { built.Add(1); return "body", nil }); v != "body" || err != nil {
				t.Errorf("got %q, %v", v, err)
			}
		})
	}
	all.Wait()
	if built.Load() != 1 {
		t.Errorf("built %d times", built.Load())
	}
}

func TestCacheForgetsAFailure(t *testing.T) {
	c := lru.New[int, string](8)
	broken := errors.New("the database is away")
	if _, err := c.Get(1, func() (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if v, err := c.Get(1, func() (string, error) { return "body", nil }); v != "body" || err != nil {
		t.Errorf("after the failure: %q, %v", v, err)
	}
}
