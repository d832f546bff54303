package subscriptions

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Term is an abbreviation with its names.
type Term struct {
	ID           int64  `json:"id"`
	Abbreviation string `json:"abbreviation"` // CAC, TC260
	English      string `json:"english"`
	Chinese      string `json:"chinese,omitempty"`
	Version      int    `json:"-"` // rises with every change by an editor
}

// Bounds of a term's texts, in characters.
const (
	maxAbbreviation = 40
	maxTermName     = 200
)

// Validate wants the abbreviation and one name.
func (t Term) Validate() error {
	if t.Abbreviation == "" || t.English == "" && t.Chinese == "" {
		return invalid("abbreviation", "a glossary entry needs the abbreviation and a name")
	}
	if !oneLine(t.Abbreviation) || !oneLine(t.English) || !oneLine(t.Chinese) {
		return invalid("abbreviation", "the glossary entry %q is not a single line", t.Abbreviation)
	}
	switch {
	case utf8.RuneCountInString(t.Abbreviation) > maxAbbreviation:
		return invalid("abbreviation", "the abbreviation has more than %d characters", maxAbbreviation)
	case utf8.RuneCountInString(t.English) > maxTermName:
		return invalid("english", "the English name has more than %d characters", maxTermName)
	case utf8.RuneCountInString(t.Chinese) > maxTermName:
		return invalid("chinese", "the Chinese name has more than %d characters", maxTermName)
	}
	return nil
}

// TermsUsed gives the terms whose abbreviation stands in the text as a word of
// its own, in the order of the alphabet. "TC" is found in "SAC/TC260" and in
// "ISO/TC 8", not in "ETC"; "MOT" is not found in "motor".
func TermsUsed(terms []Term, text string) []Term {
	var used []Term
	for _, t := range terms {
		if wordIn(text, t.Abbreviation) {
			used = append(used, t)
		}
	}
	slices.SortFunc(used, func(a, b Term) int {
		return strings.Compare(strings.ToLower(a.Abbreviation), strings.ToLower(b.Abbreviation))
	})
	return used
}

// wordIn finds word in text where no letter touches it. A digit may follow a
// letter: the number of a committee is written against its abbreviation.
func wordIn(text, word string) bool {
	if word == "" {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(word)
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !latin(before) && !unicode.IsDigit(before) && !latin(after) && !(unicode.IsDigit(last) && unicode.IsDigit(after)) {
			return true
		}
		from = at + len(word)
	}
}

// latin leaves Chinese characters out: they stand beside an abbreviation
// without a space.
func latin(r rune) bool { return unicode.Is(unicode.Latin, r) }
