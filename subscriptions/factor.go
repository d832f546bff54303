package subscriptions

import "time"

// OneTimeCodes are the second factor: what an app on somebody's telephone shows
// for half a minute (TOTP, RFC 6238).
type OneTimeCodes interface {
	NewSecret() string
	// Step gives the time step whose code this is, one off at most, or false.
	Step(secret, code string, now time.Time) (step int64, ok bool)
	Address(issuer, account, secret string) string // for the picture
	Picture(text string) (svg string, err error)
}
