package subscriptions

import (
	"context"
	"slices"
	"time"
)

// What becomes of a person whose address must not be mailed, and who holds a link
// to their preferences all the same. To make topics active would promise letters
// that never leave. So:
//
//   - After a bounce the address is asked: one letter to confirm, in a week, goes
//     there in spite of the suppression. Pressing its button proves that the
//     mailbox is alive, lifts the suppression, and only then are the topics active.
//   - After a complaint, or when an editor has barred it, nothing is sent and
//     nothing is opened. A link in an old letter is no proof that its first reader
//     has changed their mind; they write to us.

const (
	// barredAgain is how often a dead address is asked.
	barredAgain = 7 * 24 * time.Hour
	// SourceBarred is that of the consent given for an address that had bounced.
	SourceBarred = "preferences link, after a bounce"
)

func (s *SubscriptionService) askBarred(ctx context.Context, tx Store, p Preferences, topics []Topic, ip string, now time.Time) error {
	if p.Barred != SuppressedBounce {
		return invalid("topics", "no letter is sent to this address any more, because one was reported as unwanted or we were asked to stop").
			hint("If you want letters again, write to us.")
	}
	past, err := tx.Consents(ctx, p.Subscriber.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(past, func(c Consent) bool { return c.Source == SourceBarred && now.Sub(c.At) < barredAgain }) {
		return invalid("topics", "a letter to confirm went to this address less than a week ago").
			hint("If it does not arrive, subscribe with another address.")
	}
	rows, err := tx.Subscriptions(ctx, p.Subscriber.ID)
	if err != nil {
		return err
	}
	open := openStates(rows)
	var pending []*Subscription
	for _, t := range topics {
		if open[t.ID] == "" {
			pending = append(pending, &Subscription{SubscriberID: p.Subscriber.ID, TopicID: t.ID, State: SubscriptionPending, CreatedAt: now})
		}
	}
	if err := tx.AddSubscriptions(ctx, pending); err != nil {
		return err
	}
	wording, err := CurrentWording(ctx, tx)
	if err != nil {
		return err
	}
	consent := &Consent{SubscriberID: p.Subscriber.ID, Kind: ConsentGiven, Topics: slugsOf(topics),
		Wording: wording.Version, Source: SourceBarred, IP: ip, At: now}
	if err := tx.AddConsents(ctx, []*Consent{consent}); err != nil {
		return err
	}
	return queueConfirmation(ctx, tx, p.Subscriber, consent.ID, now)
}

// lift takes back the suppression of an address whose owner has just pressed the
// button of a letter there: one they asked for themselves by being erased, or one
// for a bounce that was before the letter. No other.
func (s *SubscriptionService) lift(ctx context.Context, tx Store, address string, asked, now time.Time) error {
	hash := s.Keys.HashAddress(address)
	found, err := tx.Suppressions(ctx, []string{hash})
	if err != nil {
		return err
	}
	sup, ok := found[hash]
	if !ok || sup.Reason != SuppressedErased && (sup.Reason != SuppressedBounce || asked.IsZero() || asked.Before(sup.CreatedAt)) {
		return nil
	}
	sup.LiftedAt = now
	if err := tx.PutSuppression(ctx, sup); err != nil || sup.Reason != SuppressedBounce {
		return err
	}
	// What came back before counts no more.
	_, err = mark(ctx, tx, ReturnAlive, hash, address, 0, "", now)
	return err
}
