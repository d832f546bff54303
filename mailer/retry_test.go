package mailer_test

import (
	"fmt"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

var noon = time.Date(2019, time.April, 1, 12, 0, 0, 0, time.UTC)

// waits gives all the waits of a delivery that is refused for now each time.
func waits(d subscriptions.Delivery) []time.Duration {
	var all []time.Duration
	now := d.CreatedAt
	for {
		d.Attempts++
		at, again := mailer.NextAttempt(d, now)
		if !again {
			return all
		}
		all = append(all, at.Sub(now))
		now = at
	}
}

func TestTheWaitsGrowAndEnd(t *testing.T) {
	t.Parallel()
	table := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 20 * time.Hour}
	for _, tc := range []struct {
		kind     subscriptions.Kind
		attempts int // after which it is given up
		within   time.Duration
	}{
		{subscriptions.KindDigest, 10, 48 * time.Hour},
		{subscriptions.KindConfirmation, 8, 24 * time.Hour},
		{subscriptions.KindManage, 6, 4 * time.Hour},
		{subscriptions.KindWelcome, 8, 24 * time.Hour},
		{subscriptions.KindAddress, 8, 24 * time.Hour},
		{subscriptions.KindMoved, 10, 48 * time.Hour},
		{subscriptions.KindInvitation, 8, 24 * time.Hour},
		{subscriptions.KindReset, 4, time.Hour},
		{"a kind of a later version", 10, 48 * time.Hour},
	} {
		for domain := range 200 {
			d := subscriptions.Delivery{Kind: tc.kind, Address: fmt.Sprintf("reader@d%d.example.org", domain), CreatedAt: noon}
			all, sum := waits(d), time.Duration(0)
			for i, wait := range all {
				if wait < table[i]*8/10 || wait > table[i]*12/10 {
					t.Errorf("%s, %s: wait %d is %v, want %v ± 20 %%", tc.kind, d.Address, i+1, wait, table[i])
				}
				if i > 0 && wait < all[i-1] {
					t.Errorf("%s, %s: wait %d is %v, shorter than %v before", tc.kind, d.Address, i+1, wait, all[i-1])
				}
				sum += wait
			}
			if sum > tc.within*12/10 || len(all) != tc.attempts {
				t.Errorf("%s, %s: given up after %d attempts and %v, want %d within %v", tc.kind, d.Address, len(all), sum, tc.attempts, tc.within)
			}
		}
	}
}

func TestOneDomainWaitsTogetherAndTwoApart(t *testing.T) {
	t.Parallel()
	at := func(address string) time.Time {
		next, again := mailer.NextAttempt(subscriptions.Delivery{Kind: subscriptions.KindDigest, Address: address, Attempts: 3, CreatedAt: noon}, noon)
		if !again {
			t.Fatal("given up")
		}
		return next
	}
	if !at("a@example.org").Equal(at("b@EXAMPLE.org")) {
		t.Error("two readers of one domain wait differently")
	}
	seen := map[time.Time]bool{}
	for i := range 100 {
		seen[at(fmt.Sprintf("a@d%d.example.org", i))] = true
	}
	if len(seen) < 50 {
		t.Errorf("a hundred domains come back at %d moments", len(seen))
	}
}

// An edition that was paused over a weekend, a server that was down for three
// days, a million letters at five a second: the first refusal comes late and is a
// first one all the same.
func TestWhatHasWaitedInTheQueueIsNotGivenUpForThat(t *testing.T) {
	t.Parallel()
	for _, kind := range []subscriptions.Kind{subscriptions.KindDigest, subscriptions.KindConfirmation, subscriptions.KindManage} {
		d := subscriptions.Delivery{Kind: kind, Address: "reader@example.org", CreatedAt: noon, Attempts: 1}
		if _, again := mailer.NextAttempt(d, noon.Add(72*time.Hour)); !again {
			t.Errorf("a %s is given up at its first refusal", kind)
		}
	}
}

// A message that cannot be composed is never on the wire: no attempt is counted,
// and the clock is that of the row.
func TestWhatWasNeverOnTheWireIsGivenUpByTheClock(t *testing.T) {
	t.Parallel()
	d := subscriptions.Delivery{Kind: subscriptions.KindDigest, Address: "reader@example.org", CreatedAt: noon}
	if _, again := mailer.NextAttempt(d, noon.Add(47*time.Hour)); !again {
		t.Error("given up before two days are over")
	}
	if _, again := mailer.NextAttempt(d, noon.Add(48*time.Hour)); again {
		t.Error("tried for ever")
	}
}
