package subscriptions

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// The second factor of an editor is a code of an app on their telephone, which
// changes each half a minute (TOTP, RFC 6238), and for the day the telephone is
// lost ten recovery codes, each good for once.

// OneTimeCodes makes and checks the app's codes.
type OneTimeCodes interface {
	NewSecret() string
	// Step gives the time step whose code this is, one off at most, or false.
	Step(secret, code string, now time.Time) (step int64, ok bool)
	Address(issuer, account, secret string) string // for the picture
	Picture(text string) (svg string, err error)
}

// FactorStore keeps recovery codes, hashed.
type FactorStore interface {
	// RecoveryCodes counts those that were not used.
	RecoveryCodes(ctx context.Context, editorID int64) (left int, err error)
	// ReplaceRecoveryCodes forgets the editor's codes and keeps these; none for none.
	ReplaceRecoveryCodes(ctx context.Context, editorID int64, hashes []string, now time.Time) error
	// UseRecoveryCode marks one as used, and answers false when there is none.
	UseRecoveryCode(ctx context.Context, editorID int64, hash string, now time.Time) (bool, error)
}

const (
	recoveryCodes = 10
	recoverySigns = 12 // of 32: 60 bits, beyond guessing whatever the hash
)

// recoveryAlphabet is Crockford's base 32: no letter looks like another sign.
const recoveryAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// newRecoveryCodes gives codes as people read them: "7k3f-9xm2-q8wd".
func newRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		b := make([]byte, recoverySigns)
		_, _ = rand.Read(b) // never fails (crypto/rand)
		for j := range b {
			b[j] = recoveryAlphabet[b[j]%byte(len(recoveryAlphabet))] // 256 is a multiple of 32
		}
		codes[i] = fmt.Sprintf("%s-%s-%s", b[:4], b[4:8], b[8:])
	}
	return codes
}

// plainCode reads a code as people type it: with spaces, hyphens and capitals,
// and with the letters that Crockford's alphabet leaves out.
func plainCode(s string) string {
	return strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// oneTime reports whether the code is one of the app's, and not of recovery.
func oneTime(plain string) bool { return len(plain) == 6 && strings.Trim(plain, "0123456789") == "" }

// hashRecovery is what is kept of a code. A code is as hard to guess as a key, so
// that the hash need not be slow.
func (k *Keyring) hashRecovery(editorID int64, code string) string {
	return k.hashAttempt(fmt.Sprintf("recovery %d %s", editorID, plainCode(code)))
}

// HasFactor reports whether the editor is asked for a code when signing in.
func (e Editor) HasFactor() bool { return !e.FactorAt.IsZero() }

// NeedsFactor reports whether the editor's role wants a second factor that is not
// there yet: they can do nothing else before.
func (e Editor) NeedsFactor() bool { return e.Role.May(RolePublisher) && !e.HasFactor() }

// The secret is sealed in the row, and in the form that sets it up.
const (
	sealFactor = "second factor"
	sealSetup  = "second factor to be set up"
)

func (e Editor) seat() string { return fmt.Sprintf("editor %d", e.ID) }
