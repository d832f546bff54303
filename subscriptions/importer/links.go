package importer

import (
	"regexp"
	"strings"
	"unicode"
)

// link is a line that is a link and nothing else.
var link = regexp.MustCompile(`^<?(?:https?://|www\.|mailto:)[^\s<>]+>?$`)

var (
	brokenLink = regexp.MustCompile(`[-/=?&_.%]$`)
	restOfLink = regexp.MustCompile(`^[\w./?=&%#~+:;,@-]*[./?=&_%][\w./?=&%#~+:;,@-]*$`)
)

// links puts together links that were broken over two lines, and sets aside
// those a page repeats at its end.
func (f *furniture) links() {
	for _, page := range f.pages() {
		end := len(page) // from here on there are only links
		for end > 0 && (f.set[page[end-1]] || link.MatchString(page[end-1].text)) {
			end--
		}
		seen := map[string]bool{}
		again := make([]bool, len(page)+1) // a link that stood on the page before
		for i, l := range page {
			if f.set[l] {
				continue
			}
			if i+1 < len(page) {
				f.mendLink(l, page[i+1])
			}
			for _, word := range strings.Fields(l.text) {
				word = strings.TrimRightFunc(word, func(r rune) bool { return r != '/' && unicode.IsPunct(r) })
				again[i] = again[i] || seen[word] && link.MatchString(l.text)
				if strings.Contains(word, "://") {
					seen[word] = true
				} else if strings.Contains(word, "@") {
					seen["mailto:"+word] = true
				}
			}
		}
		for i, l := range page {
			// Where a page was not seen to end, two of them together tell it.
			if again[i] && (i >= end || again[i+1] || i > 0 && again[i-1]) {
				f.set[l] = true
			}
		}
	}
}

// mendLink puts a link together with the line below: to one that stands whole
// elsewhere, or else by guess, if both halves look like it.
func (f *furniture) mendLink(l, below *line) {
	if !link.MatchString(l.text) || link.MatchString(below.text) || strings.Contains(below.text, " ") {
		return
	}
	head, hyphen := strings.CutSuffix(l.text, "-")
	for _, whole := range []string{head + below.text, l.text + below.text} {
		if f.j.links[whole] {
			l.text = whole
			f.set[below] = true
			return
		}
	}
	if !brokenLink.MatchString(l.text) || !restOfLink.MatchString(below.text) || below.gap >= f.s.big() {
		return
	}
	if !hyphen || f.j.keeps(head, below.text) {
		head = l.text
	}
	l.text = head + below.text
	f.set[below] = true
	f.guessed = append(f.guessed, l)
}
