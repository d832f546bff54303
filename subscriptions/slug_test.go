package subscriptions_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

func TestSlugify(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"words get hyphens":                 {"January, February and March 2019", "january-february-and-march-2019"},
		"signs become one hyphen":           {"GB/T 35273 – 2017 (draft)", "gb-t-35273-2017-draft"},
		"apostrophes close up":              {"China’s and MIIT's plan", "chinas-and-miits-plan"},
		"accents are folded":                {"Économie numérique à Łódź", "economie-numerique-a-lodz"},
		"Chinese leaves only its Latin":     {"个人信息 TC260 规范", "tc260"},
		"nothing to work with gives none":   {"个人信息 — !", ""},
		"hyphens around are dropped":        {"--a--b--", "a-b"},
		"a long title is cut at a word":     {strings.Repeat("word ", 30), strings.TrimSuffix(strings.Repeat("word-", 16), "-")},
		"a long word is cut where it is":    {strings.Repeat("a", 100), strings.Repeat("a", 80)},
		"exactly as long as may be is kept": {strings.Repeat("abcd ", 15) + "abcde", strings.Repeat("abcd-", 15) + "abcde"},
		"a word that ends at the bound":     {strings.Repeat("abcd ", 15) + "abcde tail", strings.Repeat("abcd-", 15) + "abcde"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, subscriptions.Slugify(c.in))
		})
	}
}

func TestASlugIsValidAndItsOwnSlug(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zà-ž '’/.,-]{0,120}`)).Draw(t, "title")
		s := subscriptions.Slugify(in)
		if s == "" {
			return
		}
		if !subscriptions.ValidSlug(s) || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Contains(s, "--") {
			t.Errorf("%q became %q", in, s)
		}
	})
	for _, bad := range []string{"", "A", "a b", "a--b", "-a", "a-", "ä", "a/b", "a_b", "../x", strings.Repeat("a", 81)} {
		if subscriptions.ValidSlug(bad) {
			t.Errorf("%q counts as a slug", bad)
		}
	}
}
