package web_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// delivers sends what is queued through a real worker and SMTP, and gives what
// arrived.
func (s *site) delivers() []mailtest.Message {
	s.t.Helper()
	server, err := mailtest.New(mailtest.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer server.Close()
	began := time.Now()
	clock := func() time.Time { return s.now.Add(time.Since(began)) } // a worker's paces and waits want one that goes
	options, err := smtp.ParseURL(server.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	pool, err := smtp.NewPool(smtp.PoolOptions{Servers: []smtp.Options{options}, Now: clock})
	if err != nil {
		s.t.Fatal(err)
	}
	composer, err := compose.New(compose.Options{Store: s.store, Keys: s.keys, Identity: subscriptions.StandardIdentity(), Salt: "test", Now: clock})
	if err != nil {
		s.t.Fatal(err)
	}
	w := mailer.NewWorker(mailer.Tuning{Sender: pool, Connections: 2, TooLate: time.Hour})
	w.Store, w.Editions, w.Keys, w.Composer, w.Now, w.Log = s.store, &subscriptions.EditionService{Store: s.store, Keys: s.keys, Now: clock}, s.keys, composer, clock, slog.New(slog.DiscardHandler)
	w.Stats, w.Poll = new(mailer.Stats), 20*time.Millisecond
	ctx, stop := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		open, err := s.store.OpenMail(ctx)
		if err != nil || time.Now().After(deadline) {
			s.t.Fatalf("%d letters are still open (%v)", open, err)
		}
		if open == 0 {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	for _, b := range server.Breaches() {
		s.t.Errorf("indecent mail: %s", b)
	}
	return server.Messages()
}

// headersOfOurs are those that a letter has, and no other.
var headersOfOurs = []string{"Auto-Submitted", "Content-Type", "Date", "From", "List-Id", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To", "X-Auto-Response-Suppress"}

// Through each input of each form that anybody may send, down to the octets that
// arrive. What is taken becomes a letter of our headers to one person; the words
// stand nowhere in it, for nobody has confirmed the address (MAIL 5, 16).
func TestNothingEntersALetterByAForm(t *testing.T) {
	t.Parallel()
	const evil = "evil.example"
	payloads := []string{"\r\nBcc: b@" + evil, "\nBcc: b@" + evil, "\rBcc: b@" + evil, "%0d%0aBcc: b@" + evil, "\r\n\r\n<h1>" + evil, "\u2028Bcc: b@" + evil, "\u0085Bcc: b@" + evil,
		"\u202eBcc: b@" + evil, "=?utf-8?q?=0d=0aBcc:_b@" + evil + "?=", "\x00" + evil, "> SIZE=1\r\nRCPT TO:<b@" + evil + ">", ", b@" + evil, "\r\n.\r\nQUIT\r\n" + evil, "http://" + evil + "/ {{.}} ${x}"}
	s := newSite(t)
	s.member2("member@example.org")
	var taken atomic.Int32
	var wg sync.WaitGroup // each answer is held back
	for i, payload := range payloads {
		for _, field := range []string{"email", "name", "organisation", "topics", "others"} {
			own := fmt.Sprintf("p%d-%s@example.org", i, field) // or the next form changes the name
			form := url.Values{"email": {own}, "topics": {"iot"}, "name": {"Anna"}}
			switch field {
			case "email":
				form.Set(field, own+payload)
			case "others":
				for _, name := range []string{"form", "challenge", "proof", "wait", "welcome", payload} {
					form.Set(name, payload)
				}
			default:
				form.Set(field, "x"+payload)
			}
			wg.Go(func() {
				if a := s.post("/subscribe", form); a.StatusCode == http.StatusSeeOther {
					taken.Add(1)
				} else if a.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("%s with %q: %s", field, payload, a.Status)
				}
			})
		}
		s.post("/manage", url.Values{"email": {"member@example.org" + payload}}).want(t, http.StatusUnprocessableEntity)
	}
	wg.Wait()
	s.post("/manage", url.Values{"email": {"member@example.org"}}).want(t, http.StatusSeeOther)
	if n := int(taken.Load()); n < 2*len(payloads) {
		t.Fatalf("only %d forms were taken: this shows nothing", n)
	}
	kinds := map[string]int{}
	for _, m := range s.delivers() {
		if strings.Contains(m.To, evil) || bytes.Contains(bytes.ToLower(m.Data), []byte(evil)) {
			t.Errorf("words from a form stand in the letter to %s:\n%s", m.To, m.Data)
		}
		letter, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range letter.Header {
			if len(values) != 1 || !slices.Contains(headersOfOurs, name) {
				t.Errorf("the letter to %s has the header %s: %q", m.To, name, values)
			}
		}
		to, err := letter.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != m.To {
			t.Errorf("the letter to %s says To: %v (%v)", m.To, to, err)
		}
		kinds[letter.Header.Get("Subject")]++
	}
	if len(kinds) != 2 {
		t.Errorf("the letters are %v, want confirmations and a link", kinds)
	}
}
