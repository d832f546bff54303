package bounce

// Kind is what a message that came back is.
type Kind string

// The kinds. Only a bounce and a complaint say something against an address.
const (
	KindBounce      Kind = "bounce"      // a message was not delivered, and nobody tries any more
	KindDelay       Kind = "delay"       // it is late; the server still tries
	KindComplaint   Kind = "complaint"   // somebody pressed "this is spam" (RFC 5965)
	KindAutoreply   Kind = "autoreply"   // out of office, and other machines that answer (RFC 3834)
	KindChallenge   Kind = "challenge"   // a filter that wants proof of a person
	KindDelivered   Kind = "delivered"   // delivered, relayed, expanded (RFC 3464), or a read receipt (RFC 8098)
	KindUnsubscribe Kind = "unsubscribe" // somebody wants to leave, by mail
	KindOther       Kind = "other"       // none of these; Why says what it seems to be
)

// Class is how bad it is for the address.
type Class string

// The classes, by meaning and not by the first digit of a code.
const (
	ClassHard      Class = "hard"      // the address is dead
	ClassSoft      Class = "soft"      // not this time
	ClassComplaint Class = "complaint" // its owner does not want us
	ClassNone      Class = "none"      // nothing against it
)

// Reason is why a message was not delivered.
type Reason string

// The reasons; classOf says how bad each is.
const (
	UserUnknown   Reason = "user-unknown"
	DomainUnknown Reason = "domain-unknown"
	Disabled      Reason = "disabled"
	Moved         Reason = "moved"
	MailboxFull   Reason = "mailbox-full"
	Policy        Reason = "policy"
	Spam          Reason = "spam"
	Size          Reason = "size"
	Greylisted    Reason = "greylisted"
	DNS           Reason = "dns"
	Expired       Reason = "expired"
	Loop          Reason = "loop"
	Relay         Reason = "relay"
	Other         Reason = "other"
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
