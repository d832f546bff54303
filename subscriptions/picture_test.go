package subscriptions_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
)

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is a head that says so, with nothing to see behind it.
func webp(chunk string, body []byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk+"\x00\x00\x00\x00"), body...)
	b = append(b, make([]byte, 20)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func TestPicturesAreTakenForWhatTheyAre(t *testing.T) {
	t.Parallel()
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 30, 20)), nil); err != nil {
		t.Fatal(err)
	}
	whole := pngOf(t, 320, 80)
	for _, c := range []struct {
		name string
		data []byte
		want string // kind and size, or what the fault says
	}{
		{"a PNG", whole, "image/png 320x80"},
		{"a JPEG", jpg.Bytes(), "image/jpeg 30x20"},
		{"a lossy WebP", webp("VP8 ", []byte("\x00\x00\x00\x9d\x01\x2a\x40\x01\x50\x00")), "image/webp 320x80"},
		{"a lossless WebP", webp("VP8L", []byte{0x2f, 0x3f, 0xc1, 0x13, 0x00}), "image/webp 320x80"},
		{"an extended WebP", webp("VP8X", []byte{0, 0, 0, 0, 0x3f, 0x01, 0, 0x4f, 0, 0}), "image/webp 320x80"},
		{"a WebP that is shorter than it says", webp("VP8X", []byte{0, 0, 0, 0, 0x3f, 0x01, 0, 0x4f, 0, 0})[:25], "damaged"},
		{"a page that is called a picture", []byte("<!doctype html><script>alert(1)</script>"), "no picture"},
		{"a drawing that could hold a script", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "no picture"},
		{"nothing", nil, "no picture"},
		{"a PNG that is cut off", whole[:len(whole)/2], "damaged"},
		{"a head without a picture", []byte("\x89PNG\r\n\x1a\nrubbish"), "damaged"},
		{"one pixel too wide", pngOf(t, 2001, 10), "2001 by 10"},
		{"one pixel too tall", pngOf(t, 10, 1001), "10 by 1001"},
		{"more than 200 KB", append(whole, make([]byte, subscriptions.MaxPicture)...), "200 KB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := subscriptions.NewPicture("logo.light", c.data)
			got := p.Kind + p.Setting()[strings.IndexByte(p.Setting(), ' '):]
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestALogoFitsTheMasthead(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]subscriptions.Logo{
		"0123456789abcdef0123456789abcdef.png 320x80":     {Name: "0123456789abcdef0123456789abcdef.png", Width: 192, Height: 48},
		"0123456789abcdef0123456789abcdef.jpg 1000x20":    {Name: "0123456789abcdef0123456789abcdef.jpg", Width: 280, Height: 6},
		"0123456789abcdef0123456789abcdef.webp 60x30":     {Name: "0123456789abcdef0123456789abcdef.webp", Width: 60, Height: 30},
		"0123456789abcdef0123456789abcdef.svg 60x30":      {},
		"../0123456789abcdef0123456789abcdef.png 320x80":  {},
		"0123456789abcdef0123456789abcdef.png 320x80\"><": {},
		"0123456789abcdef0123456789abcdef.png 0x80":       {},
	} {
		house := subscriptions.NewHouse(1, subscriptions.Settings{"logo.light": value}, subscriptions.StandardIdentity())
		if house.Identity.Logo != want {
			t.Errorf("%q is %+v, want %+v", value, house.Identity.Logo, want)
		}
	}
}
