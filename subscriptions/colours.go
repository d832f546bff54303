package subscriptions

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The colours of an organisation. It sets three a scheme: the paper, the ink, and
// the accent of links. The others are mixed of paper and ink, so that any three
// give a whole; those of topics and of states (good, open, wrong) are the service's
// own, and the paper has to carry them.
//
// Every pair of Pairs is read somewhere as text, and has the contrast that
// WCAG 2.2, 1.4.3 asks for.

// Colour is written #rrggbb, in small letters.
type Colour string

// Scheme is the colours of one scheme, light or dark.
type Scheme struct{ Paper, Ink, Accent Colour }

// Palette is both.
type Palette struct{ Light, Dark Scheme }

// StandardPalette is that of the design.
func StandardPalette() Palette {
	return Palette{Light: Scheme{"#fbfaf6", "#14213a", "#1c4f9c"}, Dark: Scheme{"#11161f", "#eceae3", "#8db8ff"}}
}

// Tones are a scheme with what is mixed of it.
type Tones struct {
	Paper, Sheet, Ink, Ink2, Ink3, Hair, Wash, Accent Colour
}

// Tones mixes the rest. The standard's were chosen by eye and stay as they are.
func (s Scheme) Tones() Tones {
	switch standard := StandardPalette(); s {
	case standard.Light:
		return Tones{s.Paper, "#ffffff", s.Ink, "#4b566b", "#5f697c", "#dcd8cc", "#f3f0e7", s.Accent}
	case standard.Dark:
		return Tones{s.Paper, "#171d28", s.Ink, "#b5bac4", "#9aa1ae", "#313a49", "#1c2431", s.Accent}
	}
	sheet := Colour("#ffffff")
	if s.Paper.luminance() < s.Ink.luminance() {
		sheet = s.Paper.mix(s.Ink, .03)
	}
	return Tones{s.Paper, sheet, s.Ink, s.Paper.mix(s.Ink, .78), s.Paper.mix(s.Ink, .7), s.Paper.mix(s.Ink, .14), s.Paper.mix(s.Ink, .045), s.Accent}
}

// Pair is two colours that meet as text and its ground.
type Pair struct {
	Field      string // what to change when it fails: paper, ink or accent
	Name       string // "links on the paper"
	Text, Over Colour
}

// Contrast is that of the pair, from 1 to 21.
func (p Pair) Contrast() float64 { return Contrast(p.Text, p.Over) }

// leastContrast is that of text in WCAG 2.2, 1.4.3, level AA.
const leastContrast = 4.5

// The colours that every palette has to carry: those of topics and states, as the
// style sheets of site and letter have them.
var (
	ownLight = []Colour{"#4a5568", "#0b6e69", "#6a3fa0", "#1c5fa8", "#8a5200", "#a3211b", "#1b6e3c",
		"#3f6b21", "#8a2f77", "#0a6380", "#6b6000", "#b0245c", "#3d45b0"}
	ownDark = []Colour{"#b3bccb", "#5fd0c6", "#c3a5f5", "#8dbdf6", "#f0b762", "#ff9d94", "#7fd3a0",
		"#a5d178", "#f0a0dc", "#7cc9e8", "#d4c766", "#ff9ebf", "#b0b5ff"}
)

// Pairs lists what is read in a scheme.
func (s Scheme) Pairs(dark bool) []Pair {
	t := s.Tones()
	pairs := []Pair{
		{"ink", "text on the paper", t.Ink, t.Paper},
		{"ink", "text on tinted ground", t.Ink, t.Wash},
		{"ink", "text on a sheet", t.Ink, t.Sheet},
		{"ink", "quiet text on the paper", t.Ink2, t.Paper},
		{"ink", "quiet text on tinted ground", t.Ink2, t.Wash},
		{"ink", "numbers on the paper", t.Ink3, t.Paper},
		{"accent", "links on the paper", t.Accent, t.Paper},
		{"accent", "links on tinted ground", t.Accent, t.Wash},
		{"accent", "links on a sheet", t.Accent, t.Sheet},
	}
	own, paper := ownLight, "is too dark"
	if dark {
		own, paper = ownDark, "is too light"
	}
	// On tinted ground, which is mixed of paper and ink, a little less is left of it.
	var worst Pair
	for _, c := range own {
		for _, over := range []Colour{t.Paper, t.Wash} {
			p := Pair{"paper", "topics and warnings on the paper and its tint, which " + paper, c, over}
			if worst.Text == "" || p.Contrast() < worst.Contrast() {
				worst = p
			}
		}
	}
	return append(pairs, worst)
}

// Validate tells every pair that cannot be read, with prefix and field as Field.
func (s Scheme) validate(prefix string, dark bool) (faults []error) {
	told := map[string]bool{}
	for _, p := range s.Pairs(dark) {
		if c := p.Contrast(); c < leastContrast && !told[p.Field] {
			told[p.Field] = true // one sentence a field: the others have the same cause
			faults = append(faults, invalid(prefix+p.Field, "%s: %s on %s has a contrast of %.1f to 1", p.Name, p.Text, p.Over, math.Floor(c*10)/10).
				hint("Text needs at least 4.5 to 1 to be read."))
		}
	}
	return faults
}

// ParseColour reads #rrggbb or #rgb.
func ParseColour(field, s string) (Colour, error) {
	hex := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "#"))
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if _, err := strconv.ParseUint(hex, 16, 32); err != nil || len(hex) != 6 {
		return "", invalid(field, "%q is not a colour", s).hint("A colour looks like #1c4f9c.")
	}
	return Colour("#" + hex), nil
}

// channels gives red, green and blue, from 0 to 255. What is no colour is black.
func (c Colour) channels() (rgb [3]float64) {
	n, err := strconv.ParseUint(strings.TrimPrefix(string(c), "#"), 16, 32)
	if err != nil {
		return rgb
	}
	return [3]float64{float64(n >> 16 & 0xff), float64(n >> 8 & 0xff), float64(n & 0xff)}
}

// mix goes the part of the way from c to other.
func (c Colour) mix(other Colour, part float64) Colour {
	a, b := c.channels(), other.channels()
	for i := range a {
		a[i] += (b[i] - a[i]) * part
	}
	return Colour(fmt.Sprintf("#%02x%02x%02x", int(math.Round(a[0])), int(math.Round(a[1])), int(math.Round(a[2]))))
}

// luminance is WCAG's relative luminance.
func (c Colour) luminance() float64 {
	rgb := c.channels()
	for i, v := range rgb {
		if v /= 255; v <= 0.04045 {
			rgb[i] = v / 12.92
		} else {
			rgb[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
}

// Contrast is WCAG's ratio of two colours.
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
