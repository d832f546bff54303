package mailer_test

import (
	"crypto/tls"
	"strings"
	"sync"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// firstAttempt hits each recipient once.
func firstAttempt() func(string) bool {
	var mu sync.Mutex
	met := map[string]bool{}
	return func(address string) bool {
		mu.Lock()
		defer mu.Unlock()
		defer func() { met[address] = true }()
		return !met[address]
	}
}

func TestAGreylistingServerGetsEachLetterAtTheSecondAttempt(t *testing.T) {
	t.Parallel()
	const people = 150
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Rcpt, Match: firstAttempt(), Action: mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisted, come back later"}}}})
	h.run(h.worker(4))
	h.until("all are put off", func() bool { return h.books().Deferred == people })
	for _, d := range h.ledger() {
		if wait := d.NotBefore.Sub(d.UpdatedAt); wait < 45*time.Second || wait > 75*time.Second || d.Attempts != 1 || d.Code != 451 || d.Status != "4.7.1" {
			t.Fatalf("put off for %v: %+v", wait, d)
		}
	}
	if n := h.mail.Count(); n != 0 {
		t.Errorf("%d letters have arrived", n)
	}
	h.clock.move(2 * time.Minute)
	h.over()
	h.once(people)
	h.settled(people, h.mail)
	for _, d := range h.ledger() {
		if d.Attempts != 2 {
			t.Errorf("%s needed %d attempts", d.Address, d.Attempts)
		}
	}
}

// Sizes: 552 and x.3.4 are tried again, as a full mailbox is, and given up in the
// end (the table of smtp/classify.go).
func TestALetterThatIsTooLargeIsGivenUpAndNotForgotten(t *testing.T) {
	t.Parallel()
	const people, unlucky = 10, 4
	for _, tc := range []struct {
		name   string
		at     mailtest.Point
		answer mailtest.Reply
	}{
		{"for good, at RCPT", mailtest.Rcpt, mailtest.Reply{Code: 552, Enhanced: "5.3.4", Text: "Message too big"}},
		{"for good, after the dot", mailtest.AfterDot, mailtest.Reply{Code: 552, Enhanced: "5.3.4", Text: "Message too big"}},
		{"for good, by a server of the old school", mailtest.AfterDot, mailtest.Reply{Code: 552, Text: "Message too big"}},
		{"for good, in other words", mailtest.AfterDot, mailtest.Reply{Code: 554, Enhanced: "5.3.4", Text: "Message too big"}},
		{"for now, at RCPT", mailtest.Rcpt, mailtest.Reply{Code: 452, Enhanced: "4.3.1", Text: "No room"}},
		{"for now, at DATA", mailtest.Data, mailtest.Reply{Code: 452, Enhanced: "4.3.1", Text: "No room"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{{At: tc.at, Address: reader(unlucky), Action: tc.answer}}})
			h.run(h.worker(2))
			h.until("it is put off", func() bool { return h.digest(unlucky).State == subscriptions.DeliveryDeferred })
			h.seeThrough()
			h.once(people, unlucky)
			d := h.digest(unlucky)
			if d.State != subscriptions.DeliveryFailed || d.Code != tc.answer.Code || d.Status != tc.answer.Enhanced || d.Detail != "given up: "+tc.answer.Text || d.Attempts < 5 {
				t.Errorf("at the end the row is %+v", d)
			}
			if b := h.books(); b.Sent != people-1 || b.Failed != 1 || b.Open() != 0 {
				t.Errorf("the books are %+v", b)
			}
		})
	}
}

// At MAIL a 5yz is mostly about us. This one is about the size, and no reason to
// stop everybody's mail.
func TestASizeThatIsRefusedAtMAILIsAnAnswerToOneLetter(t *testing.T) {
	t.Parallel()
	const people = 20
	h := newHouse(t, people, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Mail, Times: 5, Action: mailtest.Reply{Code: 552, Enhanced: "5.3.4", Text: "Message size exceeds fixed limit"}}}})
	w := h.worker(2)
	h.run(w)
	h.until("the others are sent", func() bool { return h.books().Sent == people-5 && h.books().Deferred == 5 })
	if why := w.Unreachable(); why != "" {
		t.Errorf("the worker says %s", why)
	}
	h.seeThrough()
	h.once(people)
	h.settled(people, h.mail)
}

func TestAServersOwnLimitEndsTheRunAndTheBooksSayWhy(t *testing.T) {
	t.Parallel()
	const people = 6
	h := newHouse(t, people, mailtest.Options{MaxSize: 100})
	h.run(h.worker(2))
	h.seeThrough()
	if b := h.books(); b.Failed != people || b.Planned != people || h.mail.Count() != 0 {
		t.Errorf("%d letters, the books are %+v", h.mail.Count(), b)
	}
	for _, d := range h.ledger() {
		if d.Code != 552 || !strings.HasPrefix(d.Detail, "given up: ") {
			t.Errorf("the row is %+v", d)
		}
	}
}

func TestBrokenTLSSendsNothingUntilItIsMended(t *testing.T) {
	t.Parallel()
	const people = 30
	good, roots, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	none := &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return nil, tls.AlertError(80) // internal_error (RFC 8446, 6.2)
	}}
	for _, tc := range []struct {
		name     string
		config   *tls.Config
		implicit bool
		says     string
	}{
		{"the handshake breaks off", none, false, "internal error"},
		{"the handshake breaks off at the start", none, true, "internal error"},
		{"only what nobody trusts any more is spoken", old, false, "version"},
		{"the certificate is another's", other, false, "certificate"},
		{"the certificate is another's, from the start", other, true, "certificate"},
		{"there is no TLS any more", nil, false, "STARTTLS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, people, mailtest.Options{TLS: tc.config, Implicit: tc.implicit})
			kept := mailtest.Options{Addr: h.mail.Addr(), TLS: good, Implicit: tc.implicit}
			o, err := smtp.ParseURL(h.mail.URL())
			if err != nil {
				t.Fatal(err)
			}
			o.TLSConfig = &tls.Config{RootCAs: roots}
			if tc.config == nil {
				o.TLS = smtp.TLSStart
			}
			out, err := smtp.New(o)
			if err != nil {
				t.Fatal(err)
			}
			w := h.worker(2)
			w.Tune(mailer.Tuning{Sender: out, Connections: 2})
			h.run(w)
			h.until("the worker knows", func() bool { return strings.Contains(w.Unreachable(), tc.says) })
			h.until("all are planned", func() bool { return h.books().Planned == people })
			if b := h.books(); b.Open() != people || b.Deferred != 0 || h.mail.Count() != 0 {
				t.Errorf("%d letters, the books are %+v", h.mail.Count(), b)
			}
			if err := h.mail.Close(); err != nil {
				t.Fatal(err)
			}
			h.mail = serve(t, kept)
			h.over()
			h.once(people)
			h.settled(people, h.mail)
			for _, m := range h.mail.Messages() {
				if !m.TLS {
					t.Errorf("%s was told in the clear", m.To)
				}
			}
			for _, d := range h.ledger() {
				if d.Attempts != 1 {
					t.Errorf("%s needed %d attempts", d.Address, d.Attempts)
				}
			}
		})
	}
}
