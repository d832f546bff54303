package mailtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-sasl"
)

// Generous for any mail Tidings writes, and bounded all the same: a runaway
// client must meet an end.
const (
	defaultMaxSize     = 25 << 20
	defaultIdleTimeout = 5 * time.Minute
	maxLine            = 64 << 10
)

// Options say how the server behaves. The zero value is a plain server on a free
// port of the loopback that accepts everything and forgets it at the end.
type Options struct {
	// Addr is where to listen; 127.0.0.1:0 when empty.
	Addr string
	// Name is what the server calls itself in its greeting; mail.example.org when
	// empty.
	Name string
	// Now is the clock of Message.Received; time.Now when nil.
	Now func() time.Time
	// Dir, when set, keeps every accepted message as a file, and what already lies
	// there is in the inbox from the start. It is created when it is missing.
	Dir string
	// Faults are what goes wrong from the first connection on; see SetFaults.
	Faults []Fault
	// TLS, when set, offers STARTTLS; with Implicit the connection begins with TLS.
	TLS      *tls.Config
	Implicit bool
	// Auth maps users to passwords, which are their tokens as well. When it is set,
	// mail is taken only after AUTH; with TLS set, only on an encrypted connection.
	Auth map[string]string
	// Mechanisms are the ways to authenticate: PLAIN, LOGIN, XOAUTH2 and the SCRAMs
	// of SHA-1 and SHA-256, whose -PLUS is offered on encrypted connections only.
	// PLAIN and LOGIN when empty.
	Mechanisms []string
	// ASCIIOnly leaves SMTPUTF8 out of the greeting, as old servers do.
	ASCIIOnly bool
	// Reports offers DSN (RFC 3461); what is asked for is in Message.Envelope.
	Reports bool
	// MaxSize is the largest message in octets; 25 MiB when zero.
	MaxSize int64
	// IdleTimeout ends a connection on which nothing happens; 5 minutes when zero.
	IdleTimeout time.Duration
	// Log gets go-smtp's complaints at debug; nil discards them.
	Log *slog.Logger
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() (Options, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Name == "" {
		o.Name = "mail.example.org"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxSize == 0 {
		o.MaxSize = defaultMaxSize
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = defaultIdleTimeout
	}
	if len(o.Mechanisms) == 0 {
		o.Mechanisms = []string{sasl.Plain, sasl.Login}
	}
	for _, m := range o.Mechanisms {
		if _, known := mechanisms[m]; !known {
			return o, fmt.Errorf("start the mail server: there is no mechanism %q", m)
		}
	}
	if o.Implicit && o.TLS == nil {
		return o, errors.New("start the mail server: Implicit needs a TLS configuration: set TLS as well")
	}
	return o, nil
}
