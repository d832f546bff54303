package subscriptions

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds of what is read of one item for the glossary.
const (
	maxWordLength = 16
	maxItemWords  = 200
)

// Abbreviations gives the words of a Markdown text that look like abbreviations,
// each once, in the order of the alphabet. The rule, for a run of Latin letters and
// digits (and of "&" within):
//
//   - it has at least two capitals, or one and a digit, and begins with a letter or
//     is no more than two characters long: CAC, IoT, MoHURD, TC260, P2P, S&T, 5G;
//   - small letters are not more than capitals, but for an "s" at the end, which is
//     a plural and left out: ICTs is ICT; ChinaNet is a name;
//   - it has at most 16 characters, is no Roman number, and is not one of three or
//     more capital words in a row, one of which is long: that is a heading that
//     shouts.
//
// Addresses of the web and of mail are passed over.
func Abbreviations(md string) []string {
	var found []string
	for _, line := range strings.Split(md, "\n") {
		found = append(found, lineAbbreviations(plainText(line))...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), maxItemWords)]
}

// longWord is the length from which capitals alone are rather a word than an
// abbreviation.
const longWord = 8

func lineAbbreviations(line string) (found []string) {
	var row []string // abbreviations among the capital words that follow each other
	words, longest := 0, 0
	end := func() {
		if words < 3 || longest < longWord {
			found = append(found, row...)
		}
		row, words, longest = nil, 0, 0
	}
	for token := range strings.FieldsSeq(line) {
		if strings.Contains(token, "://") || strings.HasPrefix(token, "www.") || strings.Contains(token, "@") {
			end()
			continue
		}
		parts := strings.FieldsFunc(token, func(r rune) bool {
			return !unicode.Is(unicode.Latin, r) && !(r >= '0' && r <= '9') && r != '&'
		})
		if len(parts) != 1 || parts[0] != strings.ToUpper(parts[0]) {
			end()
		}
		for _, w := range parts {
			w = strings.Trim(w, "&")
			if short, ok := abbreviated(w); ok {
				row = append(row, short)
			}
			words, longest = words+1, max(longest, len(w))
		}
		if len(parts) != 1 || parts[0] != strings.ToUpper(parts[0]) || strings.HasSuffix(token, ",") {
			end() // a list of names is no heading
		}
	}
	end()
	return found
}

// abbreviated judges one word, and takes the plural off.
func abbreviated(w string) (string, bool) {
	if len(w) > 2 && strings.HasSuffix(w, "s") && w[:len(w)-1] == strings.ToUpper(w[:len(w)-1]) {
		w = w[:len(w)-1]
	}
	capitals, small, digits := 0, 0, 0
	for _, r := range w {
		switch {
		case unicode.IsUpper(r):
			capitals++
		case unicode.IsLower(r):
			small++
		case unicode.IsDigit(r):
			digits++
		}
	}
	letterFirst := w != "" && !unicode.IsDigit(rune(w[0]))
	switch {
	case len(w) < 2 || len(w) > maxWordLength || small > capitals || roman(w):
		return "", false
	case capitals >= 2 && letterFirst:
		return w, true
	case capitals == 1 && digits > 0:
		return w, len(w) == 2 && !letterFirst // 5G; not A4, B2, Q3
	}
	return "", false
}

// roman reports whether the word is a Roman number: II, XIV. MIX, CD, CC, MC and the
// like are also abbreviations; only small numbers are taken for numbers.
func roman(w string) bool { return strings.Trim(w, "IVX") == "" }

// ItemWords are what the glossary keeps of an item: terms that stand in it, true,
// and abbreviations that no term explains, false. The number of a committee is
// explained with the letters before it: TC260 with TC.
func ItemWords(terms []Term, i Item) map[string]bool {
	words := map[string]bool{}
	if i.State == ItemWithdrawn {
		return words
	}
	text := i.SearchText()
	for _, t := range TermsUsed(terms, text) {
		words[t.Abbreviation] = true
	}
	for _, w := range Abbreviations(text) {
		if !words[w] && !words[strings.TrimRight(w, "0123456789")] {
			words[w] = false
		}
	}
	return words
}
