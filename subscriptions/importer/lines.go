package importer

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"sesec.eu/tidings/subscriptions"
)

// maxNewsletter bounds the text of a newsletter. A long one has 100 KB.
const maxNewsletter = 10 << 20

// line is a line of a newsletter that is not blank.
type line struct {
	no   int    // in the file, from 1
	raw  string // as it stands there
	text string // without margins, spaces single, signs as in English text
	gap  int    // blank lines above it
	turn bool   // a page begins with it
	// hard is set when two spaces end the line. Word leaves one before the
	// paragraph mark and pdftotext adds one to each line: it ends a paragraph.
	hard bool
	used bool // it stands in the result, or was set aside for a reason we know
}

// source is a newsletter's text while it is being read.
type source struct {
	name  string
	lines []*line
	// spaced is set when pdftotext left a blank line between all lines. A
	// single blank line then says nothing.
	spaced bool
}

// readLines cuts the text into lines, and refuses what is no text.
func readLines(name string, r io.Reader) (*source, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxNewsletter+1))
	if err != nil {
		return nil, fmt.Errorf("read the newsletter %s: %w", name, err)
	}
	refuse := func(hint, format string, args ...any) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Field: "file", Message: name + " " + fmt.Sprintf(format, args...), Hint: hint}
	}
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(text[:min(len(text), 1024)]), []byte("%PDF")):
		return nil, refuse("Make its text with: pdftotext -enc UTF-8 FILE.pdf FILE.txt", "is a PDF, not the text of one")
	case len(text) > maxNewsletter:
		return nil, refuse("Import the newsletters one by one.", "is larger than 10 MB")
	case bytes.IndexByte(text, 0) >= 0:
		return nil, refuse("Make its text with: pdftotext -enc UTF-8 FILE.pdf FILE.txt", "is not a text file")
	case !utf8.Valid(text):
		return nil, refuse("Save it as UTF-8, or use pdftotext -enc UTF-8.", "is not UTF-8 text: line %d holds other bytes",
			1+bytes.Count(text[:firstBad(text)], []byte("\n")))
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	s := &source{name: name}
	no, gap, turn := 0, 0, true
	for raw := range strings.Lines(string(text)) {
		no++
		if len(raw) > maxLine {
			return nil, refuse("Look whether the line breaks were lost.", "has a line %d that is longer than 64 KB", no)
		}
		raw = strings.TrimRight(raw, "\r\n")
		for i, part := range strings.Split(raw, "\f") {
			turn = turn || i > 0
			text := plain(part)
			if text == "" {
				continue
			}
			s.lines = append(s.lines, &line{no: no, raw: part, text: text, gap: gap, turn: turn, hard: strings.HasSuffix(part, "  ")})
			gap, turn = -1, false // the end of this line is not a blank one
		}
		gap++
	}
	s.findTurns(bytes.IndexByte(text, '\f') >= 0)
	s.findSpacing()
	return s, nil
}

// findTurns finds the pages of a text that lost its form feeds. They leave one
// space at the beginning of a line, where otherwise none is.
func (s *source) findTurns(known bool) {
	indented, lead := 0, 0
	for _, l := range s.lines {
		switch {
		case oneSpace(l.raw):
			lead++
		case strings.HasPrefix(l.raw, " "), strings.HasPrefix(l.raw, "\t"):
			indented++
		}
	}
	if known || indented > 0 || lead*10 > len(s.lines) {
		return
	}
	for _, l := range s.lines {
		l.turn = l.turn || oneSpace(l.raw)
	}
}

func oneSpace(s string) bool { return len(s) > 1 && s[0] == ' ' && s[1] != ' ' }

// findSpacing looks at lines that break in the middle of a sentence.
func (s *source) findSpacing() {
	single, double := 0, 0
	for i, l := range s.lines[min(1, len(s.lines)):] {
		before := s.lines[i].text
		if r, _ := utf8.DecodeRuneInString(l.text); len(before) < 40 || endsSentence(before) || !unicode.IsLower(r) {
			continue
		}
		switch l.gap {
		case 0:
			single++
		case 1:
			double++
		}
	}
	s.spaced = double > single
}

// big is the number of blank lines that a reader sees as a gap.
func (s *source) big() int {
	if s.spaced {
		return 3
	}
	return 1
}

// endsSentence looks past closing quotes and brackets.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, `"”’')] `)
	return s != "" && strings.ContainsRune(".!?:;。：；", lastRune(s))
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// plain takes out what belongs to the page and not to the text: margins, double
// spaces, ligatures, soft hyphens, and Chinese punctuation in English.
func plain(s string) string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if before, ok := strings.CutSuffix(s, "\u00ad"); ok {
		s = before + "-"
	}
	s = spelled.Replace(s)
	var b strings.Builder
	b.Grow(len(s))
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r), r == utf8.RuneError:
			continue
		}
		var before, after rune
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		if ascii, ok := narrow[r]; ok && !unicode.Is(unicode.Han, before) && !unicode.Is(unicode.Han, after) {
			if r == '（' && before != 0 && !unicode.IsSpace(before) {
				b.WriteByte(' ')
			}
			b.WriteRune(ascii)
			if r != '（' && (unicode.IsLetter(after) || unicode.IsDigit(after) && (r != '：' || !unicode.IsDigit(before))) {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

var spelled = strings.NewReplacer("ﬁ", "fi", "ﬂ", "fl", "ﬀ", "ff", "ﬃ", "ffi", "ﬄ", "ffl",
	"\u00ad", "", "\u200b", "", "\ufeff", "", "\u2010", "-", "\u2011", "-", "\u2028", " ", "\u2029", " ")

// narrow maps the punctuation of Chinese keyboards, where no Chinese stands
// beside it.
var narrow = map[rune]rune{'：': ':', '；': ';', '，': ',', '（': '(', '）': ')', '．': '.', '！': '!', '？': '?'}
