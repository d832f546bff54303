package smtp_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

var everyMechanism = []string{"XOAUTH2", "LOGIN", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}

func TestEveryWayToLogIn(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		offered []string
		auth    smtp.Auth
		tls     bool
		want    string // the mechanism; "" when no login comes about
	}{
		{"auto takes the safest of all", everyMechanism, smtp.AuthAuto, true, "SCRAM-SHA-256-PLUS"},
		{"auto binds to TLS before it looks at the hash", []string{"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"}, smtp.AuthAuto, true, "SCRAM-SHA-1-PLUS"},
		{"auto shows no password where it need not", []string{"PLAIN", "LOGIN", "SCRAM-SHA-1"}, smtp.AuthAuto, true, "SCRAM-SHA-1"},
		{"auto prefers PLAIN to LOGIN", []string{"LOGIN", "PLAIN"}, smtp.AuthAuto, true, "PLAIN"},
		{"auto takes LOGIN where there is nothing else", []string{"LOGIN"}, smtp.AuthAuto, true, "LOGIN"},
		{"auto never takes a password for a token", []string{"XOAUTH2"}, smtp.AuthAuto, true, ""},
		{"auto without TLS", everyMechanism, smtp.AuthAuto, false, "SCRAM-SHA-256"},
		{"auto without TLS where there is PLAIN alone", []string{"PLAIN"}, smtp.AuthAuto, false, "PLAIN"},
		{"auto without TLS where there is LOGIN alone", []string{"LOGIN"}, smtp.AuthAuto, false, "LOGIN"},
		{"plain", everyMechanism, smtp.AuthPlain, true, "PLAIN"},
		{"login", everyMechanism, smtp.AuthLogin, true, "LOGIN"},
		{"scram-sha-1", everyMechanism, smtp.AuthSCRAMSHA1, true, "SCRAM-SHA-1-PLUS"},
		{"scram-sha-1 without its PLUS", []string{"SCRAM-SHA-1"}, smtp.AuthSCRAMSHA1, true, "SCRAM-SHA-1"},
		{"scram-sha-256", everyMechanism, smtp.AuthSCRAMSHA256, true, "SCRAM-SHA-256-PLUS"},
		{"scram-sha-256 without TLS", everyMechanism, smtp.AuthSCRAMSHA256, false, "SCRAM-SHA-256"},
		{"xoauth2", everyMechanism, smtp.AuthXOAUTH2, true, "XOAUTH2"},
		{"the way that is asked for, or none", []string{"PLAIN", "SCRAM-SHA-1"}, smtp.AuthSCRAMSHA256, true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// Characters with a meaning in SCRAM, in URLs and in base64.
			o := mailtest.Options{Auth: map[string]string{"tidings,of=example": "s3cret,=+/ü"}, Mechanisms: tc.offered}
			if tc.tls {
				o.TLS = cert.Clone()
			}
			s := serve(t, o)
			right := func(o *smtp.Options) { o.Auth, o.TLSConfig = tc.auth, &tls.Config{RootCAs: roots} }
			wrong := func(o *smtp.Options) { right(o); o.Password = "s3cret-not" }
			if tc.want == "" {
				refused(t, s, sender(t, s, right), "it offers AUTH "+strings.Join(tc.offered, " "))
				return
			}
			accepted(t, connect(t, sender(t, s, right)).Send(t.Context(), to("reader")))
			if m, _ := s.Message(1); m.User != "tidings,of=example" || m.Auth != tc.want {
				t.Errorf("logged in as %q by %s, want %s", m.User, m.Auth, tc.want)
			}
			_, err := sender(t, s, wrong).Connect(t.Context())
			if subscriptions.CodeOf(err) != subscriptions.Unavailable || !strings.Contains(err.Error(), "does not let us log in: AUTH "+tc.want+": 535") ||
				strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a wrong password: %v", err)
			}
		})
	}
}

func TestATokenIsReadAnewForEveryConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{Auth: map[string]string{"tidings": "t0ken-of-noon"}, Mechanisms: []string{"XOAUTH2"}})
	file := filepath.Join(t.TempDir(), "token")
	out := sender(t, s, func(o *smtp.Options) { o.Auth, o.Password, o.TokenFile = smtp.AuthXOAUTH2, "", file })
	write := func(token string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := out.Connect(t.Context())
	if subscriptions.CodeOf(err) != subscriptions.Unavailable || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	for _, tc := range []struct{ name, token, want string }{
		{"nothing in it", " \n", "is empty"},
		{"a web page in it", "<p>t0ken of noon</p>", "something else than one token"},
		{"what would end the exchange", "t0ken\x01\x01", "something else than one token"},
		{"a film in it", strings.Repeat("t0ken", 1<<15), "something else than one token"},
		{"the token of the morning", "t0ken-of-morning", "535"},
	} {
		write(tc.token)
		_, err := out.Connect(t.Context())
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%s: %v, want %q in it", tc.name, err, tc.want)
		}
	}
	write("t0ken-of-noon\n")
	accepted(t, connect(t, out).Send(t.Context(), to("reader")))
}

func TestASenderThatWouldSendASecretInTheClearIsNotMade(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]smtp.Options{
		"a password": {Host: "mail.example.org", Port: 25, TLS: smtp.TLSNone, User: "u", Password: "s3cret"},
		"a token":    {Host: "mail.example.org", Port: 25, TLS: smtp.TLSNone, User: "u", Auth: smtp.AuthXOAUTH2, TokenFile: "s3cret"},
	} {
		_, err := smtp.New(o)
		if !errors.Is(err, subscriptions.ErrInvalid) || !strings.Contains(err.Error(), name+" in the clear") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPasswordIsSentWithoutTLSToEveryAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, auth := range []smtp.Auth{smtp.AuthPlain, smtp.AuthLogin} {
		s := serve(t, mailtest.Options{Auth: map[string]string{"tidings": "s3cret"}})
		c := connect(t, sender(t, s, func(o *smtp.Options) { o.Host, o.Auth = "::ffff:127.0.0.1", auth }))
		accepted(t, c.Send(t.Context(), to("reader")))
	}
}

func TestNothingIsBoundToATLSThatIsNotThere(t *testing.T) {
	t.Parallel()
	host, port, heard := spy(t, "250-spy.example.org\r\n250 AUTH SCRAM-SHA-256-PLUS PLAIN\r\n")
	out, err := smtp.New(smtp.Options{Host: host, Port: port, TLS: smtp.TLSNone, User: "tidings", Password: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	_ = connect(t, out).Close()
	if said := heard(); !strings.Contains(said, "AUTH PLAIN ") {
		t.Errorf("it said %q", said)
	}
}
