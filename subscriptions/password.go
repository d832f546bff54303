package subscriptions

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What a password must be. Length is what counts (NIST SP 800-63B, 5.1.1.2): no
// rule asks for a digit or a sign, none for a new one every month. Refused is what
// is tried first: common ones, patterns, the person's own name and address.

const (
	minPassword = 12  // characters
	maxPassword = 200 // bytes: more is no password, and hashing it is work for nothing
	// minOwnWords is what has to be left of a password without the words that
	// everybody knows about its owner.
	minOwnWords = 8
)

// Passwords hashes them, slowly on purpose. Both methods wait for a free place,
// as each hash takes memory; when none comes free in time the error is of code
// Unavailable.
type Passwords interface {
	// Hash gives the encoded hash with its parameters and salt.
	Hash(ctx context.Context, password string) (string, error)
	// Check reports whether the password has the hash. It takes as long for "",
	// the hash of nobody, which no password has.
	Check(ctx context.Context, password, hash string) (bool, error)
}

//go:embed common_passwords.txt
var commonPasswords string

// common are those of the list, without their signs.
var common = sync.OnceValue(func() map[string]bool {
	list := map[string]bool{}
	for line := range strings.Lines(commonPasswords) {
		if word := plainWord(line); word != "" && !strings.HasPrefix(line, "#") {
			list[word] = true
		}
	}
	return list
})

// CheckPassword says what is wrong with a new password of a person whose name and
// address these are: an Error of code Invalid, Field "password".
func CheckPassword(password, name, address string) error {
	switch plain := plainWord(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return invalid("password", "this password holds signs that cannot be typed again")
	case len(password) > maxPassword:
		return invalid("password", "this password is longer than %d bytes", maxPassword)
	case utf8.RuneCountInString(password) < minPassword:
		return invalid("password", "a password has at least %d characters", minPassword).
			hint("Four or five words that do not belong together are easy to remember.")
	case common()[plain] || common()[strings.TrimRightFunc(plain, unicode.IsDigit)]:
		return invalid("password", "this password is among those that are tried first").hint("Take words that nobody else puts together.")
	case patterned(password):
		return invalid("password", "this password is a pattern, which is tried first").hint("Take words that nobody else puts together.")
	case utf8.RuneCountInString(withoutWords(plain, name, address)) < minOwnWords && namesIn(plain, name, address):
		return invalid("password", "this password is little more than your name or address").hint("Take words that do not belong to you.")
	}
	return nil
}

// plainWord is a text as it is guessed: its letters and digits, small.
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// patterned reports a password of few different signs, of a repeated piece, or
// one that walks along the alphabet, the digits or the keyboard.
func patterned(s string) bool {
	runes := []rune(strings.ToLower(s))
	seen := map[rune]bool{}
	for _, r := range runes {
		seen[r] = true
	}
	if len(seen) < 5 {
		return true
	}
	for piece := 1; piece <= len(runes)/2; piece++ {
		same := true
		for i := piece; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-piece]
		}
		if same {
			return true
		}
	}
	steps := 0
	for i := 1; i < len(runes); i++ {
		if d := runes[i] - runes[i-1]; d == 1 || d == -1 || neighbours(runes[i-1], runes[i]) {
			steps++
		}
	}
	return steps >= (len(runes)-1)*3/4
}

// neighbours reports whether two letters stand beside each other on a keyboard.
func neighbours(a, b rune) bool {
	for _, row := range []string{"1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm"} {
		if i := strings.IndexRune(row, a); i >= 0 {
			if j := strings.IndexRune(row, b); j >= 0 && (i-j == 1 || j-i == 1) {
				return true
			}
		}
	}
	return false
}

// ownWords are those that everybody knows about a person, longest first.
func ownWords(name, address string) []string {
	const least = 3 // letters: shorter ones are in every password
	var words []string
	for _, text := range []string{name, strings.ReplaceAll(name, " ", ""), address} {
		for _, w := range append(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), text) {
			if w = plainWord(w); utf8.RuneCountInString(w) >= least {
				words = append(words, w)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}

func namesIn(plain, name, address string) bool { return plain != withoutWords(plain, name, address) }

func withoutWords(plain, name, address string) string {
	for _, w := range ownWords(name, address) {
		plain = strings.ReplaceAll(plain, w, "")
	}
	return plain
}
