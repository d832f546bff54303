package subscriptions

import (
	"context"
	"fmt"
	"math"
	"time"
)

// signInLimits are how many tries to sign in are taken. None counts by the
// address alone: whoever knows somebody's address could lock them out. What is
// counted is who tries, and the owner of the address is somebody else: in another
// network, or in a browser in which they have signed in before, which carries
// proof of that and is counted by itself.
//
// A window is one of the clock's, as with signupLimits, and every try counts, the
// right ones too: an office that shares one network signs in less often than this.
var signInLimits = []SignInLimit{
	// by      within            most
	{TryPair, 10 * time.Minute, 10},
	{TryPair, 24 * time.Hour, 60},      // 60 guesses a day and network, of a password that is in no list
	{TryNetwork, 10 * time.Minute, 50}, // many addresses from one network
	{TryDevice, 10 * time.Minute, 10},
	{TryDevice, 24 * time.Hour, 100},
}

// factorLimits are the same for codes of the second factor, which only who has
// the password comes to: with a million codes, of which three are good at a time,
// 20 guesses a day are one chance in 16,000.
var factorLimits = []SignInLimit{
	{TrySession, time.Hour, 5}, // then the password again
	{TryPair, 24 * time.Hour, 20},
	{TryDevice, 24 * time.Hour, 50},
}

// resetLimits are for the form of those who have forgotten their password. What
// leaves for one address is held by the key of the delivery.
var resetLimits = []SignInLimit{
	{TryNetwork, 10 * time.Minute, 10},
	{TryNetwork, 24 * time.Hour, 100},
}

// SignInLimit is a row of the tables: so many tries of one kind in a window.
type SignInLimit struct {
	By     Tried
	Within time.Duration
	Most   int
}

// Tried is what tries are counted by.
type Tried string

// What is counted.
const (
	TryPair    Tried = "pair"    // an address from a network; not where the device is known
	TryNetwork Tried = "network" // an IPv4 /24 or IPv6 /56; not where the device is known
	TryDevice  Tried = "device"  // a browser in which the owner of the address has signed in
	TrySession Tried = "session" // one that waits for a code
)

// maxFailures is how many failed tries an hour the audit log takes: enough to see
// what is going on, and not so many that somebody fills the disk.
const maxFailures = 200

// try is somebody who tries something.
type try struct {
	what    string // "sign-in"
	address string // as ParseAddress gives it, or what was typed
	ip      string
	device  int64 // ref of a device's token that is good for this address; 0 for none
	session int64
}

// attempt gives the row of a limit, or none where it does not apply.
func (l SignInLimit) attempt(keys *Keyring, t try, now time.Time) (Attempt, bool) {
	network, public := networkOf(t.ip)
	var value string
	switch known := t.device != 0; l.By {
	case TryPair:
		// An unnamed proxy makes one network of all, and the pair an address alone.
		// It is counted all the same: guessing without an end would be worse, and who
		// has signed in before is known by the device.
		if known {
			return Attempt{}, false
		}
		value = network + " " + AddressKey(t.address)
	case TryNetwork:
		if known || !public {
			return Attempt{}, false
		}
		value = network
	case TryDevice:
		if !known {
			return Attempt{}, false
		}
		value = fmt.Sprint(t.device)
	case TrySession:
		if t.session == 0 {
			return Attempt{}, false
		}
		value = fmt.Sprint(t.session)
	}
	window := now.Truncate(l.Within)
	return Attempt{Hash: keys.hashAttempt(fmt.Sprintf("%s %s %d %d %s", t.what, l.By, l.Within, window.Unix(), value)), Ends: window.Add(l.Within)}, true
}

// errTooManyCodes ends a session that waits for a code.
var errTooManyCodes = &Error{Code: Limited, Message: "too many codes were wrong", Hint: "Sign in again with your password."}

// count counts a try against the limits: an Error of code Limited when it is one
// too many, with the wait in its hint.
func (s *EditorService) count(ctx context.Context, limits []SignInLimit, t try) error {
	now := s.Now()
	var attempts []Attempt
	at := map[string]SignInLimit{}
	for _, l := range limits {
		if a, ok := l.attempt(s.Keys, t, now); ok {
			attempts = append(attempts, a)
			at[a.Hash] = l
		}
	}
	counts, err := s.Store.CountAttempts(ctx, attempts)
	if err != nil {
		return fmt.Errorf("count a %s: %w", t.what, err)
	}
	var wait time.Duration
	for hash, n := range counts {
		if l := at[hash]; n > l.Most {
			if l.By == TrySession {
				return errTooManyCodes
			}
			wait = max(wait, now.Truncate(l.Within).Add(l.Within).Sub(now))
		}
	}
	if wait == 0 {
		return nil
	}
	return &Error{Code: Limited, Message: "too many tries from where you are", Hint: "Try again in " + waitWords(wait) + "."}
}

func waitWords(d time.Duration) string {
	n, unit := int(math.Ceil(d.Minutes())), "minute"
	if n >= 120 {
		n, unit = int(math.Ceil(d.Hours())), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// mayRecord reports whether the audit log takes one more failure this hour, and
// whether it is the last.
func (s *EditorService) mayRecord(ctx context.Context, tx Store) (record, last bool, err error) {
	now := s.Now()
	hour := now.Truncate(time.Hour)
	hash := s.Keys.hashAttempt(fmt.Sprint("failures ", hour.Unix()))
	counts, err := tx.CountAttempts(ctx, []Attempt{{Hash: hash, Ends: hour.Add(time.Hour)}})
	return counts[hash] <= maxFailures, counts[hash] == maxFailures, err
}
