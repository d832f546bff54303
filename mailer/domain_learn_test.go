package mailer_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

func TestAProtestHalvesThePaceOnce(t *testing.T) {
	t.Parallel()
	d, now := limited(20, 10), domainStart
	if n := admitted(d, slow, 10, now); n != 10 {
		t.Fatalf("%d at once, want 10", n)
	}
	for range 10 {
		d.Done(slow, tooFast, now) // ten connections hear it together
	}
	st, _ := statusOf(d, slow, now)
	if st.Rate != 10 || st.Concurrent != 5 || st.Limit.Rate != 20 || st.Why == "" {
		t.Errorf("after one protest: %+v, want 10 a second and 5 at once", st)
	}
	if _, ok := d.Admit(slow, now); ok {
		t.Error("a message leaves at the moment of the protest")
	}
	for i := range 20 {
		now = now.Add(3 * time.Second)
		d.Done(slow, tooFast, now)
		if i == 0 {
			if st, _ = statusOf(d, slow, now); st.Rate != 5 || st.Concurrent != 2 {
				t.Errorf("after another, three seconds later: %v a second, %d at once; want 5 and 2", st.Rate, st.Concurrent)
			}
		}
	}
	if st, _ = statusOf(d, slow, now); st.Rate != 0.1 || st.Concurrent != 1 {
		t.Errorf("after twenty: %v a second, %d at once; want one in ten seconds, and one", st.Rate, st.Concurrent)
	}
}

func TestALimitBelowTheFloorIsNotRaised(t *testing.T) {
	t.Parallel()
	d, now := limited(0.01, 0), domainStart
	for range 10 {
		d.Admit(slow, now)
		d.Done(slow, tooFast, now)
		now = now.Add(100 * time.Second)
		if n := admitted(d, slow, 10, now); n > 1 {
			t.Fatalf("%d messages in 100 s, want 1", n)
		}
		d.Release(slow)
	}
}

func TestADomainWithoutARateBeginsAtTheHalfOfWhatItWasSent(t *testing.T) {
	t.Parallel()
	d, now := mailer.NewDomains(nil), domainStart
	for range 1000 { // 50 a second for 20 s
		now = now.Add(20 * time.Millisecond)
		d.Admit(slow, now)
		d.Done(slow, taken, now)
	}
	admitted(d, slow, 7, now)
	d.Done(slow, tooFast, now)
	st, _ := statusOf(d, slow, now)
	if st.Rate < 20 || st.Rate > 30 || st.Concurrent != 3 {
		t.Errorf("%v a second, %d at once; want about 25, and 3 of 7", st.Rate, st.Concurrent)
	}
}

func TestWhatWasLearnedIsForgottenWhenThePaceIsBack(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]map[string]mailer.DomainLimit{
		"at the limit":                  {slow: {Rate: 20, Concurrent: 8}},
		"without one":                   nil,
		"at a limit of places":          {slow: {Concurrent: 8}},
		"at a rate, and a single place": {slow: {Rate: 5, Concurrent: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, now := mailer.NewDomains(limits), domainStart
			for range 5 {
				d.Admit(slow, now)
				d.Done(slow, tooFast, now)
				now = now.Add(4 * time.Second)
			}
			st, is := statusOf(d, slow, now)
			if !is {
				t.Fatal("it is not slowed")
			}
			if st.Until.Before(now) || st.Until.After(now.Add(5*time.Minute)) {
				t.Errorf("it is to recover in %v", st.Until.Sub(now))
			}
			rate, until := st.Rate, st.Until.Add(time.Minute)
			for ; is && now.Before(until); now = now.Add(100 * time.Millisecond) {
				if _, ok := d.Admit(slow, now); ok {
					d.Done(slow, taken, now)
				}
				if st, is = statusOf(d, slow, now); is && st.Why != "" && st.Rate < rate {
					t.Fatalf("the rate fell from %v to %v", rate, st.Rate)
				} else if is && st.Rate > 0 {
					rate = st.Rate
				}
				is = st.Why != ""
			}
			if is {
				t.Errorf("after the %v that were told it is still slowed: %+v", until.Sub(domainStart), st)
			}
		})
	}
}

func TestAnHourOfSilenceForgets(t *testing.T) {
	t.Parallel()
	d := limited(20, 0)
	d.Admit(slow, domainStart)
	d.Done(slow, tooFast, domainStart)
	later := domainStart.Add(time.Hour + time.Minute)
	if list := d.Snapshot(later); len(list) != 0 {
		t.Errorf("an hour later the snapshot lists %+v", list)
	}
	if n := admitted(d, slow, 100, later); n != 20 {
		t.Errorf("%d at once an hour later, want a second's worth of the limit", n)
	}
}

func TestTheSnapshotIsSortedAndBounded(t *testing.T) {
	t.Parallel()
	d := mailer.NewDomains(map[string]mailer.DomainLimit{"*": {Rate: 1}, "idle.example.org": {Rate: 1}})
	name := func(i int) string { return fmt.Sprintf("d%03d.example.org", i) }
	for i := range 300 {
		admitted(d, name(i), 2, domainStart)
		if i%10 == 9 {
			d.Done(name(i), tooFast, domainStart)
		}
	}
	var want, got []string
	for i := range 30 {
		want = append(want, name(i*10+9)) // the slowed ones first
	}
	for i := 0; len(want) < 100; i++ {
		if i%10 != 9 {
			want = append(want, name(i))
		}
	}
	for _, s := range d.Snapshot(domainStart) {
		got = append(got, s.Domain)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the snapshot lists %v", got)
	}
	d.Set(map[string]mailer.DomainLimit{name(9): {Rate: 7}})
	if st, _ := statusOf(d, name(9), domainStart); st.Limit.Rate != 7 {
		t.Errorf("the limit is shown as %v after it was set to 7", st.Limit.Rate)
	}
}
