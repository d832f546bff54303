package smtp_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// spy answers as told and keeps all that it is sent, over plain TCP. A handshake is
// answered with words.
func spy(t *testing.T, ehlo string) (host string, port int, heard func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() {
		var sb strings.Builder
		defer func() { all <- sb.String() }()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		r := bufio.NewReader(c)
		_, _ = c.Write([]byte("220 spy.example.org ESMTP\r\n"))
		for {
			line, err := r.ReadString('\n')
			sb.WriteString(line)
			if err != nil {
				return
			}
			answer := "250 Fine\r\n"
			switch {
			case strings.HasPrefix(line, "EHLO"):
				answer = ehlo
			case strings.HasPrefix(line, "STARTTLS"):
				answer = "220 Go on\r\nThis is no TLS, whatever you say\r\n"
			case strings.HasPrefix(line, "AUTH"):
				answer = "235 Welcome\r\n"
			case strings.HasPrefix(line, "QUIT"):
				answer = "221 Bye\r\n"
			}
			_, _ = c.Write([]byte(answer))
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	host, p, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	port, err = strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return host, port, func() string { return <-all }
}

func TestWithoutTheTLSThatIsAskedForNothingIsSaid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, ehlo string
		tls        smtp.TLS
		want       string
	}{
		{"STARTTLS is not offered, a login is", "250-spy.example.org\r\n250 AUTH PLAIN LOGIN\r\n", smtp.TLSStart, "STARTTLS"},
		{"STARTTLS is offered and the handshake breaks", "250-spy.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", smtp.TLSStart, "tls: "},
		{"the server speaks before TLS", "250 AUTH PLAIN\r\n", smtp.TLSImplicit, "tls: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			host, port, heard := spy(t, tc.ehlo)
			out, err := smtp.New(smtp.Options{Host: host, Port: port, TLS: tc.tls, User: "tidings", Password: "s3cret"})
			if err != nil {
				t.Fatal(err)
			}
			c, err := out.Connect(t.Context())
			if err == nil {
				_ = c.Close()
			}
			if subscriptions.CodeOf(err) != subscriptions.Unavailable || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q in it", err, tc.want)
			}
			if said := heard(); strings.Contains(said, "AUTH") || strings.Contains(said, "MAIL") || strings.Contains(said, "s3cret") {
				t.Errorf("it said %q", said)
			}
		})
	}
}

// Each certificate is right but for one thing.
func TestACertificateIsVerified(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	_, others, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		client *tls.Config
		want   string
	}{
		{"all is right", &tls.Config{RootCAs: roots}, ""},
		{"another name", &tls.Config{RootCAs: roots, ServerName: "mail.example.org"}, "mail.example.org"},
		{"an authority nobody knows", nil, "unknown authority"},
		{"another authority", &tls.Config{RootCAs: others}, "unknown authority"},
		{"expired", &tls.Config{RootCAs: roots, Time: func() time.Time { return time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC) }}, "expired"},
		{"not valid yet", &tls.Config{RootCAs: roots, Time: func() time.Time { return time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) }}, "not yet valid"},
	} {
		for _, implicit := range []bool{false, true} {
			t.Run(tc.name+", implicit "+strconv.FormatBool(implicit), func(t *testing.T) {
				t.Parallel()
				s := serve(t, mailtest.Options{TLS: cert, Implicit: implicit, Auth: map[string]string{"tidings": "s3cret"}})
				out := sender(t, s, func(o *smtp.Options) { o.TLSConfig = tc.client })
				if tc.want == "" {
					accepted(t, connect(t, out).Send(t.Context(), to("reader")))
					return
				}
				refused(t, s, out, tc.want)
				holds(t, s)
			})
		}
	}
}
