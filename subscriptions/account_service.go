package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What an editor changes of their own: name, password, second factor. Each that
// decides how they get in wants the password of the last half hour, and gives the
// session another token.

// Rename changes the actor's own name.
func (s *EditorService) Rename(ctx context.Context, by Actor, name string) (Editor, error) {
	name, err := CleanName("name", name)
	if err == nil && name == "" {
		err = invalid("name", "enter a name")
	}
	if err != nil {
		return Editor{}, err
	}
	return s.change(ctx, by, by.EditorID, func(_ Store, e *Editor) (action, detail string, err error) {
		if e.Name == name {
			return "", "", nil
		}
		detail = fmt.Sprintf("name %s → %s", e.Name, name)
		e.Name = name
		return "editor.name", detail, nil
	})
}

// ChangePassword replaces the actor's password, signs them out everywhere else,
// and gives this session another token. Faults have the Field current or password.
func (s *EditorService) ChangePassword(ctx context.Context, by Actor, session Session, current, password, device string) (token string, err error) {
	e, err := s.check(ctx, session, current, by.IP, device)
	if err != nil {
		return "", err
	}
	if current == password {
		return "", invalid("password", "this is the password that you have")
	}
	hash, err := s.hash(ctx, password, e)
	if err != nil {
		return "", err
	}
	before := e.PasswordHash
	err = s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		if e, err = tx.FindEditor(ctx, e.ID); err != nil {
			return err
		}
		if e.PasswordHash != before || !e.Active() {
			return &Error{Code: Conflict, Message: "the password was changed in the meantime", Hint: "Sign in again."}
		}
		if token, err = rotate(ctx, tx, session, func(s *Session) { s.ConfirmedAt = now }); err != nil {
			return err
		}
		return s.setPassword(ctx, tx, by, &e, hash, "changed; signed out everywhere else", session.ID)
	})
	return token, err
}

// FactorSetup is what the page for a second factor shows.
type FactorSetup struct {
	Secret  string // base32, for who cannot scan
	Picture string // SVG
	Sealed  string // goes with the form, and comes back with the code
}

// setupFor is how long a setup may take.
const setupFor = time.Hour

// NewFactor makes a secret for the editor. Nothing is kept: the sealed secret
// comes back with the form.
func (s *EditorService) NewFactor(e Editor) (FactorSetup, error) {
	return s.setup(e, s.Codes.NewSecret(), s.Now().Add(setupFor))
}

// SameFactor is the setup once more, after a code was wrong.
func (s *EditorService) SameFactor(e Editor, sealed string) (FactorSetup, error) {
	secret, ends, err := s.unsealSetup(e, sealed)
	if err != nil {
		return FactorSetup{}, err
	}
	return s.setup(e, secret, ends)
}

func (s *EditorService) setup(e Editor, secret string, ends time.Time) (FactorSetup, error) {
	picture, err := s.Codes.Picture(s.Codes.Address(s.Site, e.Address, secret))
	if err != nil {
		return FactorSetup{}, err
	}
	return FactorSetup{Secret: secret, Picture: picture, Sealed: s.Keys.Seal(sealSetup, e.seat(), fmt.Sprintf("%d %s", ends.Unix(), secret))}, nil
}

func (s *EditorService) unsealSetup(e Editor, sealed string) (secret string, ends time.Time, err error) {
	over := &Error{Code: Expired, Message: "this setup is over", Hint: "Begin again with a new picture."}
	const most = 500 // bytes: more is not one of ours
	if len(sealed) > most {
		return "", ends, over
	}
	text, err := s.Keys.Unseal(sealSetup, e.seat(), sealed)
	if err != nil {
		return "", ends, over
	}
	unix, secret, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(unix, 10, 64)
	if ends = time.Unix(n, 0).UTC(); err != nil || s.Now().After(ends) {
		return "", ends, over
	}
	return secret, ends, nil
}

// SetFactor turns the second factor on, or replaces it, once a code shows that the
// app has the secret. It gives new recovery codes, signs out everywhere else and
// gives this session another token. A wrong code is a fault of the field code.
func (s *EditorService) SetFactor(ctx context.Context, by Actor, session Session, sealed, code string) (token string, codes []string, err error) {
	now := s.Now()
	if !session.Confirmed(now) {
		return "", nil, errUnconfirmed
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEditor(ctx, session.EditorID)
		if err != nil {
			return err
		}
		secret, _, err := s.unsealSetup(e, sealed)
		if err != nil {
			return err
		}
		step, ok := s.Codes.Step(secret, plainCode(code), now)
		if !ok {
			return invalid("code", "this code does not fit").hint("Enter the six digits that the app shows now. If it goes on, check the clock of the telephone.")
		}
		detail := "set up"
		if e.HasFactor() {
			detail = "replaced"
		}
		e.Factor, e.FactorStep, e.FactorAt = s.Keys.Seal(sealFactor, e.seat(), secret), step, now
		if err := tx.UpdateEditor(ctx, e); err != nil {
			return err
		}
		if codes, err = s.newCodes(ctx, tx, e); err != nil {
			return err
		}
		if err := tx.DeleteSessions(ctx, e.ID, session.ID); err != nil {
			return err
		}
		if token, err = rotate(ctx, tx, session, func(*Session) {}); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "editor.factor", editorSubject(e.ID), e.Name, detail)
	})
	return token, codes, err
}

// RemoveFactor turns the actor's second factor off, where the role allows it.
func (s *EditorService) RemoveFactor(ctx context.Context, by Actor, session Session) (token string, err error) {
	if !session.Confirmed(s.Now()) {
		return "", errUnconfirmed
	}
	_, err = s.change(ctx, by, session.EditorID, func(tx Store, e *Editor) (action, detail string, err error) {
		switch {
		case !e.HasFactor():
			return "", "", refused("there is no second factor to turn off")
		case e.Role.May(RolePublisher):
			return "", "", refused("who approves and sends, or looks after people, signs in with a second factor").
				hint("You can replace it with another one.")
		}
		e.Factor, e.FactorStep, e.FactorAt = "", 0, time.Time{}
		token, err = rotate(ctx, tx, session, func(*Session) {})
		return "editor.factor-off", "", errors.Join(err, tx.ReplaceRecoveryCodes(ctx, e.ID, nil, s.Now()))
	})
	return token, err
}

// NewRecoveryCodes replaces the actor's recovery codes. They are shown once.
func (s *EditorService) NewRecoveryCodes(ctx context.Context, by Actor, session Session) (codes []string, err error) {
	if !session.Confirmed(s.Now()) {
		return nil, errUnconfirmed
	}
	_, err = s.change(ctx, by, session.EditorID, func(tx Store, e *Editor) (action, detail string, err error) {
		if !e.HasFactor() {
			return "", "", refused("recovery codes go with a second factor").hint("Set one up first.")
		}
		codes, err = s.newCodes(ctx, tx, *e)
		return "editor.codes", "new recovery codes", err
	})
	return codes, err
}

func (s *EditorService) newCodes(ctx context.Context, tx Store, e Editor) ([]string, error) {
	codes := newRecoveryCodes()
	hashes := make([]string, len(codes))
	for i, c := range codes {
		hashes[i] = s.Keys.hashRecovery(e.ID, c)
	}
	return codes, tx.ReplaceRecoveryCodes(ctx, e.ID, hashes, s.Now())
}

// RecoveryCodesLeft counts those of the editor that were not used.
func (s *EditorService) RecoveryCodesLeft(ctx context.Context, editorID int64) (int, error) {
	return s.Store.RecoveryCodes(ctx, editorID)
}
