package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Welcome says which mail follows a confirmation at once.
type Welcome string

// The welcomes.
const (
	WelcomeNone   Welcome = ""       // nobody asked for one
	WelcomeDigest Welcome = "digest" // the newest edition
	WelcomeShort  Welcome = "short"  // there is nothing to send yet
)

// queueWelcome queues the mail that was asked for with the sign-up, once a
// confirmation: its key is the consent that the press has just written. The mail
// is a digest of the topics that were confirmed, from the edition as it was frozen.
func queueWelcome(ctx context.Context, tx Store, person Subscriber, consentID int64, confirmed TopicSet, now time.Time) (Welcome, error) {
	variant, err := welcomeVariant(ctx, tx, person, confirmed)
	if err != nil {
		return WelcomeNone, err
	}
	_, err = tx.QueueDeliveries(ctx, []Delivery{{Kind: KindWelcome, SubscriberID: person.ID, RefID: consentID, VariantID: variant, Address: person.Address,
		Key: fmt.Sprintf("welcome:%d:%d", person.ID, consentID), Priority: PriorityPerson, State: DeliveryQueued, NotBefore: now, CreatedAt: now}})
	if variant == 0 {
		return WelcomeShort, err
	}
	return WelcomeDigest, err
}

// welcomeVariant finds what the newest public edition holds for the topics; 0
// means that there is nothing, or that the edition's own run brings it: nobody gets
// an edition twice.
func welcomeVariant(ctx context.Context, tx Store, person Subscriber, confirmed TopicSet) (int64, error) {
	editions, err := tx.Editions(ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range editions {
		if !e.Public() || e.State == EditionCancelled {
			continue
		}
		// Read again with the row held, as the plan does: it has either passed this
		// person, and will not come back, or will find them confirmed.
		if e, err = tx.FindEdition(ctx, e.ID); err != nil {
			return 0, err
		}
		if e.PlannedAt.IsZero() && e.Cursor < person.ID {
			return 0, nil
		}
		switch d, err := tx.FindDeliveryByKey(ctx, DigestKey(e.ID, person.ID)); {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return 0, err
		case !d.State.Final():
			return 0, nil // it leaves with the topics the person has by then
		}
		c, err := tx.Content(ctx, e.ID)
		if err != nil {
			return 0, err
		}
		set, ok := NewAudience(c).VariantFor(confirmed)
		if !ok {
			return 0, nil
		}
		variants, err := tx.Variants(ctx, e.ID, []TopicSet{set})
		return variants[set.Key()].ID, err
	}
	return 0, nil
}

// wantsNewest reports whether a sign-up since the last confirmation asked for the
// newest edition.
func wantsNewest(past []Consent) bool {
	wants := false
	for _, c := range past {
		switch c.Kind {
		case ConsentGiven:
			wants = wants || c.Newest
		case ConsentConfirmed, ConsentErased:
			wants = false
		case ConsentImported, ConsentChanged, ConsentWithdrawn:
		}
	}
	return wants
}
