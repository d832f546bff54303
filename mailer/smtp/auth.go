package smtp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	gosmtp "github.com/wneessen/go-mail/smtp"
)

// Auth says how we log in.
type Auth string

// The ways. Auto takes the first of the table below that the server offers, but
// never XOAUTH2: a password is no token.
const (
	AuthAuto        Auth = ""
	AuthPlain       Auth = "plain"
	AuthLogin       Auth = "login"
	AuthSCRAMSHA1   Auth = "scram-sha-1"
	AuthSCRAMSHA256 Auth = "scram-sha-256"
	AuthXOAUTH2     Auth = "xoauth2"
)

// mechanisms are the names by which servers offer them (RFC 4954), best first:
// those that do not show the server the password, and of these the ones bound to
// the TLS connection, which nobody between can pass on (RFC 5802, 6). The
// exchanges are go-mail's.
var mechanisms = []struct {
	name  string
	auth  Auth
	bound bool
	begin func(o Options, secret string, state *tls.ConnectionState) gosmtp.Auth
}{
	{"SCRAM-SHA-256-PLUS", AuthSCRAMSHA256, true, func(o Options, secret string, state *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.ScramSHA256PlusAuth(o.User, secret, state)
	}},
	{"SCRAM-SHA-256", AuthSCRAMSHA256, false, func(o Options, secret string, _ *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.ScramSHA256Auth(o.User, secret)
	}},
	{"SCRAM-SHA-1-PLUS", AuthSCRAMSHA1, true, func(o Options, secret string, state *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.ScramSHA1PlusAuth(o.User, secret, state)
	}},
	{"SCRAM-SHA-1", AuthSCRAMSHA1, false, func(o Options, secret string, _ *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.ScramSHA1Auth(o.User, secret)
	}},
	{"PLAIN", AuthPlain, false, func(o Options, secret string, state *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.PlainAuth("", o.User, secret, o.Host, state == nil) // login has seen to it that the way is safe
	}},
	{"LOGIN", AuthLogin, false, func(o Options, secret string, state *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.LoginAuth(o.User, secret, o.Host, state == nil)
	}},
	{"XOAUTH2", AuthXOAUTH2, false, func(o Options, secret string, _ *tls.ConnectionState) gosmtp.Auth {
		return gosmtp.XOAuth2Auth(o.User, secret)
	}},
}

// login authenticates a fresh connection, where a user is set.
func login(c *gosmtp.Client, o Options) error {
	if o.User == "" {
		return nil
	}
	state, err := c.GetTLSConnectionState()
	if err != nil {
		state = nil
		if !loopback(o.Host) {
			return errors.New("the connection is not encrypted")
		}
	}
	_, list := c.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(list))
	for _, m := range mechanisms {
		wanted := m.auth == o.Auth || o.Auth == AuthAuto && m.auth != AuthXOAUTH2
		if !wanted || m.bound && state == nil || !slices.Contains(offered, m.name) {
			continue
		}
		secret, err := o.secret()
		if err != nil {
			return err
		}
		if err := c.Auth(m.begin(o, secret, state)); err != nil {
			return fmt.Errorf("AUTH %s: %w", m.name, err)
		}
		return nil
	}
	if len(offered) == 0 {
		return errors.New("it offers no AUTH, and a user is set")
	}
	wanted := "none of which is known here"
	if o.Auth != AuthAuto {
		wanted = "not " + string(o.Auth)
	}
	return fmt.Errorf("it offers AUTH %s, %s", strings.Join(offered, " "), wanted)
}

// maxToken bounds what is read as a token; those in use are of a few KB.
const maxToken = 64 << 10

// secret is the password, or the token as its file holds it now: tokens live for
// an hour, and whoever refreshes them writes the file anew.
func (o Options) secret() (string, error) {
	if o.TokenFile == "" {
		return o.Password, nil
	}
	f, err := os.Open(o.TokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	switch {
	case token == "":
		return "", fmt.Errorf("the token file %s is empty", o.TokenFile)
	case len(b) > maxToken, strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		// RFC 6750, 2.1: printable characters, no space.
		return "", fmt.Errorf("the token file %s holds something else than one token", o.TokenFile)
	}
	return token, nil
}
