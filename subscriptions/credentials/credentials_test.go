package credentials_test

import (
	"context"
	"encoding/xml"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/credentials"
)

// cheap hashes in microseconds.
func cheap(atOnce int) *credentials.Passwords {
	return credentials.NewPasswords(credentials.Options{Memory: 64, Passes: 1, AtOnce: atOnce})
}

func TestAPasswordHasItsHash(t *testing.T) {
	t.Parallel()
	p := cheap(2)
	hash, err := p.Hash(t.Context(), "violet harbour")
	if err != nil || strings.Contains(hash, "violet") {
		t.Fatalf("%q, %v", hash, err)
	}
	again, err := p.Hash(t.Context(), "violet harbour")
	if err != nil || again == hash {
		t.Errorf("the same password has the same hash twice: no salt (%v)", err)
	}
	for _, c := range []struct {
		name, password, hash string
		want                 bool
	}{
		{"its own", "violet harbour", hash, true},
		{"another", "violet harbours", hash, false},
		{"none", "", hash, false},
		{"the hash of nobody", "violet harbour", "", false},
		{"what nobody's hash was made of", "the password of nobody", "", false},
	} {
		if ok, err := p.Check(t.Context(), c.password, c.hash); err != nil || ok != c.want {
			t.Errorf("%s: %v, %v", c.name, ok, err)
		}
	}
	if _, err := p.Check(t.Context(), "violet harbour", "no hash"); err == nil {
		t.Error("what is no hash was compared")
	}
}

func TestTheStandardCostIsWhatOWASPAsksFor(t *testing.T) {
	t.Parallel()
	hash, err := credentials.NewPasswords(credentials.Options{}).Hash(t.Context(), "violet harbour")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%q, %v", hash, err)
	}
}

// TestNoMoreHashesAtOnceThanPlaces fills the only place with a hash of much memory
// and sees the next one wait.
func TestNoMoreHashesAtOnceThanPlaces(t *testing.T) {
	t.Parallel()
	p := cheap(1)
	release := p.Hold()
	var done atomic.Bool
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := p.Hash(t.Context(), "violet harbour"); err != nil {
			t.Error(err)
		}
		done.Store(true)
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Hash(gone, "violet harbour"); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone was served: %v", err)
	}
	if done.Load() {
		t.Error("two hashes at once")
	}
	release()
	wait.Wait()
}

func TestAWaitThatIsTooLongIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := cheap(1)
		defer p.Hold()()
		_, err := p.Hash(t.Context(), "violet harbour")
		if subscriptions.CodeOf(err) != subscriptions.Unavailable || subscriptions.HintOf(err) == "" {
			t.Errorf("%v, want it unavailable with a hint", err)
		}
	})
}

// TestCodesOfTheStandard uses the vectors of RFC 6238, appendix B, cut to six digits.
func TestCodesOfTheStandard(t *testing.T) {
	t.Parallel()
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, code := range map[int64]string{20000000000: "353130", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		for _, c := range []struct {
			off  time.Duration
			want bool
		}{{0, true}, {-30 * time.Second, true}, {30 * time.Second, true}, {-60 * time.Second, false}, {60 * time.Second, false}} {
			step, ok := credentials.Codes{}.Step(secret, code, time.Unix(at, 0).Add(c.off))
			if ok != c.want || ok && step != at/30 {
				t.Errorf("%s at %d%+v: step %d, %v", code, at, c.off, step, ok)
			}
		}
	}
	for _, code := range []string{"", "28708", "2870820", "000000", "28708a"} {
		if _, ok := (credentials.Codes{}).Step(secret, code, time.Unix(59, 0)); ok {
			t.Errorf("%q was taken", code)
		}
	}
	if _, ok := (credentials.Codes{}).Step("no secret!", "287082", time.Unix(59, 0)); ok {
		t.Error("a secret that is none has a code")
	}
}

func TestASecretIsNewEachTime(t *testing.T) {
	t.Parallel()
	a, b := credentials.Codes{}.NewSecret(), credentials.Codes{}.NewSecret()
	if a == b || !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(a) {
		t.Errorf("%q, %q", a, b)
	}
}

func TestTheAddressIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	got := credentials.Codes{}.Address("SESEC Tidings: desk", "anna+1@example.org", "ABCD")
	u, err := url.Parse(got)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/SESEC Tidings  desk:anna+1@example.org" ||
		u.Query().Get("secret") != "ABCD" || u.Query().Get("issuer") != "SESEC Tidings: desk" || strings.Contains(u.RawQuery, "+") {
		t.Errorf("%s: %v", got, err)
	}
}

func TestThePictureIsWhole(t *testing.T) {
	t.Parallel()
	svg, err := credentials.Codes{}.Picture("otpauth://totp/x:anna@example.org?secret=ABCD")
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &parsed); err != nil || parsed.ViewBox != "0 0 41 41" || len(parsed.Paths) != 2 {
		t.Fatalf("%v: %s", err, svg)
	}
	// The finder pattern at the upper left: a line of seven modules inside the border.
	if !strings.HasPrefix(parsed.Paths[1].D, "M4 4h7v1h-7z") {
		t.Errorf("no finder pattern: %.60s", parsed.Paths[1].D)
	}
	if _, err := (credentials.Codes{}).Picture(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text that fits into no code was drawn")
	}
}
