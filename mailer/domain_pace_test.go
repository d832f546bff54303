package mailer_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

func TestThoseWhoWaitAreSpreadOverTheTimeTheyNeed(t *testing.T) {
	t.Parallel()
	d := limited(4, 0)
	if n := admitted(d, slow, 4, domainStart); n != 4 {
		t.Fatalf("%d at once, want a second's worth", n)
	}
	last := domainStart
	for i := range 1000 {
		turn, ok := d.Admit(slow, domainStart)
		if ok || !turn.After(last) {
			t.Fatalf("message %d: admitted %v, its turn %v is not after %v", i, ok, turn.Sub(domainStart), last.Sub(domainStart))
		}
		last = turn
	}
	if took := last.Sub(domainStart); took != 250*time.Second {
		t.Errorf("the last of 1000 at 4 a second is told %v, want 4m10s", took)
	}
	// Each finds its place when it comes back at its turn.
	for i := range 1000 {
		if _, ok := d.Admit(slow, domainStart.Add(time.Duration(i+1)*time.Second/4)); !ok {
			t.Fatalf("message %d has no place at its turn", i)
		}
	}
}

func TestNobodyIsToldMoreThanTheHorizon(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*mailer.Domains{"a rate": limited(1.0/3600, 0), "places": limited(0, 1)} {
		admitted(d, slow, 1, domainStart)
		for range 5000 {
			turn, ok := d.Admit(slow, domainStart)
			if ok || turn.Sub(domainStart) > mailer.Horizon || !turn.After(domainStart) {
				t.Fatalf("%s: %v, %v ahead", name, ok, turn.Sub(domainStart))
			}
		}
		// Nor less because the clock that asks is a moment behind.
		if turn, _ := d.Admit(slow, domainStart.Add(-time.Second/2)); turn.Sub(domainStart) != mailer.Horizon {
			t.Errorf("%s: one whose clock is behind is told %v", name, turn.Sub(domainStart))
		}
		if st, _ := statusOf(d, slow, domainStart); st.Waiting.Sub(domainStart) != mailer.Horizon {
			t.Errorf("%s: the last waits %v, want the horizon", name, st.Waiting.Sub(domainStart))
		}
	}
}

func TestTurnsOfFullPlacesFollowHowLongAMessageTakes(t *testing.T) {
	t.Parallel()
	d, now := limited(0, 2), domainStart
	for range 50 { // two at once, each 3 s on the wire
		admitted(d, slow, 2, now)
		now = now.Add(3 * time.Second)
		d.Done(slow, taken, now)
		d.Done(slow, taken, now)
	}
	admitted(d, slow, 2, now)
	var turn time.Time
	for range 100 {
		turn, _ = d.Admit(slow, now)
	}
	if took := turn.Sub(now); took < 100*time.Second || took > 225*time.Second {
		t.Errorf("the last of 100 is told %v; at two in 3 s it is 150 s", took)
	}
}

func TestAClockThatGoesBackHoldsNobody(t *testing.T) {
	t.Parallel()
	for _, back := range []time.Duration{time.Millisecond, time.Second, time.Minute, 24 * time.Hour, 50 * 365 * 24 * time.Hour} {
		t.Run(back.String(), func(t *testing.T) {
			t.Parallel()
			d, now := limited(2, 0), domainStart
			d.Admit(slow, now)
			d.Done(slow, tooFast, now) // 1 a second from now on
			d.Admit(slow, now)
			now = now.Add(-back)
			if turn, _ := d.Admit(slow, now); turn.Before(now) || turn.Sub(now) > 4*time.Second {
				t.Errorf("the turn is %v ahead", turn.Sub(now))
			}
			got := 0
			for range 200 { // 20 s
				now = now.Add(100 * time.Millisecond)
				if n := admitted(d, slow, 10, now); n > 2 {
					t.Fatalf("%d messages at once", n)
				} else if n > 0 {
					got++
					d.Done(slow, taken, now)
				}
			}
			if got < 17 || got > 42 {
				t.Errorf("%d messages in 20 s at 1 to 2 a second", got)
			}
		})
	}
}

// Clocks that are read by many, one after the other, and used in another order,
// are not a source of places.
func TestADisorderOfClocksMakesNoPlaces(t *testing.T) {
	t.Parallel()
	d, got := limited(10, 0), 0
	for i := range 10000 { // 10 s
		now := domainStart.Add(time.Duration(i) * time.Millisecond)
		for _, late := range []time.Duration{0, 900 * time.Millisecond, 0, 300 * time.Millisecond} {
			got += admitted(d, slow, 100, now.Add(-late))
		}
	}
	if got > 110 {
		t.Errorf("%d messages in 10 s at 10 a second", got)
	}
}
