package smtp_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
)

func TestTheConnectionIsSecuredAsAsked(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	_, others, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	trusting := func(o *smtp.Options) { o.TLSConfig = &tls.Config{RootCAs: roots} }
	users := map[string]string{"tidings": "s3cret"}
	type change = func(*smtp.Options)
	for _, tc := range []struct {
		name   string
		server mailtest.Options
		change []change
		tls    bool
		user   string
		fails  string // "" when the message must arrive
	}{
		{"no TLS, as asked", mailtest.Options{}, nil, false, "", ""},
		{"no TLS, with a user", mailtest.Options{Auth: users}, nil, false, "tidings", ""},
		{"STARTTLS", mailtest.Options{TLS: cert}, []change{trusting}, true, "", ""},
		{"TLS from the start", mailtest.Options{TLS: cert, Implicit: true}, []change{trusting}, true, "", ""},
		{"STARTTLS with a user", mailtest.Options{TLS: cert, Auth: users}, []change{trusting}, true, "tidings", ""},
		{"TLS from the start with a user", mailtest.Options{TLS: cert, Implicit: true, Auth: users}, []change{trusting}, true, "tidings", ""},
		{"STARTTLS, of a certificate nobody knows", mailtest.Options{TLS: cert}, nil, false, "", "certificate"},
		{"TLS from the start, of another authority", mailtest.Options{TLS: cert, Implicit: true},
			[]change{func(o *smtp.Options) { o.TLSConfig = &tls.Config{RootCAs: others} }}, false, "", "certificate"},
		{"a certificate for another name", mailtest.Options{TLS: cert, Implicit: true},
			[]change{func(o *smtp.Options) { o.TLSConfig = &tls.Config{RootCAs: roots, ServerName: "mail.example.org"} }}, false, "", "mail.example.org"},
		{"STARTTLS where none is offered", mailtest.Options{}, []change{func(o *smtp.Options) { o.TLS = smtp.TLSStart }}, false, "", "STARTTLS"},
		{"TLS where the server speaks plain", mailtest.Options{}, []change{func(o *smtp.Options) { o.TLS = smtp.TLSImplicit }}, false, "", "tls"},
		{"a wrong password", mailtest.Options{TLS: cert, Auth: users}, []change{trusting, func(o *smtp.Options) { o.Password = "s3cret-not" }}, false, "", "535"},
		{"a wrong password without TLS", mailtest.Options{Auth: users}, []change{func(o *smtp.Options) { o.Password = "s3cret-not" }}, false, "", "535"},
		{"a user where none is known", mailtest.Options{TLS: cert}, []change{trusting, func(o *smtp.Options) { o.User, o.Password = "tidings", "s3cret" }}, false, "", "AUTH"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.server)
			out := sender(t, s, append(tc.change, func(o *smtp.Options) { o.Timeout = 5e9 })...)
			if tc.fails != "" {
				refused(t, s, out, tc.fails)
				_, err := out.Connect(t.Context())
				if err == nil || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("the error holds the password: %v", err)
				}
				holds(t, s)
				return
			}
			c := connect(t, out)
			accepted(t, c.Send(t.Context(), to("first")))
			accepted(t, c.Send(t.Context(), to("second")))
			holds(t, s, to("first"), to("second"))
			if m, _ := s.Message(2); m.TLS != tc.tls || m.User != tc.user {
				t.Errorf("TLS %v, user %q", m.TLS, m.User)
			}
		})
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	cert, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	cert.MinVersion, cert.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	s := serve(t, mailtest.Options{TLS: cert, Implicit: true})
	given := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10}
	refused(t, s, sender(t, s, func(o *smtp.Options) { o.TLSConfig = given }), "version")
	if given.ServerName != "" || given.MinVersion != tls.VersionTLS10 {
		t.Error("the configuration that was handed in has been changed")
	}
}
