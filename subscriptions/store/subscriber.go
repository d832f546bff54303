package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

type subscriberRow struct {
	ID           int64
	Address      string
	AddressKey   *string
	Name         string
	Organisation string
	Zone         string
	Dates        string
	CreatedAt    time.Time
	ConfirmedAt  *time.Time
	PausedUntil  *time.Time
	EndedAt      *time.Time
	EndReason    string
	ErasedAt     *time.Time
	Revision     int64
}

func (subscriberRow) TableName() string { return "subscribers" }

func toSubscriberRow(s subscriptions.Subscriber) subscriberRow {
	row := subscriberRow{ID: s.ID, Address: s.Address, Name: s.Name, Organisation: s.Organisation, Zone: s.Zone, Dates: string(s.Dates),
		CreatedAt: s.CreatedAt.UTC(), ConfirmedAt: null(s.ConfirmedAt), PausedUntil: null(s.PausedUntil),
		EndedAt: null(s.EndedAt), EndReason: string(s.EndReason), ErasedAt: null(s.ErasedAt), Revision: s.Revision}
	if s.Address != "" {
		key := subscriptions.AddressKey(s.Address)
		row.AddressKey = &key
	}
	return row
}

func (r subscriberRow) subscriber() subscriptions.Subscriber {
	return subscriptions.Subscriber{ID: r.ID, Address: r.Address, Name: r.Name, Organisation: r.Organisation, Zone: r.Zone, Dates: subscriptions.DateStyle(r.Dates),
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: timeOf(r.ConfirmedAt), PausedUntil: timeOf(r.PausedUntil),
		EndedAt: timeOf(r.EndedAt), EndReason: subscriptions.EndReason(r.EndReason), ErasedAt: timeOf(r.ErasedAt), Revision: r.Revision}
}

// FindSubscriber reads a person; two links pressed at once act one after the
// other.
func (s *Store) FindSubscriber(ctx context.Context, id int64) (subscriptions.Subscriber, error) {
	var row subscriberRow
	err := s.hold(ctx).Take(&row, id).Error
	return row.subscriber(), fault(err, "subscriber %d", id)
}

// FindSubscriberByAddress reads a person by any spelling of the address.
func (s *Store) FindSubscriberByAddress(ctx context.Context, address string) (subscriptions.Subscriber, error) {
	var row subscriberRow
	err := s.hold(ctx).Where("address_key = ?", subscriptions.AddressKey(address)).Take(&row).Error
	return row.subscriber(), fault(err, "subscriber with this address")
}

// SubscribersByAddress reads the known ones of many addresses, and holds them: whoever
// changes them writes all of their fields.
func (s *Store) SubscribersByAddress(ctx context.Context, addresses []string) (map[string]subscriptions.Subscriber, error) {
	found := make(map[string]subscriptions.Subscriber, len(addresses))
	for from := 0; from < len(addresses); from += batch {
		part := addresses[from:min(from+batch, len(addresses))]
		keys := make([]string, len(part))
		for i, a := range part {
			keys[i] = subscriptions.AddressKey(a)
		}
		var rows []subscriberRow
		if err := s.hold(ctx).Where("address_key IN ?", keys).Order("id").Find(&rows).Error; err != nil {
			return nil, fault(err, "subscribers by address")
		}
		for _, r := range rows {
			found[*r.AddressKey] = r.subscriber()
		}
	}
	return found, nil
}

// AddSubscribers inserts people.
func (s *Store) AddSubscribers(ctx context.Context, people []*subscriptions.Subscriber) error {
	if len(people) == 0 {
		return nil
	}
	rows := make([]subscriberRow, len(people))
	fresh := true
	for i, p := range people {
		rows[i] = toSubscriberRow(*p)
		fresh = fresh && p.PausedUntil.IsZero() && p.EndedAt.IsZero() && p.ErasedAt.IsZero()
	}
	db := s.write(ctx)
	if fresh {
		// A list of a hundred thousand people need not say a hundred thousand times
		// that nobody has left.
		db = db.Omit("paused_until", "ended_at", "end_reason", "erased_at")
	}
	if err := db.CreateInBatches(&rows, batch).Error; err != nil {
		return fault(err, "subscriber")
	}
	for i := range rows {
		people[i].ID = rows[i].ID
	}
	return nil
}

// UpdateSubscriber writes all fields.
func (s *Store) UpdateSubscriber(ctx context.Context, p subscriptions.Subscriber) error {
	row := toSubscriberRow(p)
	return fault(s.write(ctx).Select("*").Omit("id").Where("id = ?", p.ID).Updates(&row).Error, "subscriber %d", p.ID)
}

// CountSubscribers counts people by where they stand.
func (s *Store) CountSubscribers(ctx context.Context, now time.Time) (map[subscriptions.SubscriberStatus]int, error) {
	var rows []struct {
		Status string
		N      int
	}
	// The same order of questions as Subscriber.Status.
	err := s.read(ctx).Model(&subscriberRow{}).Select(`CASE WHEN erased_at IS NOT NULL THEN 'erased' WHEN ended_at IS NOT NULL THEN 'ended'
		WHEN confirmed_at IS NULL THEN 'pending' WHEN paused_until > ? THEN 'paused' ELSE 'active' END AS status, count(*) AS n`, now.UTC()).
		Group("status").Scan(&rows).Error
	counts := make(map[subscriptions.SubscriberStatus]int, len(rows))
	for _, r := range rows {
		counts[subscriptions.SubscriberStatus(r.Status)] = r.N
	}
	return counts, fault(err, "count of subscribers")
}

// A plan, and the claims after it, read hundreds of thousands of people, so these
// rows are scanned here and not by GORM, which looks each field up by its name.

// Recipients reads the next people who may be mailed at all, by id.
func (s *Store) Recipients(ctx context.Context, afterID int64, limit int) ([]subscriptions.Recipient, error) {
	// The partial index subscribers_mailable answers this.
	people, err := s.people(limit, s.read(ctx).Where("id > ? AND confirmed_at IS NOT NULL AND ended_at IS NULL AND erased_at IS NULL", afterID).Limit(limit))
	if err != nil || len(people) == 0 {
		return nil, fault(err, "recipients")
	}
	at := make(map[int64]*subscriptions.Recipient, len(people))
	for i := range people {
		at[people[i].Subscriber.ID] = &people[i]
	}
	// A range instead of an IN list of a thousand ids: the people are neighbours.
	return people, s.choose(ctx, at, "subscriber_id BETWEEN ? AND ?", people[0].Subscriber.ID, people[len(people)-1].Subscriber.ID)
}

// RecipientsByID reads these people, and perhaps a few neighbours, whatever their
// status.
func (s *Store) RecipientsByID(ctx context.Context, ids []int64) ([]subscriptions.Recipient, error) {
	found := make([]subscriptions.Recipient, 0, len(ids))
	for part := range slices.Chunk(ids, batch) {
		who, args := spread(part)
		people, err := s.people(len(part), s.read(ctx).Where("id "+who, args...))
		if err != nil {
			return nil, fault(err, "recipients")
		}
		at := make(map[int64]*subscriptions.Recipient, len(people))
		for i := range people {
			at[people[i].Subscriber.ID] = &people[i]
		}
		if err := s.choose(ctx, at, "subscriber_id "+who, args...); err != nil {
			return nil, err
		}
		found = append(found, people...)
	}
	return found, nil
}

// spread is the condition that selects the ids: a range where they are nearly
// all neighbours, as in the claims of a plan. It has one text however many there
// are, and takes the database no list to read. Some others may come with it.
func spread(ids []int64) (condition string, args []any) {
	if low, high := slices.Min(ids), slices.Max(ids); high-low < 2*int64(len(ids)) {
		return "BETWEEN ? AND ?", []any{low, high}
	}
	return "IN ?", []any{ids}
}

// people reads subscribers by id, without their topics.
func (s *Store) people(size int, q *gorm.DB) (people []subscriptions.Recipient, err error) {
	rows, err := q.Model(&subscriberRow{}).Select("id, address, name, organisation, zone, dates, created_at, confirmed_at, paused_until, ended_at, end_reason, erased_at, revision").
		Order("id").Rows()
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	people = make([]subscriptions.Recipient, 0, size)
	for rows.Next() {
		var r subscriptions.Recipient
		p := &r.Subscriber
		if err := rows.Scan(&p.ID, &p.Address, &p.Name, &p.Organisation, &p.Zone, &p.Dates, stamp{&p.CreatedAt}, stamp{&p.ConfirmedAt}, stamp{&p.PausedUntil},
			stamp{&p.EndedAt}, &p.EndReason, stamp{&p.ErasedAt}, &p.Revision); err != nil {
			return nil, err
		}
		people = append(people, r)
	}
	return people, rows.Err()
}

// choose fills in the active topics of the people. It reads the rows itself: a
// plan goes through hundreds of thousands of them.
func (s *Store) choose(ctx context.Context, at map[int64]*subscriptions.Recipient, where string, args ...any) error {
	rows, err := s.read(ctx).Model(&subscriptionRow{}).Select("subscriber_id, topic_id").
		Where(where, args...).Where("state = 'active'").Order("subscriber_id, topic_id").Rows()
	if err != nil {
		return fault(err, "topics of recipients")
	}
	defer rows.Close()
	for rows.Next() {
		var who, topic int64
		if err := rows.Scan(&who, &topic); err != nil {
			return fault(err, "topics of recipients")
		}
		if r := at[who]; r != nil {
			r.Chosen = append(r.Chosen, topic) // sorted by the query
		}
	}
	return fault(rows.Err(), "topics of recipients")
}
