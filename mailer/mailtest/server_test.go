package mailtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"sesec.eu/tidings/mailer/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	sender = "bounce+42@example.org"
	reader = "reader@example.net"
)

var noon = time.Date(2019, 4, 1, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, opts mailtest.Options) *mailtest.Server {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon }
	}
	s, err := mailtest.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return s
}

func message(subject string) []byte {
	return []byte("From: editor@example.org\r\nTo: reader@example.net\r\nSubject: " + subject + "\r\n\r\nHello.\r\n.a line that begins with a dot\r\n")
}

// send uses the standard library's client: not the one Tidings sends with, and not
// the library this server is made of.
func send(s *mailtest.Server, to string, data []byte) error {
	return smtp.SendMail(s.Addr(), nil, sender, []string{to}, data)
}

func TestAcceptedMessagesAreRecordedInOrder(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	for i := 1; i <= 3; i++ {
		if err := send(s, fmt.Sprintf("reader%d@example.net", i), message(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	var want []mailtest.Message
	for i := 1; i <= 3; i++ {
		want = append(want, mailtest.Message{
			N: i, From: sender, To: fmt.Sprintf("reader%d@example.net", i), Helo: "localhost",
			Received: noon, Data: message(fmt.Sprint(i)),
		})
	}
	if diff := cmp.Diff(want, s.Messages()); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if b := s.Breaches(); len(b) > 0 {
		t.Errorf("decent mail was called a breach: %v", b)
	}
	if got, ok := s.Message(2); !ok || got.To != "reader2@example.net" {
		t.Errorf("Message(2) = %+v, %v", got, ok)
	}
	for _, n := range []int{-1, 0, 4} {
		if _, ok := s.Message(n); ok {
			t.Errorf("Message(%d) exists", n)
		}
	}
}

func TestCallersGetCopies(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	if err := send(s, reader, message("one")); err != nil {
		t.Fatal(err)
	}
	clear(s.Messages()[0].Data)
	m, _ := s.Message(1)
	clear(m.Data)
	if got, _ := s.Message(1); !bytes.Equal(got.Data, message("one")) {
		t.Errorf("a caller changed the inbox: %q", got.Data)
	}
}

func TestResetEmptiesTheInboxAndNumbersFromOneAgain(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	for range 2 {
		if err := send(s, reader, message("old")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if n := s.Count(); n != 0 {
		t.Errorf("%d messages after Reset", n)
	}
	if err := send(s, reader, message("new")); err != nil {
		t.Fatal(err)
	}
	if m, ok := s.Message(1); !ok || !bytes.Equal(m.Data, message("new")) {
		t.Errorf("Message(1) = %+v, %v", m, ok)
	}
}

func TestASecondRecipientIsRefusedAndWrittenDown(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	err := smtp.SendMail(s.Addr(), nil, sender, []string{reader, "second@example.net"}, message("two"))
	wantCode(t, err, 452)
	want := []mailtest.Breach{{From: sender, To: reader, Rule: "a second recipient, second@example.net, for one message"}}
	if diff := cmp.Diff(want, s.Breaches()); diff != "" {
		t.Errorf("breaches (-want +got):\n%s", diff)
	}
	if s.Count() != 0 {
		t.Error("the message was kept all the same")
	}
}

func TestLinesThatBreakTheStandardAreWrittenDown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		want       []string
	}{
		{"998 octets are allowed", strings.Repeat("x", 998) + "\r\n", nil},
		{"999 octets are not", "short\r\n" + strings.Repeat("x", 999) + "\r\n", []string{"line 4 is longer than 998 octets"}},
		{"a bare LF is not a line end", "one\ntwo\r\n", []string{"line 3 ends in LF without CR"}},
		{"a bare CR is not one either", "one\rtwo\r\n", []string{"line 3 holds CR without LF"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, mailtest.Options{})
			c := dial(t, s)
			c.ok("MAIL FROM:<%s>", sender)
			c.ok("RCPT TO:<%s>", reader)
			c.expect(354, "DATA")
			c.ok("%s", "Subject: lines\r\n\r\n"+tc.body+".")
			var got []string
			for _, b := range s.Breaches() {
				got = append(got, b.Rule)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
			if s.Count() != 1 {
				t.Error("the message was not kept: a breach is noted, not refused")
			}
		})
	}
}

func TestAMessageLargerThanAllowedIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{MaxSize: 1000})
	if err := send(s, reader, message("small")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, send(s, reader, append(message("large"), bytes.Repeat([]byte("large\r\n"), 200)...)), 552)
	if s.Count() != 1 {
		t.Errorf("%d messages were kept, not the small one alone", s.Count())
	}
}

func TestWaitForReturnsWhenTheMessagesHaveCome(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	done := make(chan error, 1)
	go func() { done <- s.WaitFor(t.Context(), 2) }()
	for range 2 {
		select {
		case err := <-done:
			t.Fatalf("WaitFor returned too early: %v", err)
		default:
		}
		if err := send(s, reader, message("one")); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := s.WaitFor(ctx, 3)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "wait for 3 messages") || !strings.Contains(err.Error(), "2 have come") {
		t.Errorf("WaitFor said %v", err)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	a, b := dial(t, s), dial(t, s)
	a.expect(221, "QUIT")
	b.expect(221, "QUIT")
	eventually(t, func() bool { return s.Stats().Open == 0 })
	dial(t, s)
	if got, want := s.Stats(), (mailtest.Stats{Connections: 3, Open: 1, Peak: 2}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func TestManyClientsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Dir: t.TempDir()})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := send(s, fmt.Sprintf("reader%d@example.net", i), message("many")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for i, m := range s.Messages() {
		seen[m.To] = true
		if m.N != i+1 {
			t.Errorf("message %d has number %d", i+1, m.N)
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d of 20 readers have mail", len(seen))
	}
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{IdleTimeout: 50 * time.Millisecond})
	c := dial(t, s)
	if code, _, err := c.ReadResponse(0); code != 421 {
		t.Errorf("answer %d, %v, want 421", code, err)
	}
	c.gone()
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	c := dial(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.gone()
	if n := s.Stats().Open; n != 0 {
		t.Errorf("%d connections are open after Close", n)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("the port still answers")
	}
}

func TestSMTPUTF8IsOfferedUnlessToldNotTo(t *testing.T) {
	t.Parallel()
	for _, ascii := range []bool{false, true} {
		s := start(t, mailtest.Options{ASCIIOnly: ascii})
		if _, greeting := dial(t, s).expect(250, "EHLO localhost"); strings.Contains(greeting, "SMTPUTF8") == ascii {
			t.Errorf("ASCIIOnly %v: the greeting is %q", ascii, greeting)
		}
	}
}

func TestTheURLSaysHowToReachTheServer(t *testing.T) {
	t.Parallel()
	cert, _, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]string{"tidings": "p@ss", "zoe": "other"}
	for _, tc := range []struct {
		name string
		opts mailtest.Options
		want string
	}{
		{"plain", mailtest.Options{}, "smtp://%s?tls=none"},
		{"with users", mailtest.Options{Auth: users}, "smtp://tidings:p%%40ss@%s?tls=none"},
		{"with STARTTLS", mailtest.Options{TLS: cert}, "smtp://%s?tls=starttls"},
		{"with TLS from the start", mailtest.Options{TLS: cert, Implicit: true}, "smtps://%s?tls=implicit"},
	} {
		s := start(t, tc.opts)
		if want := fmt.Sprintf(tc.want, s.Addr()); s.URL() != want {
			t.Errorf("%s: URL %s, want %s", tc.name, s.URL(), want)
		}
	}
}

func TestABadStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	for _, tc := range []struct {
		name string
		opts mailtest.Options
		want string
	}{
		{"the port is taken", mailtest.Options{Addr: s.Addr()}, "start the mail server on " + s.Addr()},
		{"implicit TLS without TLS", mailtest.Options{Implicit: true}, "set TLS as well"},
		{"a fault that means nothing", mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Rcpt}}}, "it has no Action"},
	} {
		if _, err := mailtest.New(tc.opts); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q in it", tc.name, err, tc.want)
		}
	}
}
