package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Pictures of mails, made by Chromium as a program of its own: nothing of it is in
// ours, and without it everything else is written. It reads files only, has no network,
// and has pictureTime for each picture.
//
// A letter stands in a frame of the width it is to have: Chromium makes no window as
// narrow as a telephone. By night is the letter with its query for the night answered
// yes, and not a switch of the browser, which has changed its name before. The window
// is taller than the letter, and what is empty below is cut off.

const pictureTime = 40 * time.Second

// look is how a mail is looked at.
type look struct {
	name   string // in the file's name
	width  int
	night  bool
	images bool
}

func looks() []look {
	return []look{{"640-light", 640, false, true}, {"640-dark", 640, true, true}, {"640-images-off", 640, false, false},
		{"360-light", 360, false, true}, {"360-dark", 360, true, true}, {"360-images-off", 360, false, false}}
}

// chromium finds the browser, "" without one.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// photograph makes the pictures and says how many there are.
func (c previewCmd) photograph(ctx context.Context, a *app, mails []shownMail) (int, error) {
	var wanted []*shownMail
	for i := range mails {
		if c.wantsPictures(mails[i]) {
			wanted = append(wanted, &mails[i])
		}
	}
	if len(wanted) == 0 {
		return 0, nil
	}
	browser := chromium()
	if browser == "" {
		fmt.Fprintln(a.std.err, "There are no pictures: no Chromium is on PATH. On Debian: apt-get install chromium; or say --pictures none.")
		return 0, nil
	}
	work, err := os.MkdirTemp("", "tidings-preview-")
	if err != nil {
		return 0, fmt.Errorf("make a folder for the browser: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	type job struct {
		mail *shownMail
		look look
	}
	jobs := make(chan job)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		made  int
		fails error
	)
	shooting, stop := context.WithCancel(ctx)
	defer stop()
	for n := range max(1, runtime.NumCPU()) {
		wg.Go(func() {
			camera := camera{browser: browser, dir: filepath.Join(work, fmt.Sprint(n)), app: a}
			for j := range jobs {
				err := camera.shoot(shooting, j.mail.page, j.look, filepath.Join(c.Out, j.mail.Case, j.mail.Name+"."+j.look.name+".png"))
				mu.Lock()
				if err != nil && fails == nil {
					fails = fmt.Errorf("make the picture %s of %s: %w", j.look.name, j.mail.Name, err)
					stop() // the others would fail alike
				} else if err == nil {
					made++
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range wanted {
		for _, l := range looks() {
			m.Pictures = append(m.Pictures, m.Name+"."+l.name+".png")
			select {
			case jobs <- job{m, l}:
			case <-shooting.Done():
			}
		}
	}
	close(jobs)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return made, err
	}
	return made, fails
}

// camera is a browser with a folder of its own.
type camera struct {
	browser, dir string
	app          *app
}

var (
	asksForNight = regexp.MustCompile(`\(\s*prefers-color-scheme\s*:\s*dark\s*\)`)
	asksForDay   = regexp.MustCompile(`\(\s*prefers-color-scheme\s*:\s*light\s*\)`)
	schemeMeta   = regexp.MustCompile(`<meta name="(supported-)?color-schemes?"[^>]*>`)
)

// shoot writes the picture of a page.
func (c camera) shoot(ctx context.Context, page string, l look, to string) error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("make the browser's folder: %w", err)
	}
	page = c.withPictures(ctx, page)
	if l.night {
		page = asksForDay.ReplaceAllString(asksForNight.ReplaceAllString(page, "(min-width:0)"), "(max-width:0)")
		page = schemeMeta.ReplaceAllString(page, "")
	}
	if err := os.WriteFile(filepath.Join(c.dir, "letter.html"), []byte(page), 0o600); err != nil {
		return fmt.Errorf("write the letter for the browser: %w", err)
	}
	heights := []int{3000, 16000} // the second is what a browser can paint
	if len(page) > 12_000 {
		heights = heights[1:]
	}
	for _, height := range heights {
		frame := fmt.Sprintf(`<!DOCTYPE html><title>%s</title><style>html,body{margin:0;background:#fff}iframe{display:block;border:0;background:#fff}</style><iframe src="letter.html" width="%d" height="%d" scrolling="no"></iframe>`,
			html.EscapeString(l.name), l.width, height)
		if err := os.WriteFile(filepath.Join(c.dir, "frame.html"), []byte(frame), 0o600); err != nil {
			return fmt.Errorf("write the frame for the browser: %w", err)
		}
		shot := filepath.Join(c.dir, "shot.png")
		if err := c.run(ctx, l, height, shot); err != nil {
			return err
		}
		whole, err := crop(shot, l.width, to)
		if err != nil || whole {
			return err
		}
	}
	return nil // longer than a browser can paint: its beginning is in the picture
}

// run starts the browser for one picture.
func (c camera) run(ctx context.Context, l look, height int, shot string) error {
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--hide-scrollbars", "--mute-audio", "--no-first-run", "--disable-extensions", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND", "--force-device-scale-factor=1",
		"--user-data-dir=" + filepath.Join(c.dir, "profile"), fmt.Sprintf("--window-size=%d,%d", max(l.width, 640), height), "--screenshot=" + shot}
	if os.Geteuid() == 0 {
		// Chromium refuses to put itself into a sandbox as root. What it opens are our
		// own files, without scripts and without network.
		args = append(args, "--no-sandbox")
	}
	if !l.images {
		args = append(args, "--blink-settings=imagesEnabled=false")
	}
	where, err := filepath.Abs(filepath.Join(c.dir, "frame.html"))
	if err != nil {
		return err
	}
	_ = os.Remove(shot)
	cmd := exec.CommandContext(ctx, c.browser, append(args, "file://"+where)...)
	cmd.WaitDelay = 2 * time.Second // its children may hold the pipe
	var said bytes.Buffer
	cmd.Stderr = &said
	if err = cmd.Run(); err == nil {
		_, err = os.Stat(shot)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(c.browser), err, lastLines(said.String(), 3))
	}
	return nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// withPictures puts the house's own pictures into the page: the browser has no network
// to fetch them.
func (c camera) withPictures(ctx context.Context, page string) string {
	if c.app.store == nil {
		return page
	}
	return ownPicture.ReplaceAllStringFunc(page, func(found string) string {
		name := ownPicture.FindStringSubmatch(found)[1]
		p, err := c.app.store.FindPicture(ctx, name)
		if err != nil {
			return found
		}
		return `src="` + p.DataURL() + `"`
	})
}

var ownPicture = regexp.MustCompile(`src="https?://[^"/]+/pictures/([0-9a-f]+\.[a-z]+)"`)

// emptyEnd is more than there is between two lines of a letter.
const emptyEnd = 200

// crop cuts a picture to its width, and the empty rows off its end. It tells whether the
// whole letter is in it.
func crop(from string, width int, to string) (whole bool, err error) {
	raw, err := os.ReadFile(from)
	if err != nil {
		return false, fmt.Errorf("read the picture: %w", err)
	}
	shot, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return false, fmt.Errorf("read the picture: %w", err)
	}
	all := image.NewNRGBA(image.Rect(0, 0, width, shot.Bounds().Dy()))
	draw.Draw(all, all.Bounds(), shot, image.Point{}, draw.Src)
	row := func(y int) []byte { return all.Pix[y*all.Stride : y*all.Stride+4*width] }
	end := all.Bounds().Dy()
	for ; end > 1 && bytes.Equal(row(end-1), row(end-2)); end-- {
	}
	whole = end+emptyEnd < all.Bounds().Dy()
	var out bytes.Buffer
	if err := png.Encode(&out, all.SubImage(image.Rect(0, 0, width, min(end+16, all.Bounds().Dy())))); err != nil {
		return whole, fmt.Errorf("make the picture: %w", err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o644); err != nil {
		return whole, fmt.Errorf("write the picture: %w", err)
	}
	return whole, nil
}
