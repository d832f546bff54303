package store

import (
	"context"
	"encoding/json"
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
	PlacedAt     *time.Time
	Turns        int
	Answers      string
	Source       string
	Revision     int64
}

func (registrationRow) TableName() string { return "registrations" }

func toRegistrationRow(r subscriptions.Registration) registrationRow {
	answers := ""
	if len(r.Answers) > 0 {
		written, _ := json.Marshal(r.Answers) // strings: it cannot fail
		answers = string(written)
	}
	return registrationRow{Revision: r.Revision, PlacedAt: null(r.PlacedAt), Turns: r.Turns, Answers: answers, Source: r.Source,
		ID: r.ID, WebinarID: r.WebinarID, SubscriberID: ref(r.SubscriberID), Address: r.Address,
		AddressKey: subscriptions.AddressKey(r.Address), Name: r.Name, Organisation: r.Organisation, Zone: r.Zone, State: string(r.State),
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: null(r.ConfirmedAt), EndedAt: null(r.EndedAt)}
}

func (r registrationRow) registration() subscriptions.Registration {
	var answers map[string]string
	if r.Answers != "" {
		_ = json.Unmarshal([]byte(r.Answers), &answers) // what cannot be read was no answer of ours
	}
	return subscriptions.Registration{Revision: r.Revision, PlacedAt: timeOf(r.PlacedAt), Turns: r.Turns, Answers: answers, Source: r.Source,
		ID: r.ID, WebinarID: r.WebinarID, SubscriberID: idOf(r.SubscriberID), Address: r.Address,
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

// ForgetRegistrations takes the person out of their registrations and of the letters
// about them, and gives the places back that were still held.
func (s *Store) ForgetRegistrations(ctx context.Context, subscriberID int64, address string, now time.Time) (n int, err error) {
	const held = "CASE WHEN state IN ('pending', 'registered', 'waiting') THEN "
	err = s.tx(ctx, func(tx *Store) error {
		var ids []int64
		if err := tx.read(ctx).Model(&registrationRow{}).Where("(subscriber_id = ? OR address_key = ?) AND address_key <> ''",
			subscriberID, subscriptions.AddressKey(address)).Order("id").Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		done := tx.write(ctx).Model(&registrationRow{}).Where("id IN ?", ids).
			UpdateColumns(map[string]any{"address": "", "address_key": "", "name": "", "organisation": "", "zone": "", "answers": "", "source": "", "revision": gorm.Expr("revision + 1"),
				"ended_at": gorm.Expr(held+"? ELSE ended_at END", now.UTC()), "state": gorm.Expr(held + "'cancelled' ELSE state END")})
		if done.Error != nil {
			return done.Error
		}
		n = int(done.RowsAffected)
		return tx.forgetRegistrationMail(ctx, ids, now)
	})
	return n, fault(err, "registrations of subscriber %d", subscriberID)
}

// forgetRegistrationMail skips the letters of registrations that have not left, and
// takes the addresses out of all of them. Index deliveries_registration.
func (s *Store) forgetRegistrationMail(ctx context.Context, ids []int64, now time.Time) error {
	const theirs = "kind LIKE 'webinar-%' AND kind <> 'webinar-announcement' AND ref_id IN ?"
	for from := 0; from < len(ids); from += batch {
		part := ids[from:min(from+batch, len(ids))]
		if err := s.write(ctx).Model(&deliveryRow{}).Where(theirs+" AND state IN ('queued', 'deferred', 'claimed')", part).
			UpdateColumns(map[string]any{"state": string(subscriptions.DeliverySkipped), "address": "", "detail": "erased", "worker": "",
				"lease_until": nil, "updated_at": now.UTC()}).Error; err != nil {
			return err
		}
		if err := s.write(ctx).Model(&deliveryRow{}).Where(theirs+" AND address <> ''", part).
			UpdateColumns(map[string]any{"address": "", "detail": ""}).Error; err != nil {
			return err
		}
	}
	return nil
}

// AddRegistration inserts a place; a second open one of the same person is a
// conflict.
func (s *Store) AddRegistration(ctx context.Context, r *subscriptions.Registration) error {
	row := toRegistrationRow(*r)
	err := s.write(ctx).Create(&row).Error
	r.ID = row.ID
	return fault(err, "registration")
}

// UpdateRegistration writes all fields, and raises the revision.
func (s *Store) UpdateRegistration(ctx context.Context, r subscriptions.Registration) error {
	row := toRegistrationRow(r)
	row.Revision++
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", r.ID).Updates(&row).Error, "registration %d", r.ID)
}
