package subscriptions

import (
	"context"
	"errors"
	"fmt"
)

// Export gives the holder of a link that they asked for all that is kept about them. It
// changes nothing.
func (s *SubscriptionService) Export(ctx context.Context, token string) (PersonalData, error) {
	person, err := s.owner(ctx, s.Store, token)
	if err != nil {
		return PersonalData{}, err
	}
	return s.export(ctx, person)
}

// ExportAddress gives it by the address, for somebody who asked in another way.
func (s *SubscriptionService) ExportAddress(ctx context.Context, email string) (PersonalData, error) {
	address, err := ParseAddress(email)
	if err != nil {
		return PersonalData{}, err
	}
	person, err := s.Store.FindSubscriberByAddress(ctx, address)
	if errors.Is(err, ErrNotFound) {
		return s.exportGuest(ctx, address, err)
	}
	if err != nil {
		return PersonalData{}, err
	}
	return s.export(ctx, person)
}

// exportGuest gives what is kept about somebody who registered for webinars and is no
// subscriber; none is the answer where that is nothing.
func (s *SubscriptionService) exportGuest(ctx context.Context, address string, none error) (PersonalData, error) {
	guest := Subscriber{Address: address}
	data := PersonalData{Format: ExportFormat, MadeAt: second(s.Now()), Person: PersonData{Address: address}, Subscriptions: []SubscriptionData{},
		Consents: []ConsentData{}, Deliveries: []DeliveryData{}, Registrations: []RegistrationData{}}
	var err error
	if data.Registrations, err = s.exportRegistrations(ctx, guest, data.Registrations); err == nil && len(data.Registrations) == 0 {
		err = none
	}
	return data, err
}

// export reads row after row, not one snapshot: what happens meanwhile may be in
// it or not.
func (s *SubscriptionService) export(ctx context.Context, person Subscriber) (PersonalData, error) {
	now := s.Now()
	data := PersonalData{Format: ExportFormat, MadeAt: second(now), Person: exportPerson(person, now), Subscriptions: []SubscriptionData{},
		Consents: []ConsentData{}, Registrations: []RegistrationData{}}
	all, rows, err := s.topicsAndRows(ctx, s.Store, person.ID)
	if err != nil {
		return data, err
	}
	for _, row := range rows {
		topic := fmt.Sprintf("topic %d", row.TopicID) // one that is retired
		if known := topicsIn(all, TopicSet{row.TopicID}); len(known) > 0 {
			topic = known[0].Slug
		}
		data.Subscriptions = append(data.Subscriptions, exportSubscription(row, topic))
	}
	consents, err := s.Store.Consents(ctx, person.ID)
	if err != nil {
		return data, err
	}
	for _, c := range consents {
		words, err := FindWording(ctx, s.Store, c.Wording)
		if err != nil {
			return data, err
		}
		data.Consents = append(data.Consents, exportConsent(c, words))
	}
	if data.Deliveries, err = s.exportDeliveries(ctx, person.ID); err != nil {
		return data, err
	}
	if data.Registrations, err = s.exportRegistrations(ctx, person, data.Registrations); err != nil {
		return data, err
	}
	if data.DeadlineReminders, err = s.Store.WantsDeadlines(ctx, person.ID); err != nil {
		return data, err
	}
	const mostReturns = 1000
	back, err := s.Store.Bounces(ctx, BounceFilter{PersonID: person.ID, Limit: mostReturns})
	if err != nil {
		return data, err
	}
	data.Returns = make([]ReturnData, len(back))
	for i, b := range back {
		data.Returns[i] = ReturnData{second(b.At), b.Kind, b.Class, b.Reason, b.Address}
	}
	hash := s.Keys.HashAddress(person.Address)
	suppressed, err := s.Store.Suppressions(ctx, []string{hash})
	if sup, ok := suppressed[hash]; ok {
		data.Suppression = &SuppressionData{sup.Reason, second(sup.CreatedAt)}
	}
	return data, err
}

// exportDeliveries reads all of them, a page at a time.
func (s *SubscriptionService) exportDeliveries(ctx context.Context, id int64) ([]DeliveryData, error) {
	const pageSize = 500
	all := []DeliveryData{}
	contents := map[int64]Content{}
	for after, more := int64(0), true; more; {
		page, err := s.Store.Deliveries(ctx, DeliveryFilter{SubscriberID: id, AfterID: after, Limit: pageSize})
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			after = d.ID
			out := DeliveryData{Kind: d.Kind, State: d.State, CreatedAt: second(d.CreatedAt), SentAt: second(d.SentAt), Address: d.Address, MessageID: d.MessageID}
			if d.EditionID != 0 {
				c, known := contents[d.EditionID]
				if !known {
					if c, err = s.Store.Content(ctx, d.EditionID); err != nil && !errors.Is(err, ErrNotFound) {
						return nil, err
					}
					contents[d.EditionID] = c
				}
				out.Edition = c.Slug
				if out.Subject, err = s.subject(ctx, d, c); err != nil {
					return nil, err
				}
			}
			all = append(all, out)
		}
		more = len(page) == pageSize
	}
	return all, nil
}

// subject tells a digest's as it was composed.
func (s *SubscriptionService) subject(ctx context.Context, d Delivery, c Content) (string, error) {
	if d.VariantID == 0 || c.Slug == "" {
		return "", nil
	}
	v, err := s.Store.FindVariant(ctx, d.VariantID)
	if err != nil {
		return "", err
	}
	at := d.CreatedAt
	if !d.SentAt.IsZero() {
		at = d.SentAt
	}
	return BuildDigest(c, v.Topics, DateOf(at)).Subject(), nil
}

func (s *SubscriptionService) exportRegistrations(ctx context.Context, person Subscriber, all []RegistrationData) ([]RegistrationData, error) {
	rows, err := s.Store.RegistrationsOf(ctx, person.ID, person.Address)
	if err != nil || len(rows) == 0 {
		return all, err
	}
	webinars, err := s.Store.Webinars(ctx)
	if err != nil {
		return all, err
	}
	byID := make(map[int64]Webinar, len(webinars))
	for _, w := range webinars {
		byID[w.ID] = w
	}
	for _, r := range rows {
		all = append(all, exportRegistration(r, byID[r.WebinarID]))
	}
	return all, nil
}
