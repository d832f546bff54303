package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// Options say where and how mail leaves.
type Options struct {
	Host     string
	Port     int
	TLS      TLS
	User     string
	Password string
	Auth     Auth
	// TokenFile holds the bearer token of AuthXOAUTH2. It is read anew for every
	// connection; "" means that Password is the token.
	TokenFile string
	Hello     string // our name in EHLO; "" for the machine's
	// MaxMessages is how many messages one connection carries before it is opened
	// anew, MaxAge how long it lives: providers close what lasts longer, and do it
	// in the middle. 0 means 1,000 and ten minutes.
	MaxMessages int
	MaxAge      time.Duration
	// Weight is the server's share of a Pool's connections; 0 means 1. A Standby
	// has none: it is used while all others are down.
	Weight  int
	Standby bool
	// Connections is how many a Pool opens at once; 0 for no limit.
	Connections int
	// Domain and Keys sign every message (RFC 6376); no keys, no signature.
	Domain  string
	Keys    []Key
	Timeout time.Duration // of one message, the wait after the final dot included; 0 means five minutes
	// TLSConfig holds what TLS needs beside the host's name, such as other roots;
	// nil for what the system trusts.
	TLSConfig *tls.Config
}

// TLS says how a connection is secured.
type TLS string

// The ways. None is for a server on this machine or in a closed network.
const (
	TLSNone     TLS = "none"
	TLSStart    TLS = "starttls"
	TLSImplicit TLS = "implicit"
)

// Sender opens connections with go-mail. It is safe for concurrent use.
type Sender struct {
	options Options
	signer  *signer // nil: messages are not signed
}

var _ mailer.Sender = (*Sender)(nil)

// New checks the options, also by letting go-mail read them.
func New(o Options) (*Sender, error) {
	if wrong := o.contradictions(); len(wrong) > 0 {
		return nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "smtp", Message: "the mail server " + o.address() + " " + strings.Join(wrong, ", and it "), Hint: hint}
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Minute // RFC 5321, 4.5.3.2 wants ten after the dot at most
	}
	if o.MaxMessages == 0 {
		o.MaxMessages = 1000
	}
	if o.MaxAge == 0 {
		o.MaxAge = 10 * time.Minute
	}
	s := &Sender{options: o}
	if len(o.Keys) > 0 {
		s.signer = newSigner(o.Domain, o.Keys)
	}
	_, err := s.client(nil)
	return s, err
}

// dialFunc opens the TCP connection.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func (s *Sender) client(dial dialFunc) (*mail.Client, error) {
	o := s.options
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLSConfig != nil {
		secure = o.TLSConfig.Clone()
		secure.MinVersion = max(secure.MinVersion, tls.VersionTLS12)
	}
	if secure.ServerName == "" {
		secure.ServerName = o.Host
	}
	options := []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(o.connectTimeout()), mail.WithTLSConfig(secure)}
	if o.Hello != "" {
		options = append(options, mail.WithHELO(o.Hello))
	}
	switch o.TLS {
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLSImplicit:
		// Not WithSSL: the dialer is ours, so the TLS is.
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		if plain := dial; plain != nil {
			dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				raw, err := plain(ctx, network, address)
				if err != nil {
					return nil, err
				}
				c := tls.Client(raw, secure)
				return c, c.HandshakeContext(ctx)
			}
		}
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if dial != nil {
		options = append(options, mail.WithDialContextFunc(dial))
	}
	c, err := mail.NewClient(o.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("set up the mail client for %s: %w", o.Host, err)
	}
	return c, nil
}

// connectWithin bounds every step up to the login: a server that lets us wait for
// longer is not there, and others may be.
const connectWithin = 30 * time.Second

func (o Options) connectTimeout() time.Duration { return min(o.Timeout, connectWithin) }

// Connect opens, secures and authenticates one connection. The error is
// Unavailable, or the context's.
func (s *Sender) Connect(ctx context.Context) (mailer.Conn, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// connect minds two things that go-mail does not: the context after the dial, and
// a connection that is open and cannot be used.
func (s *Sender) connect(ctx context.Context) (*conn, error) {
	var raw net.Conn
	stop := func() bool { return true }
	client, err := s.client(func(dialing context.Context, network, _ string) (net.Conn, error) {
		// Not go-mail's address: it puts an address of version 6 in no brackets.
		c, err := new(net.Dialer).DialContext(dialing, network, s.options.address())
		if err == nil {
			raw, stop = c, context.AfterFunc(ctx, func() { _ = c.Close() })
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	wrong := "no mail server answers as asked at " + s.options.address()
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		wrong = "the mail server " + s.options.address() + " does not let us log in"
		if err = smtp.UpdateDeadline(s.options.connectTimeout()); err == nil {
			err = login(smtp, s.options)
		}
	}
	if !stop() || err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		if raw != nil {
			_ = raw.Close()
		}
		return nil, &subscriptions.Error{Code: subscriptions.Unavailable, Err: err, Message: wrong,
			Hint: "Check TIDINGS_SMTP: host, port, tls, user and password; and that the server runs."}
	}
	return newConn(smtp, s.options, s.signer), nil
}

func (o Options) address() string { return net.JoinHostPort(o.Host, strconv.Itoa(o.Port)) }
