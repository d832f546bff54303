package subscriptions_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestASealedTextOpensOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	keys := storetest.Keys(t)
	sealed := keys.Seal("factor", "editor 1", "JBSWY3DPEHPK3PXP")
	if strings.Contains(sealed, "JBSWY3DPEHPK3PXP") || sealed == keys.Seal("factor", "editor 1", "JBSWY3DPEHPK3PXP") {
		t.Error("the sealed text shows what it holds")
	}
	rotated, err := subscriptions.NewKeyring([]byte("a secret that came after"), []byte("a secret that only tests know"))
	must(t, err)
	other, err := subscriptions.NewKeyring([]byte("a secret of somebody else"))
	must(t, err)
	for _, c := range []struct {
		name, purpose, context, sealed string
		keys                           *subscriptions.Keyring
		opens                          bool
	}{
		{"where it was sealed", "factor", "editor 1", sealed, keys, true},
		{"after a rotation", "factor", "editor 1", sealed, rotated, true},
		{"in another row", "factor", "editor 2", sealed, keys, false},
		{"for another purpose", "setup", "editor 1", sealed, keys, false},
		{"with another secret", "factor", "editor 1", sealed, other, false},
		{"changed", "factor", "editor 1", "A" + sealed[1:], keys, sealed[0] == 'A'},
		{"cut", "factor", "editor 1", sealed[:10], keys, false},
		{"no sealed text", "factor", "editor 1", "!", keys, false},
		{"nothing", "factor", "editor 1", "", keys, false},
	} {
		got, err := c.keys.Unseal(c.purpose, c.context, c.sealed)
		if opened := err == nil && got == "JBSWY3DPEHPK3PXP"; opened != c.opens {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}
