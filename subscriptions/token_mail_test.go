package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestATokenSurvivesInAnAddress(t *testing.T) {
	t.Parallel()
	keys, err := subscriptions.NewKeyring([]byte("a secret of the mail house"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2019, 3, 4, 10, 0, 0, 0, time.UTC)
	token := keys.Issue(subscriptions.PurposeDelivery, 1_000_000, 90_000_000, now)
	address, err := subscriptions.WithMailToken("bounce@example.org", token)
	if err != nil {
		t.Fatal(err)
	}
	for name, seen := range map[string]string{
		"as it was":        address,
		"in capitals":      strings.ToUpper(address),
		"behind BATV":      "prvs=1234567890=" + address,
		"behind SRS":       "SRS0=Ab3d=XY=example.org=" + strings.TrimSuffix(address, "@example.org") + "@forward.example.net",
		"in a VERP of one": "list+" + strings.Replace(address, "@", "=", 1) + "@lists.example.net",
	} {
		purpose, got, ok := subscriptions.MailToken(seen)
		if !ok || purpose != subscriptions.PurposeDelivery || got != token {
			t.Errorf("%s: %q gives %c %q %v, want %q", name, seen, purpose, got, ok, token)
		}
		if c, err := keys.Parse(purpose, got, now); err != nil || c.Ref != 90_000_000 || c.Subscriber != 1_000_000 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestWhatIsNoTokenInAnAddress(t *testing.T) {
	t.Parallel()
	keys, err := subscriptions.NewKeyring([]byte("a secret of the mail house"))
	if err != nil {
		t.Fatal(err)
	}
	confirm, err := subscriptions.WithMailToken("x@example.org", keys.Issue(subscriptions.PurposeConfirm, 1, 2, time.Unix(1e9, 0)))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "bounce@example.org", "bounce+@example.org", "bounce+" + strings.Repeat("z", 45) + "@example.org", "bounce+" + strings.Repeat("0", 45) + "@example.org", confirm} {
		if p, token, ok := subscriptions.MailToken(address); ok {
			t.Errorf("%q gives %c %q", address, p, token)
		}
	}
	if got, err := subscriptions.WithMailToken(strings.Repeat("long", 6)+"@example.org", keys.Issue(subscriptions.PurposeDelivery, 1<<40, 1<<60, time.Time{})); err == nil {
		t.Errorf("an address that no server takes: %s", got)
	}
	for _, bad := range []string{"example.org", "@example.org"} {
		if got, err := subscriptions.WithMailToken(bad, keys.Issue(subscriptions.PurposeDelivery, 1, 2, time.Time{})); err == nil {
			t.Errorf("%q gave %q", bad, got)
		}
	}
	if got, err := subscriptions.WithMailToken("a@example.org", "not a token"); err == nil {
		t.Errorf("no token gave %q", got)
	}
}
