//go:build pictures

package web_test

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPictures photographs every case of every template into the folder
// PICTURES, wide and narrow, by day and by night, to be looked at. ONLY is a
// pattern of the paths: ONLY=desk/items.
func TestPictures(t *testing.T) {
	dir := cmp.Or(os.Getenv("PICTURES"), t.TempDir())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	only := regexp.MustCompile(os.Getenv("ONLY"))
	tab := browser(t)
	server, paths := gallery(t)
	tab, cancel := context.WithTimeout(tab, 20*time.Minute)
	defer cancel()
	width := func(n int64) chromedp.Action[chromedp.Void] {
		return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: n, Height: 900, DeviceScaleFactor: 1})
			return chromedp.Void{}, err
		}
	}
	for _, path := range paths {
		if !only.MatchString(path) {
			continue
		}
		for _, shot := range []struct {
			name   string
			width  int64
			scheme string
		}{{"1280", 1280, "light"}, {"360", 360, "light"}, {"1280-dark", 1280, "dark"}, {"360-dark", 360, "dark"}} {
			if err := chromedp.Do(tab, scheme(shot.scheme), width(shot.width), chromedp.Navigate(server.URL+path)); err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", "-")+"."+shot.name+".png")
			if err := os.WriteFile(file, png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
