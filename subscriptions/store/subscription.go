package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type subscriptionRow struct {
	ID           int64
	SubscriberID int64
	TopicID      int64
	State        string
	CreatedAt    time.Time
	ConfirmedAt  *time.Time
	EndedAt      *time.Time
	EndReason    string
}

func (subscriptionRow) TableName() string { return "subscriptions" }

func toSubscriptionRow(s subscriptions.Subscription) subscriptionRow {
	return subscriptionRow{ID: s.ID, SubscriberID: s.SubscriberID, TopicID: s.TopicID, State: string(s.State),
		CreatedAt: s.CreatedAt.UTC(), ConfirmedAt: null(s.ConfirmedAt), EndedAt: null(s.EndedAt), EndReason: string(s.EndReason)}
}

func (r subscriptionRow) subscription() subscriptions.Subscription {
	return subscriptions.Subscription{ID: r.ID, SubscriberID: r.SubscriberID, TopicID: r.TopicID, State: subscriptions.SubscriptionState(r.State),
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: timeOf(r.ConfirmedAt), EndedAt: timeOf(r.EndedAt), EndReason: subscriptions.EndReason(r.EndReason)}
}

// Subscriptions gives all rows of the people, oldest first.
func (s *Store) Subscriptions(ctx context.Context, subscriberIDs ...int64) ([]subscriptions.Subscription, error) {
	var all []subscriptions.Subscription
	for from := 0; from < len(subscriberIDs); from += batch {
		var rows []subscriptionRow
		part := subscriberIDs[from:min(from+batch, len(subscriberIDs))]
		if err := s.read(ctx).Where("subscriber_id IN ?", part).Order("id").Find(&rows).Error; err != nil {
			return nil, fault(err, "subscriptions")
		}
		for _, r := range rows {
			all = append(all, r.subscription())
		}
	}
	return all, nil
}

// AddSubscriptions inserts rows.
func (s *Store) AddSubscriptions(ctx context.Context, subs []*subscriptions.Subscription) error {
	if len(subs) == 0 {
		return nil
	}
	rows := make([]subscriptionRow, len(subs))
	open := true
	for i, sub := range subs {
		rows[i] = toSubscriptionRow(*sub)
		open = open && sub.EndedAt.IsZero()
	}
	db := s.write(ctx)
	if open {
		db = db.Omit("ended_at", "end_reason") // as in AddSubscribers
	}
	if err := db.CreateInBatches(&rows, batch).Error; err != nil {
		return fault(err, "subscription")
	}
	for i := range rows {
		subs[i].ID = rows[i].ID
	}
	return nil
}

// UpdateSubscription writes all fields.
func (s *Store) UpdateSubscription(ctx context.Context, sub subscriptions.Subscription) error {
	row := toSubscriptionRow(sub)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", sub.ID).Updates(&row).Error, "subscription %d", sub.ID)
}
