//go:build pictures

package compose_test

import (
	"bytes"
	"cmp"
	"context"
	"html"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// shot is one way to look at a letter.
type shot struct {
	name, part, scheme string
	width              int64
}

var shots = []shot{{"640", "html", "light", 640}, {"360", "html", "light", 360}, {"640-dark", "html", "dark", 640}, {"360-dark", "html", "dark", 360},
	{"640-images-off", "html", "light", 640}, {"360-images-off", "html", "light", 360}, {"text", "txt", "light", 840}}

// TestLetterPictures photographs what docs/letters.md shows into the folder
// PICTURES: the digest of three variants.
func TestLetterPictures(t *testing.T) {
	dir := cmp.Or(os.Getenv("PICTURES"), t.TempDir())
	h := newHouse(t)
	// Without pictures the words of the logo stand in its place.
	identity := subscriptions.StandardIdentity()
	identity.BaseURL = "http://127.0.0.1:1" // answers nothing
	identity.Logo, identity.LogoAlt = subscriptions.Logo{Name: strings.Repeat("0", 32) + ".png", Width: 192, Height: 48}, identity.Site
	without, err := compose.New(compose.Options{Store: h.store, Keys: storetest.Keys(t), Identity: identity, Salt: "salt", Now: storetest.Now})
	if err != nil {
		t.Fatal(err)
	}
	letters := map[string]*mailer.Message{}
	for name, topics := range map[string][]string{"all": {"horizontal", "iot", "blockchain", "communication-networks", "industrial-internet", "cybersecurity"},
		"two": {"iot", "cybersecurity"}, "everyone": {"horizontal"}} {
		r := h.reader("Anna Berg", topics...)
		r.Subscriber.Zone = "Europe/Lisbon"
		letters[name] = h.digest(t, r)
		if letters[name+"/off"], err = without.Compose(t.Context(), h.delivery(t, r), r); err != nil {
			t.Fatal(err)
		}
	}
	camera := newCamera(t, func(path string) (string, bool) {
		name, part, _ := strings.Cut(path, ".")
		m, ok := letters[name]
		if !ok {
			return "", false
		}
		text, page := m.Render()
		if part == "txt" {
			return text, true
		}
		return page, true
	})
	for _, name := range []string{"all", "two", "everyone"} {
		for _, s := range shots {
			from := name
			if strings.HasSuffix(s.name, "images-off") {
				from += "/off"
			}
			camera.take(t, from+"."+s.part, s, filepath.Join(dir, "letter-"+name+"."+s.name+".png"))
		}
	}
}

// TestPictures photographs the letters of the golden files into the folder
// PICTURES. ONLY is a pattern of their names, as in ONLY=digest.
func TestPictures(t *testing.T) {
	dir := cmp.Or(os.Getenv("PICTURES"), t.TempDir())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	only := regexp.MustCompile(os.Getenv("ONLY"))
	var files []string
	for _, pattern := range []string{"testdata/*.html", "testdata/samples/*.html"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	camera := newCamera(t, func(path string) (string, bool) {
		src, err := os.ReadFile(filepath.Join("testdata", path))
		if err != nil {
			src, err = os.ReadFile(filepath.Join("testdata", "samples", path))
		}
		return string(src), err == nil
	})
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		for _, s := range shots {
			if only.MatchString(name) && !strings.HasSuffix(s.name, "images-off") {
				camera.take(t, name+"."+s.part, s, filepath.Join(dir, name+"."+s.name+".png"))
			}
		}
	}
}

// camera is a browser that looks at letters.
type camera struct {
	tab context.Context
	url string
}

// georgia stands in for the letters' serif, which few machines without a screen have,
// by one of the same measures.
const georgia = `<style>@font-face{font-family:Georgia;font-weight:400;src:local("Gelasio Regular"),local("Gelasio-Regular"),local("Georgia")}
@font-face{font-family:Georgia;font-weight:700;src:local("Gelasio Bold"),local("Gelasio-Bold"),local("Georgia Bold")}</style>`

// newCamera shows letters as a mail program does: the text in a window of its own.
func newCamera(t *testing.T, letter func(path string) (string, bool)) camera {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/")
		page, ok := letter(path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(path, ".txt") {
			page = `<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;padding:24px;background:#fff;color:#111"><pre style="margin:0;font:13px/1.5 'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace">` + html.EscapeString(page) + `</pre>`
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(strings.Replace(page, "</head>", georgia+"</head>", 1)))
	}))
	t.Cleanup(server.Close)
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no Chromium is installed; on Debian: apt-get install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	tab, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(tab)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	tab, cancel := context.WithTimeout(tab, 20*time.Minute)
	t.Cleanup(cancel)
	return camera{tab, server.URL}
}

func (c camera) take(t *testing.T, path string, s shot, file string) {
	t.Helper()
	size := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: 400, DeviceScaleFactor: 1})
		return chromedp.Void{}, err
	}
	scheme := func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}})
		return chromedp.Void{}, err
	}
	if err := chromedp.Do(c.tab, chromedp.Action[chromedp.Void](scheme), chromedp.Action[chromedp.Void](size), chromedp.Navigate(c.url+"/"+path)); err != nil {
		t.Fatal(err)
	}
	if s.part == "html" {
		if wide, err := chromedp.Run(c.tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); err != nil || wide > s.width {
			t.Errorf("%s is %d pixels wide at %d: %v", path, wide, s.width, err)
		}
	}
	shot, err := chromedp.Run(c.tab, chromedp.FullScreenshot(100))
	if err == nil {
		shot, err = small(shot)
	}
	if err == nil {
		err = os.WriteFile(file, shot, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Of a long letter its beginning and its end are shown, and a band between them.
const top, band, bottom = 3400, 20, 1600

// small takes the middle out of a long picture, and paints it with its commonest
// colours: letters have few.
func small(shot []byte) ([]byte, error) {
	src, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	count := map[color.RGBA]int{}
	area := src.Bounds()
	tall := area.Dy()
	if tall > top+band+bottom {
		area.Max.Y = area.Min.Y + top + band + bottom
	}
	at := func(x, y int) color.RGBA {
		switch {
		case area.Dy() == tall || y < top:
		case y < top+band:
			return color.RGBA{0x88, 0x88, 0x88, 0xff}
		default:
			y += tall - area.Dy()
		}
		return color.RGBAModel.Convert(src.At(x, y)).(color.RGBA)
	}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	var colours []color.RGBA
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range colours {
		if len(palette) < 40 && !slices.ContainsFunc(palette, func(p color.Color) bool { return alike(c, p.(color.RGBA)) }) {
			palette = append(palette, c)
		}
	}
	nearest := map[color.RGBA]uint8{}
	out := image.NewPaletted(area, palette)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			c := at(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c)) //nolint:gosec // of 40
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out)
	return b.Bytes(), err
}

// alike are colours that nobody tells apart at the edge of a letter.
func alike(a, b color.RGBA) bool {
	d := func(x, y uint8) int { return (int(x) - int(y)) * (int(x) - int(y)) }
	return d(a.R, b.R)+d(a.G, b.G)+d(a.B, b.B) < 700
}
