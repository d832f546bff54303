package subscriptions

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Tokens are the links a person acts by: signed, bound to one purpose, and
// holding the person's id rather than a row that may be gone, so that an
// unsubscribe link works for as long as its key is kept (MAIL 13, 18).
//
//	token = base64url( version key purpose uvarint(subscriber) uvarint(ref) uvarint(expiry) mac[16] )
//
// version, key and purpose are one byte each; expiry counts minutes since 1970,
// 0 for never; mac is HMAC-SHA-256 under a key derived from the secret for this
// purpose, cut to 16 bytes. A token of one purpose is never one of another.

// Purpose is what a token allows.
type Purpose byte

// The purposes, and how long their tokens live.
const (
	PurposeConfirm     Purpose = 'c' // 7 days; ref is the consent that was given
	PurposePreferences Purpose = 'p' // 400 days: a year of letters, then a fresh link; ref the second it was asked for (IssueOwn)
	PurposeUnsubscribe Purpose = 'u' // for ever
	PurposeDelivery    Purpose = 'd' // for ever; ref is the delivery (envelope sender, MAIL 31)
	PurposeForm        Purpose = 'f' // 1 day; a form that was opened, ref the second
	PurposeUndo        Purpose = 'z' // 1 day; ref is the consent that was withdrawn, 0 for a pause
	PurposeProof       Purpose = 'w' // 1 hour; a challenge: not a person but a form's fingerprint, ref the microsecond
	PurposeWait        Purpose = 'v' // 1 hour; the same for who waits, ref the second
	PurposeAddress     Purpose = 'a' // 2 days; ref is the change of address that it confirms
	PurposeRestore     Purpose = 'b' // 30 days; ref is the change of address that it takes back
	PurposeInvitation  Purpose = 'i' // 7 days; for an editor, until they have set a password: ref is that there is none
	PurposeReset       Purpose = 'r' // 1 hour; for an editor, until their password is another: ref is which it is now
	PurposeAlive       Purpose = 'l' // 60 days; ref is the mark in the history of the address
	PurposeDevice      Purpose = 'k' // 180 days; a browser in which an editor has signed in, ref a random number
)

// The purposes of webinars. Whose a place is says the registration: the subscriber's
// field holds its id.
const (
	PurposeRegister Purpose = 'q' // 90 days; one press for a subscriber: ref is the webinar
	PurposeSeat     Purpose = 's' // 400 days; one's own page: of the registration
	PurposeSeatMail Purpose = 't' // 7 days; confirms a registration: of it, ref the second it was asked for
)

// Purposes lists them all: a secret has a key for each.
func Purposes() []Purpose {
	return []Purpose{PurposeConfirm, PurposePreferences, PurposeUnsubscribe, PurposeDelivery, PurposeForm, PurposeUndo,
		PurposeProof, PurposeWait, PurposeAddress, PurposeRestore, PurposeInvitation, PurposeReset, PurposeDevice, PurposeAlive, PurposeRegister, PurposeSeat, PurposeSeatMail}
}

// lifetimes of the purposes; absent means for ever.
var lifetimes = map[Purpose]time.Duration{
	PurposeConfirm:     7 * 24 * time.Hour,
	PurposePreferences: 400 * 24 * time.Hour,
	PurposeForm:        24 * time.Hour,
	PurposeUndo:        24 * time.Hour,
	PurposeProof:       time.Hour,
	PurposeWait:        time.Hour,
	PurposeAddress:     2 * 24 * time.Hour,
	PurposeRestore:     30 * 24 * time.Hour,
	PurposeInvitation:  7 * 24 * time.Hour,
	PurposeReset:       time.Hour,
	PurposeDevice:      180 * 24 * time.Hour,
	PurposeRegister:    90 * 24 * time.Hour,
	PurposeSeat:        400 * 24 * time.Hour,
	PurposeSeatMail:    7 * 24 * time.Hour,
	PurposeAlive:       60 * 24 * time.Hour,
}

// Claims are what a token says.
type Claims struct {
	Purpose    Purpose
	Subscriber int64 // or the editor, where the purpose is one of the desk
	Ref        int64
	Expires    time.Time // zero: never
}

// Keyring signs with its first secret and verifies with all of them, so that
// a secret can be rotated without breaking links already in inboxes. It is
// safe for concurrent use.
type Keyring struct {
	keys []tokenKey
	hash []byte
}

type tokenKey struct {
	id   byte
	subs map[Purpose][]byte
}

// minSecret is what HMAC-SHA-256 needs to be worth its name.
const minSecret = 16

// NewKeyring takes the secrets, newest first; the oldest keys the address
// hashes, which must stay the same for as long as suppressions do.
func NewKeyring(secrets ...[]byte) (*Keyring, error) {
	if len(secrets) == 0 {
		return nil, invalid("secret", "a secret is needed to sign links")
	}
	k := &Keyring{hash: derive(secrets[len(secrets)-1], "address hash")}
	for _, s := range secrets {
		if len(s) < minSecret {
			return nil, invalid("secret", "the secret has %d characters; it needs at least %d", len(s), minSecret).
				hint("Make one with: openssl rand -base64 32")
		}
		key := tokenKey{id: derive(s, "key id")[0], subs: map[Purpose][]byte{}}
		for _, p := range Purposes() {
			key.subs[p] = derive(s, "token "+string(rune(p)))
		}
		k.keys = append(k.keys, key)
	}
	return k, nil
}

func derive(secret []byte, label string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("tidings " + label))
	return mac.Sum(nil)
}

// Fingerprint names the secret that keys the address hashes, without telling
// anything of it.
func (k *Keyring) Fingerprint() string { return hex.EncodeToString(derive(k.hash, "fingerprint")[:8]) }

// HashAddress is the package's HashAddress under this ring's key.
func (k *Keyring) HashAddress(address string) string { return HashAddress(k.hash, address) }

const (
	tokenVersion = 1
	tokenMAC     = 16
	maxToken     = 120 // characters: more is not one of ours
)

// Issue signs a token for the purpose, with the purpose's lifetime from now.
func (k *Keyring) Issue(p Purpose, subscriber, ref int64, now time.Time) string {
	return k.IssueUntil(p, subscriber, ref, expiry(p, now))
}

func expiry(p Purpose, now time.Time) time.Time {
	if d, ok := lifetimes[p]; ok {
		return now.Add(d)
	}
	return time.Time{}
}

// IssueUntil signs a token that ends at the given moment, zero for never.
func (k *Keyring) IssueUntil(p Purpose, subscriber, ref int64, expires time.Time) string {
	key := k.keys[0]
	b := make([]byte, 0, 64)
	b = append(b, tokenVersion, key.id, byte(p))
	b = binary.AppendUvarint(b, uint64(subscriber))
	b = binary.AppendUvarint(b, uint64(ref))
	var minutes uint64
	if !expires.IsZero() {
		minutes = uint64(expires.Unix() / 60)
	}
	b = binary.AppendUvarint(b, minutes)
	mac := hmac.New(sha256.New, key.subs[p])
	mac.Write(b)
	b = append(b, mac.Sum(nil)[:tokenMAC]...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ownFor is how long a link that was asked for shows and changes who the person
// is. After it, it is like one that came with a letter.
const ownFor = 7 * 24 * time.Hour

// IssueOwn signs a link to their preferences for somebody who asked for it. That of
// a letter has no ref: letters are passed on, and whoever reads one must not learn
// or change more than which topics it is about (MAIL 14).
func (k *Keyring) IssueOwn(subscriber int64, now time.Time) string {
	return k.Issue(PurposePreferences, subscriber, now.Unix(), now)
}

// Own reports whether the link is one of IssueOwn, and young.
func (c Claims) Own(now time.Time) bool {
	age := now.Sub(time.Unix(c.Ref, 0))
	return c.Purpose == PurposePreferences && c.Ref > 0 && -time.Hour < age && age < ownFor
}

var errToken = errors.New("token")

// Parse checks a token for the purpose. Forged means it was not signed by us
// for this; Expired means it was, and its time is over: the claims then still
// say whose it was, so that a page can offer a fresh link by mail.
func (k *Keyring) Parse(p Purpose, token string, now time.Time) (Claims, error) {
	forged := &Error{Code: Forged, Message: "this link is not complete or not ours", Err: errToken,
		Hint: "Open it again from the letter, or ask for a fresh link."}
	if len(token) > maxToken {
		return Claims{}, forged
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	// The decoder passes over line breaks and the unused bits of the last
	// character; one token has one spelling.
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != token || len(b) < 3+3+tokenMAC || b[0] != tokenVersion || Purpose(b[2]) != p {
		return Claims{}, forged
	}
	body, sum := b[:len(b)-tokenMAC], b[len(b)-tokenMAC:]
	genuine := false
	for _, key := range k.keys {
		if key.id != b[1] || key.subs[p] == nil {
			continue
		}
		mac := hmac.New(sha256.New, key.subs[p])
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil)[:tokenMAC], sum) {
			genuine = true
			break
		}
	}
	if !genuine {
		return Claims{}, forged
	}
	rest := body[3:]
	var fields [3]uint64
	for i := range fields {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			return Claims{}, forged
		}
		fields[i], rest = v, rest[n:]
	}
	if len(rest) != 0 {
		return Claims{}, forged
	}
	c := Claims{Purpose: p, Subscriber: int64(fields[0]), Ref: int64(fields[1])}
	if fields[2] > 0 {
		c.Expires = time.Unix(int64(fields[2])*60, 0).UTC()
		if now.After(c.Expires) {
			return c, &Error{Code: Expired, Message: "this link has expired", Hint: "Ask for a fresh link; it arrives within a minute."}
		}
	}
	return c, nil
}
