package subscriptions

import (
	"context"
	"time"
)

// Suppression is an address that must not be mailed, remembered by its keyed
// hash (HashAddress) so that it can outlive the erased address.
type Suppression struct {
	Hash      string
	Reason    SuppressionReason
	Note      string
	CreatedAt time.Time
	LiftedAt  time.Time // an editor or the person lifted it; zero while in force
}

// SuppressionReason says why the address must not be mailed.
type SuppressionReason string

// The reasons. Unsubscribing is not one of them: a person who left may come
// back by the form, a suppressed address may not before it is lifted.
const (
	SuppressedBounce    SuppressionReason = "bounce"
	SuppressedComplaint SuppressionReason = "complaint"
	SuppressedErased    SuppressionReason = "erased"
	SuppressedByEditor  SuppressionReason = "editor"
)

// InForce reports whether the address must not be mailed now.
func (s Suppression) InForce() bool { return s.LiftedAt.IsZero() }

// MarkSuppressed fills in Suppressed for the people of a batch.
func MarkSuppressed(ctx context.Context, store SubscriberStore, keys *Keyring, people []Recipient) error {
	hashes := make([]string, len(people))
	for i, p := range people {
		hashes[i] = keys.HashAddress(p.Subscriber.Address)
	}
	found, err := store.Suppressions(ctx, hashes)
	if err != nil {
		return err
	}
	for i := range people {
		if s, ok := found[hashes[i]]; ok {
			people[i].Suppressed = s.Reason
		}
	}
	return nil
}
