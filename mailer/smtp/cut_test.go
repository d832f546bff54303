package smtp_test

import (
	"bytes"
	"net"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
)

// cutConn is a connection that is reset while the last octets of a message are
// written: half of them leave, and the final dot does not.
type cutConn struct{ net.Conn }

func (c cutConn) Write(b []byte) (int, error) {
	if !bytes.HasSuffix(b, []byte("\r\n.\r\n")) {
		return c.Conn.Write(b)
	}
	n, err := c.Conn.Write(b[:len(b)/2])
	if err == nil {
		err = syscall.ECONNRESET
	}
	return n, err
}

func TestAMessageWhoseDotWasNotWrittenIsKnownNotToHaveArrived(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	raw, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	client, err := gosmtp.NewClient(cutConn{raw}, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewConn(client, 5*time.Second)
	if r := c.Send(t.Context(), to("first")); r.Verdict != mailer.Temporary || !r.Broken || r.Stage != mailer.StageData {
		t.Errorf("the answer is %v, broken %v; want temporary at DATA", r, r.Broken)
	}
	_ = c.Close()
	for deadline := time.Now().Add(5 * time.Second); s.Stats().Open > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	holds(t, s)
}
