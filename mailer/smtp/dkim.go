package smtp

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// minRSA is the shortest key receivers still trust (RFC 8301, 3.2 recommends it).
const minRSA = 2048

// Key is a private key with the selector under which its public half is
// published, as SELECTOR._domainkey.DOMAIN.
type Key struct {
	Selector string
	Signer   crypto.Signer
}

// ReadKeys reads "selector=file,selector=file": PEM files with an RSA key of at
// least 2048 bits or an Ed25519 key. A message gets one signature a key, so that a
// key is rotated by adding the new selector before the old one is dropped. All
// faults are told at once; none holds anything of a key.
func ReadKeys(list string) ([]Key, error) {
	var keys []Key
	var faults []error
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, err := readKey(part)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		keys = append(keys, key)
	}
	return keys, errors.Join(faults...)
}

func readKey(part string) (Key, error) {
	bad := func(format string, args ...any) (Key, error) {
		return Key{}, &subscriptions.Error{Code: subscriptions.Invalid, Field: "dkim", Message: fmt.Sprintf(format, args...),
			Hint: "Make a key with: openssl genrsa -out rsa.pem 2048, or openssl genpkey -algorithm ed25519 -out ed.pem"}
	}
	selector, path, ok := strings.Cut(part, "=")
	if !ok || selector == "" || path == "" {
		return bad("%q is not selector=file", part)
	}
	if strings.Trim(strings.ToLower(selector), "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return bad("%q is not a DKIM selector", selector)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return bad("the key of selector %s cannot be read: %v", selector, err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return bad("the file %s holds no PEM key", path)
	}
	var parsed any
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return bad("the file %s holds no private key that can be read", path)
	}
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return bad("the key in %s has %d bits; receivers want at least %d", path, k.N.BitLen(), minRSA)
		}
		return Key{selector, k}, nil
	case ed25519.PrivateKey:
		return Key{selector, k}, nil
	}
	return bad("the key in %s is neither RSA nor Ed25519", path)
}
