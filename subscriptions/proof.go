package subscriptions

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// A proof of work (after hashcash) costs whoever sends a form a second or two of
// their own machine, and nobody's eyes. The challenge is a token of PurposeProof:
// it is signed, holds a fingerprint of the form it was made for, ends, and is
// taken once. With
//
//	seed = SHA-256(challenge)
//
// the proof is proofPieces numbers, with commas between: the number n of piece i
// (from 0) is such that SHA-256(seed ‖ uint32(i) ‖ uint32(n)), big-endian,
// begins with proofBits zero bits. Many small pieces rather than a large one make
// the time even: eight of 16 bits are half a million hashes, and rarely twice as
// many. web/static/check.js solves it. Measured in Chromium on a machine that makes
// 2.4 million hashes a second: 0.2 s; slowed to a sixth, as Lighthouse does for a
// mid-range phone, 540,000 a second and 0.6 to 1.3 s; slowed to a twentieth, an
// old phone, 175,000 a second and 1 to 6 s. Another bit would double that.
//
// Who cannot run it waits: a token of PurposeWait is as good as a proof once
// waitFor has passed.
const (
	proofPieces = 8
	proofBits   = 16
	waitFor     = 2 * time.Minute
)

// Challenge is what a form is asked for.
type Challenge struct {
	Token        string
	Pieces, Bits int
	Wait         string        // the token that will do instead, after WaitFor
	WaitFor      time.Duration // from now; less than the whole when it was waited for already
	TooSoon      bool          // the form came back before
}

// solves checks the numbers. It costs proofPieces hashes and one.
func solves(challenge, proof string) bool {
	numbers := strings.Split(proof, ",")
	if len(proof) > proofPieces*11 || len(numbers) != proofPieces {
		return false
	}
	seed := sha256.Sum256([]byte(challenge))
	block := append(seed[:], make([]byte, 8)...)
	for i, number := range numbers {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return false
		}
		binary.BigEndian.PutUint32(block[32:], uint32(i))
		binary.BigEndian.PutUint32(block[36:], uint32(n))
		sum := sha256.Sum256(block)
		if binary.BigEndian.Uint32(sum[:])>>(32-proofBits) != 0 {
			return false
		}
	}
	return true
}

// fingerprint is what a challenge is bound to: all that the form says.
func (f SignupForm) fingerprint() int64 {
	sum := sha256.Sum256([]byte(string(f.Name) + "\x00" + f.Address + "\x00" + f.Words))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// ask makes a challenge for the form. One who waits already goes on waiting.
func (s *SignupService) ask(f SignupForm, now time.Time) *Challenge {
	print := f.fingerprint()
	c := &Challenge{Pieces: proofPieces, Bits: proofBits, WaitFor: waitFor,
		Token: s.Keys.Issue(PurposeProof, print, now.UnixMicro(), now)}
	claims, err := s.Keys.Parse(PurposeWait, f.Wait, now)
	if left := waitFor - now.Sub(time.Unix(claims.Ref, 0)); err == nil && claims.Subscriber == print && left > 0 {
		c.Wait, c.WaitFor, c.TooSoon = f.Wait, left, true
		return c
	}
	c.Wait = s.Keys.Issue(PurposeWait, print, now.Unix(), now)
	return c
}

// evidence is the token that speaks for the form: a challenge with its proof, or
// one that was waited with; "" for none. Both are to be taken once.
func (s *SignupService) evidence(f SignupForm, now time.Time) (token string, waited bool) {
	print := f.fingerprint()
	if f.Proof != "" {
		if claims, err := s.Keys.Parse(PurposeProof, f.Challenge, now); err == nil && claims.Subscriber == print && solves(f.Challenge, f.Proof) {
			return f.Challenge, false
		}
	}
	if claims, err := s.Keys.Parse(PurposeWait, f.Wait, now); err == nil && claims.Subscriber == print && now.Sub(time.Unix(claims.Ref, 0)) >= waitFor {
		return f.Wait, true
	}
	return "", false
}
