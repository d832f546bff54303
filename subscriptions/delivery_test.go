package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMessageIDIsStableAndDistinct(t *testing.T) {
	t.Parallel()
	// Fixed for ever: a repeat after an update must still be recognisable.
	same(t, "sbgtydfemldfzqqbova5dbhc@example.org", subscriptions.MessageID("salt", "digest:3:117", "example.org"))
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.StringMatching(`[a-z]{0,4}`).Draw(t, "salt")
		key := subscriptions.DigestKey(rapid.Int64Range(1, 99).Draw(t, "edition"), rapid.Int64Range(1, 9999).Draw(t, "subscriber"))
		id := subscriptions.MessageID(salt, key, "example.org")
		if id != subscriptions.MessageID(salt, key, "example.org") {
			t.Errorf("%s gets another id the second time", key)
		}
		local, domain, _ := strings.Cut(id, "@")
		if domain != "example.org" || len(local) != 24 || strings.Trim(local, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("%q is not 24 plain letters at the domain", id)
		}
		what := salt + "\x00" + key
		if other, ok := seen[id]; ok && other != what {
			t.Errorf("%q and %q share %s", other, what, id)
		}
		seen[id] = what
	})
	if subscriptions.DigestKey(1, 23) == subscriptions.DigestKey(12, 3) {
		t.Error("two people of two editions share a key")
	}
}

func TestBooksCountEveryState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b subscriptions.Books
		planned, open := 0, 0
		for _, state := range subscriptions.DeliveryStates() {
			n := rapid.IntRange(0, 50).Draw(t, string(state))
			b.Add(state, n)
			if got := b.Count(state); got != n {
				t.Errorf("%d %s, want %d", got, state, n)
			}
			planned += n
			if !state.Final() {
				open += n
			}
		}
		b.Planned = planned
		if !b.Balanced() || b.Open() != open {
			t.Errorf("%+v: balanced %t, open %d, want %d", b, b.Balanced(), b.Open(), open)
		}
		b.Planned += rapid.SampledFrom([]int{-1, 1, 7}).Draw(t, "off by")
		if b.Balanced() {
			t.Errorf("%+v balances", b)
		}
	})
}

func TestWhatIsFinal(t *testing.T) {
	t.Parallel()
	var final, open []string
	for _, s := range subscriptions.DeliveryStates() {
		if s.Final() {
			final = append(final, string(s))
		} else {
			open = append(open, string(s))
		}
	}
	same(t, "queued claimed sending deferred | sent failed skipped uncertain", fmt.Sprint(strings.Join(open, " "), " | ", strings.Join(final, " ")))
}

func TestAConsentNamesTheWordsThatWereShown(t *testing.T) {
	t.Parallel()
	s, now := storetest.New(t), subscriptions.StandardWording()
	said := func(version string) string {
		text, err := subscriptions.FindWording(t.Context(), s, version)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if text := said(now.Version); text == "" || text != now.Text {
		t.Errorf("version %s says %q", now.Version, text)
	}
	// Consents in databases point at it: the first sentence may never change.
	if first := said("2019-04"); !strings.HasPrefix(first, "Send me one e-mail digest a month with the topics I ticked.") {
		t.Errorf("the wording of April 2019 is now %q", first)
	}
	if text := said("1999-01"); text != "" {
		t.Errorf("a version that never was says %q", text)
	}
}
