package smtp_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

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
		{"a way to log in", "smtp://u:p@mail.example.org?auth=scram-sha-256",
			smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, User: "u", Password: "p", Auth: smtp.AuthSCRAMSHA256}},
		{"the best way there is", "smtp://u:p@mail.example.org?auth=auto", smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, User: "u", Password: "p"}},
		{"a token in a file", "smtp://u@mail.example.org?auth=xoauth2&token=/run/token",
			smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, User: "u", Auth: smtp.AuthXOAUTH2, TokenFile: "/run/token"}},
		{"a token in place of the password", "smtp://u:t@mail.example.org?auth=xoauth2",
			smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, User: "u", Password: "t", Auth: smtp.AuthXOAUTH2}},
		{"limits", "smtp://mail.example.org?connections=5&messages=100&age=90s&weight=3",
			smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, Connections: 5, MaxMessages: 100, MaxAge: 90 * time.Second, Weight: 3}},
		{"a standby", "smtp://mail.example.org?weight=0", smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart, Standby: true}},
		{"no limit, said", "smtp://mail.example.org?connections=0", smtp.Options{Host: "mail.example.org", Port: 587, TLS: smtp.TLSStart}},
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
		{"a setting nobody knows", "smtp://u:s3cret@mail.example.org?pool=s3cret", "unknown setting"},
		{"settings that cannot be read", "smtp://u:s3cret@mail.example.org?tls=none;s3cret", "settings that cannot be read"},
		{"a way to log in that nobody knows", "smtp://u:p@mail.example.org?auth=s3cret", "an auth that is not"},
		{"a way to log in for nobody", "smtp://mail.example.org?auth=plain", "names no user"},
		{"a token of nobody", "smtp://mail.example.org?token=s3cret", "names no user"},
		{"a token and no word of XOAUTH2", "smtp://u@mail.example.org?token=s3cret", "which is for auth=xoauth2"},
		{"a token and a password", "smtp://u:s3cret@mail.example.org?auth=xoauth2&token=f", "keep one of them"},
		{"no token", "smtp://u@mail.example.org?auth=xoauth2", "has no token"},
		{"a token that is no file", "smtp://u@mail.example.org?auth=xoauth2&token=", "without the name of a file"},
		{"a token in the clear", "smtp://u@mail.example.org?auth=xoauth2&token=s3cret&tls=none", "token in the clear"},
		{"a weight below nothing", "smtp://mail.example.org?weight=-1", "a weight that is not"},
		{"a weight that is a word", "smtp://mail.example.org?weight=s3cret", "a weight that is not"},
		{"connections beyond all", "smtp://mail.example.org?connections=1001", "a connections that is not"},
		{"no messages at all", "smtp://mail.example.org?messages=0", "a messages that is not"},
		{"an age without a unit", "smtp://mail.example.org?age=10", "an age that is not"},
		{"an age too short", "smtp://mail.example.org?age=10ms", "an age that is not"},
		{"a weight twice", "smtp://mail.example.org?weight=1&weight=s3cret", "a weight more than once"},
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

func TestSeveralSMTPAddressesAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	got, err := smtp.ParseURLs(" smtp://a.example.org\n\tsmtps://b.example.org?weight=2 ")
	want := []smtp.Options{{Host: "a.example.org", Port: 587, TLS: smtp.TLSStart}, {Host: "b.example.org", Port: 465, TLS: smtp.TLSImplicit, Weight: 2}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := smtp.ParseURLs(" \n"); err != nil || len(got) != 0 {
		t.Errorf("nothing is read as %v, %v", got, err)
	}
}

func TestAllFaultsOfAllSMTPAddressesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	got, err := smtp.ParseURLs("smtp://u:s3cret@a.example.org:0?weight=s3cret&age=s3cret smtp://b.example.org ftp://c.example.org smtp://u:p s3cret@d.example.org")
	if got != nil || !errors.Is(err, subscriptions.ErrInvalid) || subscriptions.HintOf(err) == "" {
		t.Fatalf("read as %v, %v", got, err)
	}
	const want = "SMTP address 1 has no valid port\n" +
		"SMTP address 1 has a weight that is not a number from 0 to 1000\n" +
		"SMTP address 1 has an age that is not a duration from 1s on, such as 10m\n" +
		"SMTP address 3 starts with neither smtp:// nor smtps://\n" +
		"SMTP address 4 is not a URL\n" +
		"SMTP address 5 starts with neither smtp:// nor smtps://"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
