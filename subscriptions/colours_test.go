package subscriptions_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func TestContrastIsThatOfWCAG(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b subscriptions.Colour
		want float64
	}{ // WebAIM's checker gives these
		{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#ffffff", "#ffffff", 1}, {"#595959", "#ffffff", 7.00},
	} {
		if got := subscriptions.Contrast(c.a, c.b); math.Abs(got-c.want) > 0.01 || got != subscriptions.Contrast(c.b, c.a) {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestTheStandardPaletteCanBeRead(t *testing.T) {
	t.Parallel()
	p := subscriptions.StandardPalette()
	for dark, s := range map[bool]subscriptions.Scheme{false: p.Light, true: p.Dark} {
		for _, pair := range s.Pairs(dark) {
			if c := pair.Contrast(); c < 4.5 {
				t.Errorf("dark %t: %s: %s on %s is %.2f", dark, pair.Name, pair.Text, pair.Over, c)
			}
		}
	}
}

func TestColoursThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		changes subscriptions.Settings
		field   string // "" means they are taken
	}{
		{"dark green on white", subscriptions.Settings{"light.paper": "#ffffff", "light.ink": "#0d2b1d", "light.accent": "#14663f"}, ""},
		{"the three-digit form", subscriptions.Settings{"light.accent": "#024"}, ""},
		{"links of pale blue", subscriptions.Settings{"light.accent": "#8db8ff"}, "light.accent"},
		{"grey ink", subscriptions.Settings{"light.ink": "#7a7a7a"}, "light.ink"},
		{"ink that only its quiet shade cannot do with", subscriptions.Settings{"light.ink": "#5c6470"}, "light.ink"},
		{"dark links in dark mode", subscriptions.Settings{"dark.accent": "#1c4f9c"}, "dark.accent"},
		{"paper on which topics cannot be read", subscriptions.Settings{"light.paper": "#cfd8c4", "light.ink": "#000000", "light.accent": "#000000"}, "light.paper"},
		{"no colour", subscriptions.Settings{"light.ink": "navy"}, "light.ink"},
		{"a colour with more behind it", subscriptions.Settings{"light.ink": "#14213a;}"}, "light.ink"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := subscriptions.Settings{}.With(c.changes)
			var fault *subscriptions.Error
			switch {
			case c.field == "" && err != nil:
				t.Error(err)
			case c.field != "" && (!errors.As(err, &fault) || fault.Field != c.field || strings.Count(err.Error(), "\n") > 0):
				t.Errorf("got %v, want one fault at %s", err, c.field)
			}
		})
	}
}
