package subscriptions

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How text becomes words that can be looked for. Both databases get the words
// made here, so that they find the same.
//
//   - Small letters, without the accents of European languages; the wide forms
//     of Chinese text (ＧＢ／Ｔ) are those of ASCII.
//   - Letters and digits part: TC260, TC 260 and SAC/TC260 hold the same two
//     words one behind the other, and so do GB/T35273 and GB/T 35273.
//   - An English plural is its singular.
//   - Chinese is written without spaces, and its words are mostly two
//     characters. A run of characters is its pairs and then its last character:
//     信息安全 is 信息 息安 安全 全. Whatever part of the run is looked for, one
//     character or all, stands there as pairs one behind the other.

// word is a word of a text and where it stands, in bytes.
type word struct {
	text     string
	from, to int
	lone     bool // the last character of a run that has pairs
}

// Bounds of words: a longer one is cut, and what comes after so many of a text
// is not found. (PostgreSQL counts places to 16,383.)
const (
	maxWord  = 40
	maxWords = 16_000
)

// wordsOf takes a text apart.
func wordsOf(s string) []word {
	var words []word
	for at := 0; at < len(s) && len(words) < maxWords; {
		kind := kindAt(s, at)
		to := at
		for to < len(s) && kindAt(s, to) == kind {
			_, size := utf8.DecodeRuneInString(s[to:])
			to += size
		}
		switch kind {
		case digits, letters:
			if w := foldWord(s[at:to]); w != "" {
				words = append(words, word{text: w, from: at, to: to})
			}
		case characters:
			words = append(words, pairs(s, at, to)...)
		}
		at = to
	}
	return words
}

// pairs are the words of a run of Chinese characters.
func pairs(s string, at, to int) []word {
	var words []word
	for run := at; at < to; {
		_, size := utf8.DecodeRuneInString(s[at:])
		next := at + size
		if next < to {
			_, size = utf8.DecodeRuneInString(s[next:])
			words = append(words, word{text: s[at : next+size], from: at, to: next + size})
		} else {
			words = append(words, word{text: s[at:to], from: at, to: to, lone: at > run})
		}
		at = next
	}
	return words
}

type kindOfRune int

const (
	between kindOfRune = iota
	digits
	letters
	characters
)

func kindAt(s string, at int) kindOfRune {
	r, _ := utf8.DecodeRuneInString(s[at:])
	r = narrow(r)
	switch {
	case r < utf8.RuneSelf && '0' <= r && r <= '9', unicode.IsDigit(r):
		return digits
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		if unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) { // 〇 is a number; some are but signs
			return characters
		}
		return between
	case r != utf8.RuneError && (unicode.IsLetter(r) || unicode.Is(unicode.Mn, r)):
		return letters
	}
	return between
}

// narrow gives the ASCII form of a wide letter, digit or mark.
func narrow(r rune) rune {
	if '！' <= r && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// accents are those of the languages around us; NFD would need more than the
// standard library has.
var accents = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c", "ď", "d",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ę", "e", "ě", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ł", "l",
	"ñ", "n", "ń", "n", "ň", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ő", "o", "œ", "oe", "ř", "r",
	"ś", "s", "š", "s", "ș", "s", "ß", "ss", "ť", "t", "ț", "t", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ű", "u", "ů", "u",
	"ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z", "ā", "a", "ē", "e", "ī", "i", "ō", "o", "ū", "u", "ğ", "g", "ı", "i")

func foldWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(narrow(r))
	}, s)
	s = singular(accents.Replace(s))
	for i, n := 0, 0; i < len(s); n++ {
		if n == maxWord {
			return s[:i]
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s
}

// singular is Harman's S-stemmer (How effective is suffixing?, 1991): three
// rules that make "standards" and "bodies" meet "standard" and "body", and
// nothing that they should not.
func singular(s string) string {
	if len(s) < 4 || s[len(s)-1] != 's' || strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return s
	}
	before := s[len(s)-3]
	switch {
	case strings.HasSuffix(s, "ies") && before == 'i' && s[len(s)-4] != 'e' && s[len(s)-4] != 'a':
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "es") && (before == 'a' || before == 'e' || before == 'o'):
		return s
	case strings.HasSuffix(s, "us"), strings.HasSuffix(s, "ss"):
		return s
	}
	return s[:len(s)-1]
}
