package subscriptions

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Signing in: the password, then the code where a second factor is set. Each step
// makes a new token, so that one that somebody saw or planted before is of no use
// after (session fixation).

// codeWithin is how long a session waits for its code.
const codeWithin = 10 * time.Minute

// confirmedFor is how long the desk believes that it is still the same person who
// sits there, for what cannot be taken back.
const confirmedFor = 30 * time.Minute

// SignIn is the form.
type SignIn struct {
	Address, Password string
	IP, Agent         string
	Device            string // token of a browser in which somebody has signed in before; "" for none
	Before            string // token of the session that the browser has; it ends
}

// SignedIn is what the browser gets.
type SignedIn struct {
	Token   string
	Waiting bool   // for the code of the second factor
	Device  string // token by which the browser is known from now on; "" while Waiting
}

var errWrong = &Error{Code: Refused, Message: "the address and the password do not belong together",
	Hint: "Check both, or ask for a link to set a new password."}

var errWrongCode = &Error{Code: Refused, Field: "code", Message: "this code is wrong, or was used already",
	Hint: "Wait for the next one in your app, or use a recovery code."}

// SignIn takes an address and a password. It takes as long for an address that
// nobody has, and the error is the same: of code Refused, or Limited after too
// many tries.
func (s *EditorService) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	now := s.Now()
	editor, err := s.whose(ctx, in.Address)
	if err != nil {
		return SignedIn{}, err
	}
	t := try{what: "sign-in", address: clipAddress(in.Address), ip: in.IP, device: s.knownDevice(editor, in.Device, now)}
	if err := s.count(ctx, signInLimits, t); err != nil {
		return SignedIn{}, orElse(s.failed(ctx, editor, in.Address, in.IP, "too many tries"), err)
	}
	password, hash := in.Password, editor.PasswordHash
	if len(password) > maxPassword {
		password, hash = "", ""
	}
	ok, err := s.Passwords.Check(ctx, password, hash)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		return SignedIn{}, orElse(s.failed(ctx, editor, in.Address, in.IP, "wrong password"), errWrong)
	}
	var out SignedIn
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEditor(ctx, editor.ID)
		if err != nil {
			return err
		}
		if !e.Active() || e.PasswordHash != editor.PasswordHash {
			return errWrong // both changed while we hashed
		}
		if err := endBefore(ctx, tx, in.Before); err != nil {
			return err
		}
		session := newSession(e.ID, now, in.IP, in.Agent)
		out.Token, session.Hash = newToken()
		if out.Waiting = e.HasFactor(); out.Waiting {
			session.Waiting, session.EndsAt = true, now.Add(codeWithin)
			return tx.AddSession(ctx, &session)
		}
		out.Device = s.newDevice(e, in.Device, now)
		if err := tx.AddSession(ctx, &session); err != nil {
			return err
		}
		return s.arrived(ctx, tx, e, in.IP, "with a password")
	})
	return out, err
}

// SecondStep takes the code of a session that waits for it: one of the app's, or
// a recovery code. Each is taken once.
func (s *EditorService) SecondStep(ctx context.Context, session Session, code, device string) (SignedIn, error) {
	now := s.Now()
	editor, err := s.Store.FindEditor(ctx, session.EditorID)
	if err != nil {
		return SignedIn{}, err
	}
	t := try{what: "code", address: editor.Address, ip: session.IP, device: s.knownDevice(editor, device, now), session: session.ID}
	if err := s.count(ctx, factorLimits, t); err != nil {
		return SignedIn{}, orElse(errors.Join(s.failed(ctx, editor, editor.Address, session.IP, "too many codes"), s.Store.DeleteSession(ctx, session.ID)), err)
	}
	var out SignedIn
	var how string
	err = s.Store.InTx(ctx, func(tx Store) error {
		e, err := tx.FindEditor(ctx, session.EditorID)
		if err != nil {
			return err
		}
		if !e.Active() || !session.Waiting || !now.Before(session.EndsAt) {
			return errSignedOut
		}
		if how, err = s.takeCode(ctx, tx, &e, code, now); err != nil {
			return err
		}
		out.Token, err = rotate(ctx, tx, session, func(s *Session) {
			s.Waiting, s.EndsAt, s.ConfirmedAt = false, now.Add(sessionLimit), now
		})
		if err != nil {
			return err
		}
		out.Device = s.newDevice(e, device, now)
		return s.arrived(ctx, tx, e, session.IP, "with a password and "+how)
	})
	if errors.Is(err, errWrongCode) {
		return SignedIn{}, orElse(s.failed(ctx, editor, editor.Address, session.IP, "wrong code"), err)
	}
	return out, err
}

// takeCode accepts a code once, and says of which kind it was. The editor is held
// by the transaction, so that the same code sent twice at once is taken once.
func (s *EditorService) takeCode(ctx context.Context, tx Store, e *Editor, code string, now time.Time) (how string, err error) {
	plain := plainCode(code)
	if !oneTime(plain) {
		if len(plain) != recoverySigns {
			return "", errWrongCode
		}
		used, err := tx.UseRecoveryCode(ctx, e.ID, s.Keys.hashRecovery(e.ID, plain), now)
		if err == nil && !used {
			err = errWrongCode
		}
		return "a recovery code", err
	}
	secret, err := s.Keys.Unseal(sealFactor, e.seat(), e.Factor)
	if err != nil {
		return "", &Error{Code: Unavailable, Message: "your second factor cannot be read", Err: err,
			Hint: "Use a recovery code, or ask an administrator to reset your second factor."}
	}
	step, ok := s.Codes.Step(secret, plain, now)
	if !ok || step <= e.FactorStep {
		return "", errWrongCode
	}
	e.FactorStep = step
	return "a code", nil
}

// arrived records that somebody has signed in.
func (s *EditorService) arrived(ctx context.Context, tx Store, e Editor, ip, how string) error {
	now := s.Now()
	e.SignedInAt = now
	if err := tx.UpdateEditor(ctx, e); err != nil {
		return err
	}
	return audit(ctx, tx, Actor{EditorID: e.ID, Name: e.Name, IP: ip}, now, "session.begin", editorSubject(e.ID), e.Name, how)
}

// failed records that somebody has not.
func (s *EditorService) failed(ctx context.Context, e Editor, address, ip, why string) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		record, last, err := s.mayRecord(ctx, tx)
		if err != nil || !record {
			return err
		}
		about, subject := MaskAddress(clipAddress(address)), ""
		if e.ID != 0 {
			about, subject = e.Name, editorSubject(e.ID)
		}
		if last {
			why += "; more of this hour are not recorded"
		}
		return audit(ctx, tx, Actor{Name: "not signed in", IP: ip}, s.Now(), "session.refuse", subject, about, why)
	})
}

// whose finds the editor of an address as it was typed, or nobody: one without a
// password, whom no password fits.
func (s *EditorService) whose(ctx context.Context, address string) (Editor, error) {
	parsed, err := ParseAddress(address)
	if err != nil {
		parsed = "nobody@invalid.invalid" // the same question to the database
	}
	e, err := s.Store.FindEditorByAddress(ctx, parsed)
	switch {
	case errors.Is(err, ErrNotFound):
		return Editor{}, nil
	case err != nil:
		return Editor{}, err
	case !e.Active():
		return Editor{}, nil
	}
	return e, nil
}

// knownDevice gives the number of a browser in which this editor has signed in.
func (s *EditorService) knownDevice(e Editor, token string, now time.Time) int64 {
	claims, err := s.Keys.Parse(PurposeDevice, token, now)
	if err != nil || e.ID == 0 || claims.Subscriber != e.ID {
		return 0
	}
	return claims.Ref
}

// newDevice makes a browser known for longer; one that is known keeps its number.
func (s *EditorService) newDevice(e Editor, token string, now time.Time) string {
	n := s.knownDevice(e, token, now)
	for n == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		n = int64(binary.BigEndian.Uint64(b[:]) >> 1)
	}
	return s.Keys.Issue(PurposeDevice, e.ID, n, now)
}

// endBefore ends the session that the browser had.
func endBefore(ctx context.Context, tx Store, token string) error {
	if token == "" {
		return nil
	}
	old, err := tx.FindSession(ctx, HashSession(token))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DeleteSession(ctx, old.ID)
}

// clipAddress bounds what is remembered of a typed address.
func clipAddress(s string) string { return auditText(s[:min(len(s), maxAddress)]) }

// orElse is the error that keeps the books, or the one to tell.
func orElse(books, tell error) error {
	if books != nil {
		return books
	}
	return tell
}

func editorSubject(id int64) string { return fmt.Sprintf("editor:%d", id) }
