package idn_test

import (
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
)

func TestDomainsBeyondASCII(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, kept, shown string }{
		"German":                         {"post@bücher.example", "post@xn--bcher-kva.example", "post@bücher.example"},
		"in capitals":                    {"Post@BÜCHER.Example", "Post@xn--bcher-kva.example", "Post@bücher.example"},
		"an accent as a sign of its own": {"post@bu\u0308cher.example", "post@xn--bcher-kva.example", "post@bücher.example"},
		"ß is a letter":                  {"post@faß.example", "post@xn--fa-hia.example", "post@faß.example"},
		"Chinese, with its full stop":    {"post@例子。中国", "post@xn--fsqu00a.xn--fiqs8s", "post@例子.中国"},
		"Chinese beside Latin":           {"post@abc例子.example", "post@xn--abc-xc0e315c.example", "post@abc例子.example"},
		"full-width letters":             {"post@ｅｘａｍｐｌｅ.org", "post@example.org", "post@example.org"},
		"an invisible space":             {"post@exam\u200bple.org", "post@example.org", "post@example.org"},
		"all Cyrillic":                   {"post@почта.example", "post@xn--80a1acny.example", "post@почта.example"},
		"in ASCII already":               {"post@xn--bcher-kva.example", "post@xn--bcher-kva.example", "post@bücher.example"},
		"space around it":                {" post@bücher.example\r\n", " post@xn--bcher-kva.example", " post@bücher.example"},
		"nothing to convert":             {"post@Example.org", "post@Example.org", "post@Example.org"},
		"masked":                         {"p•••@xn--bcher-kva.example", "p•••@xn--bcher-kva.example", "p•••@bücher.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := idn.ASCII(c.typed)
			if got != c.kept || idn.Display(got) != c.shown {
				t.Errorf("%q became %q and shows as %q, want %q and %q", c.typed, got, idn.Display(got), c.kept, c.shown)
			}
		})
	}
}

// What cannot be converted is refused by the domain, in words.
func TestDomainsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]string{
		"a direction override":          "post@example\u202e.org",
		"a Cyrillic о among Latin":      "post@gооgle.example",
		"a Greek ο among Latin":         "post@gοοgle.example",
		"a hyphen first":                "post@-bücher.example",
		"an underscore":                 "post@bü_cher.example",
		"a label that is too long":      "post@üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü.example",
		"right-to-left beside a digit":  "post@1א.example",
		"bytes that are no text":        "post@b\xffcher.example",
		"a local part with an accent":   "jürgen@example.org",
		"both":                          "jürgen@bücher.example",
		"a header behind the domain":    "post@bücher.example\r\nBcc: b@example.org",
		"a line separator in the local": "po\u2028st@bücher.example",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := subscriptions.ParseAddress(idn.ASCII(typed)); err == nil {
				t.Errorf("%q was taken as %q", typed, got)
			}
		})
	}
	for _, kept := range []string{"post@xn--ggle-55da.example", "post@xn--.example", "post@xn--a-0\u202e.example", "nobody"} {
		if got := idn.Display(kept); got != kept {
			t.Errorf("%q is shown as %q", kept, got)
		}
	}
}
