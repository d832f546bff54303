package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// The colours of the house are one small style sheet beside the site's own. Its
// path holds the six colours it is made of and a hash of what it says:
// /colours/3f2a…/fbfaf6-14213a-1c4f9c-11161f-eceae3-8db8ff.css. So every process can
// serve what another one linked to, today or in a year, and a preview of colours
// that nobody has saved is served as well; and browsers may keep it for ever.

// StylePrefix is where the style sheets are served.
const StylePrefix = "/colours/"

// StyleSheet writes the colours as a style sheet.
func StyleSheet(p subscriptions.Palette) string {
	return ":root { " + values(p.Light.Tones()) + " }\n" +
		"@media screen and (prefers-color-scheme: dark) { :root { " + values(p.Dark.Tones()) + " } }\n" +
		// Paper is white whatever the house is.
		"@media print { :root { --paper: #fff; --sheet: #fff; --wash: #fff; --ink: #000; --ink-2: #333; --ink-3: #444; --hair: #bbb; --accent: #000 } }\n"
}

func values(t subscriptions.Tones) string {
	return fmt.Sprintf("--paper: %s; --sheet: %s; --ink: %s; --ink-2: %s; --ink-3: %s; --hair: %s; --wash: %s; --accent: %s",
		t.Paper, t.Sheet, t.Ink, t.Ink2, t.Ink3, t.Hair, t.Wash, t.Accent)
}

// StylePath is where the colours are served.
func StylePath(p subscriptions.Palette) string {
	sum := sha256.Sum256([]byte(StyleSheet(p)))
	var names []string
	for _, c := range []subscriptions.Colour{p.Light.Paper, p.Light.Ink, p.Light.Accent, p.Dark.Paper, p.Dark.Ink, p.Dark.Accent} {
		names = append(names, strings.TrimPrefix(string(c), "#"))
	}
	return StylePrefix + hex.EncodeToString(sum[:6]) + "/" + strings.Join(names, "-") + ".css"
}

// StyleAt gives the style sheet of a path, if it is one that StylePath gives.
func StyleAt(path string) (string, bool) {
	_, name, _ := strings.Cut(strings.TrimPrefix(path, StylePrefix), "/")
	parts := strings.Split(strings.TrimSuffix(name, ".css"), "-")
	if len(parts) != 6 {
		return "", false
	}
	var colours [6]subscriptions.Colour
	for i, part := range parts {
		c, err := subscriptions.ParseColour("", part)
		if err != nil {
			return "", false
		}
		colours[i] = c
	}
	p := subscriptions.Palette{Light: subscriptions.Scheme{Paper: colours[0], Ink: colours[1], Accent: colours[2]},
		Dark: subscriptions.Scheme{Paper: colours[3], Ink: colours[4], Accent: colours[5]}}
	if StylePath(p) != path {
		return "", false
	}
	return StyleSheet(p), true
}
