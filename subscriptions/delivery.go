package subscriptions

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"
)

// Delivery is one message to one person and its whole story. The row is an
// intent: it says what to compose and for whom, and the message is composed
// when it leaves.
//
//	queued ──claim──▶ claimed ──begin──▶ sending ──▶ sent | deferred | failed | uncertain
//	   ▲                 │                                     │
//	   └──lease is over──┘        claimed ──▶ skipped          └──when NotBefore has come──▶ claimed
//
// The mark "sending" is committed before the first octet of the message leaves,
// so that a process that dies leaves behind at most one message per connection
// of which nobody knows whether it arrived: it becomes uncertain.
type Delivery struct {
	ID           int64
	Kind         Kind
	Key          string // unique: what this message is, "digest:3:117"
	EditionID    int64  // 0 for mail that belongs to no edition
	SubscriberID int64
	VariantID    int64
	RefID        int64  // what else the kind needs: the consent of a confirmation
	Address      string // envelope recipient
	Priority     int    // lower leaves first
	State        DeliveryState
	Attempts     int
	NotBefore    time.Time // do not try earlier
	Worker       string    // who holds the lease
	LeaseUntil   time.Time
	MessageID    string // as it left, without brackets
	Code         int    // the server's last reply (RFC 5321, 4.2), 0 none
	Status       string // its enhanced status code (RFC 3463)
	Detail       string // its text, or why the message was skipped
	CreatedAt    time.Time
	UpdatedAt    time.Time
	SentAt       time.Time
	AgainAt      time.Time // an editor had it sent once more; zero: not
}

// Since is the moment its age counts from: the plan, or an editor's decision to
// send it once more.
func (d Delivery) Since() time.Time {
	if !d.AgainAt.IsZero() {
		return d.AgainAt
	}
	return d.CreatedAt
}

// Kind is what a delivery is composed into.
type Kind string

// The kinds. Registration mails come with their own issue of the product.
const (
	KindDigest       Kind = "digest"
	KindConfirmation Kind = "confirmation" // double opt-in
	KindManage       Kind = "manage"       // "here is your link"
	KindWelcome      Kind = "welcome"      // the newest edition, right after the confirmation
	KindAddress      Kind = "address"      // to an address that a person wants to move to
	KindMoved        Kind = "moved"        // to the address that a person has moved away from
	KindInvitation   Kind = "invitation"   // to somebody who is to work at the desk; RefID is the editor
	KindReset        Kind = "reset"        // to an editor who has forgotten the password; the same
)

// KindCorrection says what was wrong in an entry (Correction). Like a digest it goes
// to many at once, waits for a person when it is uncertain, and can be too late.
const KindCorrection Kind = "correction"

// Edition reports whether mail of the kind belongs to an edition, and goes to many.
func (k Kind) Edition() bool { return k == KindDigest || k == KindCorrection }

// KindTest is sent to look at before an edition is released. RefID is the letter of a
// TestSend; it belongs to no edition, and no book counts it.
const KindTest Kind = "test"

// Desk reports whether mail of the kind goes to somebody of the desk, who is no
// subscriber.
func (k Kind) Desk() bool { return k == KindInvitation || k == KindReset || k == KindTest }

// Elsewhere reports whether mail of the kind goes to another address than the
// person's own.
func (k Kind) Elsewhere() bool { return k == KindAddress || k == KindMoved }

// Priorities: people who wait at a screen come before the monthly letter.
const (
	PriorityPerson = 0
	PriorityMany   = 5 // what many people get at once and soon: reminders, a webinar that moves
	PriorityDigest = 10
)

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryQueued    DeliveryState = "queued"
	DeliveryClaimed   DeliveryState = "claimed"  // a worker holds it
	DeliverySending   DeliveryState = "sending"  // on the wire
	DeliverySent      DeliveryState = "sent"     // a server took it
	DeliveryDeferred  DeliveryState = "deferred" // not now; will be tried again
	DeliveryFailed    DeliveryState = "failed"   // refused for good, or given up
	DeliverySkipped   DeliveryState = "skipped"  // must not or need not leave
	DeliveryUncertain DeliveryState = "uncertain"
)

// DeliveryStates lists all states, in the order of a delivery's life.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryQueued, DeliveryClaimed, DeliverySending, DeliveryDeferred,
		DeliverySent, DeliveryFailed, DeliverySkipped, DeliveryUncertain}
}

// Final reports whether nothing more happens to the delivery by itself.
func (s DeliveryState) Final() bool {
	switch s {
	case DeliverySent, DeliveryFailed, DeliverySkipped, DeliveryUncertain:
		return true
	}
	return false
}

// DigestKey is the unique key of a person's digest of an edition.
func DigestKey(editionID, subscriberID int64) string {
	return fmt.Sprintf("digest:%d:%d", editionID, subscriberID)
}

// MessageID derives the Message-ID (RFC 5322, 3.6.4, without its brackets) from
// the delivery's key, so that every attempt carries the same one and a repeat is
// recognisable. The installation's salt keeps two of them from ever agreeing.
func MessageID(salt, key, domain string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + key))
	id := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15])
	return strings.ToLower(id) + "@" + domain
}

// Books are the sums of an edition's deliveries.
type Books struct {
	Planned   int `json:"planned"`
	Queued    int `json:"queued"`
	Claimed   int `json:"claimed"`
	Sending   int `json:"sending"`
	Sent      int `json:"sent"`
	Deferred  int `json:"deferred"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Uncertain int `json:"uncertain"`
}

// Add counts n deliveries of a state, without touching Planned.
func (b *Books) Add(state DeliveryState, n int) {
	switch state {
	case DeliveryQueued:
		b.Queued += n
	case DeliveryClaimed:
		b.Claimed += n
	case DeliverySending:
		b.Sending += n
	case DeliverySent:
		b.Sent += n
	case DeliveryDeferred:
		b.Deferred += n
	case DeliveryFailed:
		b.Failed += n
	case DeliverySkipped:
		b.Skipped += n
	case DeliveryUncertain:
		b.Uncertain += n
	}
}

// Count gives the deliveries of a state.
func (b Books) Count(state DeliveryState) int {
	switch state {
	case DeliveryQueued:
		return b.Queued
	case DeliveryClaimed:
		return b.Claimed
	case DeliverySending:
		return b.Sending
	case DeliverySent:
		return b.Sent
	case DeliveryDeferred:
		return b.Deferred
	case DeliveryFailed:
		return b.Failed
	case DeliverySkipped:
		return b.Skipped
	case DeliveryUncertain:
		return b.Uncertain
	}
	return 0
}

// Open counts the deliveries something will still happen to.
func (b Books) Open() int { return b.Queued + b.Claimed + b.Sending + b.Deferred }

// Balanced reports whether planned = sent + failed + skipped + uncertain + open.
func (b Books) Balanced() bool {
	return b.Planned == b.Sent+b.Failed+b.Skipped+b.Uncertain+b.Open()
}

// Outcome is what became of a delivery that was begun or claimed.
type Outcome struct {
	DeliveryID int64
	State      DeliveryState // sent, deferred, failed, skipped, uncertain; or queued to give a claim back
	MessageID  string
	Code       int
	Status     string
	Detail     string
	NotBefore  time.Time // for deferred
	// Unbegun says that whoever tells it had not put the delivery on the wire. It
	// is not written while the delivery is there: a worker that was taken for dead
	// may have claimed it twice, and sends it in another place.
	Unbegun bool
}

// Begin asks to put a claimed delivery on the wire. It is granted only while
// the claim is ours, the edition is sending and the person is as they were when
// the message was composed.
type Begin struct {
	DeliveryID int64
	Revision   int64 // of the subscriber
	// Again says that an Advance of the same moment has asked for it and failed,
	// and nobody knows whether it was committed all the same. If it was, that is
	// taken back first.
	Again bool
	// VariantID is that of the letter where it is not the one that was planned: the
	// person has chosen other topics since. The ledger tells what really left.
	VariantID int64
	// Standing is what a letter of a webinar was composed from (Registration.Standing,
	// Webinar.Standing); 0 for other mail.
	Standing int64
}
