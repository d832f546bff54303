package store

import (
	"context"
	"time"

	"sesec.eu/tidings/subscriptions"
)

type addressChangeRow struct {
	ID           int64
	SubscriberID int64
	Address      string
	Replaced     string
	Restores     int64
	CreatedAt    time.Time
	ConfirmedAt  *time.Time
}

func (addressChangeRow) TableName() string { return "address_changes" }

func toAddressChangeRow(c subscriptions.AddressChange) addressChangeRow {
	return addressChangeRow{ID: c.ID, SubscriberID: c.SubscriberID, Address: c.Address, Replaced: c.Replaced, Restores: c.Restores,
		CreatedAt: c.CreatedAt.UTC(), ConfirmedAt: null(c.ConfirmedAt)}
}

func (r addressChangeRow) change() subscriptions.AddressChange {
	return subscriptions.AddressChange{ID: r.ID, SubscriberID: r.SubscriberID, Address: r.Address, Replaced: r.Replaced, Restores: r.Restores,
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: timeOf(r.ConfirmedAt)}
}

// AddAddressChange inserts a request.
func (s *Store) AddAddressChange(ctx context.Context, c *subscriptions.AddressChange) error {
	row := toAddressChangeRow(*c)
	err := s.write(ctx).Create(&row).Error
	c.ID = row.ID
	return fault(err, "change of address")
}

// UpdateAddressChange writes all fields.
func (s *Store) UpdateAddressChange(ctx context.Context, c subscriptions.AddressChange) error {
	row := toAddressChangeRow(c)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", c.ID).Updates(&row).Error, "change of address %d", c.ID)
}

// FindAddressChange reads one.
func (s *Store) FindAddressChange(ctx context.Context, id int64) (subscriptions.AddressChange, error) {
	var row addressChangeRow
	err := s.read(ctx).Take(&row, id).Error
	return row.change(), fault(err, "change of address %d", id)
}

// AddressChanges gives a person's requests, oldest first.
func (s *Store) AddressChanges(ctx context.Context, subscriberID int64) ([]subscriptions.AddressChange, error) {
	var rows []addressChangeRow
	if err := s.read(ctx).Where("subscriber_id = ?", subscriberID).Order("id").Find(&rows).Error; err != nil {
		return nil, fault(err, "changes of address")
	}
	changes := make([]subscriptions.AddressChange, len(rows))
	for i, r := range rows {
		changes[i] = r.change()
	}
	return changes, nil
}

// MoveDeliveries gives the person's open letters of editions and announcements another
// address. What is on the wire stays: it has left.
func (s *Store) MoveDeliveries(ctx context.Context, subscriberID int64, address string) error {
	// The index deliveries_subscriber finds the few rows of one person.
	err := s.write(ctx).Model(&deliveryRow{}).Where("subscriber_id = ? AND kind IN ? AND state IN ('queued', 'claimed', 'deferred')",
		subscriberID, append([]string{string(subscriptions.KindAnnouncement)}, ofEditions...)).UpdateColumns(map[string]any{"address": address}).Error
	return fault(err, "deliveries of subscriber %d", subscriberID)
}
