package subscriptions

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxAddress is the longest address SMTP can carry: a path of 256 octets with
// its brackets (RFC 5321, 4.5.3.1.3). maxLocal is 4.5.3.1.1.
const (
	maxAddress = 254
	maxLocal   = 64
)

// ParseAddress reads a mail address (RFC 5321 Mailbox, dot-string form) as a
// person types it: surrounding space is dropped and the domain is lower-cased.
// Quoted local parts, address literals and characters outside ASCII are
// refused in words: the mail servers on the way might not carry them (SMTPUTF8,
// RFC 6531). A domain outside ASCII has a form within it, which package idn gives.
func ParseAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", invalid("email", "enter an e-mail address")
	}
	if len(s) > maxAddress {
		return "", invalid("email", "an e-mail address has at most %d characters", maxAddress)
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return "", invalid("email", "%q is not an e-mail address", s).hint("An address looks like name@example.org.")
	}
	local, domain := s[:at], strings.ToLower(s[at+1:])
	for i, r := range s {
		switch {
		case r > 0x7e && i < at:
			return "", invalid("email", "we cannot write to an address with letters outside a–z before the @").
				hint("Give another one, such as name@example.org.")
		case r > 0x7e:
			return "", invalid("email", "the part after the @ has letters outside a–z that make no domain we know how to write to").
				hint("Check them, or give the spelling that begins with xn--.")
		case r <= ' ':
			return "", invalid("email", "an e-mail address has no spaces in it")
		}
	}
	if len(local) > maxLocal || !dotAtom(local) {
		return "", invalid("email", "%q is not an e-mail address", s).hint("Check the part before the @.")
	}
	if !hostname(domain) {
		return "", invalid("email", "%q is not an e-mail address", s).hint("Check the part after the @.")
	}
	return local + "@" + domain, nil
}

// dotAtom reports whether s is a Dot-string (RFC 5321, 4.1.2).
func dotAtom(s string) bool {
	if strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		if !alnum(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
			return false
		}
	}
	return true
}

// hostname reports whether s is a domain of at least two labels. No top-level
// domain is a number (RFC 3696, 2): 192.0.2.1 is an address of a machine.
func hostname(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if !alnum(r) && r != '-' {
				return false
			}
		}
	}
	return true
}

func alnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// AddressKey is what makes two spellings the same mailbox: the address in
// lower case. (RFC 5321 lets local parts differ by case; no provider does.)
func AddressKey(address string) string { return strings.ToLower(address) }

// AddressDomain gives the part after the @, in lower case.
func AddressDomain(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// MaskAddress shows an address to whoever holds a link that may have been
// forwarded: enough to recognise one's own, too little to learn another's.
func MaskAddress(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return "•••"
	}
	return local[:1] + "•••@" + domain
}

// HashAddress is the keyed hash under which a suppressed or erased address is
// remembered: recognisable to this installation, useless without its secret.
func HashAddress(key []byte, address string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(AddressKey(address)))
	return hex.EncodeToString(mac.Sum(nil))
}
