package subscriptions_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60)
	for name, c := range map[string]struct{ in, want string }{
		"a plain address is taken as it is":                {"name@example.org", "name@example.org"},
		"the domain is lower-cased, the local part is not": {"First.Last@EXAMPLE.Org", "First.Last@example.org"},
		"space around it is dropped":                       {"  name@example.org\r\n", "name@example.org"},
		"a plus and the other atom signs are fine":         {"a+tag_#$%&'*/=?^`{|}~!-@example.org", "a+tag_#$%&'*/=?^`{|}~!-@example.org"},
		"digits and hyphens in the domain are fine":        {"a@3-m.x--y.example", "a@3-m.x--y.example"},
		"a domain in punycode is plain ASCII":              {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		"the longest local part":                           {strings.Repeat("a", 64) + "@example.org", strings.Repeat("a", 64) + "@example.org"},
		"the longest address":                              {strings.Repeat("a", 64) + "@" + long + ".dddddd", strings.Repeat("a", 64) + "@" + long + ".dddddd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := subscriptions.ParseAddress(c.in)
			must(t, err)
			same(t, c.want, got)
		})
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, words string }{
		"nothing":                        {"  \t", "enter an e-mail address"},
		"no at sign":                     {"example.org", "not an e-mail address"},
		"nothing before the at sign":     {"@example.org", "not an e-mail address"},
		"nothing after it":               {"name@", "not an e-mail address"},
		"a host without a domain":        {"name@localhost", "not an e-mail address"},
		"two at signs":                   {"a@b@example.org", "not an e-mail address"},
		"two dots together":              {"a..b@example.org", "not an e-mail address"},
		"a dot first":                    {".a@example.org", "not an e-mail address"},
		"a dot last":                     {"a.@example.org", "not an e-mail address"},
		"a dot after the domain":         {"a@example.org.", "not an e-mail address"},
		"an empty label":                 {"a@example..org", "not an e-mail address"},
		"a label that starts with -":     {"a@-example.org", "not an e-mail address"},
		"a label of 64 characters":       {"a@" + strings.Repeat("b", 64) + ".org", "not an e-mail address"},
		"an underscore in the domain":    {"a@exa_mple.org", "not an e-mail address"},
		"an address literal":             {"a@[192.0.2.1]", "not an e-mail address"},
		"an IP address as the domain":    {"a@192.0.2.1", "not an e-mail address"},
		"a quoted local part":            {`"a"@example.org`, "not an e-mail address"},
		"a quoted local part with space": {`"a b"@example.org`, "no spaces"},
		"a name with the address":        {"Name <a@example.org>", "no spaces"},
		"two addresses":                  {"a@example.org,b@example.org", "not an e-mail address"},
		"a local part of 65 characters":  {strings.Repeat("a", 65) + "@example.org", "not an e-mail address"},
		"255 characters":                 {strings.Repeat("a", 64) + "@" + strings.Repeat("bcdefgh.", 23) + "example", "at most 254"},
		"an accent before the at sign":   {"jürgen@example.org", "outside a–z"},
		"an accent in the domain":        {"a@bücher.example", "outside a–z"},
		"Chinese":                        {"用户@例子.中国", "outside a–z"},
		"a look-alike of k":              {"a@\u212aelvin.example", "outside a–z"},
		"a direction override":           {"a\u202eb@example.org", "before the @"},
		"a domain nobody has converted":  {"a@bücher.example", "no domain we know how to write to"},
		"a header behind a line break":   {"a@example.org\r\nBcc: b@example.org", "no spaces"},
		"a bare line feed":               {"a@exam\nple.org", "no spaces"},
		"a NUL":                          {"a\x00@example.org", "no spaces"},
		"bytes that are no text":         {"a\xff@example.org", "outside a–z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := subscriptions.ParseAddress(c.in)
			fails(t, err, subscriptions.Invalid)
			if err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v, want words with %q", err, c.words)
			}
			var e *subscriptions.Error
			if !errors.As(err, &e) || e.Field != "email" || got != "" {
				t.Errorf("gave %q and %+v, want the field email at fault", got, e)
			}
		})
	}
}

func TestWhateverIsAcceptedIsSafeInAHeaderAndStable(t *testing.T) {
	t.Parallel()
	part := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._+-]{1,20}`))
	rapid.Check(t, func(t *rapid.T) {
		in := part.Draw(t, "local") + rapid.SampledFrom([]string{"@", "", "\r\n@", " @"}).Draw(t, "at") + part.Draw(t, "domain") +
			rapid.SampledFrom([]string{".org", "", "\n", ".org>"}).Draw(t, "end")
		got, err := subscriptions.ParseAddress(in)
		if err != nil {
			return
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>,;:"\()[]`, r) }) {
			t.Errorf("%q became %q", in, got)
		}
		again, err := subscriptions.ParseAddress(got)
		if err != nil || again != got {
			t.Errorf("%q became %q and then %q, %v", in, got, again, err)
		}
	})
}

func TestMaskAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"name@example.org": "n•••@example.org",
		"n@example.org":    "n•••@example.org",
		"":                 "•••", // erased
		"@example.org":     "•••",
		"name":             "•••",
	} {
		same(t, want, subscriptions.MaskAddress(in))
	}
}

func TestSpellingsOfOneMailboxAreOne(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	same(t, subscriptions.AddressKey("a.b@example.org"), subscriptions.AddressKey("A.B@Example.ORG"))
	same(t, subscriptions.HashAddress(key, "a.b@example.org"), subscriptions.HashAddress(key, "A.B@Example.ORG"))
	same(t, "example.org", subscriptions.AddressDomain("A@Example.ORG"))
	if subscriptions.HashAddress(key, "a@example.org") == subscriptions.HashAddress([]byte("other"), "a@example.org") {
		t.Error("another key gives the same hash")
	}
	if subscriptions.HashAddress(key, "a@example.org") == subscriptions.HashAddress(key, "b@example.org") {
		t.Error("another address gives the same hash")
	}
}
