package subscriptions_test

import (
	"math"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestWhatCountsAgainstAnAddress(t *testing.T) {
	t.Parallel()
	now := time.Date(2019, time.December, 1, 8, 0, 0, 0, time.UTC)
	const month = 30 * 24 * time.Hour
	n := int64(0)
	failed := func(ago time.Duration, class subscriptions.ReturnClass, reason subscriptions.ReturnReason, status string) subscriptions.Bounce {
		n++
		return subscriptions.Bounce{ID: n, DeliveryID: n, At: now.Add(-ago), Kind: subscriptions.ReturnBounce, Class: class, Reason: reason, Status: status}
	}
	hard, soft := subscriptions.ReturnHard, subscriptions.ReturnSoft
	dead := func(ago time.Duration) subscriptions.Bounce {
		return failed(ago, hard, subscriptions.ReasonUserUnknown, "5.1.1")
	}
	full := func(ago time.Duration) subscriptions.Bounce {
		return failed(ago, soft, subscriptions.ReasonMailboxFull, "5.2.2")
	}
	policy := func(ago time.Duration) subscriptions.Bounce {
		return failed(ago, soft, subscriptions.ReasonPolicy, "5.7.1")
	}
	spam := func(ago time.Duration) subscriptions.Bounce {
		return failed(ago, soft, subscriptions.ReasonSpam, "5.7.1")
	}
	unknown := func(ago time.Duration) subscriptions.Bounce {
		return failed(ago, hard, subscriptions.ReasonOther, "5.0.0")
	}
	kind := func(k subscriptions.ReturnKind, ago time.Duration) subscriptions.Bounce {
		return subscriptions.Bounce{Kind: k, Class: subscriptions.ReturnNone, At: now.Add(-ago)}
	}
	complaint := func(ago time.Duration) subscriptions.Bounce {
		return subscriptions.Bounce{Kind: subscriptions.ReturnComplaint, Class: subscriptions.ReturnComplains, At: now.Add(-ago), DeliveryID: 1}
	}
	behind := func(b subscriptions.Bounce) subscriptions.Bounce { b.Behind = true; return b }
	same := func(a, b subscriptions.Bounce) subscriptions.Bounce { b.DeliveryID = a.DeliveryID; return b }
	sameLetter := func(id int64, b subscriptions.Bounce) subscriptions.Bounce { b.DeliveryID = id; return b }
	monthly := func(k int, of func(time.Duration) subscriptions.Bounce) (all []subscriptions.Bounce) {
		for i := k - 1; i >= 0; i-- {
			all = append(all, of(time.Duration(i)*month))
		}
		return all
	}
	type history = []subscriptions.Bounce
	keep, ask, wait, bar, leave := subscriptions.AddressKeep, subscriptions.AddressAsk, subscriptions.AddressWait, subscriptions.AddressBar, subscriptions.AddressLeave
	first := full(month)
	for name, c := range map[string]struct {
		history history
		want    subscriptions.AddressVerdict
	}{
		"nothing came back":                                       {nil, keep},
		"no such user ends at once":                               {history{dead(0)}, bar},
		"a disabled mailbox too":                                  {history{failed(0, hard, subscriptions.ReasonDisabled, "5.2.1")}, bar},
		"no such user a year and a day ago does not count":        {history{dead(366 * 24 * time.Hour)}, keep},
		"a dead address behind ours waits for a second letter":    {history{behind(dead(0))}, keep},
		"and ends with it":                                        {history{behind(dead(month)), behind(dead(0))}, bar},
		"hard without a reason waits for a second letter":         {history{unknown(0)}, keep},
		"and ends with it ":                                       {history{unknown(month), unknown(0)}, bar},
		"two reports about one letter are one":                    {history{first, same(first, unknown(0))}, keep},
		"two letters of one day are one occasion":                 {history{unknown(time.Hour), unknown(0)}, keep},
		"the second after half a year begins anew":                {history{unknown(7 * month), unknown(0)}, keep},
		"a policy is no dead address: the second letter asks":     {history{policy(month), policy(0)}, ask},
		"one refusal by a policy says little":                     {history{policy(0)}, keep},
		"a policy of today is softer than one for good":           {history{failed(month, soft, subscriptions.ReasonPolicy, "4.7.1"), failed(0, soft, subscriptions.ReasonPolicy, "4.7.1")}, keep},
		"a full mailbox is nothing for four months":               {monthly(4, full), keep},
		"and is asked in the fifth":                               {monthly(5, full), ask},
		"a full mailbox now and then is never asked":              {history{full(11 * month), full(8 * month), full(5 * month), full(2 * month), full(0)}, keep},
		"what is taken for spam every month is about us":          {monthly(13, spam), keep},
		"too large and greylisted say nothing":                    {monthly(13, func(d time.Duration) subscriptions.Bounce { return failed(d, soft, subscriptions.ReasonSize, "5.3.4") }), keep},
		"what is asked waits":                                     {append(monthly(5, full), kind(subscriptions.ReturnProbe, 0)), wait},
		"a letter that fails after the question ends it":          {append(append(monthly(6, full)[:5], kind(subscriptions.ReturnProbe, 20*24*time.Hour)), full(0)), bar},
		"taken for spam after the question does not":              {append(append(monthly(6, full)[:5], kind(subscriptions.ReturnProbe, 20*24*time.Hour)), spam(0)), wait},
		"letters came through for long after the question":        {append(append(monthly(12, full)[:2], kind(subscriptions.ReturnProbe, 10*month)), full(0)), keep},
		"who presses the button is alive":                         {append(append(monthly(5, full), kind(subscriptions.ReturnProbe, time.Hour)), kind(subscriptions.ReturnAlive, time.Minute)), keep},
		"who pressed it and dies is dead":                         {history{full(2 * month), kind(subscriptions.ReturnAlive, month), dead(0)}, bar},
		"what an editor lifted counts no more":                    {history{dead(month), kind(subscriptions.ReturnLifted, time.Hour)}, keep},
		"a complaint ends everything":                             {history{complaint(0)}, leave},
		"also after a report about the same letter":               {history{sameLetter(1, dead(time.Hour)), complaint(0)}, leave},
		"and does so years later":                                 {history{complaint(900 * 24 * time.Hour)}, leave},
		"delays, answers and challenges are nothing":              {history{kind(subscriptions.ReturnDelay, 3), kind(subscriptions.ReturnAutoreply, 2), kind(subscriptions.ReturnChallenge, 1), kind(subscriptions.ReturnDelivered, 0), kind(subscriptions.ReturnOther, 0)}, keep},
		"a full mailbox and two hard ones of no reason end":       {history{full(2 * month), unknown(month), unknown(0)}, bar},
		"what may pass and what may not add up to a question":     {history{full(3 * month), full(2 * month), full(month), unknown(0)}, ask},
		"a hard report about a letter weighs more than its delay": {history{kind(subscriptions.ReturnDelay, time.Hour), dead(0)}, bar},
	} {
		got := subscriptions.SuppressionFor(c.history, now)
		if got.Verdict != c.want {
			t.Errorf("%s: %s (score %.2f, %d letters, %s), want %s", name, got.Verdict, got.Score, got.Letters, got.Why, c.want)
		}
		if (got.Verdict == bar || got.Verdict == ask || got.Verdict == leave) && got.Why == "" {
			t.Errorf("%s: nobody is told why", name)
		}
	}
	if s := subscriptions.SuppressionFor(history{full(90 * 24 * time.Hour)}, now).Score; math.Abs(s-1./6) > 1e-9 {
		t.Errorf("a full mailbox weighs %.3f after its half-life, want %.3f", s, 1./6)
	}
}
