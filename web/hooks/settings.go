package hooks

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// ParseSettings reads the secrets: service=secret, with spaces or lines between. No
// fault repeats a secret.
func ParseSettings(text string) (s Settings, err error) {
	var faults []error
	wrong := func(format string, args ...any) {
		faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf(format, args...),
			Hint: "It looks like: ses=arn:aws:sns:… sendgrid=KEY mailgun=KEY postmark=USER:PASSWORD brevo=TOKEN"})
	}
	const least = 16 // characters of a secret that we chose ourselves
	for word := range strings.FieldsSeq(text) {
		service, secret, ok := strings.Cut(word, "=")
		switch {
		case !ok || secret == "":
			wrong("has a word that is not service=secret")
		case service == "ses":
			if s.SES = secret; !strings.HasPrefix(secret, "arn:aws") || !strings.Contains(secret, ":sns:") {
				wrong("ses is not the ARN of an SNS topic")
			}
		case service == "sendgrid":
			if s.SendGrid, err = publicKey(secret); err != nil {
				wrong("sendgrid is not the verification key of its signed event webhook")
			}
		case service == "mailgun":
			s.Mailgun = secret
		case service == "postmark":
			if s.Postmark = secret; len(secret) < least || !strings.Contains(secret, ":") {
				wrong("postmark is not user:password of %d characters or more", least)
			}
		case service == "brevo":
			if s.Brevo = secret; len(secret) < least {
				wrong("brevo has fewer than %d characters", least)
			}
		default:
			wrong("names a service that is not known: %s", service)
		}
	}
	return s, errors.Join(faults...)
}

func publicKey(text string) (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("no ECDSA key")
	}
	return key, nil
}

// Headers are the fields by which the services that are set are told our token.
func (s Settings) Headers() (all []subscriptions.TokenHeader) {
	if s.SendGrid != nil {
		all = append(all, subscriptions.TokenHeader{Name: "X-SMTPAPI", Value: `{"unique_args":{"delivery":"%s"}}`})
	}
	if s.Mailgun != "" {
		all = append(all, subscriptions.TokenHeader{Name: "X-Mailgun-Variables", Value: `{"delivery":"%s"}`})
	}
	if s.Postmark != "" {
		all = append(all, subscriptions.TokenHeader{Name: "X-PM-Metadata-delivery", Value: "%s"})
	}
	if s.Brevo != "" {
		all = append(all, subscriptions.TokenHeader{Name: "X-Mailin-custom", Value: "%s"})
	}
	return all
}
