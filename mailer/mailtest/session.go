package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-smtp"
)

// session is one conversation. go-smtp speaks the protocol and asks it what to
// answer.
type session struct {
	srv  *Server
	conn *smtp.Conn
	user string // who has authenticated, and how
	auth string

	from, to string
	asked    Envelope
}

var _ smtp.AuthSession = (*session)(nil)

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	sess := &session{srv: s, conn: c}
	if inner, ok := c.Conn().(*conn); ok {
		inner.session = sess
	}
	return sess, nil
}

// errHungUp is what go-smtp gets when the connection is gone: it tries to tell the
// client, and cannot.
var errHungUp = errors.New("mailtest: hung up on demand")

// fault carries out what is due at a point; the error is what to answer.
func (s *session) fault(at Point, address string) error {
	for _, f := range s.srv.faults.due(at, address) {
		if err := s.act(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) act(f Fault) error {
	if r, ok := f.Action.(Reply); ok && r.Code != codeClosing && f.At != MidData {
		s.srv.faults.began()
		return r.smtpError()
	}
	if s.srv.act(f, s.conn.Conn()) {
		return errHungUp
	}
	return nil
}

// Mail takes the envelope sender.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if len(s.srv.opts.Auth) > 0 && s.user == "" {
		// go-smtp's own error says 502; RFC 4954, section 6, says 530.
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if err := s.fault(Mail, from); err != nil {
		return err
	}
	s.from = from
	if o != nil {
		s.asked.ID, s.asked.Return = o.EnvelopeID, string(o.Return)
	}
	return nil
}

// Rcpt takes the one recipient a message may have.
func (s *session) Rcpt(to string, o *smtp.RcptOptions) error {
	if s.to != "" {
		s.srv.breach(s.from, s.to, fmt.Sprintf("a second recipient, %s, for one message", to))
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 5, 3}, Message: "One recipient a message"}
	}
	if err := s.fault(Rcpt, to); err != nil {
		return err
	}
	s.to = to
	if o != nil {
		s.asked.Recipient = o.OriginalRecipient
		for _, n := range o.Notify {
			s.asked.Notify = append(s.asked.Notify, string(n))
		}
	}
	return nil
}

// Data takes the message, and keeps it when nothing is to go wrong.
func (s *session) Data(r io.Reader) error {
	var body bytes.Buffer
	for _, f := range s.srv.faults.due(MidData, s.to) {
		want := max(f.After, 1) - int64(body.Len())
		// A message that ends before is a smaller message; the fault happens all the
		// same, as nothing has been answered yet.
		if _, err := io.CopyN(&body, r, want); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := s.act(f); err != nil {
			return err
		}
	}
	if _, err := io.Copy(&body, r); err != nil {
		return err
	}

	kept := false
	keep := func() error {
		if kept {
			return nil
		}
		kept = true
		return s.keep(body.Bytes())
	}
	for _, f := range s.srv.faults.due(AfterDot, s.to) {
		if f.Accept {
			if err := keep(); err != nil {
				return err
			}
		}
		if err := s.act(f); err != nil {
			return err
		}
	}
	return keep()
}

func (s *session) keep(data []byte) error {
	for _, rule := range lineBreaches(data) {
		s.srv.breach(s.from, s.to, rule)
	}
	_, encrypted := s.conn.TLSConnectionState()
	err := s.srv.keep(Message{
		From: s.from, To: s.to, Envelope: s.asked, Helo: s.conn.Hostname(), User: s.user, Auth: s.auth, TLS: encrypted,
		Received: s.srv.opts.Now(), Data: bytes.Clone(data),
	})
	if err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
	}
	return nil
}

// Reset forgets the envelope.
func (s *session) Reset() { s.from, s.to, s.asked = "", "", Envelope{} }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }
