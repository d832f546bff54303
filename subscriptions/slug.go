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
		s = s[:maxSlug]
		if cut := strings.LastIndexByte(s, '-'); cut > maxSlug/2 {
			s = s[:cut]
		}
	}
	return strings.Trim(s, "-")
}

// folded maps the accented letters of the languages of European standards
// bodies to their base letter.
var folded = map[rune]rune{
	'à': 'a', 'á': 'a', 'â': 'a', 'ã': 'a', 'ä': 'a', 'å': 'a', 'ç': 'c', 'č': 'c', 'ć': 'c',
	'è': 'e', 'é': 'e', 'ê': 'e', 'ë': 'e', 'ì': 'i', 'í': 'i', 'î': 'i', 'ï': 'i', 'ñ': 'n',
	'ò': 'o', 'ó': 'o', 'ô': 'o', 'õ': 'o', 'ö': 'o', 'ø': 'o', 'š': 's', 'ù': 'u', 'ú': 'u',
	'û': 'u', 'ü': 'u', 'ý': 'y', 'ž': 'z', 'ß': 's', 'ł': 'l',
}

// ValidSlug reports whether s is what Slugify makes.
func ValidSlug(s string) bool {
	return s != "" && len(s) <= maxSlug && s == Slugify(s)
}
