package mailtest

import (
	"bytes"
	"crypto/tls"
	"net"
	"time"
)

// conn is one TCP connection, counted, and able to withhold a DATA command from
// go-smtp.
//
// go-smtp answers DATA with 354 before its backend hears of it, so a refusal of
// DATA has to happen beneath it: the command is taken out of the stream, the
// refusal written in its place, and go-smtp goes on waiting for a command, as a
// server would. DATA is the last command of whatever a client pipelines (RFC 2920,
// section 3.1), so looking at the end of each read is enough. On an encrypted
// connection there is nothing to see, and Fault.check says so.
type conn struct {
	net.Conn
	gate *gate

	// Touched only by the goroutine of go-smtp that serves this connection.
	session *session
	inData  bool   // go-smtp has answered 354 and nothing since
	tail    []byte // the end of the content so far, to find its final dot
	over    bool   // the final dot has been read: what follows are commands
	held    []byte // a DATA command that was read and not yet handed on
}

func (c *conn) Read(b []byte) (int, error) {
	for {
		if len(c.held) > 0 {
			// go-smtp is back for more, so it has answered all that came before: the
			// recipient is known.
			if c.refuseData() {
				c.held = nil
				continue
			}
			n := copy(b, c.held)
			c.held = c.held[n:]
			return n, nil
		}
		n, err := c.Conn.Read(b)
		if c.inData && !c.over {
			c.look(b[:n])
		}
		if c.inData && !c.over || c.session == nil || c.gate.srv.opts.TLS != nil {
			return n, err
		}
		if rest, cmd := cutData(b[:n]); cmd != nil {
			c.held = bytes.Clone(cmd)
			if len(rest) == 0 && err == nil {
				continue
			}
			return len(rest), err
		}
		return n, err
	}
}

func (c *conn) Write(b []byte) (int, error) {
	c.inData, c.over = bytes.HasPrefix(b, []byte("354 ")), false
	c.tail = append(c.tail[:0], "\r\n"...)
	return c.Conn.Write(b)
}

// look finds the end of the content. The next envelope may follow in the same
// read: a client may send it with the dot (RFC 2920, section 3.1).
func (c *conn) look(b []byte) {
	const end = "\r\n.\r\n"
	c.tail = append(c.tail, b...)
	c.over = bytes.Contains(c.tail, []byte(end))
	c.tail = c.tail[max(len(c.tail)-len(end)+1, 0):]
}

// Close forgets the connection first, so that Stats is right once it has gone.
func (c *conn) Close() error {
	c.gate.forget(c)
	return c.Conn.Close()
}

// refuseData carries out the faults at Data and reports whether the command is to
// be withheld. After a hangup it is withheld as well; the next read then fails.
func (c *conn) refuseData() bool {
	if c.session == nil || c.session.to == "" {
		return false // go-smtp refuses it by itself: there is no recipient
	}
	for _, f := range c.gate.srv.faults.due(Data, c.session.to) {
		if r, ok := f.Action.(Reply); ok && r.Code != codeClosing {
			c.gate.srv.faults.began()
			_, _ = c.Conn.Write(r.wire())
			return true
		}
		if c.gate.srv.act(f, c) {
			return true
		}
	}
	return false
}

// cutData splits a DATA command off the end of what was read.
func cutData(b []byte) (rest, cmd []byte) {
	const data = "DATA\r\n"
	i := len(b) - len(data)
	if i < 0 || !bytes.EqualFold(b[i:], []byte(data)) || (i > 0 && b[i-1] != '\n') {
		return b, nil
	}
	return b[:i], b[i:]
}

// codeClosing is the reply after which a server closes (RFC 5321, section 3.8).
const codeClosing = 421

// act carries out a fault on a connection from beneath go-smtp and reports whether
// that ended the connection. A reply here is a last word; where go-smtp can say it
// and go on, the caller does not come here.
func (s *Server) act(f Fault, c net.Conn) (ended bool) {
	s.faults.began()
	switch a := f.Action.(type) {
	case Stall:
		timer := time.NewTimer(time.Duration(a))
		defer timer.Stop()
		select {
		case <-timer.C:
			return false
		case <-s.gate.done:
			_ = c.Close()
			return true
		}
	case Reply:
		_ = c.SetWriteDeadline(time.Now().Add(s.opts.IdleTimeout))
		_, _ = c.Write(a.wire())
		_ = c.Close()
	case Hangup:
		hangUp(c, a)
	}
	return true
}

// hangUp goes for the TCP connection: closing through TLS would say goodbye.
func hangUp(c net.Conn, how Hangup) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if inner, ok := c.(*conn); ok && how == Reset {
		if tcp, ok := inner.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	_ = c.Close()
}
