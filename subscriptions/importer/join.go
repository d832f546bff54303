package importer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// joiner makes one text of broken lines. It knows the words and links of the
// whole newsletter, because they tell how a hyphen at the end of a line is
// meant:
//
//  1. Only letters, small after the first, are put together without the
//     hyphen: ISO/IEC 29182-/2, AI-/based and EU-/China keep it.
//  2. A word that stands hyphenated within a line keeps it: in-/depth.
//  3. A word that stands whole within a line loses it: in-/terface.
//  4. After a word that makes compounds it stays: self-/management.
//  5. Otherwise the typesetter put it there: cyberse-/curity.
type joiner struct {
	words map[string]bool // small letters, hyphens kept
	links map[string]bool // that stand whole in a line of their own
}

// compounding are the words after which a hyphen is meant. None of them is a
// common first syllable.
var compounding = map[string]bool{"self": true, "non": true, "cross": true, "well": true, "high": true, "low": true, "short": true,
	"long": true, "large": true, "small": true, "real": true, "full": true, "half": true, "third": true, "first": true, "second": true,
	"micro": true, "multi": true, "co": true, "user": true, "data": true, "open": true, "end": true, "state": true, "year": true}

func newJoiner(lines []*line) *joiner {
	j := &joiner{words: map[string]bool{}, links: map[string]bool{}}
	broken := false
	for _, l := range lines {
		if link.MatchString(l.text) {
			j.links[l.text] = true
			continue
		}
		words := strings.Fields(l.text)
		if broken && len(words) > 0 {
			words = words[1:] // the rest of a word
		}
		broken = strings.HasSuffix(l.text, "-")
		if broken && len(words) > 0 {
			words = words[:len(words)-1]
		}
		for _, w := range words {
			for part := range strings.SplitSeq(w, "/") {
				j.words[strings.ToLower(strings.TrimFunc(part, notLetter))] = true
			}
		}
	}
	return j
}

// knows reports whether the word stands in the text, also with or without an s.
func (j *joiner) knows(word string) bool {
	return j.words[word] || j.words[word+"s"] || strings.HasSuffix(word, "s") && j.words[strings.TrimSuffix(word, "s")]
}

// keeps decides about the hyphen between the two halves.
func (j *joiner) keeps(a, b string) bool {
	head, tail := a, b
	if at := strings.LastIndexFunc(a, notLetter); at >= 0 {
		_, size := utf8.DecodeRuneInString(a[at:])
		head = a[at+size:]
	}
	if end := strings.IndexFunc(b, notLetter); end >= 0 {
		tail = b[:end]
	}
	if head == "" || tail == "" || !small(tail) {
		return true
	}
	if _, size := utf8.DecodeRuneInString(head); !small(head[size:]) {
		return true // AI-based, VtX-
	}
	head = strings.ToLower(head)
	switch {
	case j.knows(head + "-" + tail):
		return true
	case j.knows(head + tail):
		return false
	}
	return compounding[head]
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

func small(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLower(r) })
}

// text gathers lines.
type text struct {
	j *joiner
	b []byte
}

// add puts a line behind what is there.
func (t *text) add(s string) {
	if len(t.b) == 0 || s == "" {
		t.b = append(t.b, s...)
		return
	}
	last := string(t.b[lastField(t.b):])
	first, _, _ := strings.Cut(s, " ")
	switch {
	case strings.Contains(last, "://"):
		// A broken link is put together only as it stands elsewhere.
		if whole := strings.TrimSuffix(last, "-") + first; t.j.links[strings.TrimRight(whole, ".,;)")] {
			t.b = t.b[:len(t.b)-len(last)+len(strings.TrimSuffix(last, "-"))]
		} else if !t.j.links[strings.TrimRight(last+first, ".,;)")] {
			t.b = append(t.b, ' ')
		}
	case last == "-", last == "–", last == "—":
		t.b = append(t.b, ' ')
	case strings.HasSuffix(last, "-"):
		if !t.j.keeps(strings.TrimSuffix(last, "-"), first) {
			t.b = t.b[:len(t.b)-1]
		}
	case strings.HasSuffix(last, "/") && len(last) > 1:
	case unicode.Is(unicode.Han, lastRune(last)) && unicode.Is(unicode.Han, firstRune(first)):
	default:
		t.b = append(t.b, ' ')
	}
	t.b = append(t.b, s...)
}

// lastField finds the last word. It does not look far: text without spaces
// would be gone through again for every line.
func lastField(b []byte) int {
	for i := len(b); i > max(0, len(b)-2048); i-- {
		if b[i-1] == ' ' {
			return i
		}
	}
	return max(0, len(b)-2048)
}

// String gives the whole, with slips of the typist mended.
func (t *text) String() string { return mend(string(t.b)) }

// join makes one text of whole lines.
func (j *joiner) join(lines []*line) string {
	t := text{j: j}
	for _, l := range lines {
		t.add(l.text)
	}
	return t.String()
}

var (
	gluedSentence = regexp.MustCompile(`([\p{Ll}\d)”"])\.([A-Z][a-z]|[A-Z]{3,} )`)
	gluedDay      = regexp.MustCompile(`\b(on|from|until|by|to|of)(\d{1,2}(?:st|nd|rd|th)? (?:` + monthNames + `)\b)`)
	looseSign     = regexp.MustCompile(`(\S) ([.,;:])( |$)`)
	looseDash     = regexp.MustCompile(`(\d)- (\d)`)
	lateQuote     = regexp.MustCompile(`(“[^“”"]*?) ?"`)
	// Some fonts draw l and I alike, and whoever copies from such a PDF takes
	// one for the other.
	misread = regexp.MustCompile(`\bloT\b`)
)

// mend sets right what went wrong between words. It changes no word, but for
// the one in misread.
func mend(s string) string {
	s = gluedDay.ReplaceAllString(s, "$1 $2")
	s = looseSign.ReplaceAllString(s, "$1$2$3")
	s = looseDash.ReplaceAllString(s, "$1-$2")
	s = misread.ReplaceAllString(s, "IoT")
	if strings.Count(s, "“") > strings.Count(s, "”") && strings.Count(s, `"`)%2 == 1 {
		s = lateQuote.ReplaceAllString(s, "$1”")
	}
	if !strings.Contains(s, "://") {
		return gluedSentence.ReplaceAllString(s, "$1. $2")
	}
	words := strings.Split(s, " ")
	for i, w := range words {
		if !strings.Contains(w, "://") {
			words[i] = gluedSentence.ReplaceAllString(w+" ", "$1. $2")
			words[i] = strings.TrimSuffix(words[i], " ")
		}
	}
	return strings.Join(words, " ")
}
