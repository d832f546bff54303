package subscriptions

import (
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// A token in the address of a mail: the envelope sender that carries the
// delivery (VERP, MAIL 31), and the mailto: of an unsubscribe. Servers on the way
// may write an address in capitals or in small letters, and base64 dies of that,
// so it is written in base32hex:
//
//	bounce@example.org  →  bounce+TOKEN@example.org
//
// TOKEN is the same bytes in small letters; MailToken gives back the spelling
// that Keyring.Parse takes.

var mailAlphabet = base32.HexEncoding.WithPadding(base32.NoPadding)

// WithMailToken puts a token into an address.
func WithMailToken(address, token string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "", invalid("address", "%s is not an address", address)
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 3+3+tokenMAC {
		return "", invalid("token", "this is no token")
	}
	local := address[:at] + "+" + strings.ToLower(mailAlphabet.EncodeToString(b))
	if len(local) > maxLocal {
		return "", invalid("address", "with a token, what stands before the @ of %s has %d characters; mail allows %d", address, len(local), maxLocal).
			hint("Take a shorter address.")
	}
	return local + address[at:], nil
}

// MailToken finds a token in an address, whatever stands around it: a mailing
// list, BATV or SRS may have put the whole address into another. It says what the
// token claims to be for; whether that is true is for Keyring.Parse.
func MailToken(address string) (Purpose, string, bool) {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		address = address[:at]
	}
	for word := range strings.FieldsFuncSeq(address, func(r rune) bool { return r == '+' || r == '=' || r == '@' || r == '/' }) {
		if len(word) < 36 || len(word) > maxLocal {
			continue
		}
		b, err := mailAlphabet.DecodeString(strings.ToUpper(word))
		if err != nil || len(b) < 3+3+tokenMAC || b[0] != tokenVersion || !strings.EqualFold(mailAlphabet.EncodeToString(b), word) {
			continue
		}
		if p := Purpose(b[2]); p == PurposeDelivery || p == PurposeUnsubscribe {
			return p, base64.RawURLEncoding.EncodeToString(b), true
		}
	}
	return 0, "", false
}
