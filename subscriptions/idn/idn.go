// Package idn turns domain names beyond ASCII into what a mail server reads, and
// back for people (RFC 5891; UTS 46 says how what was typed is mapped).
//
// Addresses are kept and sent in ASCII: post@bücher.example is
// post@xn--bcher-kva.example in every row, so that both spellings are one
// mailbox, and no server needs SMTPUTF8 (RFC 6531). The part before the @ has no
// such form and is left as it is; subscriptions.ParseAddress refuses it there.
// The conversion needs the tables of Unicode, which are not in the standard
// library, and is therefore done where text comes in, not in the domain.
package idn

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// profile maps as browsers do: lower case, full-width letters, the ideographic
// full stop. ß and ς stay themselves.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true),
	idna.StrictDomainName(true), idna.Transitional(false), idna.VerifyDNSLength(true))

// ASCII gives the address with its domain as a mail server reads it. What it
// cannot convert comes back as it was, to be refused in words: no domain, a
// direction override, a label that mixes alphabets to look like another.
func ASCII(address string) string {
	at := strings.LastIndexByte(address, '@')
	domain := strings.TrimSpace(address[at+1:])
	if at < 0 || plain(domain) {
		return address
	}
	ascii, err := profile.ToASCII(domain)
	if err != nil || disguised(ascii) {
		return address
	}
	return address[:at+1] + ascii
}

// Display gives the address with its domain as its people write it. A masked
// address will do. What is not in order stays in ASCII.
func Display(address string) string {
	at := strings.LastIndexByte(address, '@')
	domain := address[at+1:]
	if at < 0 || !strings.Contains(domain, "xn--") || disguised(domain) {
		return address
	}
	shown, err := profile.ToUnicode(domain)
	if err != nil {
		return address
	}
	return address[:at+1] + shown
}

func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// together are the alphabets that are written in one word, as in UTS 39's
// "highly restrictive": Latin goes with those of East Asia, and with no other.
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// disguised reports whether a label mixes alphabets otherwise, as one with a
// Cyrillic о among Latin letters does.
func disguised(domain string) bool {
	shown, err := profile.ToUnicode(domain)
	if err != nil {
		return true
	}
	for label := range strings.SplitSeq(shown, ".") {
		scripts := map[string]bool{}
		for _, r := range label {
			scripts[scriptOf(r)] = true
		}
		delete(scripts, "Common")
		delete(scripts, "Inherited")
		if len(scripts) > 1 && !anyHolds(scripts) {
			return true
		}
	}
	return false
}

func anyHolds(scripts map[string]bool) bool {
	for _, set := range together {
		n := 0
		for _, s := range set {
			if scripts[s] {
				n++
			}
		}
		if n == len(scripts) {
			return true
		}
	}
	return false
}

// scriptOf names the alphabet of a letter. Unicode gives each one.
func scriptOf(r rune) string {
	if r < 0x80 && !unicode.IsLetter(r) {
		return "Common"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Common"
}
