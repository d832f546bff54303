package subscriptions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

var purposes = subscriptions.Purposes()

func TestATokenSaysWhatWasSignedAndNothingElse(t *testing.T) {
	t.Parallel()
	keys, now := storetest.Keys(t), storetest.Now()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(purposes).Draw(t, "purpose")
		who, ref := rapid.Int64Min(0).Draw(t, "subscriber"), rapid.Int64Min(0).Draw(t, "ref")
		token := keys.Issue(p, who, ref, now)
		c, err := keys.Parse(p, token, now)
		if err != nil || c.Purpose != p || c.Subscriber != who || c.Ref != ref {
			t.Fatalf("%s came back as %+v, %v", token, c, err)
		}
		other := rapid.SampledFrom(purposes).Filter(func(o subscriptions.Purpose) bool { return o != p }).Draw(t, "other purpose")
		if c, err := keys.Parse(other, token, now); subscriptions.CodeOf(err) != subscriptions.Forged || c != (subscriptions.Claims{}) {
			t.Errorf("a token for %c was taken for %c: %+v, %v", p, other, c, err)
		}
	})
}

func TestATokenThatWasTouchedAnywhereIsForged(t *testing.T) {
	t.Parallel()
	keys, now := storetest.Keys(t), storetest.Now()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.\r\n \x00é"
	forged := func(t *rapid.T, p subscriptions.Purpose, token string) {
		if c, err := keys.Parse(p, token, now); subscriptions.CodeOf(err) != subscriptions.Forged || c != (subscriptions.Claims{}) {
			t.Errorf("%q was taken: %+v, %v", token, c, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(purposes).Draw(t, "purpose")
		token := keys.Issue(p, rapid.Int64Range(0, 1<<40).Draw(t, "subscriber"), rapid.Int64Range(0, 1<<20).Draw(t, "ref"), now)
		for at := range token {
			for bit := range 8 {
				b := []byte(token)
				b[at] ^= 1 << bit
				forged(t, p, string(b))
			}
		}
		at := rapid.IntRange(0, len(token)).Draw(t, "place")
		extra := string(rapid.SampledFrom([]rune(alphabet)).Draw(t, "extra"))
		forged(t, p, token[:at]+extra+token[at:])
		forged(t, p, token[:len(token)-1])
		forged(t, p, token[1:])
	})
	for _, junk := range []string{"", "x", "AQ", strings.Repeat("A", 121), strings.Repeat("A", 1<<20), "AQEB"} {
		if _, err := keys.Parse(subscriptions.PurposeConfirm, junk, now); subscriptions.CodeOf(err) != subscriptions.Forged {
			t.Errorf("%.20q: %v, want forged", junk, err)
		}
	}
}

func TestHowLongALinkLives(t *testing.T) {
	t.Parallel()
	keys, now := storetest.Keys(t), storetest.Now()
	const d = 24 * time.Hour
	for name, c := range map[string]struct {
		purpose subscriptions.Purpose
		after   time.Duration
		expired bool
	}{
		"a confirmation works for a week":                 {subscriptions.PurposeConfirm, 7*d - time.Minute, false},
		"and not longer":                                  {subscriptions.PurposeConfirm, 7*d + time.Minute, true},
		"a preferences link works after a year of mail":   {subscriptions.PurposePreferences, 366 * d, false},
		"and ends after 400 days":                         {subscriptions.PurposePreferences, 400*d + time.Minute, true},
		"a two-year-old unsubscribe link works (MAIL 13)": {subscriptions.PurposeUnsubscribe, 2 * 365 * d, false},
		"a ten-year-old one too":                          {subscriptions.PurposeUnsubscribe, 3650 * d, false},
		"an envelope sender works for ever":               {subscriptions.PurposeDelivery, 3650 * d, false},
		"an undo works for a day":                         {subscriptions.PurposeUndo, d - time.Minute, false},
		"and not longer than that":                        {subscriptions.PurposeUndo, d + time.Minute, true},
		"a form ends after a day":                         {subscriptions.PurposeForm, d + time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := keys.Parse(c.purpose, keys.Issue(c.purpose, 7, 8, now), now.Add(c.after))
			if !c.expired {
				must(t, err)
				return
			}
			fails(t, err, subscriptions.Expired)
			if got.Subscriber != 7 || got.Ref != 8 {
				t.Errorf("an expired link no longer says whose it was: %+v", got)
			}
		})
	}
}

func TestRotatingTheSecretBreaksNoLinkAndNoSuppression(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	first, second := []byte("the first secret of the house"), []byte("the second secret of the house")
	ring := func(secrets ...[]byte) *subscriptions.Keyring {
		k, err := subscriptions.NewKeyring(secrets...)
		must(t, err)
		return k
	}
	old, rotated, fresh := ring(first), ring(second, first), ring(second)
	for _, p := range purposes {
		if _, err := rotated.Parse(p, old.Issue(p, 1, 2, now), now); err != nil {
			t.Errorf("a link for %c signed before the rotation: %v", p, err)
		}
		if _, err := old.Parse(p, rotated.Issue(p, 1, 2, now), now); subscriptions.CodeOf(err) != subscriptions.Forged {
			t.Errorf("the new secret does not sign: %v", err)
		}
		if _, err := fresh.Parse(p, old.Issue(p, 1, 2, now), now); subscriptions.CodeOf(err) != subscriptions.Forged {
			t.Errorf("a secret that was dropped still verifies: %v", err)
		}
	}
	same(t, old.HashAddress("a@example.org"), rotated.HashAddress("A@Example.org"))
}

func TestASecretHasToBeOne(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][][]byte{
		"none":                       {},
		"too short":                  {[]byte("fifteen letters")},
		"an old one that is short":   {[]byte("sixteen letters."), []byte("short")},
		"empty, as an unset setting": {nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := subscriptions.NewKeyring(secrets...)
			fails(t, err, subscriptions.Invalid)
		})
	}
}

// A purpose that is declared and not listed would have no key: its links would be
// signed with none, and one of them would open all.
func TestEveryPurposeIsListed(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "token.go", nil, 0)
	must(t, err)
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != "Purpose" {
			return true
		}
		found++
		letter, _, _, err := strconv.UnquoteChar(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, "'"), '\'')
		must(t, err)
		if !slices.Contains(purposes, subscriptions.Purpose(letter)) {
			t.Errorf("%s is not in Purposes", spec.Names[0])
		}
		return true
	})
	same(t, len(purposes), found)
}
