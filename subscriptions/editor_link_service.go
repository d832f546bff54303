package subscriptions

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// The links by which an editor sets a password without having one: an invitation,
// and a reset for who has forgotten it. Each names the password that it replaces,
// so that it works until that one is another, and not once more: no row is needed
// to know that it was used.

// passwordRef names a password without telling anything of it.
func passwordRef(hash string) int64 {
	sum := sha256.Sum256([]byte("password " + hash))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// Link gives the token for the letter of a kind, as of a moment, and the end of
// its life.
func (e Editor) Link(keys *Keyring, kind Kind, at time.Time) (token string, until time.Time) {
	p := PurposeReset
	if kind == KindInvitation {
		p = PurposeInvitation
	}
	return keys.Issue(p, e.ID, passwordRef(e.PasswordHash), at), expiry(p, at)
}

// Linked is what a link leads to.
type Linked struct{ Editor Editor }

var errLinkUsed = &Error{Code: Expired, Message: "this link was used, or another one took its place",
	Hint: "Sign in with the password that you have set, or ask for a fresh link."}

// Linked tells whose password a link sets. It changes nothing.
func (s *EditorService) Linked(ctx context.Context, p Purpose, token string) (Linked, error) {
	e, err := s.linked(ctx, s.Store, p, token)
	return Linked{e}, err
}

func (s *EditorService) linked(ctx context.Context, store Store, p Purpose, token string) (Editor, error) {
	claims, err := s.Keys.Parse(p, token, s.Now())
	if err != nil {
		return Editor{}, err
	}
	e, err := store.FindEditor(ctx, claims.Subscriber)
	if err != nil || !e.Active() || passwordRef(e.PasswordHash) != claims.Ref {
		if err != nil && CodeOf(err) != NotFound {
			return Editor{}, err
		}
		return Editor{}, errLinkUsed
	}
	return e, nil
}

// SetByLink sets the password by a link. Whoever was signed in as this editor is
// signed out; the second factor stays, and is asked for at the next sign-in.
func (s *EditorService) SetByLink(ctx context.Context, p Purpose, token, password, ip string) (Editor, error) {
	e, err := s.linked(ctx, s.Store, p, token)
	if err != nil {
		return e, err
	}
	hash, err := s.hash(ctx, password, e)
	if err != nil {
		return e, err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		if e, err = s.linked(ctx, tx, p, token); err != nil { // of two at once, one
			return err
		}
		how := "by the link of a reset"
		if p == PurposeInvitation {
			how = "by the link of the invitation"
		}
		return s.setPassword(ctx, tx, Actor{EditorID: e.ID, Name: e.Name, IP: ip}, &e, hash, how, 0)
	})
	return e, err
}

// SetPassword sets somebody's password from the command line.
func (s *EditorService) SetPassword(ctx context.Context, by Actor, id int64, password string) error {
	e, err := s.Store.FindEditor(ctx, id)
	if err != nil {
		return err
	}
	hash, err := s.hash(ctx, password, e)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		e.PasswordHash = hash
		return "editor.password", "", tx.DeleteSessions(ctx, e.ID, 0)
	})
	return err
}

// hash checks a new password and hashes it, outside of every transaction.
func (s *EditorService) hash(ctx context.Context, password string, e Editor) (string, error) {
	if err := CheckPassword(password, e.Name, e.Address); err != nil {
		return "", err
	}
	return s.Passwords.Hash(ctx, password)
}

func (s *EditorService) setPassword(ctx context.Context, tx Store, by Actor, e *Editor, hash, detail string, spared int64) error {
	e.PasswordHash = hash
	if err := tx.UpdateEditor(ctx, *e); err != nil {
		return err
	}
	if err := tx.DeleteSessions(ctx, e.ID, spared); err != nil {
		return err
	}
	return audit(ctx, tx, by, s.Now(), "editor.password", editorSubject(e.ID), e.Name, detail)
}

// AskReset queues the letter with a link for who has forgotten the password. An
// address that nobody has gets none, and who asked is not told: the caller takes
// care that the answer takes as long (MAIL 15).
func (s *EditorService) AskReset(ctx context.Context, address, ip string) error {
	parsed, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if err := s.count(ctx, resetLimits, try{what: "reset", address: parsed, ip: ip}); err != nil {
		return err
	}
	e, err := s.whose(ctx, parsed)
	if err != nil || e.ID == 0 {
		return err
	}
	kind := KindReset
	if e.PasswordHash == "" {
		kind = KindInvitation // there is nothing to reset yet
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		if err := s.queue(ctx, tx, kind, e); err != nil {
			return err
		}
		record, _, err := s.mayRecord(ctx, tx)
		if err != nil || !record {
			return err
		}
		return audit(ctx, tx, Actor{Name: "not signed in", IP: ip}, s.Now(), "editor.reset", editorSubject(e.ID), e.Name, "asked for a link")
	})
}

// SendLink queues the letter with a link for an editor, by the command line.
func (s *EditorService) SendLink(ctx context.Context, by Actor, id int64) (Kind, error) {
	kind := KindReset
	_, err := s.change(ctx, by, id, func(tx Store, e *Editor) (action, detail string, err error) {
		if e.PasswordHash == "" {
			kind = KindInvitation
		}
		return "editor.reset", "a link was sent", s.queue(ctx, tx, kind, *e)
	})
	return kind, err
}
