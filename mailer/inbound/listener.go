package inbound

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"sesec.eu/tidings/subscriptions"
)

// Listen says where to listen, and how mail comes there.
type Listen struct {
	Network, Address string
	LMTP             bool
}

// ParseListen reads smtp://host:port, lmtp://host:port, or lmtp:///path of a socket.
func ParseListen(s string) (Listen, error) {
	u, err := url.Parse(s)
	wrong := &subscriptions.Error{Code: subscriptions.Invalid, Message: "is neither smtp://host:port, lmtp://host:port nor lmtp:///path",
		Hint: "It looks like lmtp://127.0.0.1:2424, or lmtp:///run/tidings/bounce.sock."}
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "smtp" && u.Scheme != "lmtp" {
		return Listen{}, wrong
	}
	l := Listen{LMTP: u.Scheme == "lmtp"}
	switch {
	case u.Host == "" && len(u.Path) > 1:
		l.Network, l.Address = "unix", u.Path
	case u.Host != "" && u.Port() != "" && (u.Path == "" || u.Path == "/"):
		l.Network, l.Address = "tcp", u.Host
	default:
		return Listen{}, wrong
	}
	return l, nil
}

// What one may do here. A wave of reports after an edition is a few hundred a second
// at most; what is more is told to come later, and does.
const (
	maxSize        = 30 << 20 // of a message; the reader looks at its beginning
	maxRecipients  = 20
	maxConnections = 100
	perSecond      = 200
	burst          = 2000
	idleFor        = 2 * time.Minute
)

// Listener takes mail by SMTP or LMTP.
type Listener struct {
	Door  *Door
	Where Listen

	mu     sync.Mutex
	open   int
	tokens float64
	filled time.Time
}

// Open opens the port, or the socket.
func (l *Listener) Open(ctx context.Context) (net.Listener, error) {
	if l.Where.Network == "unix" {
		// A socket that a killed process left behind is in nobody's use.
		if c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", l.Where.Address); err == nil {
			_ = c.Close()
		} else if info, err := os.Lstat(l.Where.Address); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(l.Where.Address)
		}
	}
	return new(net.ListenConfig).Listen(ctx, l.Where.Network, l.Where.Address)
}

// Serve answers until the context ends; then it finishes what is under way.
func (l *Listener) Serve(ctx context.Context, on net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{listener: l, ctx: context.WithoutCancel(ctx)}, nil
	}))
	s.Domain = subscriptions.AddressDomain(l.Door.Address)
	s.LMTP = l.Where.LMTP
	s.MaxRecipients, s.MaxMessageBytes, s.MaxLineLength = maxRecipients, maxSize, 64<<10
	s.ReadTimeout, s.WriteTimeout = idleFor, idleFor
	s.EnableSMTPUTF8 = true
	s.ErrorLog = log.New(io.Discard, "", 0)
	if l.Door.Log != nil {
		s.ErrorLog = slog.NewLogLogger(l.Door.Log.Handler(), slog.LevelDebug)
	}
	defer context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if s.Shutdown(grace) != nil {
			_ = s.Close()
		}
	})()
	err := s.Serve(&limited{Listener: on, l: l})
	if ctx.Err() != nil || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// limited closes what is one connection too many, at once.
type limited struct {
	net.Listener
	l *Listener
}

// Accept implements net.Listener.
func (a *limited) Accept() (net.Conn, error) {
	for {
		c, err := a.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if a.l.enter() {
			return &counted{Conn: c, leave: sync.OnceFunc(a.l.leave)}, nil
		}
		_ = c.SetDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(c, "421 4.7.0 Too many connections, come later\r\n")
		_ = c.Close()
	}
}

type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}

func (l *Listener) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= maxConnections {
		return false
	}
	l.open++
	return true
}

func (l *Listener) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

// paced takes one message from the allowance.
func (l *Listener) paced(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.filled.IsZero() {
		l.tokens = burst
	} else {
		l.tokens = min(l.tokens+now.Sub(l.filled).Seconds()*perSecond, burst)
	}
	l.filled = now
	if l.tokens < 1 {
		return false
	}
	l.tokens--
	return true
}

// session is one conversation.
type session struct {
	listener *Listener
	ctx      context.Context // of the conversation: what is under way is finished
	to       []string
}

var _ smtp.LMTPSession = (*session)(nil)

func refusal(code int, enhanced smtp.EnhancedCode, words string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}

var (
	later   = smtp.EnhancedCode{4, 3, 0}
	tooFast = smtp.EnhancedCode{4, 7, 0}
	unknown = smtp.EnhancedCode{5, 1, 1}
)

// Mail takes any sender: reports have none.
func (s *session) Mail(string, *smtp.MailOptions) error {
	s.to = nil
	if !s.listener.paced(time.Now()) {
		return refusal(451, tooFast, "Too many messages, come later")
	}
	return nil
}

// Rcpt takes our own addresses only.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.listener.Door.Ours(to); err != nil {
		return refusal(550, unknown, "No such address here")
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes a message by SMTP: recorded for all its recipients, or not taken.
func (s *session) Data(r io.Reader) error {
	raw, err := s.read(r)
	if err != nil {
		return err
	}
	for _, to := range s.to {
		if err := s.take(raw, to); err != nil {
			return err
		}
	}
	return nil
}

// LMTPData answers for each recipient.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	raw, err := s.read(r)
	if err != nil {
		return err
	}
	for _, to := range s.to {
		status.SetStatus(to, s.take(raw, to))
	}
	return nil
}

// kept is more than the reader and the record keep of a message. Anybody may write to
// the bounce address, on all connections at once.
const kept = 1 << 20

// read keeps what is looked at, and lets the rest go by.
func (s *session) read(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, kept))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	return raw, err
}

func (s *session) take(raw []byte, to string) error {
	if _, err := s.listener.Door.Take(s.ctx, raw, subscriptions.WaySMTP, to); err != nil {
		s.listener.Door.Log.Warn("a message that came back could not be recorded; its server keeps it", "error", err)
		return refusal(451, later, "Not recorded, come later")
	}
	return nil
}

// Reset forgets the envelope.
func (s *session) Reset() { s.to = nil }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }

// String names it for people.
func (l Listen) String() string {
	scheme := "smtp"
	if l.LMTP {
		scheme = "lmtp"
	}
	if l.Network == "unix" {
		return scheme + "://" + l.Address
	}
	return scheme + "://" + strings.TrimPrefix(l.Address, "//")
}
