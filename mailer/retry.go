package mailer

import (
	"hash/fnv"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// When a message that was refused for now is tried again. The first waits are
// those of greylisting servers; the later ones give a broken server a night and
// a day. RFC 5321, 4.5.4.1 asks to go on for at least four to five days; a
// monthly digest that is two days late is of no use to its reader, so ours ends
// earlier, and says so in the ledger.
var retryWaits = [...]time.Duration{
	// wait               elapsed
	1 * time.Minute,  //  1 m
	5 * time.Minute,  //  6 m
	15 * time.Minute, // 21 m
	30 * time.Minute, // 51 m
	1 * time.Hour,    //  1 h 51 m
	2 * time.Hour,    //  3 h 51 m
	4 * time.Hour,    //  7 h 51 m
	8 * time.Hour,    // 15 h 51 m
	12 * time.Hour,   // 27 h 51 m
	20 * time.Hour,   // 47 h 51 m
}

// giveUp is when no further attempt is made, counted from the first one along the
// table above. It is not counted from when the message was queued: an edition that
// was paused, or a server that was down, for days would turn the first "come back
// in a minute" into the end.
var giveUp = map[subscriptions.Kind]time.Duration{
	subscriptions.KindDigest:       48 * time.Hour,
	subscriptions.KindCorrection:   48 * time.Hour,
	subscriptions.KindConfirmation: 24 * time.Hour,
	subscriptions.KindManage:       4 * time.Hour,
	subscriptions.KindWelcome:      24 * time.Hour,
	subscriptions.KindAddress:      24 * time.Hour,
	subscriptions.KindMoved:        48 * time.Hour, // a warning: late is better than never
	subscriptions.KindInvitation:   24 * time.Hour,
	subscriptions.KindProbe:        48 * time.Hour,
	subscriptions.KindReset:        1 * time.Hour, // as long as its link
	subscriptions.KindTest:         1 * time.Hour, // who looks at tests waits for them
}

// jitter is the share by which waits differ between domains, so that a server
// that comes back is not met by everybody in the same second.
const jitter = 0.2

// NextAttempt says when a delivery is tried again after its latest attempt was
// refused for now, and false when it is time to give up. What was never on the
// wire, because it could not be composed, has no attempts; for it the time since
// it was queued counts.
func NextAttempt(d subscriptions.Delivery, now time.Time) (time.Time, bool) {
	limit, ok := giveUp[d.Kind]
	if !ok {
		limit = 48 * time.Hour
	}
	attempt := max(d.Attempts, 1)
	if attempt > len(retryWaits) {
		return time.Time{}, false
	}
	wait := retryWaits[attempt-1]
	h := fnv.New32a()
	h.Write([]byte(subscriptions.AddressDomain(d.Address)))
	h.Write([]byte{byte(attempt)})
	share := float64(h.Sum32()%1000)/1000*2 - 1 // -1 … 1, the same for a domain and attempt
	at := now.Add(wait + time.Duration(share*jitter*float64(wait)))
	if d.Attempts == 0 {
		return at, at.Before(d.Since().Add(limit))
	}
	var elapsed time.Duration
	for _, w := range retryWaits[:attempt] {
		elapsed += w
	}
	return at, elapsed <= limit
}
