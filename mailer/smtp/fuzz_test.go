package smtp_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"smtp://mail.example.org", "smtps://u%40x:p%3A@mail.example.org:465", "smtp://[::1]:25?tls=none", "smtp://u:p@127.1:25?tls=none",
		"smtp://u:p@localhost.:25?tls=none", "smtp://u:p@mail.example.org?tls=none", "smtp://h?tls=none&tls=none", "smtp://h/%2f#", "SMTP://h:+25", "smtp://[fe80::1%25eth0]:25"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := smtp.ParseURL(s)
		if err != nil {
			if !errors.Is(err, subscriptions.ErrInvalid) || subscriptions.HintOf(err) == "" {
				t.Fatalf("%v has no hint", err)
			}
			return
		}
		if o.Host == "" || o.Port < 1 || o.Port > 65535 {
			t.Fatalf("host %q, port %d", o.Host, o.Port)
		}
		switch o.TLS {
		case smtp.TLSNone:
			if o.User != "" && o.Host != "localhost" && o.Host != "::1" && !strings.HasPrefix(o.Host, "127.") && !strings.HasPrefix(o.Host, "::ffff:") {
				t.Fatalf("the password would go to %s in the clear", o.Host)
			}
		case smtp.TLSStart, smtp.TLSImplicit:
		default:
			t.Fatalf("tls is %q", o.TLS)
		}
		// Put together again it is the same. What has a colon and is no address has no
		// way to be written.
		if _, err := netip.ParseAddr(o.Host); err != nil && strings.Contains(o.Host, ":") {
			return
		}
		u := url.URL{Scheme: "smtp", Host: "[" + o.Host + "]:" + strconv.Itoa(o.Port), RawQuery: "tls=" + string(o.TLS)}
		if !strings.Contains(o.Host, ":") {
			u.Host = o.Host + ":" + strconv.Itoa(o.Port)
		}
		if o.User != "" || o.Password != "" {
			u.User = url.UserPassword(o.User, o.Password)
		}
		if again, err := smtp.ParseURL(u.String()); err != nil || !cmp.Equal(o, again) {
			t.Fatalf("%q is %+v, and %q is %+v, %v", s, o, u.String(), again, err)
		}
	})
}

// FuzzEncode holds the letter that is spliced together from an encoded body and
// encoded fills against the letter itself, as a strict reader decodes it.
func FuzzEncode(f *testing.F) {
	f.Add("Dear \x01,\nnews.\n", "<p>Dear \x01,</p>\n", "A. Reader", "A. Reader")
	f.Add("\x01\x01 \x01\n.", ".\x01=\x01", "", ".")
	f.Add(strings.Repeat("x", 75)+"\x01", "<p>"+strings.Repeat("é", 40)+"\x01 \n</p>", "=\n", "\t")
	f.Add("..\n.\x01", "a=01b\x01", strings.Repeat(".", 80), strings.Repeat("箱", 30)+" ")
	f.Fuzz(func(t *testing.T, text, html, inText, inHTML string) {
		if len(text)+len(html)+len(inText)+len(inHTML) > 1<<16 {
			return
		}
		// A lone CR is a line end, which two of them around an empty fill would
		// make one.
		for _, s := range []*string{&text, &html, &inText, &inHTML} {
			*s = strings.ReplaceAll(*s, "\r", "")
		}
		// Nothing but white space is no part of a letter that a reader would keep.
		m := letter("Dear reader,\n"+text, "<!doctype html>\n"+html, mailer.Fill{Text: inText, HTML: inHTML})
		if m.Check() != nil {
			return
		}
		raw, err := smtp.Encode(m)
		if err != nil {
			return // such as the mark of a slot that is not filled
		}
		decent(t, raw)
		wantText, wantHTML := m.Render()
		p := parse(t, raw)
		if len(p.parts) != 2 || lf(p.parts[0]) != lf(wantText) || lf(p.parts[1]) != lf(wantHTML) {
			t.Fatalf("it reads %q, want %q and %q, in\n%s", p.parts, wantText, wantHTML, raw)
		}
	})
}
