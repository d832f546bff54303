package subscriptions

import (
	"context"
	"time"
)

// What comes back. A report is a message of a mail server, of a provider or of a
// person about a letter of ours; package mailer/bounce reads it. It becomes a Bounce
// for each address that it names, or one without an address. Beside them stand the
// refusals that a server gave at once, and three marks of our own: that an address
// was asked whether it works, that it answered, that an editor lifted what had come
// of its past.
//
// Only a report that bears a token of ours, or a refusal we heard ourselves, is
// assigned to an address and counts. Anybody can write a report about anybody; such
// a one is kept and shown, and changes nothing.

// ReturnKind is what a message that came back is.
type ReturnKind string

// The kinds. Only a bounce and a complaint say something against an address.
const (
	ReturnBounce      ReturnKind = "bounce"      // a message was not delivered, and nobody tries any more
	ReturnDelay       ReturnKind = "delay"       // it is late; the server still tries
	ReturnComplaint   ReturnKind = "complaint"   // somebody pressed "this is spam" (RFC 5965)
	ReturnAutoreply   ReturnKind = "autoreply"   // out of office, and other machines that answer (RFC 3834)
	ReturnChallenge   ReturnKind = "challenge"   // a filter that wants proof of a person
	ReturnDelivered   ReturnKind = "delivered"   // delivered, relayed, expanded (RFC 3464), or a read receipt (RFC 8098)
	ReturnUnsubscribe ReturnKind = "unsubscribe" // somebody wants to leave, by mail
	ReturnOther       ReturnKind = "other"       // none of these; Why says what it seems to be

	// The marks of our own.
	ReturnProbe  ReturnKind = "probe"  // the address was asked whether it works
	ReturnAlive  ReturnKind = "alive"  // its owner has answered
	ReturnLifted ReturnKind = "lifted" // an editor lifted the suppression
)

// ReturnKinds are those that come from outside.
func ReturnKinds() []ReturnKind {
	return []ReturnKind{ReturnBounce, ReturnDelay, ReturnComplaint, ReturnUnsubscribe, ReturnAutoreply, ReturnChallenge, ReturnDelivered, ReturnOther}
}

// ReturnClass is how bad it is for the address.
type ReturnClass string

// The classes, by meaning and not by the first digit of a code.
const (
	ReturnHard      ReturnClass = "hard"      // the address is dead
	ReturnSoft      ReturnClass = "soft"      // not this time
	ReturnComplains ReturnClass = "complaint" // its owner does not want us
	ReturnNone      ReturnClass = "none"      // nothing against it
)

// ReturnReason is why a message was not delivered.
type ReturnReason string

// The reasons.
const (
	ReasonUserUnknown   ReturnReason = "user-unknown"
	ReasonDomainUnknown ReturnReason = "domain-unknown"
	ReasonDisabled      ReturnReason = "disabled"
	ReasonMoved         ReturnReason = "moved"
	ReasonMailboxFull   ReturnReason = "mailbox-full"
	ReasonPolicy        ReturnReason = "policy"
	ReasonSpam          ReturnReason = "spam"
	ReasonSize          ReturnReason = "size"
	ReasonGreylisted    ReturnReason = "greylisted"
	ReasonDNS           ReturnReason = "dns"
	ReasonExpired       ReturnReason = "expired"
	ReasonLoop          ReturnReason = "loop"
	ReasonRelay         ReturnReason = "relay"
	ReasonOther         ReturnReason = "other"
)

// Way is how it got here.
type Way string

// The ways in.
const (
	WayRefused  Way = "refused"  // a server said so at once
	WayPipe     Way = "pipe"     // tidings bounce read --record
	WaySMTP     Way = "smtp"     // our own listener, LMTP too
	WayIMAP     Way = "imap"     // a mailbox
	WayMaildir  Way = "maildir"  // a folder
	WaySES      Way = "ses"      // Amazon, by its SNS
	WayPostmark Way = "postmark" //
	WaySendGrid Way = "sendgrid" //
	WayMailgun  Way = "mailgun"  //
	WayBrevo    Way = "brevo"    //
	WayOurs     Way = "ours"     // a mark
)

// Returned is a report as a way in hands it over.
type Returned struct {
	ID          string // its identity: the same report has the same, however often it comes
	Way         Way
	Kind        ReturnKind
	Token       string // of PurposeDelivery, not verified yet; "" for none
	Unsubscribe string // of PurposeUnsubscribe, the same
	Recipients  []ReturnedRecipient
	Format, Why string
	Original    []byte // the message; nil when there is none
}

// ReturnedRecipient is what it says about one address.
type ReturnedRecipient struct {
	Address        string // "" when only the token tells whose it is
	Class          ReturnClass
	Reason         ReturnReason
	Status, Action string
	Diagnostic     string
}

// Bounce is what one report says about one address, or a mark. It is a row.
type Bounce struct {
	ID           int64
	Report       string // identity of the report, Position its place in there
	Position     int
	At           time.Time
	Way          Way
	Kind         ReturnKind
	Class        ReturnClass
	Reason       ReturnReason
	Status       string
	Action       string
	Address      string // that the report names, or ours where it names none; "" once forgotten
	Domain       string // of Address; stays
	Hash         string // keyed, of our recipient; "" when nothing assigns it
	Behind       bool   // the report names another address than the one we wrote to
	SubscriberID int64
	DeliveryID   int64
	EditionID    int64
	Diagnostic   string
	Format       string
	Why          string
	Effect       ReturnEffect
	Kept         int // bytes of the original that are kept, 0 for none
}

// Assigned reports whether it is known whose it is.
func (b Bounce) Assigned() bool { return b.Hash != "" || b.SubscriberID != 0 || b.DeliveryID != 0 }

// ReturnEffect is what came of it.
type ReturnEffect string

// The effects.
const (
	EffectNone     ReturnEffect = ""         // it says nothing against the address
	EffectCounted  ReturnEffect = "counted"  // it is remembered
	EffectAsked    ReturnEffect = "asked"    // the address is asked whether it works
	EffectEnded    ReturnEffect = "ended"    // the address is suppressed, the subscriptions have ended
	EffectLeft     ReturnEffect = "left"     // the person has left, as they asked
	EffectTooLate  ReturnEffect = "too late" // it was suppressed already
	EffectStranger ReturnEffect = "stranger" // nothing proves that it is about a letter of ours
)

// Original is the message of a report, compressed, and cut where it is long.
type Original struct {
	Report string
	At     time.Time
	Gzip   []byte
	Size   int // of the whole message
	Cut    bool
}

// BounceFilter selects bounces, newest first; zero fields do not narrow.
type BounceFilter struct {
	Kind     ReturnKind
	Class    ReturnClass
	Reason   ReturnReason
	Domain   string
	Assigned *bool
	Hash     string
	PersonID int64
	Edition  int64
	BeforeID int64
	Limit    int // 0 means 50
}

// BounceCount is a sum of bounces that count.
type BounceCount struct {
	Domain string // or "" where it is by reason alone
	Reason ReturnReason
	Class  ReturnClass
	Kind   ReturnKind
	N      int
}

// BounceStore keeps what came back.
type BounceStore interface {
	FindDelivery(ctx context.Context, id int64) (Delivery, error)
	// AddBounces inserts the rows of one report, and says whether it is new: of one
	// that is known nothing is changed.
	AddBounces(ctx context.Context, rows []*Bounce) (added bool, err error)
	SetBounceEffect(ctx context.Context, report string, effect ReturnEffect) error
	PutOriginal(ctx context.Context, o Original) error
	FindOriginal(ctx context.Context, report string) (Original, error)
	FindBounce(ctx context.Context, id int64) (Bounce, error)
	Bounces(ctx context.Context, f BounceFilter) ([]Bounce, error)
	// BouncesOf is the history of an address, oldest first.
	BouncesOf(ctx context.Context, hash string, since time.Time) ([]Bounce, error)
	// BounceCounts sums bounces and complaints since then by domain, reason, class
	// and kind, the most first.
	BounceCounts(ctx context.Context, since time.Time, limit int) ([]BounceCount, error)
	// CountReturns sums what came since, by kind.
	CountReturns(ctx context.Context, since time.Time) (map[ReturnKind]int, error)
	CountComplaints(ctx context.Context, editionID int64) (int, error)
	// Refusals are failed deliveries that are not counted yet, the oldest first;
	// MarkRefusals says that they are.
	Refusals(ctx context.Context, limit int) ([]Delivery, error)
	MarkRefusals(ctx context.Context, ids []int64) error
	// DropOriginals and DropBounceAddresses are retention clocks.
	DropOriginals(ctx context.Context, until time.Time, limit int) (int, error)
	DropBounceAddresses(ctx context.Context, until time.Time, limit int) (int, error)
}
