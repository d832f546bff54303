package static_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

// Every colour a topic may have can be read on every ground, by day and by night
// (WCAG 2.2, 1.4.3), and no two are the same.
func TestEveryAccentCanBeRead(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "(prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there are no colours for the night")
	}
	value := func(scheme, name string) string {
		found := regexp.MustCompile(`--` + name + `: (#[0-9a-f]{3,6});`).FindStringSubmatch(scheme)
		if found == nil {
			t.Fatalf("there is no colour %s", name)
		}
		return found[1]
	}
	for scheme, css := range map[string]string{"day": light, "night": dark} {
		seen := map[string]string{}
		for _, accent := range subscriptions.Accents() {
			c := value(css, "t-"+accent)
			if other := seen[c]; other != "" {
				t.Errorf("%s: %s and %s are both %s", scheme, accent, other, c)
			}
			seen[c] = accent
			for _, ground := range []string{"paper", "sheet", "wash"} {
				if r := contrast(t, c, value(css, ground)); r < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, accent, ground, r)
				}
			}
			if !strings.Contains(dark, ".t-"+accent+" { --c: var(--t-"+accent+") }") {
				t.Errorf("no class sets the colour %s", accent)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = hex[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}
