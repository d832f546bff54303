package bounce

import "sesec.eu/tidings/subscriptions"

// The words of a report are the domain's.
type (
	// Kind is what a message is.
	Kind = subscriptions.ReturnKind
	// Class is how bad it is for an address.
	Class = subscriptions.ReturnClass
	// Reason is why.
	Reason = subscriptions.ReturnReason
)

// The kinds. Only a bounce and a complaint say something against an address.
const (
	KindBounce      = subscriptions.ReturnBounce
	KindDelay       = subscriptions.ReturnDelay
	KindComplaint   = subscriptions.ReturnComplaint
	KindAutoreply   = subscriptions.ReturnAutoreply
	KindChallenge   = subscriptions.ReturnChallenge
	KindDelivered   = subscriptions.ReturnDelivered
	KindUnsubscribe = subscriptions.ReturnUnsubscribe
	KindOther       = subscriptions.ReturnOther
)

// The classes, by meaning and not by the first digit of a code.
const (
	ClassHard      = subscriptions.ReturnHard
	ClassSoft      = subscriptions.ReturnSoft
	ClassComplaint = subscriptions.ReturnComplains
	ClassNone      = subscriptions.ReturnNone
)

// The reasons; classOf says how bad each is.
const (
	UserUnknown   = subscriptions.ReasonUserUnknown
	DomainUnknown = subscriptions.ReasonDomainUnknown
	Disabled      = subscriptions.ReasonDisabled
	Moved         = subscriptions.ReasonMoved
	MailboxFull   = subscriptions.ReasonMailboxFull
	Policy        = subscriptions.ReasonPolicy
	Spam          = subscriptions.ReasonSpam
	Size          = subscriptions.ReasonSize
	Greylisted    = subscriptions.ReasonGreylisted
	DNS           = subscriptions.ReasonDNS
	Expired       = subscriptions.ReasonExpired
	Loop          = subscriptions.ReasonLoop
	Relay         = subscriptions.ReasonRelay
	Other         = subscriptions.ReasonOther
)

// Report is what a message that came back says.
type Report struct {
	Kind       Kind        `json:"kind"`
	Recipients []Recipient `json:"recipients"` // never nil
	// DeliveryToken is the token of the delivery that this is about, as
	// subscriptions.Keyring.Parse takes it; "" without one. It is not verified.
	DeliveryToken string `json:"delivery"`
	// UnsubscribeToken is that of a mailto: link to leave; not verified either.
	UnsubscribeToken string `json:"unsubscribe,omitempty"`
	Format           string `json:"format,omitempty"` // how it was recognised: "rfc3464", "arf", or the name of a known format
	Why              string `json:"why,omitempty"`    // what a message of kind other seems to be
}

// Recipient is one address of a report.
type Recipient struct {
	Address    string `json:"address"` // "" when only the token tells whose it is
	Class      Class  `json:"class"`
	Status     string `json:"status"` // enhanced code x.y.z (RFC 3463), or ""
	Action     string `json:"action"` // as RFC 3464 names it, or ""
	Reason     Reason `json:"reason,omitempty"`
	Diagnostic string `json:"diagnostic,omitempty"` // what the server said, in one line of at most 500 bytes
}
