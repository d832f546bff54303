package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sesec.eu/tidings/subscriptions"
)

// FindWebinar reads one; inside a transaction it is held.
func (s *Store) FindWebinar(ctx context.Context, id int64) (subscriptions.Webinar, error) {
	found, err := s.webinars(ctx, s.hold(ctx).Where("id = ?", id))
	if err == nil && len(found) == 0 {
		err = fault(gorm.ErrRecordNotFound, "webinar %d", id)
	}
	if err != nil {
		return subscriptions.Webinar{}, err
	}
	return found[0], nil
}

// FindRegistration reads one; inside a transaction it is held.
func (s *Store) FindRegistration(ctx context.Context, id int64) (subscriptions.Registration, error) {
	var row registrationRow
	err := s.hold(ctx).Take(&row, id).Error
	return row.registration(), fault(err, "registration %d", id)
}

// PeekRegistration reads one without holding it.
func (s *Store) PeekRegistration(ctx context.Context, id int64) (subscriptions.Registration, error) {
	var row registrationRow
	err := s.read(ctx).Take(&row, id).Error
	return row.registration(), fault(err, "registration %d", id)
}

// FindOpenRegistration finds the one of the address that is not cancelled.
func (s *Store) FindOpenRegistration(ctx context.Context, webinarID int64, address string) (subscriptions.Registration, error) {
	var row registrationRow
	err := s.hold(ctx).Where("webinar_id = ? AND address_key = ? AND state <> 'cancelled'", webinarID, subscriptions.AddressKey(address)).Take(&row).Error
	return row.registration(), fault(err, "registration of this address")
}

// RegistrationTurns is one more than the turns of the last that the address
// cancelled.
func (s *Store) RegistrationTurns(ctx context.Context, webinarID int64, address string) (int, error) {
	var turns int
	err := s.read(ctx).Model(&registrationRow{}).Select("COALESCE(max(turns) + 1, 0)").
		Where("webinar_id = ? AND address_key = ? AND state = 'cancelled' AND turns > 0", webinarID, subscriptions.AddressKey(address)).Scan(&turns).Error
	return turns, fault(err, "registrations of this address")
}

// CountRegistrations counts by state. Index registrations_state.
func (s *Store) CountRegistrations(ctx context.Context, webinarIDs ...int64) (map[int64]subscriptions.RegistrationCounts, error) {
	var rows []struct {
		WebinarID int64
		State     string
		N         int
	}
	counts := make(map[int64]subscriptions.RegistrationCounts, len(webinarIDs))
	for _, id := range webinarIDs {
		counts[id] = subscriptions.RegistrationCounts{}
	}
	err := s.read(ctx).Model(&registrationRow{}).Select("webinar_id, state, count(*) AS n").Where("webinar_id IN ?", webinarIDs).
		Group("webinar_id, state").Scan(&rows).Error
	for _, r := range rows {
		counts[r.WebinarID][subscriptions.RegistrationState(r.State)] = r.N
	}
	return counts, fault(err, "registrations")
}

// FindRegistrations lists by id.
func (s *Store) FindRegistrations(ctx context.Context, f subscriptions.RegistrationFilter) ([]subscriptions.Registration, error) {
	var rows []registrationRow
	err := s.registrationsFor(ctx, f).Order("id").Offset(f.Offset).Limit(limitOr(f.Limit)).Find(&rows).Error
	found := make([]subscriptions.Registration, len(rows))
	for i, r := range rows {
		found[i] = r.registration()
	}
	return found, fault(err, "registrations")
}

// CountFound counts what FindRegistrations would list without its bounds.
func (s *Store) CountFound(ctx context.Context, f subscriptions.RegistrationFilter) (int, error) {
	var n int64
	err := s.registrationsFor(ctx, f).Model(&registrationRow{}).Count(&n).Error
	return int(n), fault(err, "registrations")
}

func (s *Store) registrationsFor(ctx context.Context, f subscriptions.RegistrationFilter) *gorm.DB {
	q := s.read(ctx).Where("webinar_id = ?", f.WebinarID)
	if f.AfterID > 0 {
		q = q.Where("id > ?", f.AfterID)
	}
	if len(f.States) > 0 {
		q = q.Where("state IN ?", f.States)
	}
	if f.Text != "" {
		// Of one webinar: a few thousand at most.
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(address_key LIKE ? ESCAPE '\' OR lower(name) LIKE ? ESCAPE '\' OR lower(organisation) LIKE ? ESCAPE '\')`, like, like, like)
	}
	return q
}

// Waiting reads the first of the waiting list.
func (s *Store) Waiting(ctx context.Context, webinarID int64, limit int) ([]subscriptions.Registration, error) {
	var rows []registrationRow
	err := s.hold(ctx).Where("webinar_id = ? AND state = 'waiting'", webinarID).Order("confirmed_at, id").Limit(limit).Find(&rows).Error
	found := make([]subscriptions.Registration, len(rows))
	for i, r := range rows {
		found[i] = r.registration()
	}
	return found, fault(err, "waiting list")
}

// RegisteredAmong gives those of the addresses that take part, or may come to.
func (s *Store) RegisteredAmong(ctx context.Context, webinarID int64, addresses []string) (map[string]bool, error) {
	there := map[string]bool{}
	for from := 0; from < len(addresses); from += batch {
		keys := make([]string, 0, batch)
		for _, a := range addresses[from:min(from+batch, len(addresses))] {
			keys = append(keys, subscriptions.AddressKey(a))
		}
		var found []string
		if err := s.read(ctx).Model(&registrationRow{}).Where("webinar_id = ? AND address_key IN ? AND state <> 'cancelled' AND address_key <> ''", webinarID, keys).
			Pluck("address_key", &found).Error; err != nil {
			return nil, fault(err, "registrations")
		}
		for _, key := range found {
			there[key] = true
		}
	}
	return there, nil
}

// SeatsOf gives the places of the addresses in webinars to come. Where there is no such
// webinar, nothing else is asked. Index registrations_open.
func (s *Store) SeatsOf(ctx context.Context, addresses []string) (map[string]subscriptions.Seats, error) {
	var webinars []int64
	if err := s.read(ctx).Model(&webinarRow{}).Where("state IN ('announced', 'live') AND registration_url = ''").Pluck("id", &webinars).Error; err != nil || len(webinars) == 0 {
		return nil, fault(err, "webinars")
	}
	seats := map[string]subscriptions.Seats{}
	for part := range slices.Chunk(addresses, batch) {
		keys := make([]string, len(part))
		for i, a := range part {
			keys[i] = subscriptions.AddressKey(a)
		}
		var found []registrationRow
		if err := s.read(ctx).Select("webinar_id, address_key, state").Where("webinar_id IN ? AND address_key IN ? AND address_key <> '' AND state <> 'cancelled' AND state IN ('registered', 'waiting')",
			webinars, keys).Find(&found).Error; err != nil {
			return nil, fault(err, "registrations")
		}
		for _, r := range found {
			if seats[r.AddressKey] == nil {
				seats[r.AddressKey] = subscriptions.Seats{}
			}
			seats[r.AddressKey][r.WebinarID] = subscriptions.RegistrationState(r.State)
		}
	}
	return seats, nil
}

// MoveSeatMail gives letters that are open another address. Index
// deliveries_registration.
func (s *Store) MoveSeatMail(ctx context.Context, registrationIDs []int64, address string) error {
	told := []string{string(subscriptions.KindAnnouncement), string(subscriptions.KindRegisterConfirm), string(subscriptions.KindRegistered),
		string(subscriptions.KindWaiting), string(subscriptions.KindPromoted)}
	for part := range slices.Chunk(registrationIDs, batch) {
		if err := s.write(ctx).Model(&deliveryRow{}).Where("kind LIKE 'webinar-%' AND kind NOT IN ? AND ref_id IN ? AND state IN ('queued', 'claimed', 'deferred')", told, part).
			UpdateColumns(map[string]any{"address": address}).Error; err != nil {
			return fault(err, "letters of registrations")
		}
	}
	return nil
}
