package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
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
	Hello    string // our name in EHLO; "" for the machine's
	// MaxMessages is how many messages one connection carries before it is opened
	// anew, MaxAge how long it lives: providers close what lasts longer, and do it
	// in the middle. 0 means 1,000 and ten minutes.
	MaxMessages int
	MaxAge      time.Duration
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

const hint = "It looks like smtp://user:password@mail.example.org:587?tls=starttls"

// ParseURL reads smtp[s]://user:pass@host:port?tls=none|starttls|implicit. smtps
// means implicit TLS and port 465; smtp means STARTTLS, required, and port 587.
// The error never holds the password.
func ParseURL(s string) (Options, error) {
	bad := func(why string) (Options, error) {
		return Options{}, &subscriptions.Error{Code: subscriptions.Invalid, Field: "smtp", Message: "the SMTP address " + why, Hint: hint}
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("is not a URL")
	}
	o := Options{Host: u.Hostname(), User: u.User.Username(), TLS: TLSStart, Port: 587}
	o.Password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
	case "smtps":
		o.TLS, o.Port = TLSImplicit, 465
	default:
		return bad("starts with neither smtp:// nor smtps://")
	}
	if o.Host == "" {
		return bad("names no host")
	}
	if p := u.Port(); p != "" {
		if o.Port, err = strconv.Atoi(p); err != nil || o.Port < 1 || o.Port > 65535 {
			return bad("has no valid port")
		}
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return bad("has something after the port")
	}
	for name, values := range u.Query() {
		// What stands there is not repeated: a "?" in a password that is not
		// escaped makes a setting of the rest of it.
		if name != "tls" {
			return bad("has an unknown setting; only tls is known")
		}
		if len(values) != 1 {
			return bad("has a tls more than once")
		}
		switch t := TLS(values[0]); t {
		case TLSNone, TLSStart, TLSImplicit:
			o.TLS = t
		default:
			return bad("has a tls that is not none, starttls or implicit")
		}
	}
	if o.User != "" && o.TLS == TLSNone && !loopback(o.Host) {
		return bad("would send a password in the clear")
	}
	return o, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Sender opens connections with go-mail. It is safe for concurrent use.
type Sender struct {
	options Options
	signer  *signer // nil: messages are not signed
}

var _ mailer.Sender = (*Sender)(nil)

// New checks the options by letting go-mail read them.
func New(o Options) (*Sender, error) {
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
	options := []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(o.Timeout), mail.WithTLSConfig(secure)}
	if o.Hello != "" {
		options = append(options, mail.WithHELO(o.Hello))
	}
	switch o.TLS {
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLSImplicit:
		// Not WithSSL: with a dialer of ours go-mail would not know that the
		// connection is encrypted, and keep the password back. So it finds out.
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
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
	if o.User != "" {
		auth := mail.SMTPAuthAutoDiscover
		if o.TLS == TLSNone {
			auth = mail.SMTPAuthPlainNoEnc
		}
		options = append(options, mail.WithUsername(o.User), mail.WithPassword(o.Password), mail.WithSMTPAuth(auth))
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

// Connect opens, secures and authenticates one connection. go-mail minds the
// context only while it dials, and leaves a connection open that it then cannot
// use, so both are done here.
func (s *Sender) Connect(ctx context.Context) (mailer.Conn, error) {
	var raw net.Conn
	stop := func() bool { return true }
	client, err := s.client(func(dialing context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(dialing, network, address)
		if err == nil {
			raw, stop = c, context.AfterFunc(ctx, func() { _ = c.Close() })
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if !stop() || err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		if raw != nil {
			_ = raw.Close()
		}
		return nil, &subscriptions.Error{Code: subscriptions.Unavailable, Err: err,
			Message: fmt.Sprintf("no mail server answers as asked at %s", net.JoinHostPort(s.options.Host, strconv.Itoa(s.options.Port))),
			Hint:    "Check TIDINGS_SMTP: host, port, tls and user; and that the server runs."}
	}
	return newConn(smtp, s.options, s.signer), nil
}
