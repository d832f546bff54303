package mailtest_test

import (
	"crypto/tls"
	"encoding/base64"
	"net/smtp"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/mailtest"
)

func TestMailIsTakenOnlyFromThoseWhoSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Auth: map[string]string{"tidings": "secret"}})
	b64 := base64.StdEncoding.EncodeToString

	dial(t, s).expect(530, "MAIL FROM:<%s>", sender)

	plain := dial(t, s)
	plain.expect(235, "AUTH PLAIN %s", b64([]byte("\x00tidings\x00secret")))
	steps(plain, mailtest.AfterDot)
	if _, _, err := plain.ReadResponse(250); err != nil {
		t.Fatal(err)
	}

	login := dial(t, s)
	if _, text := login.expect(334, "AUTH LOGIN"); text != b64([]byte("Username:")) {
		t.Errorf("AUTH LOGIN asked %q", text)
	}
	login.expect(334, "%s", b64([]byte("tidings")))
	login.expect(235, "%s", b64([]byte("secret")))

	early := dial(t, s)
	early.expect(334, "AUTH LOGIN %s", b64([]byte("tidings")))
	early.expect(235, "%s", b64([]byte("secret")))

	for name, answer := range map[string]string{
		"a wrong password": "\x00tidings\x00wrong",
		"no such user":     "\x00nobody\x00secret",
		"nothing at all":   "\x00\x00",
	} {
		c := dial(t, s)
		if code, _ := c.expect(535, "AUTH PLAIN %s", b64([]byte(answer))); code != 535 {
			t.Errorf("%s was let in", name)
		}
		c.expect(530, "MAIL FROM:<%s>", sender)
	}
	dial(t, s).expect(504, "AUTH CRAM-MD5")

	if m, _ := s.Message(1); m.User != "tidings" {
		t.Errorf("the message came from user %q", m.User)
	}
}

func TestWithoutUsersNobodyIsAskedToSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	if _, greeting := dial(t, s).expect(250, "EHLO localhost"); strings.Contains(greeting, "AUTH") {
		t.Errorf("the greeting offers AUTH: %q", greeting)
	}
	dial(t, s).expect(504, "AUTH PLAIN")
}

func TestSTARTTLSAndThePasswordOnlyBehindIt(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, mailtest.Options{TLS: cert, Auth: map[string]string{"tidings": "secret"}})

	open := dial(t, s)
	if _, greeting := open.expect(250, "EHLO localhost"); !strings.Contains(greeting, "STARTTLS") || strings.Contains(greeting, "AUTH") {
		t.Errorf("the open greeting is %q", greeting)
	}
	open.expect(523, "AUTH PLAIN %s", base64.StdEncoding.EncodeToString([]byte("\x00tidings\x00secret")))

	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(smtp.PlainAuth("", "tidings", "secret", "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	deliver(t, c)
	if m, ok := s.Message(1); !ok || !m.TLS || m.User != "tidings" {
		t.Errorf("message %+v, %v", m, ok)
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: roots, ServerName: "localhost"}
	s := start(t, mailtest.Options{TLS: cert, Implicit: true})

	conn := dialTLS(t, s, config)
	if _, greeting := conn.expect(250, "EHLO localhost"); strings.Contains(greeting, "STARTTLS") {
		t.Errorf("TLS is offered within TLS: %q", greeting)
	}
	steps(conn, mailtest.AfterDot)
	if _, _, err := conn.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	if m, ok := s.Message(1); !ok || !m.TLS {
		t.Errorf("message %+v, %v", m, ok)
	}

	// Faults reach through the encryption, down to the TCP connection.
	for _, at := range []mailtest.Point{mailtest.Mail, mailtest.Rcpt, mailtest.MidData, mailtest.AfterDot} {
		for _, action := range []mailtest.Action{mailtest.Drop, mailtest.Reset} {
			if err := s.SetFaults(mailtest.Fault{At: at, Action: action}); err != nil {
				t.Fatal(err)
			}
			c := dialTLS(t, s, config)
			steps(c, at)
			c.gone()
		}
	}
	if err := s.SetFaults(mailtest.Fault{At: mailtest.Connect, Action: mailtest.Reply{Code: 421, Text: "Full"}}); err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", s.Addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = smtp.NewClient(c, "localhost")
	wantCode(t, err, 421)
}

func deliver(t *testing.T, c *smtp.Client) {
	t.Helper()
	if err := c.Mail(sender); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(reader); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(message("encrypted")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheGreetingNamesTheMechanismsAskedFor(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	o := mailtest.Options{Auth: map[string]string{"tidings": "secret"}, Mechanisms: []string{"SCRAM-SHA-256-PLUS", "XOAUTH2"}}
	if _, greeting := dial(t, start(t, o)).expect(250, "EHLO localhost"); !strings.Contains(greeting, "AUTH XOAUTH2\n") {
		t.Errorf("the open greeting is %q", greeting)
	}
	o.TLS, o.Implicit = cert, true
	c := dialTLS(t, start(t, o), &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if _, greeting := c.expect(250, "EHLO localhost"); !strings.Contains(greeting, "AUTH SCRAM-SHA-256-PLUS XOAUTH2\n") {
		t.Errorf("the greeting behind TLS is %q", greeting)
	}
	o.Mechanisms = []string{"SCRAM-SHA-3"}
	if _, err := mailtest.New(o); err == nil || !strings.Contains(err.Error(), "SCRAM-SHA-3") {
		t.Errorf("a mechanism nobody knows: %v", err)
	}
}
