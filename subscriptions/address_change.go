package subscriptions

import (
	"context"
	"time"
)

// AddressChange is one request to move a subscription to another address.
//
//	asked ──the link in the mail to the new address──▶ confirmed ──30 days──▶ may be taken back
//
// Nothing of the person changes before the new address has confirmed. A request
// that is not to be mailed, because the address has a subscription of its own or
// must not be mailed, leaves the same row without the address: the page and the
// limits are the same for all (MAIL 15).
type AddressChange struct {
	ID           int64
	SubscriberID int64
	Address      string // moved to; "" when it was not mailed, or another request took its place
	Replaced     string // the address before, once confirmed
	Restores     int64  // the change that this one took back; 0 for none
	CreatedAt    time.Time
	ConfirmedAt  time.Time
}

// Open reports whether the request waits for its confirmation.
func (c AddressChange) Open() bool { return c.Address != "" && c.ConfirmedAt.IsZero() }

// AddressChangeStore keeps them.
type AddressChangeStore interface {
	AddAddressChange(ctx context.Context, c *AddressChange) error
	UpdateAddressChange(ctx context.Context, c AddressChange) error // all fields
	FindAddressChange(ctx context.Context, id int64) (AddressChange, error)
	AddressChanges(ctx context.Context, subscriberID int64) ([]AddressChange, error) // oldest first
	// MoveDeliveries gives what is open of the person's digests and announcements the
	// address, so that an edition on its way is not lost between two mailboxes.
	MoveDeliveries(ctx context.Context, subscriberID int64, address string) error
}
