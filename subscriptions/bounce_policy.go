package subscriptions

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// What counts against an address, and when it ends. The table below is the whole
// policy; SuppressionFor only does the sums.
//
// Each letter that failed weighs something, and at 1 the address ends. What weighs
// little fades: it counts half after its half-life. What is firm ends the address
// at once. Where the weight comes from what may pass (a full mailbox, a filter), the
// address is asked first: a short letter with one button. If that fails, or a letter
// after it, the address ends; if the button is pressed, the past is forgotten.
//
//	what came back                               weight   half-life   counts for   firm
//	complaint                                    1        –           for ever     yes    ends everything at once
//	dead: user or domain unknown, disabled,
//	  moved (5.1.x in meaning)                   1        –           1 year       yes    ends at once
//	the same of an address behind ours           1/2      –           180 days     yes    a list of which one member is dead
//	hard, for a reason we do not know            1/2      –           180 days     yes    ends with the second letter
//	refused for good by a policy (5.7.x)         1/2      –           180 days     no     asks with the second letter
//	mailbox full, expired, DNS, loop, other      1/3      90 days     400 days     no     asks with the fifth month in a row
//	spam filter, relaying refused                1/6      90 days     400 days     no     by itself never: it is about us
//	too large, greylisted, delayed               0                                        says nothing about the address
//	auto-reply, challenge, delivered, other      0
//
// A letter counts once, by the worst that was said about it; letters of one day are
// one occasion. Nothing counts that was before the owner pressed a button, or before
// an editor lifted it.
var bouncePolicy = []bounceWeight{
	{class: ReturnComplains, weight: 1, firm: true},
	{class: ReturnHard, reasons: []ReturnReason{ReasonUserUnknown, ReasonDomainUnknown, ReasonDisabled, ReasonMoved}, weight: 1, lasts: 365 * oneDay, firm: true},
	{class: ReturnHard, weight: 1. / 2, lasts: 180 * oneDay, firm: true},
	{class: ReturnSoft, reasons: []ReturnReason{ReasonSize, ReasonGreylisted}},
	{class: ReturnSoft, reasons: []ReturnReason{ReasonPolicy}, permanent: true, weight: 1. / 2, lasts: 180 * oneDay},
	{class: ReturnSoft, reasons: []ReturnReason{ReasonSpam, ReasonRelay, ReasonPolicy}, weight: 1. / 6, fades: 90 * oneDay, lasts: 400 * oneDay},
	{class: ReturnSoft, weight: 1. / 3, fades: 90 * oneDay, lasts: 400 * oneDay},
}

// behindWeight is of what would be dead if it were our own recipient.
var behindWeight = bounceWeight{weight: 1. / 2, lasts: 180 * oneDay, firm: true}

// bounceWeight is a row of the policy. The first that fits is taken.
type bounceWeight struct {
	class     ReturnClass
	reasons   []ReturnReason // none: all
	permanent bool           // only where the server said so
	weight    float64
	fades     time.Duration // half-life; 0: it does not
	lasts     time.Duration // 0: for ever
	firm      bool
}

// keepHistory is how far back a history is read: nothing older counts, except a
// complaint, whose suppression stands by itself.
const keepHistory = 400 * oneDay

// answersFor is how long the question holds: a letter that fails after it ends the
// address, unless letters have come through for longer than that.
const answersFor = 120 * oneDay

// permanent reports whether the server will not take it later either.
func (b Bounce) permanent() bool {
	return len(b.Status) > 0 && b.Status[0] == '5' || b.Status == "" && b.Action == "failed"
}

func (b Bounce) rule() bounceWeight {
	if b.Kind != ReturnBounce && b.Kind != ReturnComplaint {
		return bounceWeight{}
	}
	for _, r := range bouncePolicy {
		if r.class != b.Class || len(r.reasons) > 0 && !slices.Contains(r.reasons, b.Reason) || r.permanent && !b.permanent() {
			continue
		}
		if b.Behind && r.firm && r.weight >= 1 && b.Class == ReturnHard {
			return behindWeight
		}
		return r
	}
	return bounceWeight{}
}

// AddressVerdict is what is to be done about an address.
type AddressVerdict string

// The verdicts about an address.
const (
	AddressKeep  AddressVerdict = "keep"
	AddressAsk   AddressVerdict = "ask"   // by a letter with one button
	AddressWait  AddressVerdict = "wait"  // it was asked, and no letter has failed since
	AddressBar   AddressVerdict = "bar"   // suppress, and end
	AddressLeave AddressVerdict = "leave" // the same, because its owner complained
)

// Words say the verdict as it stands in a sentence.
func (v AddressVerdict) Words() string {
	switch v {
	case AddressAsk:
		return "it is asked whether it works"
	case AddressWait:
		return "it was asked whether it works"
	case AddressBar:
		return "it ends"
	case AddressLeave:
		return "its owner complained: it ends"
	}
	return "letters go on"
}

// Standing is what the history of an address comes to.
type Standing struct {
	Verdict AddressVerdict
	Score   float64 // 1 is the end
	Letters int     // that count
	Why     string  // in a sentence
}

// SuppressionFor judges the history of one address, oldest first.
func SuppressionFor(history []Bounce, now time.Time) Standing {
	type occasion struct {
		at       time.Time
		delivery int64
		rule     bounceWeight
		worst    Bounce
	}
	var all []occasion
	var asked time.Time
	for _, b := range history {
		switch b.Kind {
		case ReturnAlive, ReturnLifted:
			all, asked = nil, time.Time{}
			continue
		case ReturnProbe:
			if asked = b.At; now.Sub(asked) > answersFor {
				asked = time.Time{}
			}
			continue
		}
		r := b.rule()
		if r.weight == 0 || r.lasts > 0 && now.Sub(b.At) > r.lasts {
			continue
		}
		same := slices.IndexFunc(all, func(o occasion) bool {
			return b.DeliveryID != 0 && o.delivery == b.DeliveryID || b.At.Sub(o.at).Abs() < oneDay && (asked.IsZero() || !o.at.Before(asked))
		})
		if same < 0 {
			all = append(all, occasion{b.At, b.DeliveryID, r, b})
			continue
		}
		if r.weight > all[same].rule.weight || b.Kind == ReturnComplaint {
			all[same].rule, all[same].worst = r, b
		}
	}
	s := Standing{Verdict: AddressKeep, Letters: len(all)}
	firm, failedSince := 0.0, false
	var last Bounce
	for _, o := range all {
		w := o.rule.weight
		if o.rule.fades > 0 {
			w *= math.Exp2(-float64(now.Sub(o.at)) / float64(o.rule.fades))
		}
		s.Score += w
		if o.rule.firm {
			firm += w
		}
		failedSince = failedSince || !asked.IsZero() && o.at.After(asked) && o.rule.weight >= 1./3
		if last = o.worst; o.worst.Kind == ReturnComplaint {
			s.Verdict, s.Why = AddressLeave, "its owner reported a letter as spam"
			return s
		}
	}
	const end = 1 - 1e-9 // three thirds
	switch {
	case firm >= end:
		s.Verdict, s.Why = AddressBar, fmt.Sprintf("%s: %s", countOf(s.Letters, "letter failed", "letters failed"), last.Reason.Words())
	case failedSince:
		s.Verdict, s.Why = AddressBar, "it did not answer when it was asked, and a letter failed since: "+last.Reason.Words()
	case s.Score >= end && asked.IsZero():
		s.Verdict, s.Why = AddressAsk, fmt.Sprintf("%s: %s", countOf(s.Letters, "letter failed", "letters failed"), last.Reason.Words())
	case !asked.IsZero():
		s.Verdict, s.Why = AddressWait, "it was asked whether it works"
	}
	return s
}

// Words say the reason to people.
func (r ReturnReason) Words() string {
	if w := reasonWords[r]; w != "" {
		return w
	}
	return "no reason was given"
}

var reasonWords = map[ReturnReason]string{
	ReasonUserUnknown: "no such mailbox", ReasonDomainUnknown: "no such domain", ReasonDisabled: "the mailbox is disabled",
	ReasonMoved: "the owner has moved", ReasonMailboxFull: "the mailbox is full", ReasonPolicy: "refused by a policy",
	ReasonSpam: "taken for spam", ReasonSize: "too large", ReasonGreylisted: "asked to come later", ReasonDNS: "trouble with DNS",
	ReasonExpired: "not taken in time", ReasonLoop: "a loop", ReasonRelay: "the server does not know the domain", ReasonOther: "another reason",
}
