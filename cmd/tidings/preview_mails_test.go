package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// TestPicturesOfAMail has Chromium make them: as wide as they say, whole, dark by night.
func TestPicturesOfAMail(t *testing.T) {
	t.Parallel()
	storetest.Browser(t)
	dir := t.TempDir()
	var out, complaints bytes.Buffer
	code := run(t.Context(), []string{"preview", "--database", filepath.Join(dir, "none.db"), "--out", dir, "--mail", "manage", "--case", "empty"},
		stdio{strings.NewReader(""), &out, &complaints})
	if code != exitDone || !strings.Contains(out.String(), "1 mail and 6 pictures") {
		t.Fatalf("exit %d: %s%s", code, &out, &complaints)
	}
	for _, l := range looks() {
		raw, err := os.ReadFile(filepath.Join(dir, "empty", "manage."+l.name+".png"))
		if err != nil {
			t.Error(err)
			continue
		}
		picture, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		size := picture.Bounds().Size()
		if size.X != l.width || size.Y < 400 || size.Y > 2000 {
			t.Errorf("%s is %v", l.name, size)
		}
		if got := brightness(picture) < 100; got != l.night {
			t.Errorf("%s is dark: %t", l.name, got)
		}
	}
}

func TestWithoutABrowserEverythingElseIsWritten(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := t.TempDir()
	var out, complaints bytes.Buffer
	code := run(t.Context(), []string{"preview", "--database", filepath.Join(dir, "none.db"), "--out", dir, "--mail", "reset", "--case", "empty"},
		stdio{strings.NewReader(""), &out, &complaints})
	if code != exitDone || !strings.Contains(out.String(), "1 mail and 0 pictures") || !strings.Contains(complaints.String(), "no Chromium is on PATH") {
		t.Errorf("exit %d: %s%s", code, &out, &complaints)
	}
	if _, err := os.Stat(filepath.Join(dir, "empty", "reset.txt")); err != nil {
		t.Error(err)
	}
}

// brightness is that of most of a picture, from 0 to 255.
func brightness(m image.Image) int {
	sum, n := 0, 0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y += 4 {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x += 4 {
			sum += int(color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y)
			n++
		}
	}
	return sum / n
}
