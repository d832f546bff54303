package subscriptions

import "context"

// History is one person's whole story, for the desk and for whoever asks what
// is kept about them.
type History struct {
	Subscriber Subscriber
	Status     SubscriberStatus
	Suppressed SuppressionReason
	Topics     []Topic // active
	Rows       []Subscription
	Consents   []Consent
	Deliveries []Delivery // the latest 500
}

// History reads it by address.
func (s *SubscriptionService) History(ctx context.Context, email string) (History, error) {
	address, err := ParseAddress(email)
	if err != nil {
		return History{}, err
	}
	person, err := s.Store.FindSubscriberByAddress(ctx, address)
	if err != nil {
		return History{}, err
	}
	return s.historyOf(ctx, person)
}

func (s *SubscriptionService) historyOf(ctx context.Context, person Subscriber) (History, error) {
	h := History{Subscriber: person, Status: person.Status(s.Now())}
	if person.Address != "" {
		people := []Recipient{{Subscriber: person}}
		if err := MarkSuppressed(ctx, s.Store, s.Keys, people); err != nil {
			return h, err
		}
		h.Suppressed = people[0].Suppressed
	}
	all, rows, err := s.topicsAndRows(ctx, s.Store, person.ID)
	if err != nil {
		return h, err
	}
	h.Rows, h.Topics = rows, running(topicsIn(all, activeSet(rows)))
	if h.Consents, err = s.Store.Consents(ctx, person.ID); err != nil {
		return h, err
	}
	h.Deliveries, err = s.Store.Deliveries(ctx, DeliveryFilter{SubscriberID: person.ID})
	return h, err
}
