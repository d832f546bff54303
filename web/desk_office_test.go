package web_test

import (
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/credentials"
)

// office is the people of the desk; hashes cost microseconds.
func (s *site) office() *subscriptions.EditorService {
	return &subscriptions.EditorService{Store: s.store, Keys: s.keys, Now: func() time.Time { return s.now }, Codes: credentials.Codes{}, Site: "SESEC Tidings",
		Passwords: credentials.NewPasswords(credentials.Options{Memory: 64, Passes: 1, AtOnce: 8, Wait: 30 * time.Second})}
}
