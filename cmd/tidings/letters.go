package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"net"
	"sync"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// What is looked at before an edition is released: letters as they would leave, and
// what the machine finds.

// letters composes letters by the worker's composer and the sender's encoder. The
// templates are read when the first one is asked for.
func (a *app) letters() subscriptions.Letters {
	composer := sync.OnceValues(func() (*compose.Composer, error) { return a.composer(context.Background()) })
	return mailer.LetterWriter{
		Write: func(ctx context.Context, r subscriptions.LetterRequest) (*mailer.Message, mailer.Shortening, error) {
			c, err := composer()
			if err != nil {
				return nil, mailer.Shortening{}, err
			}
			return c.Letter(ctx, r)
		},
		Encode: smtp.Encode,
		Postal: func(ctx context.Context) string { return a.current(ctx).Identity.Postal },
	}
}

// preflights wires the checks.
func (a *app) preflights() *subscriptions.PreflightService {
	return subscriptions.NewPreflightService(subscriptions.PreflightService{Store: a.store, Editions: a.editions, Reach: a.reach, Letters: a.letters(),
		House: a.current, Links: a.intake.Fetch, Domain: a.senderDomain(), Now: a.now, By: subscriptions.AtCommandLine})
}

// senderDomain looks at the records of the sender's domain with the resolver of this
// machine.
func (a *app) senderDomain() *subscriptions.SenderDomain {
	return &subscriptions.SenderDomain{Resolver: net.DefaultResolver, Signs: a.settings.signKeys}
}

// signKeys are the public halves of the keys that sign mail, as their records hold
// them (RFC 6376, 3.6.1; RFC 8463, 4.2).
func (s settings) signKeys() (domain string, keys []subscriptions.SignKey) {
	for _, server := range s.smtp {
		for _, k := range server.Keys {
			domain = server.Domain
			switch public := k.Signer.Public().(type) {
			case ed25519.PublicKey:
				keys = append(keys, subscriptions.SignKey{Selector: k.Selector, Public: public})
			case *rsa.PublicKey:
				der, err := x509.MarshalPKIXPublicKey(public)
				if err == nil {
					keys = append(keys, subscriptions.SignKey{Selector: k.Selector, Public: der})
				}
			}
		}
		if len(keys) > 0 {
			break // all servers sign alike
		}
	}
	return domain, keys
}
