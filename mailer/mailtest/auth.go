package mailtest

import (
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mechanisms are the server's halves of the ways to authenticate. go-sasl has
// PLAIN; the others are written here and in scram.go.
var mechanisms = map[string]func(s *session) (sasl.Server, error){
	sasl.Plain: func(s *session) (sasl.Server, error) {
		return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
	},
	sasl.Login:           func(s *session) (sasl.Server, error) { return &loginServer{check: s.login}, nil },
	"XOAUTH2":            func(s *session) (sasl.Server, error) { return &xoauth2Server{check: s.login}, nil },
	"SCRAM-SHA-1":        newScram,
	"SCRAM-SHA-1-PLUS":   newScram,
	"SCRAM-SHA-256":      newScram,
	"SCRAM-SHA-256-PLUS": newScram,
}

// AuthMechanisms are offered only where users are known.
func (s *session) AuthMechanisms() []string {
	if len(s.srv.opts.Auth) == 0 {
		return nil
	}
	offered := slices.Clone(s.srv.opts.Mechanisms)
	if _, encrypted := s.conn.TLSConnectionState(); !encrypted {
		offered = slices.DeleteFunc(offered, func(m string) bool { return strings.HasSuffix(m, plus) })
	}
	return offered
}

// Auth begins one of those offered.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	s.auth = mechanism
	return mechanisms[mechanism](s)
}

func (s *session) login(user, password string) error {
	want, ok := s.srv.opts.Auth[user]
	if !ok || subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1 {
		return smtp.ErrAuthFailed
	}
	s.user = user
	return nil
}

// loginServer is the server's half of AUTH LOGIN, which go-sasl has no longer: two
// questions, two answers.
type loginServer struct {
	check func(user, password string) error
	asked int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	// A client may give its user name along with the command.
	if l.asked == 0 && response != nil {
		l.asked = 1
	}
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}

// xoauth2Server takes a bearer token as Google and Microsoft do. A refusal comes in
// two steps: a challenge that tells why, and after the client's empty answer the
// error.
type xoauth2Server struct {
	check   func(user, token string) error
	refused error
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused != nil {
		return nil, true, x.refused
	}
	user, rest, _ := strings.Cut(strings.TrimPrefix(string(response), "user="), "\x01")
	token, ok := strings.CutSuffix(strings.TrimPrefix(rest, "auth=Bearer "), "\x01\x01")
	if x.refused = x.check(user, token); x.refused == nil && ok {
		return nil, true, nil
	}
	x.refused = smtp.ErrAuthFailed
	return []byte(`{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}`), false, nil
}
