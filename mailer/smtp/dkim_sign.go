package smtp

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The signature is written here and not by a library. What the libraries do beyond
// the mathematics is to make canonical what comes in any form; what comes here was
// built a moment ago in the form that is signed: the body goes through the hash as
// it is, once for all keys, and the message is not copied. That is a quarter of
// what signing costs beside the RSA operation itself. The tests have the result
// verified by others' code.
//
// Headers are signed in the relaxed form (RFC 6376, 3.4.2): relays may fold them
// anew. Of a body they keep every octet: simple (3.4.3).

// signedHeaders is what a signature covers (RFC 6376, 5.4.1). From stands twice:
// a second From that somebody adds on the way breaks the signature
// (oversigning, 8.15). RFC 8058, 4 wants both List-Unsubscribe fields signed. A
// field that the message lacks is signed as absent.
var signedHeaders = []string{"From", "From", "Reply-To", "Subject", "Date", "To", "Message-ID", "MIME-Version", "Content-Type",
	"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}

// signer makes one signature a key.
type signer struct {
	keys []signKey
	size int // octets that its fields take at most
}

// signKey is a key with what its signatures have in common.
type signKey struct {
	Key
	start string // of the field, up to the time
	hash  crypto.Hash
}

func newSigner(domain string, keys []Key) *signer {
	s := &signer{}
	for _, k := range keys {
		algorithm, hash, octets := "ed25519-sha256", crypto.Hash(0), ed25519.SignatureSize // RFC 8463, 3: the digest is signed as a message
		if public, ok := k.Signer.Public().(*rsa.PublicKey); ok {
			algorithm, hash, octets = "rsa-sha256", crypto.SHA256, public.Size()
		}
		start := "DKIM-Signature: v=1; a=" + algorithm + "; c=relaxed/simple; d=" + domain + ";\r\n s=" + k.Selector + ";\r\n h=" +
			strings.Join(signedHeaders[:6], ":") + ":\r\n " + strings.Join(signedHeaders[6:], ":") + ";\r\n t="
		s.keys = append(s.keys, signKey{k, start, hash})
		lines := base64.StdEncoding.EncodedLen(octets)
		s.size += len(start) + lines + lines/lineLength*len(lineBreak) + 100 // and the time and the hash
	}
	return s
}

const (
	lineLength = 72
	lineBreak  = "\r\n "
)

// sign gives the DKIM-Signature fields of the message, to stand before it.
func (s *signer) sign(message []byte, at time.Time) ([]byte, error) {
	end := bytes.Index(message, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, errors.New("sign: the message has no end of its headers")
	}
	signed := canonicalHeaders(message[:end+2])
	body := sha256.Sum256(message[end+4:])
	fields := make([]byte, 0, s.size)
	for _, k := range s.keys {
		from := len(fields)
		fields = append(fields, k.start...)
		fields = strconv.AppendInt(fields, at.Unix(), 10)
		fields = append(fields, ";\r\n bh="...)
		fields = base64.StdEncoding.AppendEncode(fields, body[:])
		fields = append(fields, ";\r\n b="...)
		// The field signs itself, as far as it is written (RFC 6376, 3.7).
		h := sha256.New()
		h.Write(signed)
		h.Write(relaxed(nil, fields[from:]))
		signature, err := k.Signer.Sign(rand.Reader, h.Sum(nil), k.hash)
		if err != nil {
			return nil, fmt.Errorf("sign for selector %s: %w", k.Selector, err)
		}
		text := base64.StdEncoding.EncodeToString(signature)
		for ; len(text) > lineLength; text = text[lineLength:] {
			fields = append(append(fields, text[:lineLength]...), lineBreak...)
		}
		fields = append(append(fields, text...), "\r\n"...)
	}
	return fields, nil
}

// canonicalHeaders gives the signed fields in their relaxed form. Of a name that
// occurs more than once the last field is signed first (RFC 6376, 5.4.2).
func canonicalHeaders(head []byte) []byte {
	type field struct {
		raw   []byte
		taken bool
	}
	var all []field
	for len(head) > 0 {
		n := bytes.Index(head, []byte("\r\n")) + 2
		for n < len(head) && (head[n] == ' ' || head[n] == '\t') {
			n += bytes.Index(head[n:], []byte("\r\n")) + 2
		}
		all = append(all, field{raw: head[:n]})
		head = head[n:]
	}
	var out []byte
	for _, name := range signedHeaders {
		for i := len(all) - 1; i >= 0; i-- {
			f := &all[i]
			if !f.taken && len(f.raw) > len(name) && f.raw[len(name)] == ':' && strings.EqualFold(string(f.raw[:len(name)]), name) {
				f.taken = true
				out = append(relaxed(out, f.raw), "\r\n"...)
				break
			}
		}
	}
	return out
}

// relaxed appends a field with its name in lower case, its lines joined, each run
// of white space one space and none around the value; without its line end.
func relaxed(out, field []byte) []byte {
	name, value, _ := bytes.Cut(field, []byte(":"))
	out = append(append(out, bytes.ToLower(bytes.TrimRight(name, " \t"))...), ':')
	start := len(out)
	space := false
	for _, c := range value {
		switch c {
		case ' ', '\t', '\r', '\n':
			space = true
			continue
		}
		if space && len(out) > start {
			out = append(out, ' ')
		}
		space = false
		out = append(out, c)
	}
	return out
}
