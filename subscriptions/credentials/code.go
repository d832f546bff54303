package credentials

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"sesec.eu/tidings/subscriptions"
)

// Codes are time-based one-time codes as every authenticator app makes them: six
// digits of HMAC-SHA-1, a new one each 30 seconds (RFC 6238). Its zero value is
// ready.
type Codes struct{}

var _ subscriptions.OneTimeCodes = Codes{}

// step is how long a code is shown (RFC 6238, 5.2); skew how many steps the
// clocks may differ by, both ways.
const (
	step       = 30 * time.Second
	skew       = 1
	secretSize = 20 // bytes: as long as the hash (RFC 4226, 4)
)

var base = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret is 160 random bits in base32.
func (Codes) NewSecret() string {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base.EncodeToString(b)
}

// Step gives the time step whose code this is, or false when it is that of none
// near now.
func (Codes) Step(secret, code string, now time.Time) (int64, bool) {
	current, found, ok := now.Unix()/int64(step/time.Second), int64(0), false
	for n := current - skew; n <= current+skew; n++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(n*int64(step/time.Second), 0),
			totp.ValidateOpts{Period: uint(step / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found, ok = n, true
		}
	}
	return found, ok
}

// Address is what the picture carries: the key as apps read it
// (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
func (Codes) Address(issuer, account, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + strings.ReplaceAll(issuer, ":", " ") + ":" + account,
		// Some apps show a plus where a space was meant.
		RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}

// quiet is the border that a reader needs (ISO/IEC 18004, 6.3.8), in modules.
const quiet = 4

// Picture is the text as a QR code: SVG, black on white also in the dark, as
// readers want it.
func (Codes) Picture(text string) (svg string, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a code: %w", err)
	}
	side := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path fill="#000" d="`, side+2*quiet)
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for x < side && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

func dark(r, _, _, _ uint32) bool { return r < 0x8000 }
