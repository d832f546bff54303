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

	Suppression   Suppression // in force; zero when there is none
	Registrations []RegistrationStory
	Bounces       []Bounce     // what came back from their address, the latest 200
	Acts          []AuditEvent // what editors did about them, the latest 100
	AllTopics     []Topic
	Editions      map[int64]string // titles
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
		hash := s.Keys.HashAddress(person.Address)
		found, err := s.Store.Suppressions(ctx, []string{hash})
		if err != nil {
			return h, err
		}
		h.Suppression = found[hash]
	}
	all, rows, err := s.topicsAndRows(ctx, s.Store, person.ID)
	if err != nil {
		return h, err
	}
	h.AllTopics, h.Rows, h.Topics = all, rows, running(topicsIn(all, activeSet(rows)))
	if h.Consents, err = s.Store.Consents(ctx, person.ID); err != nil {
		return h, err
	}
	if h.Deliveries, err = s.Store.Deliveries(ctx, DeliveryFilter{SubscriberID: person.ID}); err != nil {
		return h, err
	}
	if h.Bounces, err = s.Store.Bounces(ctx, BounceFilter{PersonID: person.ID, Limit: 200}); err != nil {
		return h, err
	}
	if h.Acts, err = s.Store.AuditEvents(ctx, AuditFilter{Subject: personSubject(person.ID), Limit: 100}); err != nil {
		return h, err
	}
	editions, err := s.Store.Editions(ctx)
	if err != nil {
		return h, err
	}
	h.Editions = make(map[int64]string, len(editions))
	for _, e := range editions {
		h.Editions[e.ID] = e.Title
	}
	return h, s.seats(ctx, &h)
}

// seats adds the webinars somebody has registered for.
func (s *SubscriptionService) seats(ctx context.Context, h *History) error {
	places, err := s.Store.RegistrationsOf(ctx, h.Subscriber.ID, h.Subscriber.Address)
	if err != nil || len(places) == 0 {
		return err
	}
	webinars, err := s.Store.Webinars(ctx)
	if err != nil {
		return err
	}
	for _, r := range places {
		story := RegistrationStory{Registration: r}
		for _, w := range webinars {
			if w.ID == r.WebinarID {
				story.Webinar = w
			}
		}
		h.Registrations = append(h.Registrations, story)
	}
	return nil
}
