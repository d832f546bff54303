package main

import (
	"testing"
	"time"
)

func TestTheDemosClockGoesForwardOnly(t *testing.T) {
	t.Parallel()
	c := newDemoClock()
	if got := c.Now().Sub(demoTime); got < 0 || got > time.Minute {
		t.Fatalf("it begins at %s", c.Now())
	}
	june := time.Date(2019, 6, 4, 7, 0, 0, 0, time.UTC)
	if err := c.Move(june); err != nil {
		t.Fatal(err)
	}
	if got := c.Now().Sub(june); got < 0 || got > time.Minute {
		t.Errorf("it was moved to %s", c.Now())
	}
	if c.Steady().After(demoTime.Add(time.Minute)) {
		t.Error("the steady clock was moved")
	}
	for _, to := range []time.Time{june.Add(-time.Hour), demoTime.AddDate(20, 0, 0)} {
		if err := c.Move(to); err == nil {
			t.Errorf("it goes to %s", to)
		}
	}
	for given, want := range map[string]time.Time{"2019-06-04": june, "2019-06-11T06:30": time.Date(2019, 6, 11, 6, 30, 0, 0, time.UTC)} {
		if got, err := parseAsOf(given); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s, %v", given, got, err)
		}
	}
	if _, err := parseAsOf("June"); err == nil {
		t.Error("June is a day")
	}
}
