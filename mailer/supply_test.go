package mailer_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

func TestABatchIsWhatLeavesInAMoment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		n           int
		took        time.Duration
		connections int
		want        int
	}{
		{"the first is small", 0, 0, 10, 20},
		{"a fast server gets more, but not at once", 20, 2 * time.Millisecond, 10, 80},
		{"as much as leaves in 300 ms", 300, time.Second, 10, 90},
		{"never more than the largest", 900, time.Millisecond, 10, 1000},
		{"a slow server still feeds every connection", 100, time.Minute, 10, 10},
		{"a clock that stands still is no fault", 20, 0, 10, 80},
		{"one link that was asked for", 1, time.Second, 10, 10},
	} {
		if got := mailer.NextBatch(tc.n, tc.took, tc.connections); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}
