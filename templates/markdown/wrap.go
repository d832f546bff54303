package markdown

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// glue is a space at which no line breaks; it leaves as a plain space, which
// every terminal knows.
const glue = '\u00a0'

// Width counts the columns of a line of text.
func Width(s string) int { return uniseg.StringWidth(s) }

// Wrap breaks a paragraph into lines of at most width columns: at spaces, and
// between Chinese characters where the rules of their setting allow it. A word
// longer than a line, such as a link, stays whole. Line feeds in s are kept.
func Wrap(s string, width int) []string {
	width = max(width, 12)
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(line, width)...)
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], string(glue), " ")
	}
	return lines
}

func wrapLine(s string, width int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	put := func(piece string, space int) {
		w := Width(piece)
		if used > 0 && used+space+w > width {
			lines = append(lines, line.String())
			line.Reset()
			used, space = 0, 0
		}
		if used == 0 {
			space = 0
		}
		line.WriteString(strings.Repeat(" ", space) + piece)
		used += space + w
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }) {
		space := 1
		for _, piece := range pieces(word) {
			put(piece, space)
			space = 0
		}
	}
	return append(lines, line.String())
}

// pieces splits a word that holds Chinese at the places UAX 14 allows.
func pieces(word string) []string {
	if !strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(word, "://") {
		return []string{word}
	}
	var list []string
	for rest, state := word, -1; rest != ""; {
		var piece string
		piece, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		list = append(list, piece)
	}
	return list
}

// hang finds how far the lines after the first are set in: below the text that
// follows a bullet, a number, a note's mark, or a term set apart by two spaces.
var hang = regexp.MustCompile(`^ *(?:(?:[-•■*]|\d+\.?|\[\d+\]) +|\S{1,16}  +)?`)

// Verbatim stands first in a line and tells Fold to leave the line alone and to take the
// mark away.
const Verbatim = "\ue000"

// Fold wraps every line of a text that is longer than width, setting what
// follows in below its first word. Lines that fit stay as they are.
func Fold(s string, width int) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/16)
	for line := range strings.Lines(s) {
		line, ended := strings.CutSuffix(line, "\n")
		switch rest, verbatim := strings.CutPrefix(line, Verbatim); {
		case verbatim:
			b.WriteString(strings.ReplaceAll(rest, string(glue), " "))
		case Width(line) <= width:
			b.WriteString(strings.ReplaceAll(line, string(glue), " "))
		default:
			lead := hang.FindString(line)
			in := Width(lead)
			for i, l := range Wrap(line[len(lead):], width-in) {
				if i > 0 {
					lead = "\n" + strings.Repeat(" ", in)
				}
				b.WriteString(lead + l)
			}
		}
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
