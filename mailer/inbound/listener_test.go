package inbound_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"sesec.eu/tidings/mailer/inbound"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// listens opens the door at a port of its own.
func (h *house) listens(where inbound.Listen) (dial func() *smtp.Client) {
	h.t.Helper()
	l := &inbound.Listener{Door: h.door, Where: where}
	ctx, stop := context.WithCancel(context.WithoutCancel(h.t.Context()))
	on, err := l.Open(ctx)
	h.must(err)
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx, on) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
	return func() *smtp.Client {
		c, err := net.Dial(on.Addr().Network(), on.Addr().String())
		h.must(err)
		client := smtp.NewClient(c)
		if where.LMTP {
			client = smtp.NewClientLMTP(c)
		}
		h.t.Cleanup(func() { _ = client.Close() })
		return client
	}
}

func code(err error) int {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestAReportByLMTPIsRecordedOnceForEachRecipient(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.listens(inbound.Listen{Network: "unix", Address: filepath.Join(t.TempDir(), "s"), LMTP: true})()
	h.must(c.Mail("", nil))
	h.must(c.Rcpt(strings.ToUpper(h.sender[:len(h.sender)-len("@example.org")])+"@Example.ORG", nil))
	h.must(c.Rcpt("bounce@example.org", nil))
	w, err := c.Data()
	h.must(err)
	_, err = w.Write([]byte(report(1, "somebody@example.org"))) // only the envelope knows
	h.must(err)
	answers, err := w.CloseWithLMTPResponse()
	h.must(err)
	if len(answers) != 2 {
		t.Errorf("the answers are %v, want two", answers)
	}
	h.wants("smtp bounce ended, smtp bounce stranger")
	if !h.ended() {
		t.Error("the dead address is still subscribed")
	}
}

func TestTheListenerTakesOurOwnAddressesOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	others, err := subscriptions.NewKeyring([]byte("a secret of somebody else"))
	h.must(err)
	forged, err := subscriptions.WithMailToken("bounce@example.org", others.Issue(subscriptions.PurposeDelivery, 1, 1, storetest.Now()))
	h.must(err)
	c := h.listens(inbound.Listen{Network: "tcp", Address: "127.0.0.1:0"})()
	h.must(c.Mail("", nil))
	for _, to := range []string{"tidings@example.org", "bounce@example.com", "bounce+x@example.org", "bounces@example.org", forged, "x" + h.sender} {
		if err := c.Rcpt(to, nil); code(err) != 550 {
			t.Errorf("%s: %v, want 550", to, err)
		}
	}
	for _, to := range []string{"Bounce@example.org", h.sender, h.leave} {
		if err := c.Rcpt(to, nil); err != nil {
			t.Errorf("%s: %v, want it taken", to, err)
		}
	}
}

func TestWhileTheDatabaseIsAwayTheServerKeepsTheReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dial := h.listens(inbound.Listen{Network: "tcp", Address: "127.0.0.1:0"})
	h.exec("ALTER TABLE bounces RENAME TO away")
	if err := dial().SendMail("", []string{h.sender}, strings.NewReader(report(1, h.sender))); code(err) != 451 {
		t.Fatalf("the answer is %v, want 451", err)
	}
	h.exec("ALTER TABLE away RENAME TO bounces")
	for range 2 { // its server tries again, and once more because it lost the answer
		h.must(dial().SendMail("", []string{h.sender}, strings.NewReader(report(1, h.sender))))
	}
	h.wants("smtp bounce ended")
}

func TestWhoLeavesByMailNeedsNoWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.listens(inbound.Listen{Network: "tcp", Address: "127.0.0.1:0"})()
	h.must(c.SendMail("anna@example.net", []string{h.leave}, strings.NewReader("From: anna@example.net\r\nSubject: \r\n\r\n")))
	h.wants("smtp unsubscribe left")
	if !h.ended() {
		t.Error("who left by mail is still subscribed")
	}
}

func TestWhereToListen(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]inbound.Listen{
		"smtp://127.0.0.1:2525":        {Network: "tcp", Address: "127.0.0.1:2525"},
		"lmtp://[::1]:24":              {Network: "tcp", Address: "[::1]:24", LMTP: true},
		"lmtp:///run/tidings/in.sock":  {Network: "unix", Address: "/run/tidings/in.sock", LMTP: true},
		"smtp://:25":                   {Network: "tcp", Address: ":25"},
		"127.0.0.1:2525":               {},
		"http://127.0.0.1:80":          {},
		"smtp://127.0.0.1":             {},
		"smtp://user:pass@127.0.0.1:1": {},
		"lmtp://":                      {},
	} {
		got, err := inbound.ParseListen(s)
		if (err != nil) != (want == inbound.Listen{}) || got != want {
			t.Errorf("%s: %+v, %v; want %+v", s, got, err, want)
		}
	}
}
