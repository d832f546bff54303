package store

import (
	"context"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type consentRow struct {
	ID           int64
	SubscriberID int64
	Kind         string
	Topics       string
	Wording      string
	Source       string
	IP           string
	At           time.Time
	Newest       bool
	Reason       string
	Origin       int64
	ImportID     *int64
}

func (consentRow) TableName() string { return "consents" }

func (r consentRow) consent() subscriptions.Consent {
	c := subscriptions.Consent{ID: r.ID, SubscriberID: r.SubscriberID, Kind: subscriptions.ConsentKind(r.Kind),
		Wording: r.Wording, Source: r.Source, IP: r.IP, At: r.At.UTC(), Newest: r.Newest, Reason: subscriptions.LeaveReason(r.Reason), Origin: r.Origin, ImportID: idOf(r.ImportID)}
	if r.Topics != "" {
		c.Topics = strings.Split(r.Topics, ",")
	}
	return c
}

// AddConsents appends events.
func (s *Store) AddConsents(ctx context.Context, consents []*subscriptions.Consent) error {
	if len(consents) == 0 {
		return nil
	}
	rows := make([]consentRow, len(consents))
	for i, c := range consents {
		rows[i] = consentRow{SubscriberID: c.SubscriberID, Kind: string(c.Kind), Topics: strings.Join(c.Topics, ","),
			Wording: c.Wording, Source: c.Source, IP: c.IP, At: c.At.UTC(), Newest: c.Newest, Reason: string(c.Reason), Origin: c.Origin, ImportID: ref(c.ImportID)}
	}
	if err := s.write(ctx).CreateInBatches(&rows, batch).Error; err != nil {
		return fault(err, "consent")
	}
	for i := range rows {
		consents[i].ID = rows[i].ID
	}
	return nil
}

// Consents gives a person's events, oldest first.
func (s *Store) Consents(ctx context.Context, subscriberID int64) ([]subscriptions.Consent, error) {
	var rows []consentRow
	if err := s.read(ctx).Where("subscriber_id = ?", subscriberID).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "consents")
	}
	consents := make([]subscriptions.Consent, len(rows))
	for i, r := range rows {
		consents[i] = r.consent()
	}
	return consents, nil
}

// FindConsent reads one event.
func (s *Store) FindConsent(ctx context.Context, id int64) (subscriptions.Consent, error) {
	var row consentRow
	err := s.read(ctx).Take(&row, id).Error
	return row.consent(), fault(err, "consent %d", id)
}
