package templates_test

import (
	"io/fs"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"sesec.eu/tidings/templates"
)

func TestEveryMailParses(t *testing.T) {
	mails, err := templates.ParseEmail(templates.Files())
	if err != nil {
		t.Fatal(err)
	}
	// That none is missing is told by whoever composes them.
	for _, mail := range []string{"confirmation", "digest"} {
		if !slices.Contains(mails.Mails(), mail) {
			t.Errorf("there is no mail %s among %v", mail, mails.Mails())
		}
	}
}

func TestABrokenTemplateIsNamed(t *testing.T) {
	const letter = `{{define "letter"}}<p>{{template "content" .}}</p>{{end}}`
	whole := func(change map[string]string) fs.FS {
		files := fstest.MapFS{}
		for name, src := range map[string]string{"parts/letter.html": letter, "parts/letter.txt": letter,
			"note.html": `{{define "content"}}x{{end}}`, "note.txt": `{{define "content"}}x{{end}}`} {
			if other, ok := change[name]; ok {
				src = other
			}
			if src != "" {
				files[name] = &fstest.MapFile{Data: []byte(src)}
			}
		}
		return files
	}
	for _, test := range []struct {
		name   string
		change map[string]string
		want   string // "" means it parses
	}{
		{"nothing is wrong", nil, ""},
		{"a part is not closed", map[string]string{"parts/letter.html": `{{define "letter"}}`}, "parts/letter.html"},
		{"a text part is not closed", map[string]string{"parts/letter.txt": `{{if}}`}, "parts/letter.txt"},
		{"a mail is not closed", map[string]string{"note.html": `{{define "content"}}{{if .X}}{{end}}`}, "note.html"},
		{"a text is not closed", map[string]string{"note.txt": `{{range}}`}, "note.txt"},
		{"a mail asks for a part that is not there", map[string]string{"note.html": `{{define "content"}}{{template "mast" .}}{{end}}`}, "note.html"},
		{"an attribute is left open", map[string]string{"note.html": `{{define "content"}}<a href="{{end}}`}, "note.html"},
		{"a mail has no text", map[string]string{"note.txt": ""}, "note.txt"},
		{"a mail has no page", map[string]string{"note.html": ""}, "note.html"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := templates.ParseEmailFiles(whole(test.change))
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want it to name %s", err, test.want)
			}
		})
	}
}

// The colours of the letter, light and dark, on the ground they stand on
// (WCAG 2.2, 1.4.3).
func TestColoursCanBeRead(t *testing.T) {
	file, err := os.ReadFile("email/parts/style.html")
	if err != nil {
		t.Fatal(err)
	}
	// As the composer fills it for who has set no colours.
	filled := strings.NewReplacer("{{.Light.Paper}}", "#fbfaf6", "{{.Light.Ink}}", "#14213a", "{{.Light.Ink2}}", "#4b566b", "{{.Light.Accent}}", "#1c4f9c",
		"{{.Dark.Paper}}", "#11161f", "{{.Dark.Ink}}", "#eceae3", "{{.Dark.Ink2}}", "#b5bac4", "{{.Dark.Accent}}", "#8db8ff").Replace(string(file))
	light, dark, _ := strings.Cut(filled, "@media (prefers-color-scheme:dark)")
	rule := regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	colour := regexp.MustCompile(`(?:^|;)color:(#[0-9a-f]{6})`)
	for scheme, s := range map[string]struct{ css, paper, wash, button string }{
		"light": {light, "#fbfaf6", "#f3f0e7", "#14213a"},
		"dark":  {dark, "#11161f", "#1c2431", "#eceae3"},
	} {
		found := 0
		for _, r := range rule.FindAllStringSubmatch(s.css, -1) {
			selector, m := strings.TrimSpace(r[1]), colour.FindStringSubmatch(r[2])
			if m == nil {
				continue
			}
			found++
			grounds := []string{s.paper}
			switch {
			case selector == ".sq": // spaces
				continue
			case strings.Contains(selector, ".btn"):
				grounds = []string{s.button}
			case strings.Contains(selector, ".soon"):
				grounds = []string{s.wash}
			}
			for _, ground := range grounds {
				if c := contrast(t, m[1], ground); c < 4.5 {
					t.Errorf("%s: %s is %s on %s, contrast %.2f", scheme, selector, m[1], ground, c)
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: only %d colours found; does the test still read the file?", scheme, found)
		}
	}
}

// What has a colour of its own in light must have one in dark, or it stays dark
// on dark.
func TestEveryAccentHasBothSchemes(t *testing.T) {
	file, err := os.ReadFile("email/parts/style.html")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(string(file), "@media (prefers-color-scheme:dark)")
	for _, accent := range []string{"plain", "horizontal", "iot", "blockchain", "communication", "industrial", "cybersecurity",
		"moss", "plum", "ocean", "olive", "rose", "indigo"} {
		for _, class := range []string{".a-" + accent, ".r-" + accent, ".q-" + accent} {
			if !strings.Contains(light, class) || !strings.Contains(dark, class) {
				t.Errorf("%s is not in both schemes", class)
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
	n, err := strconv.ParseUint(hex[1:], 16, 32)
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
