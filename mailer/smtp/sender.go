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
	gosmtp "github.com/wneessen/go-mail/smtp"

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
	Hello    string        // our name in EHLO; "" for the machine's
	Timeout  time.Duration // of one message, the wait after the final dot included; 0 means five minutes
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
type Sender struct{ options Options }

var _ mailer.Sender = (*Sender)(nil)

// New checks the options by letting go-mail read them.
func New(o Options) (*Sender, error) {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Minute // RFC 5321, 4.5.3.2 wants ten after the dot at most
	}
	s := &Sender{o}
	_, err := s.client()
	return s, err
}

func (s *Sender) client() (*mail.Client, error) {
	o := s.options
	options := []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(o.Timeout),
		mail.WithTLSConfig(&tls.Config{ServerName: o.Host, MinVersion: tls.VersionTLS12})}
	if o.Hello != "" {
		options = append(options, mail.WithHELO(o.Hello))
	}
	switch o.TLS {
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLSImplicit:
		options = append(options, mail.WithSSL())
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
	c, err := mail.NewClient(o.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("set up the mail client for %s: %w", o.Host, err)
	}
	return c, nil
}

// Connect opens, secures and authenticates one connection.
func (s *Sender) Connect(ctx context.Context) (mailer.Conn, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, &subscriptions.Error{Code: subscriptions.Unavailable, Err: err,
			Message: fmt.Sprintf("no mail server answers as asked at %s", net.JoinHostPort(s.options.Host, strconv.Itoa(s.options.Port))),
			Hint:    "Check TIDINGS_SMTP: host, port, tls and user; and that the server runs."}
	}
	return &conn{smtp: smtp, timeout: s.options.Timeout}, nil
}

// conn is one connection. It is used by one goroutine.
type conn struct {
	smtp    *gosmtp.Client
	timeout time.Duration
	buf     []byte // reused: a message is gone before the next is built
	used    bool   // a transaction was refused: RSET before the next (RFC 5321, 4.1.1.5)
}

// Send takes one message through MAIL, RCPT, DATA and the final dot.
func (c *conn) Send(_ context.Context, m *mailer.Message) mailer.Result {
	var err error
	if c.buf, err = appendMessage(c.buf[:0], m); err != nil {
		return mailer.Result{Verdict: mailer.Temporary, Stage: mailer.StageCompose, Text: err.Error()}
	}
	if err := c.smtp.UpdateDeadline(c.timeout); err != nil {
		return answer(mailer.StageConnect, err)
	}
	if c.used {
		if err := c.smtp.Reset(); err != nil {
			r := answer(mailer.StageMail, err)
			r.Verdict, r.Broken = mailer.Temporary, true
			return r
		}
		c.used = false
	}
	if err := c.smtp.Mail("<" + m.Envelope + ">"); err != nil {
		return c.refused(mailer.StageMail, err)
	}
	if err := c.smtp.Rcpt("<" + m.To.Address + ">"); err != nil {
		return c.refused(mailer.StageRcpt, err)
	}
	data, err := c.smtp.Data()
	if err != nil {
		return c.refused(mailer.StageData, err)
	}
	if _, err := data.Write(c.buf); err != nil {
		// What was not written to its end must not be closed with a dot: the server
		// would take the half. The connection goes instead.
		r := answer(mailer.StageData, err)
		r.Verdict, r.Broken = mailer.Temporary, true
		return r
	}
	if err := data.Close(); err != nil {
		return c.refused(mailer.StageDot, err)
	}
	return mailer.Result{Verdict: mailer.Accepted, Stage: mailer.StageDot, Code: 250}
}

func (c *conn) refused(stage mailer.Stage, err error) mailer.Result {
	c.used = true
	return answer(stage, err)
}

// Close says goodbye; a server that does not answer is left.
func (c *conn) Close() error {
	if err := c.smtp.UpdateDeadline(2 * time.Second); err == nil {
		if err := c.smtp.Quit(); err == nil {
			return nil
		}
	}
	return c.smtp.Close()
}
