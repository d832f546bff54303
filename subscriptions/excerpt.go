package subscriptions

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fragment is a piece of text; a Hit is what was looked for. It is text, not
// HTML.
type Fragment struct {
	Text string
	Hit  bool
}

// excerptLength is about two lines, in characters.
const excerptLength = 220

// hit is where a phrase stands in a text, in bytes.
type hit struct{ from, to, phrase int }

// hits finds the phrases, in the order of the text, without overlaps.
func (q SearchQuery) hits(text string) []hit {
	words := wordsOf(text)
	var found []hit
	for i := range words {
		for n, p := range q.Phrases {
			if !p.at(words[i:]) {
				continue
			}
			h := hit{words[i].from, words[i+len(p.Words)-1].to, n}
			if len(p.Words) == 1 && p.Prefix && kindAt(text, h.from) == characters {
				_, size := utf8.DecodeRuneInString(text[h.from:]) // one character of a pair
				h.to = h.from + size
			}
			found = append(found, h)
		}
	}
	slices.SortStableFunc(found, func(a, b hit) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	end := -1
	return slices.DeleteFunc(found, func(h hit) bool {
		if h.from < end {
			return true
		}
		end = h.to
		return false
	})
}

// at reports whether the words begin with the phrase.
func (p Phrase) at(words []word) bool {
	n := len(p.Words)
	if n == 0 || len(words) < n {
		return false
	}
	for i, w := range p.Words {
		if words[i].text != w && (i < n-1 || !p.Prefix || !strings.HasPrefix(words[i].text, w)) {
			return false
		}
	}
	return true
}

// Mark gives the whole text with its hits.
func (q SearchQuery) Mark(text string) []Fragment { return fragments(text, 0, len(text), q.hits(text)) }

// Excerpt gives the part of the text in which most of the phrases stand, with
// its hits; the beginning when there are none.
func (q SearchQuery) Excerpt(text string) []Fragment {
	text = strings.Join(strings.Fields(text), " ")
	hits := q.hits(text)
	best, most := 0, 0
	for i, h := range hits {
		seen := map[int]bool{}
		for _, other := range hits[i:] {
			// Bytes are enough to choose by; they are cut by characters below.
			if other.to-h.from < excerptLength {
				seen[other.phrase] = true
			}
		}
		if len(seen) > most {
			best, most = h.from, len(seen)
		}
	}
	from := max(0, best-excerptLength/4)
	if from > 0 {
		from = startOfWord(text, from, best)
	}
	to := from + byteOf(text[from:], excerptLength)
	if to < len(text) {
		// Back to the end of a word, unless it is Chinese, or one long word.
		if space := strings.LastIndexByte(text[from:to], ' '); space > (to-from)/2 {
			to = from + space
		}
	}
	pieces := fragments(text, from, to, hits)
	if from > 0 {
		pieces = append([]Fragment{{Text: "… "}}, pieces...)
	}
	if to < len(text) {
		pieces = append(pieces, Fragment{Text: " …"})
	}
	return pieces
}

// startOfWord moves a place forward to where a word begins, at most to before.
func startOfWord(text string, at, before int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	if space := strings.IndexByte(text[at:before], ' '); space >= 0 {
		return at + space + 1
	}
	return at
}

// fragments cuts text[from:to] at its hits; one that does not fit whole is no
// hit.
func fragments(text string, from, to int, hits []hit) []Fragment {
	var pieces []Fragment
	for _, h := range hits {
		if h.from < from || h.to > to {
			continue
		}
		if h.from > from {
			pieces = append(pieces, Fragment{Text: text[from:h.from]})
		}
		pieces = append(pieces, Fragment{Text: text[h.from:h.to], Hit: true})
		from = h.to
	}
	if from < to {
		pieces = append(pieces, Fragment{Text: text[from:to]})
	}
	return pieces
}
