package mailtest_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

// client is a conversation by hand.
type client struct {
	*textproto.Conn
	t *testing.T
}

func dial(t *testing.T, s *mailtest.Server) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return converse(t, conn)
}

func dialTLS(t *testing.T, s *mailtest.Server, config *tls.Config) *client {
	t.Helper()
	conn, err := tls.Dial("tcp", s.Addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	return converse(t, conn)
}

func converse(t *testing.T, conn net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &client{Conn: textproto.NewConn(conn), t: t}
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatalf("greeting: %v", err)
	}
	c.ok("EHLO localhost")
	return c
}

func (c *client) expect(code int, format string, args ...any) (int, string) {
	c.t.Helper()
	if err := c.PrintfLine(format, args...); err != nil {
		c.t.Fatalf(format+": %v", append(args, err)...)
	}
	got, text, err := c.ReadResponse(0)
	if err != nil || got != code {
		c.t.Fatalf(format+": answered %d %q, %v; want %d", append(args, got, text, err, code)...)
	}
	return got, text
}

func (c *client) ok(format string, args ...any) {
	c.t.Helper()
	c.expect(250, format, args...)
}

// gone checks that the server has ended the connection and says nothing more.
func (c *client) gone() {
	c.t.Helper()
	_ = c.ending()
}

// ending is gone, with the error in which the connection ended.
func (c *client) ending() error {
	c.t.Helper()
	line, err := c.ReadLine()
	var timeout net.Error
	if err == nil || (errors.As(err, &timeout) && timeout.Timeout()) {
		c.t.Errorf("the connection lives: %q, %v", line, err)
	}
	return err
}

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code != code {
		t.Errorf("answer %v, want %d", err, code)
	}
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not become true within ten seconds")
		}
	}
}
