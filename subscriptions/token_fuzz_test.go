package subscriptions_test

import (
	"errors"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// FuzzToken: whatever is taken was signed for just that purpose and has no other
// spelling.
func FuzzToken(f *testing.F) {
	keys, err := subscriptions.NewKeyring([]byte("a secret that only tests know"), []byte("the secret before that one"))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2019, time.April, 1, 8, 0, 0, 0, time.UTC)
	for _, p := range []subscriptions.Purpose{subscriptions.PurposeConfirm, subscriptions.PurposeUnsubscribe, subscriptions.PurposeDelivery} {
		f.Add(keys.Issue(p, 42, 7, now), byte(p))
		f.Add(keys.Issue(p, -1, 1<<40, now)+"\n", byte(p))
	}
	f.Add("", byte('u'))
	f.Add("AQEBdQ==", byte(0))
	f.Fuzz(func(t *testing.T, token string, purpose byte) {
		p := subscriptions.Purpose(purpose)
		c, err := keys.Parse(p, token, now)
		if errors.Is(err, subscriptions.ErrForged) {
			if c != (subscriptions.Claims{}) {
				t.Fatalf("a forged token says %+v", c)
			}
			return
		}
		if err != nil && !errors.Is(err, subscriptions.ErrExpired) {
			t.Fatal(err)
		}
		if c.Purpose != p || keys.IssueUntil(p, c.Subscriber, c.Ref, c.Expires) != token {
			t.Fatalf("%q for %q says %+v, which is not what we sign", token, p, c)
		}
		for _, other := range []subscriptions.Purpose{subscriptions.PurposeConfirm, subscriptions.PurposePreferences, subscriptions.PurposeUnsubscribe,
			subscriptions.PurposeDelivery, subscriptions.PurposeForm, subscriptions.PurposeUndo} {
			if _, err := keys.Parse(other, token, now); other != p && !errors.Is(err, subscriptions.ErrForged) {
				t.Fatalf("a token for %q passes for %q", p, other)
			}
		}
	})
}
