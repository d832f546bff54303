package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// How the settings are changed: against the version that was looked at, all or
// nothing, each change with a line in the log.

// ConflictError says which fields somebody else has changed meanwhile. Theirs holds
// what they are now; what was sent is with who sent it.
type ConflictError struct {
	By     string
	Theirs Settings
	Err    *Error
}

// Error gives the message.
func (e *ConflictError) Error() string { return e.Err.Error() }

// Unwrap gives the Error of code Conflict.
func (e *ConflictError) Unwrap() error { return e.Err }

// merge puts changes made to version base onto the newest. Fields that nobody else
// has changed since go in; one that is now something else than before, and than
// what is wanted, is a conflict.
func (s *SettingsService) merge(ctx context.Context, tx Store, newest SettingsVersion, base int64, changes Settings) (Settings, error) {
	wanted := Settings{}
	was := newest.Values
	if base != newest.Version && base != 0 {
		old, err := tx.FindSettings(ctx, base)
		if err != nil {
			return nil, err
		}
		was = old.Values
	} else if base == 0 {
		was = nil
	}
	conflict := &ConflictError{By: newest.By, Theirs: Settings{}}
	for key, value := range changes {
		if f, ok := s.Fixed[key]; ok {
			return nil, refused("%s is fixed by the operator (%s)", key, f.By).hint("Have it taken out there, and it can be set here.")
		}
		f, err := FindSetting(key)
		if err != nil {
			return nil, err
		}
		clean, err := f.Clean(value)
		if err == nil && clean == f.Standard {
			clean = ""
		}
		switch {
		case err == nil && clean == was[key]: // not touched by who sent it
			continue
		case newest.Values[key] != was[key] && clean != newest.Values[key]:
			conflict.Theirs[key] = newest.Values.Get(key)
		}
		wanted[key] = value
	}
	if len(conflict.Theirs) > 0 {
		conflict.Err = &Error{Code: Conflict, Message: fmt.Sprintf("%s has changed the same settings meanwhile", newest.By),
			Hint: "Both are shown. What you save now is kept."}
		return nil, conflict
	}
	return newest.Values.With(wanted)
}

// Change makes changes to version base the next version, and says what it was. What
// changes nothing adds none. Pictures that the changes name are kept with them.
func (s *SettingsService) Change(ctx context.Context, base int64, changes Settings, by Actor, pictures ...Picture) (SettingsVersion, []SettingChange, error) {
	return s.change(ctx, by, "", pictures, func(tx Store, newest SettingsVersion) (Settings, error) {
		return s.merge(ctx, tx, newest, base, changes)
	})
}

// Replace makes these the settings, all others the standard, as an import does.
func (s *SettingsService) Replace(ctx context.Context, all Settings, by Actor, pictures ...Picture) (SettingsVersion, []SettingChange, error) {
	return s.change(ctx, by, "imported", pictures, func(_ Store, newest SettingsVersion) (Settings, error) {
		wanted := Settings{}
		for key := range newest.Values {
			if _, err := FindSetting(key); err == nil {
				wanted[key] = ""
			}
		}
		maps.Copy(wanted, all)
		return newest.Values.With(wanted)
	})
}

// Restore makes an earlier version the newest; what came between stays in the
// history.
func (s *SettingsService) Restore(ctx context.Context, version int64, by Actor) (SettingsVersion, []SettingChange, error) {
	return s.change(ctx, by, fmt.Sprintf("restored version %d", version), nil, func(tx Store, newest SettingsVersion) (Settings, error) {
		old := SettingsVersion{}
		if version > 0 {
			var err error
			if old, err = tx.FindSettings(ctx, version); err != nil {
				return nil, err
			}
		}
		wanted := Settings{}
		for _, c := range newest.Values.Diff(old.Values) {
			wanted[c.Field.Key] = c.New
		}
		return newest.Values.With(wanted)
	})
}

func (s *SettingsService) change(ctx context.Context, by Actor, note string, pictures []Picture, f func(tx Store, newest SettingsVersion) (Settings, error)) (SettingsVersion, []SettingChange, error) {
	var saved SettingsVersion
	var changes []SettingChange
	now := s.Now()
	err := s.Store.InTx(ctx, func(tx Store) error {
		newest, err := tx.NewestSettings(ctx)
		if err != nil {
			return err
		}
		next, err := f(tx, newest)
		if err != nil {
			return err
		}
		saved, changes = newest, newest.Values.Diff(next)
		if len(changes) == 0 {
			return nil
		}
		for _, p := range pictures {
			if err := tx.PutPicture(ctx, p, now); err != nil {
				return err
			}
		}
		if err := known(ctx, tx, changes); err != nil {
			return err
		}
		if err := s.word(ctx, tx, newest.Values, next, now); err != nil {
			return err
		}
		saved = SettingsVersion{Version: newest.Version + 1, At: now, EditorID: by.EditorID, By: by.Name, Note: note, Values: next}
		if err := tx.AddSettings(ctx, saved); err != nil {
			return err
		}
		for _, c := range changes {
			if err := audit(ctx, tx, by, now, "settings.change", "settings:"+c.Field.Key, c.Field.Label, c.Words()); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, ErrConflict) {
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			err = &Error{Code: Conflict, Message: "somebody else saved at the same moment", Hint: "Save once more.", Err: err}
		}
	}
	if err != nil {
		return SettingsVersion{}, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(saved, now)
	return saved, changes, nil
}

// known wants every picture that a change names to be kept.
func known(ctx context.Context, tx Store, changes []SettingChange) error {
	for _, c := range changes {
		if c.Field.Kind != SettingPicture || c.New == "" {
			continue
		}
		name, _, _ := strings.Cut(c.New, " ")
		if _, err := tx.FindPicture(ctx, name); errors.Is(err, ErrNotFound) {
			return invalid(c.Field.Key, "there is no picture %s", name).hint("Send the file.")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// word gives the text people agree to a version of its own when it has changed.
func (s *SettingsService) word(ctx context.Context, tx Store, was, next Settings, now time.Time) error {
	if next[wordingKey] = was[wordingKey]; next[wordingKey] == "" {
		delete(next, wordingKey)
	}
	if next.Get("text.consent") == was.Get("text.consent") {
		return nil
	}
	w, err := nextWording(ctx, tx, next.Get("text.consent"), now)
	next[wordingKey] = w.Version
	return err
}
