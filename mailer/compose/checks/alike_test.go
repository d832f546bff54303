package checks

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"sesec.eu/tidings/subscriptions/store/storetest"
)

// told is what a letter says that a reader must be able to rely on, as its HTML or its
// text has it.
type told struct {
	items []string // titles, in order
	dates []string // days, sorted
	links []string // addresses, sorted
}

var (
	// A day as letters write it, with or without its year.
	aDay = regexp.MustCompile(`\b(\d{1,2})\s+(January|February|March|April|May|June|July|August|September|October|November|December)(\s+\d{4})?\b`)
	aURL = regexp.MustCompile(`https?://[^\s<>"]+`)
)

// byHTML reads the page. A block of date, day above month, counts as a day.
func byHTML(t *testing.T, l letter) told {
	t.Helper()
	var is told
	var b strings.Builder
	for n := range l.tree(t).Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.Data == "td" || n.Data == "p" || n.Data == "li" || n.Data == "h2" || n.Data == "br" || n.Data == "div"):
			b.WriteString("\n")
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "h3" {
			is.items = append(is.items, said(n))
		}
		if href := attr(n, "href"); n.Data == "a" && strings.Contains(href, "://") {
			is.links = append(is.links, href)
		}
	}
	is.dates = days(b.String())
	return sorted(is)
}

// byText reads the text, where an address may be a note and stands on a line alone, and
// titles are those of the HTML, found again in their order.
func byText(l letter, titles []string) told {
	var is told
	rest := dense(l.text)
	for _, title := range titles {
		at := strings.Index(rest, dense(title))
		if at < 0 {
			continue
		}
		is.items = append(is.items, title)
		rest = rest[at:]
	}
	is.dates = days(l.text)
	is.links = append(is.links, aURL.FindAllString(l.text, -1)...)
	return sorted(is)
}

func sorted(is told) told {
	slices.Sort(is.dates)
	slices.Sort(is.links)
	is.dates, is.links = slices.Compact(is.dates), slices.Compact(is.links)
	return is
}

// days gives each day without its year, and with it where it stands.
func days(s string) (all []string) {
	for _, d := range aDay.FindAllStringSubmatch(s, -1) {
		all = append(all, d[1]+" "+d[2])
		if d[3] != "" {
			all = append(all, strings.Join(strings.Fields(d[0]), " "))
		}
	}
	return all
}

// dense leaves out all space: a text is folded where it likes, Chinese anywhere.
func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, s)
}

// TestTextAndHTMLTellTheSame: the same items in the same order, the same days, the
// same links, in every letter.
func TestTextAndHTMLTellTheSame(t *testing.T) {
	storetest.OneAfterTheOther(t)
	t.Parallel()
	items, links := 0, 0
	for _, l := range everyLetter(t) {
		page := byHTML(t, l)
		text := byText(l, page.items)
		items, links = items+len(page.items), links+len(page.links)
		if strings.Join(page.items, "\n") != strings.Join(text.items, "\n") {
			t.Errorf("%s: the text has not all items of the HTML, or in another order:\n%q\n%q", l.name, text.items, page.items)
		}
		differ(t, l.name, "days", page.dates, text.dates)
		differ(t, l.name, "links", page.links, text.links)
	}
	if items < 300 || links < 1000 {
		t.Errorf("only %d items and %d links were compared", items, links)
	}
}

func differ(t *testing.T, name, what string, page, text []string) {
	t.Helper()
	for _, one := range page {
		if !slices.Contains(text, one) {
			t.Errorf("%s: %s: only the HTML has %q", name, what, one)
		}
	}
	for _, one := range text {
		if !slices.Contains(page, one) {
			t.Errorf("%s: %s: only the text has %q", name, what, one)
		}
	}
}

// Lines of the text are at most 72 columns wide, as a terminal shows them: a Chinese
// character takes two. An address may be longer; it cannot be broken.
func TestLinesOfTheTextFit(t *testing.T) {
	t.Parallel()
	for _, l := range everyLetter(t) {
		for line := range strings.Lines(l.text) {
			line = strings.TrimSuffix(line, "\n")
			if wide(line) <= 72 || !strings.ContainsAny(strings.TrimSpace(line), " ") || aURL.MatchString(line) {
				continue
			}
			t.Errorf("%s: a line of %d columns: %s", l.name, wide(line), line)
		}
	}
}

func wide(s string) (n int) {
	for _, r := range s {
		switch {
		case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6):
			n += 2
		case unicode.Is(unicode.Mn, r):
		default:
			n++
		}
	}
	return n
}
