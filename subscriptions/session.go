package subscriptions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"
)

// Session is a browser in which an editor is signed in. The browser holds a
// random token; the row holds its hash, so that a copy of the database signs
// nobody in.
type Session struct {
	ID          int64
	Hash        string // SHA-256 of the token, hex
	EditorID    int64
	CreatedAt   time.Time
	SeenAt      time.Time // to the minute
	EndsAt      time.Time // whatever happens
	ConfirmedAt time.Time // when the password was given last
	Waiting     bool      // for the second factor: nothing else may be done
	IP          string
	Agent       string // of the browser, shortened
	Said        string // a sentence for the next page
}

// How long a session lasts: sessionIdle without a sign of life, sessionLimit
// with them. seenEvery spares a write a page.
const (
	sessionIdle  = 2 * time.Hour
	sessionLimit = 12 * time.Hour
	seenEvery    = time.Minute
)

// SessionService knows who is signed in.
type SessionService struct {
	Store Store
	Now   func() time.Time
}

var errSignedOut = &Error{Code: Refused, Message: "you are not signed in", Hint: "Sign in to go on."}

// NewSessionToken is 256 random bits, as a cookie carries them.
func NewSessionToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashSession is what the database keeps of a token.
func HashSession(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Begin signs the editor in and gives the token.
func (s *SessionService) Begin(ctx context.Context, editorID int64, ip, agent string) (token string, err error) {
	row := newSession(editorID, s.Now(), ip, agent)
	token, row.Hash = newToken()
	return token, s.Store.AddSession(ctx, &row)
}

// Find gives the session of a token and its editor: Refused when there is none
// or it is over. It is a sign of life.
func (s *SessionService) Find(ctx context.Context, token string) (Session, Editor, error) {
	session, e, err := s.Peek(ctx, token)
	if now := s.Now(); err == nil && now.Sub(session.SeenAt) >= seenEvery {
		session.SeenAt = now
		err = s.Store.UpdateSession(ctx, session)
	}
	if err != nil {
		return Session{}, Editor{}, err
	}
	return session, e, nil
}

// Peek is Find for what a browser does by itself: it keeps no session alive.
func (s *SessionService) Peek(ctx context.Context, token string) (Session, Editor, error) {
	if token == "" || len(token) > 64 {
		return Session{}, Editor{}, errSignedOut
	}
	session, err := s.Store.FindSession(ctx, HashSession(token))
	if CodeOf(err) == NotFound {
		return Session{}, Editor{}, errSignedOut
	}
	if err != nil {
		return Session{}, Editor{}, err
	}
	now := s.Now()
	if !session.Live(now) {
		return Session{}, Editor{}, errSignedOut
	}
	e, err := s.Store.FindEditor(ctx, session.EditorID)
	if err != nil {
		return Session{}, Editor{}, err
	}
	if !e.Active() {
		return Session{}, Editor{}, errSignedOut
	}
	return session, e, nil
}

// End signs out.
func (s *SessionService) End(ctx context.Context, id int64) error {
	return s.Store.DeleteSession(ctx, id)
}

// Say leaves a sentence for the next page, which takes it with "".
func (s *SessionService) Say(ctx context.Context, session Session, sentence string) error {
	session.Said = sentence
	return s.Store.UpdateSession(ctx, session)
}
