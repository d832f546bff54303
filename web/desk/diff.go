package desk

import (
	"strings"
	"time"
	"unicode"

	"github.com/sergi/go-diff/diffmatchpatch"

	"sesec.eu/tidings/subscriptions"
)

// Piece is a part of a comparison.
type Piece struct {
	Text string
	Op   string // "" the same in both, "ins" new, "del" gone
	Cut  bool   // a long part that is the same, of which the middle is left out
}

// FieldDiff is a field that differs between two states of an item.
type FieldDiff struct {
	Name   string
	Pieces []Piece
}

// itemDiff compares two states of an item, field by field, in the order of the
// form.
func itemDiff(from, to subscriptions.Item, topics map[int64]string) []FieldDiff {
	var diffs []FieldDiff
	after := fieldTexts(to, topics)
	for n, f := range fieldTexts(from, topics) {
		if f.text != after[n].text {
			diffs = append(diffs, FieldDiff{f.name, wordDiff(f.text, after[n].text)})
		}
	}
	return diffs
}

type fieldText struct{ name, text string }

// fieldTexts writes every field of an item as text.
func fieldTexts(i subscriptions.Item, topics map[int64]string) []fieldText {
	var names, standard, comments, sources []string
	for _, id := range i.Topics {
		names = append(names, topics[id])
	}
	if s := i.Standard; s != nil {
		standard = []string{s.Identifier, s.Title, s.OriginalTitle, s.Committee, s.Stage, s.Relation}
	}
	if c := i.Comments; c != nil {
		comments = []string{c.Until.Words(), c.URL}
	}
	for _, s := range i.Sources {
		sources = append(sources, lines(" · ", s.Title, s.URL, s.Language, s.Accessed.Words()))
	}
	return []fieldText{{"Title", i.Title}, {"Link", i.Slug}, {"Topics", strings.Join(names, ", ")}, {"Date", i.Date.Words()}, {"Issuing body", i.Issuer},
		{"Summary", i.Summary}, {"Text", i.Body}, {"Standard", lines("\n", standard...)}, {"Comment period", lines("\n", comments...)},
		{"Sources", lines("\n", sources...)}, {"State", string(i.State)}}
}

// lines joins what is not empty.
func lines(sep string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

// longSame is how many characters of a part that is the same are shown whole;
// of a longer one, half of them at either end.
const longSame = 600

// wordDiff compares two texts word by word, for a page.
func wordDiff(from, to string) []Piece {
	var pieces []Piece
	for _, p := range compare(from, to) {
		if p.Op == "" {
			pieces = append(pieces, shortened(p.Text)...)
			continue
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// compare compares word by word: each word becomes one sign, and the signs are
// compared (as diff-match-patch does with lines).
func compare(from, to string) []Piece {
	words := []string{""}
	signs := map[string]rune{}
	encode := func(text string) []rune {
		var out []rune
		for _, w := range wordsOf(text) {
			sign, ok := signs[w]
			if !ok {
				sign = rune(len(words))
				if sign >= 0xD800 {
					sign += 0x800 // no surrogates: they are no text
				}
				signs[w] = sign
				words = append(words, w)
			}
			out = append(out, sign)
		}
		return out
	}
	d := diffmatchpatch.New()
	d.DiffTimeout = 300 * time.Millisecond // beyond it the answer is coarser, and still right
	found := d.DiffMainRunes(encode(from), encode(to), false)
	var pieces []Piece
	for _, one := range d.DiffCleanupSemantic(found) {
		var text strings.Builder
		for _, sign := range one.Text {
			if sign >= 0xE000 {
				sign -= 0x800
			}
			text.WriteString(words[sign])
		}
		switch one.Type {
		case diffmatchpatch.DiffInsert:
			pieces = append(pieces, Piece{Text: text.String(), Op: "ins"})
		case diffmatchpatch.DiffDelete:
			pieces = append(pieces, Piece{Text: text.String(), Op: "del"})
		case diffmatchpatch.DiffEqual:
			pieces = append(pieces, Piece{Text: text.String()})
		}
	}
	return pieces
}

func shortened(same string) []Piece {
	r := []rune(same)
	if len(r) <= longSame {
		return []Piece{{Text: same}}
	}
	return []Piece{{Text: string(r[:longSame/2])}, {Text: " … ", Cut: true}, {Text: string(r[len(r)-longSame/2:])}}
}

// wordsOf cuts a text into words, the white between them, and single signs. A
// Chinese character is a word.
func wordsOf(text string) []string {
	kind := func(r rune) int {
		switch {
		case r == '\n' || unicode.Is(unicode.Han, r):
			return 0
		case unicode.IsSpace(r):
			return 1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return 2
		}
		return 0
	}
	var words []string
	start, last := 0, 0
	for at, r := range text {
		k := kind(r)
		if at > start && (k == 0 || k != last) {
			words = append(words, text[start:at])
			start = at
		}
		last = k
	}
	if start < len(text) {
		words = append(words, text[start:])
	}
	return words
}
