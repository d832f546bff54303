package mailer_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

const slow = "slow.example.org"

// domainStart is when the tests of Domains begin; they move their clock by hand.
var domainStart = time.Date(2019, 3, 4, 9, 0, 0, 0, time.UTC)

func limited(rate float64, places int) *mailer.Domains {
	return mailer.NewDomains(map[string]mailer.DomainLimit{slow: {Rate: rate, Concurrent: places}})
}

var taken = mailer.Result{Verdict: mailer.Accepted, Code: 250, Status: "2.0.0", Text: "OK", Stage: mailer.StageDot}

func refusal(code int, status, text string) mailer.Result {
	return mailer.Result{Verdict: mailer.Temporary, Code: code, Status: status, Text: text, Stage: mailer.StageRcpt}
}

var tooFast = refusal(421, "4.7.28", "An unusual rate of mail")

// admitted asks until the answer is no, and counts.
func admitted(d *mailer.Domains, domain string, most int, now time.Time) int {
	for n := range most {
		if _, ok := d.Admit(domain, now); !ok {
			return n
		}
	}
	return most
}

// statusOf is the line of a domain in the snapshot; false when it has none.
func statusOf(d *mailer.Domains, domain string, now time.Time) (mailer.DomainStatus, bool) {
	for _, s := range d.Snapshot(now) {
		if s.Domain == domain {
			return s, true
		}
	}
	return mailer.DomainStatus{}, false
}

func TestADomainWithoutALimitTakesEverything(t *testing.T) {
	t.Parallel()
	d := mailer.NewDomains(nil)
	if n := admitted(d, slow, 10000, domainStart); n != 10000 {
		t.Errorf("%d messages of 10000", n)
	}
	if list := d.Snapshot(domainStart); len(list) != 0 {
		t.Errorf("the snapshot lists %+v", list)
	}
}

func TestEachDomainHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	d := mailer.NewDomains(map[string]mailer.DomainLimit{"Example.org": {Concurrent: 2}, mailer.EveryOther: {Concurrent: 3}})
	for domain, want := range map[string]int{"example.org": 2, "example.net": 3, "example.com": 3} {
		if n := admitted(d, domain, 100, domainStart); n != want {
			t.Errorf("%s: %d at once, want %d", domain, n, want)
		}
	}
	if _, ok := d.Admit("EXAMPLE.ORG", domainStart); ok {
		t.Error("a domain in upper case is another one")
	}
}

func TestAPlaceComesBackWhenAMessageIsDoneOrNotTried(t *testing.T) {
	t.Parallel()
	d := limited(0, 1)
	for name, back := range map[string]func(){
		"done":                   func() { d.Done(slow, taken, domainStart) },
		"failed":                 func() { d.Done(slow, mailer.Result{Verdict: mailer.Permanent, Code: 550}, domainStart) },
		"the connection is gone": func() { d.Done(slow, mailer.Result{Text: "EOF", Broken: true, Stage: mailer.StageRcpt}, domainStart) },
		"not tried":              func() { d.Release(slow) },
	} {
		if n := admitted(d, slow, 2, domainStart); n != 1 {
			t.Fatalf("%s: %d at once, want 1", name, n)
		}
		back()
	}
	// One that gives back what it does not have makes no place.
	d.Done(slow, taken, domainStart)
	d.Release(slow)
	d.Release(slow)
	d.Release("unknown.example.org")
	if n := admitted(d, slow, 2, domainStart); n != 1 {
		t.Errorf("%d at once after too many were given back", n)
	}
}

func TestWhatWasNotTriedDoesNotUseTheRate(t *testing.T) {
	t.Parallel()
	d := limited(0.5, 0)
	for range 5 {
		if n := admitted(d, slow, 2, domainStart); n != 1 {
			t.Fatalf("%d messages, want 1", n)
		}
		d.Release(slow)
	}
}

func TestLimitsMayChangeWhileMessagesWait(t *testing.T) {
	t.Parallel()
	d := limited(1.0/3600, 0)
	admitted(d, slow, 1, domainStart)
	for range 100 {
		d.Admit(slow, domainStart)
	}
	d.Set(map[string]mailer.DomainLimit{slow: {Rate: 10}})
	turn, ok := d.Admit(slow, domainStart)
	if ok || turn.Sub(domainStart) > 20*time.Second {
		t.Errorf("%v, turn %v: the old rate still holds the queue", ok, turn.Sub(domainStart))
	}
	if _, ok := d.Admit(slow, domainStart.Add(100*time.Millisecond)); !ok {
		t.Error("the old rate still holds the next message")
	}
	d.Set(nil)
	if n := admitted(d, slow, 1000, domainStart); n != 1000 {
		t.Errorf("%d of 1000 after the limit was lifted", n)
	}
	d.Set(map[string]mailer.DomainLimit{slow: {Concurrent: 5}})
	if _, ok := d.Admit(slow, domainStart); ok {
		t.Error("there is a sixth place at a limit of five")
	}
}

func TestTheLimitsAreACopy(t *testing.T) {
	t.Parallel()
	mine := map[string]mailer.DomainLimit{slow: {Concurrent: 1}}
	d := mailer.NewDomains(mine)
	mine[slow] = mailer.DomainLimit{}
	if n := admitted(d, slow, 2, domainStart); n != 1 {
		t.Errorf("%d at once, want 1", n)
	}
}

func TestACampaignToManyDomainsDoesNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limits map[string]mailer.DomainLimit
		answer mailer.Result
		gap    time.Duration
	}{
		"no limit":                          {nil, taken, time.Microsecond},
		"a limit that leaves a debt":        {map[string]mailer.DomainLimit{"*": {Rate: 1.0 / 3600}}, taken, time.Microsecond},
		"every one of them wants it slower": {nil, tooFast, time.Microsecond},
		"slowly":                            {nil, taken, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, now := mailer.NewDomains(tc.limits), domainStart
			d.Admit("kept.example.org", now)
			for i := range 100_000 {
				now = now.Add(tc.gap)
				domain := fmt.Sprintf("d%d.example.org", i)
				if _, ok := d.Admit(domain, now); !ok {
					t.Fatalf("the first message to %s waits", domain)
				}
				d.Done(domain, tc.answer, now)
				if n := mailer.Known(d); i%1000 == 0 && n > mailer.MaxKnown {
					t.Fatalf("%d domains after %d", n, i)
				}
			}
			n := mailer.Known(d)
			if n == 0 || n > mailer.MaxKnown {
				t.Errorf("%d domains are remembered", n)
			}
			if tc.gap == time.Second && n > 2000 {
				t.Errorf("%d domains are remembered, at one new domain a second", n)
			}
			// One whose message is on the wire is never forgotten.
			d.Set(map[string]mailer.DomainLimit{"kept.example.org": {Concurrent: 1}})
			if _, ok := d.Admit("kept.example.org", now); ok {
				t.Error("a place that was taken was forgotten")
			}
		})
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	d := mailer.NewDomains(map[string]mailer.DomainLimit{slow: {Concurrent: 3}})
	var wg sync.WaitGroup
	var wire atomic.Int32
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				now := domainStart.Add(time.Duration(i) * time.Second)
				if _, ok := d.Admit(slow, now); ok {
					if n := wire.Add(1); n > 3 {
						t.Errorf("%d at once, want 3", n)
					}
					wire.Add(-1)
					d.Done(slow, taken, now)
				}
				d.Admit("example.net", now)
				d.Snapshot(now)
				if i%100 == 0 {
					d.Set(map[string]mailer.DomainLimit{slow: {Concurrent: 3}})
				}
				d.Release("example.net")
			}
		})
	}
	wg.Wait()
	if n := admitted(d, slow, 10, domainStart); n != 3 {
		t.Errorf("%d places at the end, want 3", n)
	}
}
