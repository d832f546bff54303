package smtp_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

func TestAnSMTPAddressIsRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, url string
		want      smtp.Options
	}{
		{"smtp alone means STARTTLS on the submission port", "smtp://mail.example.org", smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart}},
		{"smtps means TLS from the start", "smtps://mail.example.org", smtp.Options{Host: "mail.example.org", Port: 465, TLS: smtp.TLSImplicit}},
		{"a user and a password", "smtp://tidings:s3cret@mail.example.org:2525",
			smtp.Options{Host: "mail.example.org", Port: 2525, TLS: smtp.TLSStart, User: "tidings", Password: "s3cret"}},
		{"both with characters that a URL escapes", "smtps://tidings%40example.org:p%40ss%3Aw%2Frd%25@mail.example.org",
			smtp.Options{Host: "mail.example.org", Port: 465, TLS: smtp.TLSImplicit, User: "tidings@example.org", Password: "p@ss:w/rd%"}},
		{"no TLS in a closed network", "smtp://relay.example.org:25?tls=none", smtp.Options{Host: "relay.example.org", Port: 25, TLS: smtp.TLSNone}},
		{"a password without TLS to this machine", "smtp://u:p@127.0.0.1:25?tls=none", smtp.Options{Host: "127.0.0.1", Port: 25, TLS: smtp.TLSNone, User: "u", Password: "p"}},
		{"the same by name", "smtp://u:p@localhost:25?tls=none", smtp.Options{Host: "localhost", Port: 25, TLS: smtp.TLSNone, User: "u", Password: "p"}},
		{"an address of version 6", "smtp://[::1]:25?tls=none", smtp.Options{Host: "::1", Port: 25, TLS: smtp.TLSNone}},
		{"the setting wins over the scheme", "smtps://mail.example.org?tls=starttls", smtp.Options{Host: "mail.example.org", Port: 465, TLS: smtp.TLSStart}},
		{"implicit by setting", "smtp://mail.example.org:465?tls=implicit", smtp.Options{Host: "mail.example.org", Port: 465, TLS: smtp.TLSImplicit}},
		{"a slash at the end", "smtp://mail.example.org/", smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart}},
	} {
		got, err := smtp.ParseURL(tc.url)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestABadSMTPAddressSaysWhatIsWrongWithoutThePassword(t *testing.T) {
	t.Parallel()
	const password = "s3cret"
	for _, tc := range []struct{ name, url, want string }{
		{"no URL", "smtp://u:%zzs3cret@mail.example.org", "is not a URL"},
		{"nothing", "", "starts with neither"},
		{"a host alone", "mail.example.org:587", "starts with neither"},
		{"another scheme", "https://u:s3cret@mail.example.org", "starts with neither"},
		{"slashes forgotten", "smtp:u:s3cret@mail.example.org", "names no host"},
		{"no host", "smtp://u:s3cret@:587", "names no host"},
		{"a port that is a word", "smtp://u:s3cret@mail.example.org:mail", "is not a URL"},
		{"port 0", "smtp://u:s3cret@mail.example.org:0", "no valid port"},
		{"a port beyond all", "smtp://u:s3cret@mail.example.org:65536", "no valid port"},
		{"a path", "smtp://u:s3cret@mail.example.org/inbox", "something after the port"},
		{"a fragment", "smtp://u:s3cret@mail.example.org#s3cret", "something after the port"},
		{"a slash in the password", "smtp://u:12/s3cret@mail.example.org", "something after the port"},
		{"a question mark in the password", "smtp://u:12?s3cret@mail.example.org", "unknown setting"},
		{"a setting nobody knows", "smtp://u:s3cret@mail.example.org?auth=s3cret", "unknown setting"},
		{"TLS of another kind", "smtp://u:s3cret@mail.example.org?tls=s3cret", "none, starttls or implicit"},
		{"TLS twice", "smtp://u:s3cret@mail.example.org?tls=none&tls=starttls", "more than once"},
		{"a password in the clear", "smtp://u:s3cret@mail.example.org?tls=none", "password in the clear"},
	} {
		_, err := smtp.ParseURL(tc.url)
		if !errors.Is(err, subscriptions.ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", tc.name, err, tc.want)
			continue
		}
		if said := err.Error() + subscriptions.HintOf(err) + fmt.Sprintf("%+v", err); strings.Contains(said, password) {
			t.Errorf("%s: the error holds the password: %s", tc.name, said)
		}
	}
}

func TestNoErrorHoldsThePasswordHoweverTheURLIsBroken(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.StringMatching(`[a-z0-9:/?#\[\]@!$&'()*+,;=% ]{0,12}`)
		address := "smtp://user:" + noise.Draw(t, "before") + password + noise.Draw(t, "after") + "@mail.example.org" + noise.Draw(t, "end")
		if _, err := smtp.ParseURL(address); err != nil && strings.Contains(err.Error()+subscriptions.HintOf(err), password) {
			t.Fatalf("%s: %v", address, err)
		}
	})
}

func TestAnSMTPAddressComesBackAsItWasPutTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := smtp.Options{Host: "mail.example.org", Port: rapid.IntRange(1, 65535).Draw(t, "port"), TLS: smtp.TLSStart,
			User: rapid.StringN(1, 20, 60).Draw(t, "user"), Password: rapid.StringN(0, 20, 60).Draw(t, "password")}
		u := url.URL{Scheme: "smtp", User: url.UserPassword(want.User, want.Password), Host: fmt.Sprintf("%s:%d", want.Host, want.Port), RawQuery: "tls=starttls"}
		if got, err := smtp.ParseURL(u.String()); err != nil || !cmp.Equal(got, want) {
			t.Fatalf("%s: %+v, %v", &u, got, err)
		}
	})
}
