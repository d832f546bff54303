package checks

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// clients are those people read our letters in. Outlook's new program for Windows is
// the one on the web, outlook-com; caniemail tries Thunderbird on macOS.
var clients = []string{"gmail.desktop-webmail", "gmail.mobile-webmail", "gmail.android", "gmail.ios",
	"outlook.windows", "outlook.outlook-com", "outlook.macos", "outlook.ios", "outlook.android",
	"apple-mail.macos", "apple-mail.ios", "thunderbird.macos", "yahoo.desktop-webmail", "yahoo.ios", "yahoo.android"}

// feature is a row of testdata/caniemail/caniemail.json.
type feature struct {
	Slug, Title string
	Support     map[string]string // by client
	Notes       map[string]string
	All         [3]int // of all clients in all versions: fully, partly, not
}

func caniemail(t *testing.T) map[string]feature {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "caniemail", "caniemail.json"))
	if err != nil {
		t.Fatal(err)
	}
	var in struct{ Data []feature }
	if err := json.Unmarshal(raw, &in); err != nil {
		t.Fatal(err)
	}
	all := map[string]feature{}
	for _, f := range in.Data {
		all[f.Slug] = f
	}
	for _, c := range clients {
		if all["html-body"].Support[c] == "" {
			t.Fatalf("caniemail has no client %s", c)
		}
	}
	return all
}

// usages keeps what was found in letters.
var usages sync.Map

func usageOf(t *testing.T, data map[string]feature, l letter) usage {
	t.Helper()
	if known, ok := usages.Load(l.name); ok {
		return known.(usage)
	}
	u, err := features(l.page, func(slug string) bool { _, ok := data[slug]; return ok })
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	usages.Store(l.name, u)
	return u
}

// support is how well a client does what a mail asks for.
type support byte

const (
	untried support = iota // caniemail does not know
	none
	partly
	fully
)

var note = regexp.MustCompile(`#(\d+)`)

// by tells how a client supports one use of a feature. What it supports partly is
// fully there when none of caniemail's notes is about this use.
func (f feature) by(client string, u use) support {
	said := f.Support[client]
	switch {
	case strings.HasPrefix(said, "y"):
		return fully
	case strings.HasPrefix(said, "n"):
		return none
	case !strings.HasPrefix(said, "a"):
		return untried
	}
	notes := note.FindAllStringSubmatch(said, -1)
	for _, n := range notes {
		beside, ok := besideThePoint[f.Slug+" #"+n[1]]
		if !ok || !beside(u) {
			return partly
		}
	}
	if len(notes) == 0 {
		return partly
	}
	return fully
}

// besideThePoint has the notes that say which values or elements a client does not
// know, and tells of a use whether it is about others.
var besideThePoint = map[string]func(use) bool{
	"css-margin #1":          without(`^-|\s-`),                   // negative values
	"css-margin #2":          notOn("span", "body"),               // in Outlook
	"css-margin #3":          func(u use) bool { return true },    // a background grows into the margin: ours have none (TestNoBackgroundGrows…)
	"css-margin #4":          without(`auto`),                     //
	"css-font-size #1":       without(`rem`),                      //
	"css-text-align #1":      without(`start|end`),                //
	"css-text-align #3":      without(`match-parent`),             //
	"css-text-align #5":      without(`match-parent`),             //
	"css-font-weight #1":     without(`\d\d?[1-9]\b|\d[1-9]\d\b`), // other numbers than hundreds
	"css-font-weight #2":     without(`500`),                      // under 600 it is not bold, from 600 on it is: as we mean it
	"css-border #1":          without(`9px|\d\dpx`),               // wider than 8 px
	"css-border #2":          notOn("p", "div"),                   //
	"css-white-space #2":     without(`pre`),                      //
	"css-text-decoration #2": without(` `),                        // several values
	"css-text-decoration #3": without(`overline`),                 //
	"css-padding #1":         onlyOn("td", "th"),                  //
	"css-line-height #1":     without(`px|em`),                    //
	"css-width #1":           notOn("body", "span", "div", "p", "img"),
	"css-height #2":          notOn("body", "span", "div", "p"),
	"css-max-width #1":       onlyOn("table"),
	"css-border-radius #2":   without(`/`),
	"css-display #1":         without(`flex|grid|flow|contents|initial|revert|unset`),
	"css-display #4":         without(`none`),
	"css-display #5":         without(`block|inline|table|flex|grid|list`),
	"css-display #6":         without(`flex|grid|flow|contents|revert`),
	"css-display-none #2":    notOn("img"),
	"css-letter-spacing #1":  without(`-0?\.[1-9]|-[1-9]`), // far below zero
	"css-overflow #1":        without(`scroll|auto`),
	"css-overflow #4":        func(u use) bool { return u.property == "overflow" },
	"html-role #2":           onlyOn("table"),
	"html-lists #1":          func(use) bool { return true }, // reversed: Markdown has none, and no attribute of ours says so
	"html-lists #2":          func(use) bool { return true }, // <li value>: the same
	"html-lang #1":           notOn("td"),
	"html-align #3":          notOn("table"),
	"html-style #1":          func(use) bool { return true }, // within the body: ours are in the head
	"html-style #4":          func(use) bool { return true }, // after what they are for: the same
	"html-style #6":          func(use) bool { return true }, // over 16 KB: TestTheStyleSheetIsSmall
	"html-width #1":          notOn("img"),
	"html-width #2":          notOn("img"),
	"html-mailto-links #3":   without(`bcc`),
	"css-at-media #1":        func(u use) bool { return len(u.query) == 0 }, // nested
	"css-at-media #10":       func(u use) bool { return len(u.query) == 0 },
	"css-at-media #2":        without(`height|hover|orientation|prefers|resolution`),
	"css-at-media #7":        without(`height`),
	"css-important #1":       func(use) bool { return true }, // in capitals: the parser would have told
	"css-important #4":       func(use) bool { return true }, // wants a space before: only in Outlook, which has no media queries
	"css-important #5":       func(u use) bool { return u.on == "" },
	"css-important #7":       func(u use) bool { return u.property != "background-image" },
}

func without(expression string) func(use) bool {
	e := regexp.MustCompile(expression)
	return func(u use) bool { return !e.MatchString(u.value) }
}

func notOn(elements ...string) func(use) bool {
	return func(u use) bool { return u.on != "" && !slices.Contains(elements, u.on) }
}

func onlyOn(elements ...string) func(use) bool {
	return func(u use) bool { return slices.Contains(elements, u.on) }
}

// reaches tells whether a client looks at the rule that the use is in: one that knows
// no media queries, or not this one, passes over the whole block.
func reaches(data map[string]feature, client string, u use) bool {
	for _, q := range u.query {
		if strings.HasPrefix(data[q].Support[client], "n") {
			return false
		}
	}
	return true
}

// score is a share of all, in percent.
type score struct{ fully, partly, none float64 }

func (s score) String() string {
	return fmt.Sprintf("%5.1f %% fully, %4.1f %% partly, %4.1f %% not", s.fully, s.partly, s.none)
}

// byUse is the share of uses × clients, over what is there for every client: every
// element, attribute and declaration outside of a media query, and each query once.
// Pairs that caniemail has not tried are left out.
func byUse(data map[string]feature, u usage) score {
	var n [4]int
	for _, one := range u.uses {
		if len(one.query) > 0 {
			continue
		}
		for _, c := range clients {
			n[data[one.slug].by(c, one)]++
		}
	}
	all := float64(n[none] + n[partly] + n[fully])
	return score{float64(n[fully]) / all * 100, float64(n[partly]) / all * 100, float64(n[none]) / all * 100}
}

// byWorst is counted as the HTML check of Mailpit does, by which peers are compared:
// for each feature, the shares of all clients in all their versions that support it
// partly or not, notes unread, times the share of elements that use it; what counts
// is the worst feature of either kind.
//
// Mailpit looks for fewer features than we do, and by text: height: is in
// line-height: as well, and what stands in a <style> counts for its media queries
// only. The second answer names the two worst.
func byWorst(data map[string]feature, page string, elements int) (score, [2]string) {
	var worst score
	var names [2]string
	for slug, found := range mailpitFinds(page) {
		if found == 0 {
			continue
		}
		f := data[slug]
		share := float64(found) / float64(elements) / float64(f.All[0]+f.All[1]+f.All[2]) * 100
		if p := share * float64(f.All[1]); p > worst.partly {
			worst.partly, names[0] = p, slug
		}
		if n := share * float64(f.All[2]); n > worst.none {
			worst.none, names[1] = n, slug
		}
	}
	worst.fully = 100 - worst.partly - worst.none
	return worst, names
}

// matches tells whether the use of a feature by a client is in a row of fallbacks.
func (r fallback) matches(slug, client string) bool {
	if ok, _ := path.Match(r.feature, slug); !ok {
		return false
	}
	for _, pattern := range strings.Fields(r.clients) {
		if ok, _ := path.Match(pattern, client); ok {
			return true
		}
	}
	return false
}

// TestWhatAClientDoesNotKnowHasAFallback: a letter uses nothing that a client of ours
// does not support, or caniemail has not tried, without a row in fallbacks that says
// what its reader sees instead.
func TestWhatAClientDoesNotKnowHasAFallback(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	data := caniemail(t)
	used := map[int]bool{}
	missing := map[string][]string{}
	for _, l := range everyLetter(t) {
		u := usageOf(t, data, l)
		for what := range u.unknown {
			missing[what+": caniemail has not tried it; put it into the plain ones of features_test.go if every client has known it for ever"] = []string{l.name}
		}
		for _, one := range u.uses {
			f, ok := data[one.slug]
			if !ok {
				missing[one.slug+": caniemail has no such feature"] = []string{l.name}
				continue
			}
			for _, c := range clients {
				if f.by(c, one) != none || !reaches(data, c, one) {
					continue
				}
				at := -1
				for i, r := range fallbacks {
					if r.matches(one.slug, c) {
						at, used[i] = i, true
					}
				}
				if at < 0 {
					key := fmt.Sprintf("%s (%s=%q)", one.slug, one.property+one.on, one.value)
					if !slices.Contains(missing[key], c) {
						missing[key] = append(missing[key], c)
					}
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("no fallback is written for %s: %s", key, strings.Join(missing[key], ", "))
	}
	for i, r := range fallbacks {
		if !used[i] {
			t.Errorf("nothing needs the fallback for %s in %s any more: take it out", r.feature, r.clients)
		}
	}
}

// The score of every letter, and the bars that hold. With -v it prints the worst of
// each group by either count.
func TestClientsSupportWhatLettersUse(t *testing.T) {
	t.Parallel()
	storetest.OneAfterTheOther(t)
	data := caniemail(t)
	worst := map[string]*struct{ uses, worst bar }{}
	for _, l := range everyLetter(t) {
		u := usageOf(t, data, l)
		uses := byUse(data, u)
		mailpit, names := byWorst(data, l.page, u.elements)
		group := "other"
		switch {
		case l.name == "normal digest":
			group = "whole"
		case strings.HasPrefix(l.name, "longest"):
			group = "longest"
		case strings.HasSuffix(l.name, "digest"), strings.HasPrefix(l.name, "edition"):
			group = "digest"
		}
		b := bars[group]
		if strings.HasPrefix(l.name, "normal") {
			t.Logf("%-30s by use %v · as Mailpit counts %v (%s, %s)", l.name, uses, mailpit, names[0], names[1])
		}
		if uses.fully < b.uses.fully || uses.none > b.uses.none {
			t.Errorf("%s: by use %v; the bar is %.1f %% and %.1f %%", l.name, uses, b.uses.fully, b.uses.none)
		}
		if mailpit.fully < b.worst.fully || mailpit.none > b.worst.none {
			t.Errorf("%s: as Mailpit counts %v (%s, %s); the bar is %.1f %% and %.1f %%", l.name, mailpit, names[0], names[1], b.worst.fully, b.worst.none)
		}
		w := worst[group]
		if w == nil {
			w = &struct{ uses, worst bar }{bar{fully: 100}, bar{fully: 100}}
			worst[group] = w
		}
		w.uses = bar{min(w.uses.fully, uses.fully), max(w.uses.none, uses.none)}
		w.worst = bar{min(w.worst.fully, mailpit.fully), max(w.worst.none, mailpit.none)}
	}
	for _, group := range slices.Sorted(maps.Keys(worst)) {
		w := worst[group]
		t.Logf("%-8s by use at least %.2f %% fully, at most %.2f %% not; as Mailpit counts %.2f and %.2f", group, w.uses.fully, w.uses.none, w.worst.fully, w.worst.none)
	}
}

func TestTheStyleSheetIsSmall(t *testing.T) {
	t.Parallel()
	for _, l := range everyLetter(t) {
		from, to := strings.Index(l.page, "<style"), strings.LastIndex(l.page, "</style>")
		if to-from > 16_000 {
			t.Errorf("%s: %d octets of style sheets; Gmail drops more than 16 KB", l.name, to-from)
		}
	}
}
