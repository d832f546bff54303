package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type registrationRow struct {
	ID           int64
	WebinarID    int64
	SubscriberID *int64
	Address      string
	AddressKey   string
	Name         string
	Organisation string
	Zone         string
	State        string
	CreatedAt    time.Time
	ConfirmedAt  *time.Time
	EndedAt      *time.Time
}

func (registrationRow) TableName() string { return "registrations" }

func toRegistrationRow(r subscriptions.Registration) registrationRow {
	return registrationRow{ID: r.ID, WebinarID: r.WebinarID, SubscriberID: ref(r.SubscriberID), Address: r.Address,
		AddressKey: subscriptions.AddressKey(r.Address), Name: r.Name, Organisation: r.Organisation, Zone: r.Zone, State: string(r.State),
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: null(r.ConfirmedAt), EndedAt: null(r.EndedAt)}
}

func (r registrationRow) registration() subscriptions.Registration {
	return subscriptions.Registration{ID: r.ID, WebinarID: r.WebinarID, SubscriberID: idOf(r.SubscriberID), Address: r.Address,
		Name: r.Name, Organisation: r.Organisation, Zone: r.Zone, State: subscriptions.RegistrationState(r.State),
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: timeOf(r.ConfirmedAt), EndedAt: timeOf(r.EndedAt)}
}

// Registrations lists a webinar's, oldest first.
func (s *Store) Registrations(ctx context.Context, webinarID int64) ([]subscriptions.Registration, error) {
	var rows []registrationRow
	if err := s.read(ctx).Where("webinar_id = ?", webinarID).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "registrations")
	}
	registrations := make([]subscriptions.Registration, len(rows))
	for i, r := range rows {
		registrations[i] = r.registration()
	}
	return registrations, nil
}

// RegistrationsOf lists a person's, oldest first: those made as a subscriber, and
// those made with the address.
func (s *Store) RegistrationsOf(ctx context.Context, subscriberID int64, address string) ([]subscriptions.Registration, error) {
	var rows []registrationRow
	err := s.read(ctx).Where("subscriber_id = ? OR address_key = ? AND address_key <> ''", subscriberID, subscriptions.AddressKey(address)).
		Order("id").Find(&rows).Error
	registrations := make([]subscriptions.Registration, len(rows))
	for i, r := range rows {
		registrations[i] = r.registration()
	}
	return registrations, fault(err, "registrations of subscriber %d", subscriberID)
}

// ForgetRegistrations takes the person out of their registrations and gives the
// places back that were still held.
func (s *Store) ForgetRegistrations(ctx context.Context, subscriberID int64, address string, now time.Time) (int, error) {
	const held = "CASE WHEN state IN ('pending', 'registered', 'waiting') THEN "
	done := s.write(ctx).Model(&registrationRow{}).
		Where("(subscriber_id = ? OR address_key = ?) AND address_key <> ''", subscriberID, subscriptions.AddressKey(address)).
		UpdateColumns(map[string]any{"address": "", "address_key": "", "name": "", "organisation": "", "zone": "",
			"ended_at": gorm.Expr(held+"? ELSE ended_at END", now.UTC()), "state": gorm.Expr(held + "'cancelled' ELSE state END")})
	return int(done.RowsAffected), fault(done.Error, "registrations of subscriber %d", subscriberID)
}

// AddRegistration inserts a place; a second open one of the same person is a
// conflict.
func (s *Store) AddRegistration(ctx context.Context, r *subscriptions.Registration) error {
	row := toRegistrationRow(*r)
	err := s.write(ctx).Create(&row).Error
	r.ID = row.ID
	return fault(err, "registration")
}

// UpdateRegistration writes all fields.
func (s *Store) UpdateRegistration(ctx context.Context, r subscriptions.Registration) error {
	row := toRegistrationRow(r)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", r.ID).Updates(&row).Error, "registration %d", r.ID)
}
