package subscriptions

import (
	"context"
	"time"
)

// Preferences are what a person chose.
type Preferences struct {
	Subscriber Subscriber
	Masked     string
	Topics     []Topic // all there are
	Chosen     TopicSet
}

// Preferences shows them. It changes nothing.
func (s *SubscriptionService) Preferences(ctx context.Context, token string) (Preferences, error) {
	return s.preferences(ctx, s.Store, token)
}

func (s *SubscriptionService) preferences(ctx context.Context, store Store, token string) (Preferences, error) {
	_, person, err := s.holder(ctx, store, PurposePreferences, token)
	if err != nil {
		return Preferences{}, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return Preferences{}, err
	}
	return Preferences{Subscriber: person, Masked: MaskAddress(person.Address), Topics: all, Chosen: activeSet(rows)}, nil
}

// ChangeTopics sets the person's topics to exactly these. The link proves the
// mailbox, so new topics are active at once, and a person who had left is back.
func (s *SubscriptionService) ChangeTopics(ctx context.Context, token string, slugs []string, ip string) (Preferences, error) {
	var done Preferences
	err := s.Store.InTx(ctx, func(tx Store) error {
		p, err := s.preferences(ctx, tx, token)
		if err != nil {
			return err
		}
		topics, err := pickTopics(p.Topics, slugs)
		if err != nil {
			if len(slugs) == 0 {
				return invalid("topics", "choose at least one topic").hint("To get no more letters, unsubscribe instead.")
			}
			return err
		}
		wanted := idsOf(topics)
		if wanted.Key() == p.Chosen.Key() && p.Subscriber.EndedAt.IsZero() {
			done = p
			return nil
		}
		now := s.Now()
		if err := setTopics(ctx, tx, p.Subscriber.ID, wanted, now); err != nil {
			return err
		}
		p.Subscriber.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, p.Subscriber); err != nil {
			return err
		}
		p.Chosen, done = wanted, p
		done.Chosen = wanted
		return tx.AddConsents(ctx, []*Consent{{SubscriberID: p.Subscriber.ID, Kind: ConsentChanged, Topics: slugsOf(topics),
			Wording: CurrentWording().Version, Source: "preferences link", IP: ip, At: now}})
	})
	return done, err
}

// setTopics ends what is not wanted and opens what is.
func setTopics(ctx context.Context, tx Store, subscriberID int64, wanted TopicSet, now time.Time) error {
	rows, err := tx.Subscriptions(ctx, subscriberID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State == SubscriptionEnded || wanted.Has(row.TopicID) {
			continue
		}
		row.End(now, EndUnsubscribed)
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	return openTopics(ctx, tx, subscriberID, rows, wanted, now)
}

// openTopics makes the wanted topics active, given the person's rows, and leaves
// the others as they are.
func openTopics(ctx context.Context, tx Store, subscriberID int64, rows []Subscription, wanted TopicSet, now time.Time) error {
	have := map[int64]bool{}
	for _, row := range rows {
		if row.State == SubscriptionEnded || !wanted.Has(row.TopicID) {
			continue
		}
		have[row.TopicID] = true
		if row.State == SubscriptionActive {
			continue
		}
		if err := row.Confirm(now); err != nil {
			return err
		}
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	var add []*Subscription
	for _, id := range wanted {
		if !have[id] {
			add = append(add, &Subscription{SubscriberID: subscriberID, TopicID: id, State: SubscriptionActive, CreatedAt: now, ConfirmedAt: now})
		}
	}
	return tx.AddSubscriptions(ctx, add)
}
