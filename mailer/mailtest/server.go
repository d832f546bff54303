// Package mailtest is an SMTP server that lives inside a test, or inside
// `tidings demo`, and does what it is told: it records what it accepts, and it
// refuses, stalls and breaks off exactly where a test wants it to.
//
// # What it is for
//
// Delivery is right only if it is right when the other side misbehaves: a
// greylisting server, a full mailbox, a connection that dies after the final
// dot. Such servers cannot be hired, so this one plays them. Clients reach it
// over a real TCP connection on loopback, so the real sending code is what is
// tested; nothing here knows the rest of Tidings.
//
// # What it records
//
// Every accepted message is kept with its envelope, in order of acceptance, and
// never shared: callers get copies. Tidings sends one message to one recipient,
// so a second recipient is refused, and it is written down as a [Breach], as are
// lines longer than the standard allows and line ends that are not CRLF. A test
// that ends with an empty [Server.Breaches] has sent decent mail.
//
// # An inbox on disk
//
// With Options.Dir every message is also one file, 0001.eml and up, complete the
// moment it is visible. It opens with the trace lines a delivering server adds
// (RFC 5321, section 4.4), Return-Path among them, so that the envelope survives
// a restart and can be seen in any mail program; the rest of the file is what
// came over the wire, octet for octet, and a DKIM signature still verifies. There
// is no second file a message, because two files cannot appear at once.
//
// # Faults
//
// A [Fault] is data: at which [Point] of the conversation, for whom, how often,
// and what to do. The protocol is go-smtp's; the places it does not let a backend
// touch (before the greeting, the answer to DATA, a connection reset) are done
// beneath it, in gate.go and conn.go.
package mailtest

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"sort"
	"sync"

	"github.com/emersion/go-smtp"
)

// Server is a running SMTP server. All methods may be called at any time, from
// any goroutine.
type Server struct {
	opts   Options
	gate   *gate
	smtp   *smtp.Server
	faults faultList

	served chan struct{} // closed when the accept loop has ended

	mu       sync.Mutex
	inbox    []Message
	next     int
	breaches []Breach
	changed  chan struct{} // closed and replaced whenever a message is kept
	closing  sync.Once
	closeErr error
}

// New returns a server that is listening already.
func New(opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, next: 1, changed: make(chan struct{}), served: make(chan struct{})}
	if err := s.SetFaults(opts.Faults...); err != nil {
		return nil, err
	}
	if opts.Dir != "" {
		inbox, err := loadDir(opts.Dir)
		if err != nil {
			return nil, err
		}
		s.inbox = inbox
		if len(inbox) > 0 {
			s.next = inbox[len(inbox)-1].N + 1
		}
	}

	ln, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("start the mail server on %s: %w", opts.Addr, err)
	}
	s.gate = newGate(ln, s)
	s.smtp = s.newSMTP()
	go s.gate.run()
	go func() {
		defer close(s.served)
		// Its error is always that the gate has closed.
		_ = s.smtp.Serve(s.gate)
	}()
	return s, nil
}

func (s *Server) newSMTP() *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain = s.opts.Name
	srv.MaxMessageBytes = s.opts.MaxSize
	srv.MaxLineLength = maxLine
	srv.ReadTimeout = s.opts.IdleTimeout
	srv.WriteTimeout = s.opts.IdleTimeout
	srv.EnableSMTPUTF8 = !s.opts.ASCIIOnly
	srv.EnableDSN = s.opts.Reports
	srv.TLSConfig = s.opts.TLS
	srv.AllowInsecureAuth = s.opts.TLS == nil
	srv.ErrorLog = log.New(io.Discard, "", 0)
	if s.opts.Log != nil {
		srv.ErrorLog = slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug)
	}
	return srv
}

// Addr is the host:port the server listens on.
func (s *Server) Addr() string { return s.gate.Addr().String() }

// URL is the server as TIDINGS_SMTP wants it, with the way of encryption and, when
// users are set, the credentials of the first by name.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.Addr(), RawQuery: "tls=none"}
	switch {
	case s.opts.Implicit:
		u.Scheme, u.RawQuery = "smtps", "tls=implicit"
	case s.opts.TLS != nil:
		u.RawQuery = "tls=starttls"
	}
	users := make([]string, 0, len(s.opts.Auth))
	for user := range s.opts.Auth {
		users = append(users, user)
	}
	if len(users) > 0 {
		sort.Strings(users)
		u.User = url.UserPassword(users[0], s.opts.Auth[users[0]])
	}
	return u.String()
}

// SetFaults replaces all faults, counts included; with none it clears them. It
// refuses a list that could never do what it says, and then changes nothing.
func (s *Server) SetFaults(faults ...Fault) error {
	for i, f := range faults {
		if err := f.check(s.opts.TLS != nil); err != nil {
			return fmt.Errorf("set fault %d of %d: %w", i+1, len(faults), err)
		}
	}
	s.faults.set(faults)
	return nil
}

// Stats are the counts a test of a connection pool asks for.
type Stats struct {
	Connections int // accepted since the start, refused ones included
	Open        int // open now
	Peak        int // the most that were open at once
	Faults      int // faults carried out, or begun in the case of a stall
}

// Stats returns the counts as they are now.
func (s *Server) Stats() Stats {
	st := s.gate.stats()
	st.Faults = s.faults.count()
	return st
}

// Breaches are the rules of decent mail that clients have broken, in order.
func (s *Server) Breaches() []Breach {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.breaches)
}

// WaitFor returns as soon as the inbox holds at least n messages, or with an error
// that says how many have come when ctx ends first.
func (s *Server) WaitFor(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		have, changed := len(s.inbox), s.changed
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d messages at %s: %d have come: %w", n, s.Addr(), have, ctx.Err())
		}
	}
}

// Close ends every connection, stalled ones too, and returns when nothing of the
// server runs any more. What it recorded stays readable. Closing twice is fine.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.closeErr = s.gate.Close()
		<-s.served
		s.gate.closeConns()
		// Shutdown rather than Close: only Shutdown waits for the conversations, and
		// these end at once, as their connections are gone. Its error is that the
		// gate has closed already.
		_ = s.smtp.Shutdown(context.Background())
	})
	return s.closeErr
}
