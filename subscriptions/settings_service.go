package subscriptions

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// SettingsService is what changes the settings, and what tells those in force.
//
// Every process asks for the version in force every few seconds, and reads the
// settings when it has changed: a change is in force on the site and in the worker
// without a restart. The one that makes it has it at once.
type SettingsService struct {
	Store Store
	Now   func() time.Time
	Base  Identity         // of it, BaseURL and Bounce
	Fixed map[string]Fixed // what the operator fixed, by key
	Signs string           // the domain that signs mail; "" for none

	mu   sync.Mutex
	seen atomic.Pointer[seenHouse]
}

// Fixed is a value that flags or the environment gave, and the desk cannot change.
type Fixed struct {
	Value string
	By    string // TIDINGS_SITE
}

type seenHouse struct {
	house House
	at    time.Time
}

// settingsAge is how old the knowledge of the version in force may be.
const settingsAge = 2 * time.Second

// Current is the settings in force. While the database does not answer it is what
// was in force before, if anything is known.
func (s *SettingsService) Current(ctx context.Context) (House, error) {
	seen, now := s.seen.Load(), s.Now()
	if seen != nil && fresh(seen.at, now) {
		return seen.house, nil
	}
	if seen != nil && !s.mu.TryLock() {
		return seen.house, nil // somebody is asking
	}
	if seen == nil {
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if seen = s.seen.Load(); seen != nil {
		if fresh(seen.at, now) {
			return seen.house, nil
		}
		version, err := s.Store.SettingsVersion(ctx)
		if err != nil || version == seen.house.Version {
			if err == nil {
				s.seen.Store(&seenHouse{seen.house, now})
			}
			return seen.house, err
		}
	}
	newest, err := s.Store.NewestSettings(ctx)
	if err != nil {
		if seen != nil {
			return seen.house, err
		}
		return NewHouse(0, s.withFixed(nil), s.Base), err
	}
	return s.keep(newest, now), nil
}

// fresh also holds when the clock was set back.
func fresh(at, now time.Time) bool { return now.Sub(at).Abs() < settingsAge }

// keep makes a version the one in force here, unless a newer one is already.
func (s *SettingsService) keep(v SettingsVersion, now time.Time) House {
	house := s.House(v)
	if seen := s.seen.Load(); seen != nil && seen.house.Version > v.Version {
		return seen.house
	}
	s.seen.Store(&seenHouse{house, now})
	return house
}

// House makes a house of a version, with what the operator fixed.
func (s *SettingsService) House(v SettingsVersion) House {
	return NewHouse(v.Version, s.withFixed(v.Values), s.Base)
}

func (s *SettingsService) withFixed(values Settings) Settings {
	all := maps.Clone(values)
	if all == nil {
		all = Settings{}
	}
	for key, f := range s.Fixed {
		all[key] = f.Value
	}
	return all
}

// look is what freezing an edition takes, from within its transaction; nil where
// nothing can be set.
func (s *SettingsService) look(ctx context.Context, tx Store) (*Look, error) {
	if s == nil {
		return nil, nil
	}
	v, err := tx.NewestSettings(ctx)
	if err != nil {
		return nil, err
	}
	return s.House(v).Look(), nil
}

// Stored is the version in force as it is kept, without what the operator fixed.
func (s *SettingsService) Stored(ctx context.Context) (SettingsVersion, error) {
	return s.Store.NewestSettings(ctx)
}

// Proposal is what the settings would be, and what should be thought of before.
type Proposal struct {
	House    House
	Changes  []SettingChange
	Warnings []Warning
}

// Propose tells what changes would bring, made to version base. It stores nothing.
func (s *SettingsService) Propose(ctx context.Context, base int64, changes Settings) (Proposal, error) {
	now, err := s.Store.NewestSettings(ctx)
	if err != nil {
		return Proposal{}, err
	}
	next, err := s.merge(ctx, s.Store, now, base, changes)
	if err != nil {
		return Proposal{}, err
	}
	house := s.House(SettingsVersion{Version: now.Version, Values: next})
	return Proposal{house, now.Values.Diff(next), house.Settings.Warnings(s.Signs)}, nil
}
