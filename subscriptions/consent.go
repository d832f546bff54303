package subscriptions

import "time"

// Consent is one event in the append-only proof of what a person agreed to:
// when, how, to which topics and to which words. Rows are written, never
// changed; the retention clock only shortens the IP address.
type Consent struct {
	ID           int64
	SubscriberID int64
	Kind         ConsentKind
	Topics       []string // slugs, as they were called then
	Wording      string   // version of the text shown, see Wordings
	Source       string   // "web form", "one-click", "merge", an import's --source …
	IP           string   // of the person, "" where there was none
	At           time.Time
	Newest       bool        // of a sign-up: send the newest edition once it is confirmed
	Reason       LeaveReason // of a withdrawal, where one was given
	// Origin is the event that this one rests on, where nobody pressed anything:
	// a topic was merged into another, or brought back (TopicMove).
	Origin int64
	// ImportID is the list of people that brought it, or its taking back; 0 for none.
	ImportID int64
}

// LeaveReason is why a person left, if they said so: one choice, no words of
// their own, so that nothing personal is kept with it.
type LeaveReason string

// The reasons, as the page offers them.
const (
	LeftTooMuch   LeaveReason = "too-much"
	LeftNotMine   LeaveReason = "not-my-field"
	LeftElsewhere LeaveReason = "elsewhere"
	LeftNotMe     LeaveReason = "not-me"
)

// LeaveReasons lists them in the order of the page.
func LeaveReasons() []LeaveReason {
	return []LeaveReason{LeftTooMuch, LeftNotMine, LeftElsewhere, LeftNotMe}
}

// Words says the reason as the person would.
func (r LeaveReason) Words() string {
	switch r {
	case LeftTooMuch:
		return "There is too much to read"
	case LeftNotMine:
		return "It is not about my work"
	case LeftElsewhere:
		return "I read it elsewhere, or on the web"
	case LeftNotMe:
		return "I did not subscribe"
	}
	return ""
}

// ConsentKind is what the event proves.
type ConsentKind string

// The kinds.
const (
	ConsentGiven     ConsentKind = "given"     // a form was sent; not yet confirmed
	ConsentConfirmed ConsentKind = "confirmed" // the link in the mail was used
	ConsentImported  ConsentKind = "imported"  // proof lies elsewhere: Source says where
	ConsentChanged   ConsentKind = "changed"   // topics changed by the person; Topics is the new set. With an Origin: the one that was given
	ConsentWithdrawn ConsentKind = "withdrawn" // for these topics; all of them when it left altogether
	ConsentErased    ConsentKind = "erased"    // the person asked to be forgotten; Topics are those it ended
)
