package mailer

import (
	"regexp"
	"strings"
)

// What an answer says about the pace of the recipient's domain. The first line
// that fits decides.
//
//	the answer                                  what it says   examples
//	none; before RCPT; about us; uncertain      nothing        EOF, 450 to MAIL: the recipient was not named yet
//	accepted                                    room           250 2.0.0
//	5yz                                         an answer      550 5.1.1: the address, not the pace
//	speaks of greylisting (RFC 6647)            nothing        451 4.7.1 Greylisted: takes it in a minute, at any pace
//	421 (RFC 5321, 4.2.3)                       too fast       Gmail 421 4.7.28, Yahoo 421 4.7.0 [TSS04]
//	x.2.z, one mailbox (RFC 3463, 3.3)          one refusal    452 4.2.2 full, Gmail 450 4.2.1 receives at a rate …
//	4.3.2, 4.4.5: takes no mail, congested      too fast       452 4.4.5
//	4.7.0, 4.7.28, 4.7.500–699                  too fast       Outlook 451 4.7.500 Server busy
//	too many, rate, throttled, slow down …      too fast       450 4.7.1 too many connections
//	any other 4yz                               one refusal    450 4.7.1, 451 4.3.0, 452 4.3.1
//
// "Too fast" slows the domain at once. A refusal may be about one mailbox, or
// greylisting that does not say so: only when refusedShare of the last
// lastAnswers are refusals do they slow it, and never below refusedFloor, so that
// a server that greylists everybody once does not get its letters next week.
type domainAnswer int

const (
	saysNothing domainAnswer = iota
	saysRoom
	saysAnswer
	saysRefused
	saysTooFast
)

const (
	lastAnswers  = 20
	refusedShare = 10  // of them
	refusedFloor = 1.0 // messages a second
)

var (
	greylisted = regexp.MustCompile(`(?i)\bgr[ea]y[- ]?list|\bpostgrey\b`)
	tooFast    = regexp.MustCompile(`(?i)\b(too (many|much|fast|quickly|often)|rate|rates|ratelimit\w*|throttl\w*|slow(ing)? down|unexpected volume|exceeded .*(limit|quota))\b`)
	// statusTooFast is Microsoft's range of throttling and Gmail's code beside those
	// of RFC 3463.
	statusTooFast = regexp.MustCompile(`^4\.(3\.2|4\.5|7\.(0|28|[56]\d\d))$`)
)

// domainAnswerOf reads the table.
func domainAnswerOf(r Result) domainAnswer {
	switch {
	case r.Verdict == Accepted:
		return saysRoom
	case r.AboutUs || r.Stage == StageCompose || r.Stage == StageConnect || r.Stage == StageMail:
		return saysNothing
	case r.Code/100 == 5:
		return saysAnswer
	case r.Code/100 != 4: // what is uncertain has no answer either
		return saysNothing
	case greylisted.MatchString(r.Text):
		return saysNothing
	case r.Code == 421:
		return saysTooFast
	case strings.HasPrefix(r.Status, "4.2."):
		return saysRefused
	case statusTooFast.MatchString(r.Status), tooFast.MatchString(r.Text):
		return saysTooFast
	}
	return saysRefused
}
