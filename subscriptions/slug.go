package subscriptions

import (
	"strings"
	"unicode"
)

// maxSlug bounds a slug so that links stay short enough to print.
const maxSlug = 80

// Slugify turns a title into the last part of a link: lower-case ASCII letters
// and digits with single hyphens, cut at a word. A title without any of them
// gives "".
func Slugify(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range title {
		r = unicode.ToLower(r)
		if r > unicode.MaxASCII {
			if f, ok := folded[r]; ok {
				r = f
			}
		}
		switch {
		case alnum(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r == '\'' || r == '’': // China’s → chinas
		default:
			gap = true
		}
	}
	s := b.String()
	if len(s) > maxSlug {
		cut := strings.LastIndexByte(s[:maxSlug+1], '-') // a word may end at the bound
		if cut <= maxSlug/2 {
			cut = maxSlug
		}
		s = s[:cut]
	}
	return strings.Trim(s, "-")
}

// folded maps the accented letters of the languages of European standards
// bodies to their base letter.
var folded = map[rune]rune{
	'à': 'a', 'á': 'a', 'â': 'a', 'ã': 'a', 'ä': 'a', 'å': 'a', 'ā': 'a', 'ă': 'a', 'ą': 'a', 'ç': 'c', 'ć': 'c', 'č': 'c',
	'ď': 'd', 'đ': 'd', 'ð': 'd', 'è': 'e', 'é': 'e', 'ê': 'e', 'ë': 'e', 'ē': 'e', 'ė': 'e', 'ę': 'e', 'ě': 'e', 'ģ': 'g',
	'ğ': 'g', 'ì': 'i', 'í': 'i', 'î': 'i', 'ï': 'i', 'ī': 'i', 'į': 'i', 'ı': 'i', 'ķ': 'k', 'ļ': 'l', 'ľ': 'l', 'ł': 'l',
	'ñ': 'n', 'ń': 'n', 'ņ': 'n', 'ň': 'n', 'ò': 'o', 'ó': 'o', 'ô': 'o', 'õ': 'o', 'ö': 'o', 'ø': 'o', 'ő': 'o', 'ř': 'r',
	'ś': 's', 'š': 's', 'ş': 's', 'ș': 's', 'ß': 's', 'ť': 't', 'ţ': 't', 'ț': 't', 'ù': 'u', 'ú': 'u', 'û': 'u', 'ü': 'u',
	'ū': 'u', 'ů': 'u', 'ű': 'u', 'ų': 'u', 'ý': 'y', 'ź': 'z', 'ż': 'z', 'ž': 'z',
}

// ValidSlug reports whether s is what Slugify makes.
func ValidSlug(s string) bool {
	return s != "" && len(s) <= maxSlug && s == Slugify(s)
}
