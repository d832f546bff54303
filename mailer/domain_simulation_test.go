package mailer_test

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer"
)

// campaign is a simulation: letters to one domain, of which at most some are on
// the wire, and a receiver that takes so many a second and answers 421 above. It
// moves its own clock.
type campaign struct {
	d        *mailer.Domains
	now      time.Time
	rng      *rand.Rand
	capacity int // a second; 0 for any
	inSecond map[int64]int
	wire     []time.Time // when each message on it is answered
	sent     int         // tried
	accepted int
}

// run goes on for a time: each step claims from a queue that has no end, and
// leaves off at the first that must wait.
func (c *campaign) run(d time.Duration) (sent, accepted int) {
	sent, accepted = c.sent, c.accepted
	for end := c.now.Add(d); c.now.Before(end); {
		c.now = c.now.Add(time.Duration(c.rng.Intn(int(40 * time.Millisecond))))
		c.wire = slices.DeleteFunc(c.wire, func(at time.Time) bool {
			if at.After(c.now) {
				return false
			}
			c.answer()
			return true
		})
		for len(c.wire) < 20 {
			if _, ok := c.d.Admit(slow, c.now); !ok {
				break
			}
			c.sent++
			c.wire = append(c.wire, c.now.Add(time.Duration(50+c.rng.Intn(100))*time.Millisecond))
		}
	}
	return c.sent - sent, c.accepted - accepted
}

func (c *campaign) answer() {
	second := c.now.Unix()
	if c.capacity > 0 && c.inSecond[second] >= c.capacity {
		c.d.Done(slow, tooFast, c.now)
		return
	}
	c.inSecond[second]++
	c.accepted++
	c.d.Done(slow, taken, c.now)
}

func TestThePaceSettlesAtWhatAReceiverTakes(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]map[string]mailer.DomainLimit{
		"without a limit":           nil,
		"with a limit far too high": {slow: {Rate: 100, Concurrent: 15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := time.Now().UnixNano()
			t.Logf("seed %d", seed)
			c := &campaign{d: mailer.NewDomains(limits), now: domainStart, rng: rand.New(rand.NewSource(seed)), inSecond: map[int64]int{}}
			c.run(10 * time.Second) // all is well, and fast
			if c.accepted < 500 {
				t.Fatalf("%d messages in the first ten seconds", c.accepted)
			}
			c.capacity = 10
			c.run(time.Minute)
			for minute := range 10 {
				sent, accepted := c.run(time.Minute)
				if sent < 300 || sent > 600 {
					t.Errorf("minute %d: %.1f a second were sent to a receiver that takes 10", minute, float64(sent)/60)
				}
				if refused := sent - accepted; refused > 60 {
					t.Errorf("minute %d: %d of %d were refused", minute, refused, sent)
				}
			}
			c.capacity = 0
			before, _ := statusOf(c.d, slow, c.now)
			if wait := before.Until.Sub(c.now); wait < time.Minute || wait > 6*time.Minute {
				t.Errorf("it is to take %v to recover", wait)
			}
			c.run(before.Until.Sub(c.now) + time.Minute)
			if st, _ := statusOf(c.d, slow, c.now); st.Why != "" {
				t.Errorf("the receiver has recovered, and it is still slowed: %+v", st)
			}
			if _, accepted := c.run(10 * time.Second); accepted < 500 {
				t.Errorf("%d messages in ten seconds after the receiver recovered", accepted)
			}
		})
	}
}

// What holds whatever happens: never more places than set, and never more
// messages in any span of time than the rate and a second's burst.
func TestNoLimitIsEverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.01, 1), rapid.Float64Range(1, 300)).Draw(t, "rate")
		places := rapid.IntRange(0, 5).Draw(t, "places")
		d, now := limited(rate, places), domainStart
		onWire := 0
		var left []time.Time // when each message left that was not given back
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "wait")))
			case 1, 2:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(300*time.Millisecond)).Draw(t, "moment")))
			case 3, 4:
				if onWire > 0 {
					d.Done(slow, rapid.SampledFrom([]mailer.Result{taken, taken, tooFast, refusal(450, "4.7.1", "Later")}).Draw(t, "answer"), now)
					onWire--
				}
			case 5:
				if onWire > 0 && len(left) > 0 && left[len(left)-1].Equal(now) {
					d.Release(slow)
					onWire--
					left = left[:len(left)-1]
				}
			default:
				turn, ok := d.Admit(slow, now)
				switch {
				case ok:
					onWire++
					left = append(left, now)
				case !turn.After(now) || turn.Sub(now) > mailer.Horizon:
					t.Fatalf("a turn %v ahead", turn.Sub(now))
				}
			}
			if places > 0 && onWire > places {
				t.Fatalf("%d at once, at %d", onWire, places)
			}
		}
		if rate == 0 {
			return
		}
		for i, from := range left {
			for j := i; j < len(left); j++ {
				if most := rate*left[j].Sub(from).Seconds() + max(rate, 1); float64(j-i+1) > most+1e-6 {
					t.Fatalf("%d messages in %v at %v a second", j-i+1, left[j].Sub(from), rate)
				}
			}
		}
	})
}
