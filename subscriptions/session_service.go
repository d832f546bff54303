package subscriptions

import (
	"context"
	"errors"
	"time"
)

// What a session goes through: it begins with a token of its own, gets another
// one at each raise of rights, and ends. The row stays the same, so that the list
// of one's own sessions does not grow with it.

// newToken gives a session token with its hash.
func newToken() (token, hash string) {
	token = NewSessionToken()
	return token, HashSession(token)
}

// maxAgent bounds what a browser says of itself, in bytes.
const maxAgent = 200

func newSession(editorID int64, now time.Time, ip, agent string) Session {
	return Session{EditorID: editorID, CreatedAt: now, SeenAt: now, EndsAt: now.Add(sessionLimit), ConfirmedAt: now, IP: ip,
		Agent: auditText(agent[:min(len(agent), maxAgent)])}
}

// rotate gives a session another token: who knew the old one has nothing any more.
func rotate(ctx context.Context, tx Store, session Session, change func(*Session)) (token string, err error) {
	before := session.Hash
	token, session.Hash = newToken()
	change(&session)
	if err = tx.RotateSession(ctx, before, session); errors.Is(err, ErrNotFound) {
		err = errSignedOut
	}
	return token, err
}

// Live reports whether the session is neither over nor left alone for too long.
func (s Session) Live(now time.Time) bool {
	return now.Before(s.EndsAt) && now.Sub(s.SeenAt) <= sessionIdle
}

// Confirmed reports whether the password was given so short a time ago that what
// cannot be taken back may be done.
func (s Session) Confirmed(now time.Time) bool {
	return !s.ConfirmedAt.IsZero() && now.Sub(s.ConfirmedAt) < confirmedFor
}

// errUnconfirmed asks for the password once more.
var errUnconfirmed = &Error{Code: Refused, Message: "your password was asked for more than half an hour ago",
	Hint: "Confirm that it is you, then do it again."}

// Confirm takes the password of somebody who is signed in, and gives a new token.
func (s *EditorService) Confirm(ctx context.Context, session Session, password, ip, device string) (token string, err error) {
	e, err := s.check(ctx, session, password, ip, device)
	if err != nil {
		return "", err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		if token, err = rotate(ctx, tx, session, func(s *Session) { s.ConfirmedAt = now }); err != nil {
			return err
		}
		return audit(ctx, tx, Actor{EditorID: e.ID, Name: e.Name, IP: ip}, now, "session.confirm", editorSubject(e.ID), e.Name, "")
	})
	return token, err
}

// check compares the password of somebody who is signed in, within the limits of
// signing in.
func (s *EditorService) check(ctx context.Context, session Session, password, ip, device string) (Editor, error) {
	e, err := s.Store.FindEditor(ctx, session.EditorID)
	if err != nil {
		return e, err
	}
	t := try{what: "confirm", address: e.Address, ip: ip, device: s.knownDevice(e, device, s.Now())}
	if err := s.count(ctx, signInLimits, t); err != nil {
		return e, orElse(s.failed(ctx, e, e.Address, ip, "too many tries to confirm"), err)
	}
	hash := e.PasswordHash
	if len(password) > maxPassword {
		password, hash = "", ""
	}
	ok, err := s.Passwords.Check(ctx, password, hash)
	if err != nil {
		return e, err
	}
	if !ok {
		return e, orElse(s.failed(ctx, e, e.Address, ip, "wrong password to confirm"), invalid("current", "this is not your password"))
	}
	return e, nil
}

// SessionsOf lists where the editor is signed in, last seen first.
func (s *EditorService) SessionsOf(ctx context.Context, editorID int64) ([]Session, error) {
	all, err := s.Store.Sessions(ctx, editorID)
	now := s.Now()
	live := all[:0]
	for _, session := range all {
		if session.Live(now) && !session.Waiting {
			live = append(live, session)
		}
	}
	return live, err
}

// EndSession signs out one of the actor's own sessions; one of somebody else is
// not there.
func (s *EditorService) EndSession(ctx context.Context, by Actor, id int64) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		all, err := tx.Sessions(ctx, by.EditorID)
		if err != nil {
			return err
		}
		for _, session := range all {
			if session.ID == id {
				if err := tx.DeleteSession(ctx, id); err != nil {
					return err
				}
				return audit(ctx, tx, by, s.Now(), "session.end", editorSubject(by.EditorID), by.Name, "")
			}
		}
		return notFound("session %d of yours", id)
	})
}

// EndSessions signs the actor out everywhere, but for the session except, 0 for
// none.
func (s *EditorService) EndSessions(ctx context.Context, by Actor, except int64) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		if err := tx.DeleteSessions(ctx, by.EditorID, except); err != nil {
			return err
		}
		detail := "everywhere"
		if except != 0 {
			detail = "everywhere else"
		}
		return audit(ctx, tx, by, s.Now(), "session.end", editorSubject(by.EditorID), by.Name, detail)
	})
}
