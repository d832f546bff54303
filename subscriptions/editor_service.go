package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// EditorService looks after the people of the desk: who works there, how they
// prove who they are, and how they come in the first place.
//
//   - Somebody is invited by a link that is mailed, or made by the first command of
//     an installation; with it they set their password (editor_link_service.go).
//   - They sign in (sign_in_service.go) and look after what is theirs
//     (account_service.go).
//   - An admin changes roles, resets second factors, and ends people, who are never
//     deleted: what they did stays theirs in the audit log.
type EditorService struct {
	Store     Store
	Keys      *Keyring
	Passwords Passwords
	Codes     OneTimeCodes
	Now       func() time.Time
	Site      string // as an authenticator app lists it
}

// NewEditor is somebody to be added.
type NewEditor struct {
	Name, Address string
	Role          Role
}

// check gives them as they are kept: faults of all fields at once, with Field
// name, email or role.
func (n NewEditor) check() (NewEditor, error) {
	name, errName := CleanName("name", n.Name)
	if errName == nil && name == "" {
		errName = invalid("name", "enter a name")
	}
	address, errAddress := ParseAddress(n.Address)
	role, errRole := ParseRole(string(n.Role))
	return NewEditor{name, address, role}, errors.Join(errName, errAddress, errRole)
}

// Add makes an editor who has no password yet. Somebody who has ended comes back
// under their old id; who works here already is a Conflict.
func (s *EditorService) Add(ctx context.Context, by Actor, n NewEditor) (Editor, error) {
	n, err := n.check()
	if err != nil {
		return Editor{}, err
	}
	var e Editor
	err = s.Store.InTx(ctx, func(tx Store) (err error) {
		e, err = s.add(ctx, tx, by, n)
		return err
	})
	return e, err
}

// Invite adds an editor and queues the letter with their link.
func (s *EditorService) Invite(ctx context.Context, by Actor, n NewEditor) (Editor, error) {
	n, err := n.check()
	if err != nil {
		return Editor{}, err
	}
	var e Editor
	err = s.Store.InTx(ctx, func(tx Store) (err error) {
		if e, err = s.add(ctx, tx, by, n); err != nil {
			return err
		}
		return s.queue(ctx, tx, KindInvitation, e)
	})
	return e, err
}

func (s *EditorService) add(ctx context.Context, tx Store, by Actor, n NewEditor) (Editor, error) {
	now := s.Now()
	e, err := tx.FindEditorByAddress(ctx, n.Address)
	switch {
	case err == nil && e.Active():
		return e, &Error{Code: Conflict, Field: "email", Message: "somebody with this address works at the desk already",
			Hint: "Change their role in the list of people."}
	case err == nil:
		e.Name, e.Address, e.Role, e.EndedAt = n.Name, n.Address, n.Role, time.Time{}
		err = tx.UpdateEditor(ctx, e)
	case errors.Is(err, ErrNotFound):
		e = Editor{Name: n.Name, Address: n.Address, Role: n.Role, CreatedAt: now}
		err = tx.AddEditor(ctx, &e)
	}
	if err != nil {
		return e, err
	}
	return e, audit(ctx, tx, by, now, "editor.add", editorSubject(e.ID), e.Name, "role "+string(e.Role))
}

// inviteEvery is how often a letter with a link is sent to one editor.
const inviteEvery = 15 * time.Minute

// queue queues a letter with a link, unless one has left within inviteEvery.
func (s *EditorService) queue(ctx context.Context, tx Store, kind Kind, e Editor) error {
	now := s.Now()
	_, err := tx.QueueDeliveries(ctx, []Delivery{{Kind: kind, RefID: e.ID, Address: e.Address, Priority: PriorityPerson, State: DeliveryQueued,
		Key: fmt.Sprintf("%s:%d:%d", kind, e.ID, now.Truncate(inviteEvery).Unix()), NotBefore: now, CreatedAt: now}})
	return err
}

// InviteAgain sends the letter once more to somebody who has set no password yet.
func (s *EditorService) InviteAgain(ctx context.Context, by Actor, id int64) (Editor, error) {
	return s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		if e.PasswordHash != "" {
			return "", "", refused("%s has set a password already", e.Name).hint("Who has forgotten it asks for a link on the sign-in page.")
		}
		return "editor.invite", "", s.queue(ctx, tx, KindInvitation, *e)
	})
}

// ChangeRole gives an editor another role. One admin who can sign in stays.
func (s *EditorService) ChangeRole(ctx context.Context, by Actor, id int64, role Role) (Editor, error) {
	role, err := ParseRole(string(role))
	if err != nil {
		return Editor{}, err
	}
	return s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		if e.Role == role {
			return "", "", nil
		}
		if err := s.otherAdmin(ctx, tx, *e); err != nil {
			return "", "", err
		}
		detail = fmt.Sprintf("role %s → %s", e.Role, role)
		e.Role = role
		return "editor.role", detail, nil
	})
}

// End takes somebody's way in away: password, second factor, codes and sessions.
func (s *EditorService) End(ctx context.Context, by Actor, id int64) (Editor, error) {
	return s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		if err := s.otherAdmin(ctx, tx, *e); err != nil {
			return "", "", err
		}
		e.PasswordHash, e.Factor, e.FactorStep, e.FactorAt, e.EndedAt = "", "", 0, time.Time{}, s.Now()
		return "editor.end", "", errors.Join(tx.ReplaceRecoveryCodes(ctx, e.ID, nil, s.Now()), tx.DeleteSessions(ctx, e.ID, 0))
	})
}

// ResetFactor takes the second factor of somebody who has lost it away. They set
// up another after signing in with their password.
func (s *EditorService) ResetFactor(ctx context.Context, by Actor, id int64) (Editor, error) {
	return s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		if !e.HasFactor() {
			return "", "", refused("%s has no second factor", e.Name)
		}
		e.Factor, e.FactorStep, e.FactorAt = "", 0, time.Time{}
		return "editor.factor-reset", "", errors.Join(tx.ReplaceRecoveryCodes(ctx, e.ID, nil, s.Now()), tx.DeleteSessions(ctx, e.ID, 0))
	})
}

// change changes an active editor, and says so in the log, unless f gives no
// action: then nothing has changed.
func (s *EditorService) change(ctx context.Context, by Actor, id int64, f func(tx Store, e *Editor) (action, detail string, err error)) (Editor, error) {
	var e Editor
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		// All are held, so that two admins cannot take the role from each other at the
		// same moment, and in one order, so that none waits for the other.
		if _, err = tx.HoldEditors(ctx); err != nil {
			return err
		}
		if e, err = tx.FindEditor(ctx, id); err != nil {
			return err
		}
		if !e.Active() {
			return refused("%s does not work at the desk any more", e.Name)
		}
		action, detail, err := f(tx, &e)
		if err != nil || action == "" {
			return err
		}
		if err := tx.UpdateEditor(ctx, e); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), action, editorSubject(e.ID), e.Name, detail)
	})
	return e, err
}

// otherAdmin refuses what would leave the desk without an admin who can sign in.
func (s *EditorService) otherAdmin(ctx context.Context, tx Store, e Editor) error {
	if e.Role != RoleAdmin {
		return nil
	}
	all, err := tx.Editors(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != e.ID && other.Active() && other.Role == RoleAdmin && other.PasswordHash != "" {
			return nil
		}
	}
	return refused("%s is the only admin who can sign in", e.Name).hint("Make somebody else an admin first.")
}

// FindByAddress gives the active editor with the address.
func (s *EditorService) FindByAddress(ctx context.Context, address string) (Editor, error) {
	parsed, err := ParseAddress(address)
	if err != nil {
		return Editor{}, err
	}
	e, err := s.Store.FindEditorByAddress(ctx, parsed)
	if errors.Is(err, ErrNotFound) || err == nil && !e.Active() {
		return e, notFound("nobody with this address works at the desk").hint("tidings editor list tells who works at the desk.")
	}
	return e, err
}
