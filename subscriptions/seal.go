package subscriptions

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
)

// Seal encrypts what must be read again but not by whoever has a copy of the
// database: AES-256-GCM under a key of its own for the purpose in words, bound to
// context, so that a sealed text moved to another row does not open. It uses the
// secret of the address hashes, which stays through every rotation.
func (k *Keyring) Seal(purpose, context, text string) string {
	box := k.box(purpose)
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(text), []byte(context)))
}

var errSealed = errors.New("it was sealed with another secret, or changed")

// Unseal reads what Seal has made for the same purpose and context.
func (k *Keyring) Unseal(purpose, context, sealed string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	box := k.box(purpose)
	if err != nil || len(b) < box.NonceSize() {
		return "", fmt.Errorf("open a sealed %s: %w", purpose, errSealed)
	}
	text, err := box.Open(nil, b[:box.NonceSize()], b[box.NonceSize():], []byte(context))
	if err != nil {
		return "", fmt.Errorf("open a sealed %s: %w", purpose, errSealed)
	}
	return string(text), nil
}

func (k *Keyring) box(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(derive(k.hash, "seal "+purpose))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // a block of AES has 16
	}
	return box
}
