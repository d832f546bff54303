package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// clerk is somebody of the desk before a browser of their own. After every page it
// is looked for what a browser complains of, and axe looks at the page.
type clerk struct {
	*hand
	name, address, password, secret string

	axe  string // the source of axe-core; "" where no script runs
	mu   sync.Mutex
	said []string // by the browser's console since the last look
}

// sits opens a window of the browser for somebody, as the hand uses one: with cookies
// of its own.
func sits(l *life, how hand, name, address, password string) *clerk {
	l.t.Helper()
	how.life, how.tab = l, l.window()
	c := &clerk{hand: &how, name: name, address: address, password: password}
	if err := chromedp.Listen(c.tab, c.hear); err != nil {
		l.t.Fatal(err)
	}
	// The window of a browser without a screen never has the focus by itself.
	if _, err := chromedp.Call(c.tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		l.t.Fatal(err)
	}
	size := map[bool]int64{false: 1280, true: 320}[how.narrow]
	c.do(chromedp.EmulateViewport(size, 900))
	if how.mute {
		if _, err := chromedp.Call(c.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			l.t.Fatal(err)
		}
		return c
	}
	c.axe = axeSource(l.t)
	return c
}

// axeSource is axe-core, which lies with the tests of the web.
func axeSource(t *testing.T) string {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("..", "..", "web", "testdata", "axe", "axe.min.js.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// hear keeps what the console says: faults of scripts, and what the content policy
// forbids. That a page is answered with 409 or 422 is no fault: it is looked at.
func (c *clerk) hear(event any) {
	words := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			words = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		} else if e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, " 409 ") && !strings.Contains(e.Entry.Text, " 422 ") {
			words = e.Entry.Text + " " + e.Entry.URL
		}
	case *cdpruntime.EventExceptionThrown:
		words = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			words += " " + e.ExceptionDetails.Exception.Description
		}
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			words = fmt.Sprintf("console.%s with %d words", e.Type, len(e.Args))
		}
	}
	if words != "" {
		c.mu.Lock()
		c.said = append(c.said, words)
		c.mu.Unlock()
	}
}

// heard gives what was said since, and forgets it.
func (c *clerk) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said
	c.said = nil
	return said
}

// at waits for the page with that heading, and looks at it: the console is silent,
// the page as wide as the screen, and axe finds nothing.
func (c *clerk) at(heading string) {
	c.t.Helper()
	c.sees("h1", heading)
	c.looks()
}

func (c *clerk) looks() {
	c.t.Helper()
	where := c.says(`location.pathname + location.search`)
	for _, words := range c.heard() {
		c.t.Errorf("%s, %s: the browser says %s", c.name, where, words)
	}
	c.fits()
	if c.axe == "" {
		return
	}
	c.says(c.axe + `; ""`)
	answer, err := chromedp.Run(c.tab, chromedp.Evaluate[string](`axe.run(document).then(r => JSON.stringify(r.violations.map(v => ({
		What: v.help, Where: v.nodes.map(n => n.html + " " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		c.t.Fatalf("%s: axe: %v", where, err)
	}
	var found []struct {
		What  string
		Where []string
	}
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		c.t.Fatal(err)
	}
	for _, f := range found {
		c.t.Errorf("%s: axe: %s\n\t%s", where, f.What, strings.Join(f.Where, "\n\t"))
	}
	c.heard() // axe fetches style sheets, which the policy keeps it from
}

// to opens an address of the site.
func (c *clerk) to(path, heading string) {
	c.t.Helper()
	c.open(c.base + path)
	c.at(heading)
}

// goes presses the button or link, and waits for the page that follows.
func (c *clerk) goes(selector, heading string) {
	c.t.Helper()
	c.says(`(document.documentElement.id = "before", "")`)
	c.press(selector)
	c.follows(heading)
}

// follows waits for a page in place of the one that was marked.
func (c *clerk) follows(heading string) {
	c.t.Helper()
	c.until(`String(document.documentElement.id !== "before" && document.readyState === "complete")`, "true")
	c.at(heading)
}

// until waits for an expression to have the value.
func (c *clerk) until(expression, want string) {
	c.t.Helper()
	got := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		var err error
		if got, err = chromedp.Run(c.tab, chromedp.Evaluate[string](expression)); err == nil && got == want {
			return
		}
	}
	c.t.Fatalf("%s at %s: %s is %q, want %q; the page is\n%s", c.name, c.says(`location.pathname`), expression, got, want, c.says(`document.body.innerText`))
}

// types puts a text into a field at once, line ends and all.
func (c *clerk) types(selector, text string) {
	c.t.Helper()
	c.reach(selector)
	if _, err := chromedp.Call(c.tab, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		c.t.Fatal(err)
	}
}

// code is what the clerk's authenticator app shows. Each is good once, so half a
// minute passes first.
func (c *clerk) code() string {
	c.t.Helper()
	c.waits(30 * time.Second)
	code, err := totp.GenerateCode(c.secret, c.app.now())
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

// command runs tidings beside the service, on its database.
func (l *life) command(typed string, args ...string) string {
	l.t.Helper()
	var out, complaints bytes.Buffer
	args = append([]string{"--database", l.app.settings.database, "--base-url", l.base}, args...)
	if code := run(l.t.Context(), args, stdio{strings.NewReader(typed), &out, &complaints}); code != exitDone {
		l.t.Fatalf("tidings %s ends with %d:\n%s%s", strings.Join(args, " "), code, out.String(), complaints.String())
	}
	return out.String()
}
