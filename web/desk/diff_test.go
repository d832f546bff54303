package desk

import (
	"strings"
	"testing"
)

func TestAComparisonHoldsBothTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"A draft is open.", "A draft was open.", "A draft [-is][+was] open."},
		{"", "new", "[+new]"},
		{"gone", "", "[-gone]"},
		{"标准化技术", "标准技术", "标准[-化]技术"},
		{"one\ntwo\n", "one\nthree\n", "one\n[-two][+three]\n"},
		{"<b>&", "<i>&", "<[-b][+i]>&"},
	} {
		var got strings.Builder
		for _, p := range wordDiff(c.from, c.to) {
			switch p.Op {
			case "ins":
				got.WriteString("[+" + p.Text + "]")
			case "del":
				got.WriteString("[-" + p.Text + "]")
			default:
				got.WriteString(p.Text)
			}
		}
		if got.String() != c.want {
			t.Errorf("%q → %q: %q, want %q", c.from, c.to, got.String(), c.want)
		}
	}
}

// FuzzCompare: what is the same and gone is the old text, what is the same and
// new the new one, also beyond 55,000 different words, where the signs jump.
func FuzzCompare(f *testing.F) {
	many := func(from, to int) string {
		var b strings.Builder
		for n := from; n < to; n++ {
			b.WriteString(strings.Repeat("x", n%7) + string(rune('a'+n%26)) + strings.ToUpper(string(rune('a'+n/26%26))) + "y" + string(rune('a'+n/676%26)) + string(rune('a'+n/17576)) + " ")
		}
		return b.String()
	}
	f.Add("a b c", "a c")
	f.Add(many(0, 60_000), many(100, 60_010))
	f.Fuzz(func(t *testing.T, from, to string) {
		var a, b strings.Builder
		for _, p := range compare(from, to) {
			if p.Op != "ins" {
				a.WriteString(p.Text)
			}
			if p.Op != "del" {
				b.WriteString(p.Text)
			}
		}
		if a.String() != from || b.String() != to {
			t.Errorf("%q and %q came back as %q and %q", from, to, a.String(), b.String())
		}
	})
}
