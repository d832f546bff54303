package smtp_test

import (
	"errors"
	"testing"

	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// A fuzzer found it: net/url takes the last colon for that of the port.
func TestAHostWithAColonIsAnAddressOrNothing(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"smtp://::", "smtp://:::25", "smtp://mail.example.org:25:25"} {
		if o, err := smtp.ParseURL(address); !errors.Is(err, subscriptions.ErrInvalid) {
			t.Errorf("%s names the host %q: %v", address, o.Host, err)
		}
	}
}
