package subscriptions

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// signupLimits are how many forms are taken, and what becomes of the next
// (MAIL 17). A window is one of the clock's: an hour begins at the full hour.
//
// What may leave for one address is held by the keys of the deliveries and not
// here: one confirmation a day (confirmationOf), one link in manageEvery.
var signupLimits = []SignupLimit{
	// by          form           within          most  then
	{CountAddress, FormSubscribe, 24 * time.Hour, 10, Hush}, // one address's consents do not grow without end; its mail has left
	{CountAddress, FormRegister, 24 * time.Hour, 10, Hush},
	{CountNetwork, FormAny, 10 * time.Minute, 10, Prove}, // an office, or a lecture hall where all sign up at once
	{CountNetwork, FormAny, 24 * time.Hour, 300, Refuse}, // solving is cheap for who has many machines
	{CountDomain, FormAny, time.Hour, 100, Prove},        // mailboxes of one domain filled from many networks
	{CountDomain, FormAny, 24 * time.Hour, 5000, Refuse}, // what a large provider would begin to call spam
	{CountWaits, FormAny, time.Hour, 6, Prove},           // waiting instead of solving is for people, not for a thousand forms
}

const (
	// manageEvery is how often one person can be sent a link.
	manageEvery = 15 * time.Minute
	// minFill is how long a person takes at least; who is faster is asked for a
	// proof, as password managers fill in forms too.
	minFill = 4 * time.Second
)

// SignupLimit is a row of the table.
type SignupLimit struct {
	By     Counted
	Form   FormName
	Within time.Duration
	Most   int     // so many pass in a window
	Then   Verdict // on those after them
}

// Counted is what forms are counted by.
type Counted byte

// What is counted.
const (
	CountAddress Counted = 'a'
	CountNetwork Counted = 'n' // an IPv4 /24 or IPv6 /56: about what one customer of a provider has
	CountDomain  Counted = 'd' // the receiving one
	CountWaits   Counted = 'w' // forms of a network that waited instead of solving
)

// FormName says which form was sent.
type FormName string

// The forms that take an address from anybody.
const (
	FormAny       FormName = ""
	FormSubscribe FormName = "subscribe"
	FormManage    FormName = "manage"
	FormRegister  FormName = "register" // for a webinar
)

// Verdict is what becomes of a form; the greater one counts.
type Verdict int

// The verdicts.
const (
	Pass   Verdict = iota
	Hush           // the same page as ever, and nothing is done
	Prove          // a proof of work first
	Refuse         // not today
)

// Attempt is a thing that is counted, until it is forgotten.
type Attempt struct {
	Hash string // keyed: no row names an address or a network
	Ends time.Time
}

// attempt gives the row of a limit, or none where it does not apply.
func (l SignupLimit) attempt(keys *Keyring, f SignupForm, now time.Time) (Attempt, bool) {
	if l.Form != FormAny && l.Form != f.Name {
		return Attempt{}, false
	}
	var value string
	switch l.By {
	case CountAddress:
		value = AddressKey(f.Address)
	case CountDomain:
		value = AddressDomain(f.Address)
	case CountNetwork, CountWaits:
		network, public := networkOf(f.IP)
		if !public && l.Then == Refuse {
			// A proxy that was not named in the settings: all readers seem to come from
			// it, and would be refused together.
			return Attempt{}, false
		}
		value = network
	}
	window := now.Truncate(l.Within)
	return Attempt{Hash: keys.hashAttempt(fmt.Sprintf("%c %s %d %d %s", l.By, l.Form, l.Within, window.Unix(), value)), Ends: window.Add(l.Within)}, true
}

// networkOf gives the network of an address, and whether it is one of the public
// Internet. What is no address is one network.
func networkOf(ip string) (network string, public bool) {
	p, err := prefixOf(ip, 24, 56)
	if err != nil {
		return "", false
	}
	a := p.Addr()
	return p.Masked().String(), !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast()
}

// hashAttempt keys what is counted. It uses the key of the address hashes, so
// that the counts survive a rotation.
func (k *Keyring) hashAttempt(what string) string {
	mac := hmac.New(sha256.New, derive(k.hash, "attempt"))
	mac.Write([]byte(what))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
