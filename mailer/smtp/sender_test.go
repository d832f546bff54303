package smtp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// patience is the Timeout of the tests: long for a loopback, short for a test.
const patience = 300 * time.Millisecond

func serve(t testing.TB, o mailtest.Options) *mailtest.Server {
	t.Helper()
	s, err := mailtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, b := range s.Breaches() {
			t.Errorf("indecent mail: %s", b)
		}
	})
	return s
}

func sender(t testing.TB, s *mailtest.Server, change ...func(*smtp.Options)) *smtp.Sender {
	t.Helper()
	o, err := smtp.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	o.Hello = "tidings.example.org"
	for _, f := range change {
		f(&o)
	}
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func impatient(o *smtp.Options) { o.Timeout = patience }

func connect(t testing.TB, s *smtp.Sender) mailer.Conn {
	t.Helper()
	c, err := s.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// to is a letter for a reader of that name.
func to(name string) *mailer.Message {
	m := letter("Dear \x01,\n\n.news.\n..\n.\n", "<p>Dear \x01,</p>\n.\n", mailer.Fill{Text: name, HTML: name})
	m.To = subscriptions.Mailbox{Name: name, Address: name + "@example.net"}
	m.MessageID = name + "@example.org"
	return m
}

// holds checks that exactly these messages were accepted, octet for octet.
func holds(t testing.TB, s *mailtest.Server, want ...*mailer.Message) {
	t.Helper()
	got := s.Messages()
	if len(got) != len(want) {
		t.Fatalf("the server has accepted %d messages, want %d", len(got), len(want))
	}
	for i, m := range want {
		raw, err := smtp.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if got[i].From != m.Envelope || got[i].To != m.To.Address || !bytes.Equal(got[i].Data, raw) {
			t.Errorf("message %d is from %s to %s, %d octets\n%s\nwant %d octets to %s", i+1, got[i].From, got[i].To, len(got[i].Data), got[i].Data, len(raw), m.To.Address)
		}
	}
}

func accepted(t testing.TB, r mailer.Result) {
	t.Helper()
	if r.Verdict != mailer.Accepted || r.Broken || r.Code != 250 {
		t.Errorf("the answer is %+v, want accepted", r)
	}
}

func TestMessagesLeaveOneAfterTheOtherOnOneConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s))
	for _, name := range []string{"a", "b", "c"} {
		accepted(t, c.Send(t.Context(), to(name)))
	}
	holds(t, s, to("a"), to("b"), to("c"))
	if st := s.Stats(); st.Connections != 1 {
		t.Errorf("%d connections for three messages", st.Connections)
	}
	if m, _ := s.Message(1); m.Helo != "tidings.example.org" {
		t.Errorf("we called ourselves %q", m.Helo)
	}
}

func TestWhateverGoesWrongWhereverItDoes(t *testing.T) {
	t.Parallel()
	var (
		no451 = mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Come back later"}
		no550 = mailtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "User unknown"}
		no421 = mailtest.Reply{Code: 421, Enhanced: "4.3.2", Text: "Shutting down"}
		stall = mailtest.Stall(4 * patience)
	)
	type end struct {
		verdict mailer.Verdict
		broken  bool
	}
	refusals := map[string]struct {
		action mailtest.Action
		want   end
	}{
		"451": {no451, end{mailer.Temporary, false}},
		"550": {no550, end{mailer.Permanent, false}},
		"421": {no421, end{mailer.Temporary, true}},
	}
	breaks := map[string]mailtest.Action{"drop": mailtest.Drop, "reset": mailtest.Reset, "stall": stall}
	stages := map[mailtest.Point]mailer.Stage{mailtest.Mail: mailer.StageMail, mailtest.Rcpt: mailer.StageRcpt,
		mailtest.Data: mailer.StageData, mailtest.AfterDot: mailer.StageDot}
	for at, stage := range stages {
		for name, r := range refusals {
			if at == mailtest.Mail && name == "550" {
				r.want = end{mailer.Temporary, true} // the sender is refused: about us
			}
			t.Run(fmt.Sprintf("%v %s", at, name), func(t *testing.T) {
				t.Parallel()
				oneFault(t, mailtest.Fault{At: at, Times: 1, Action: r.action}, stage, r.want.verdict, r.want.broken)
			})
		}
		for name, action := range breaks {
			t.Run(fmt.Sprintf("%v %s", at, name), func(t *testing.T) {
				t.Parallel()
				verdict := mailer.Temporary
				if at == mailtest.AfterDot {
					verdict = mailer.Uncertain
				}
				oneFault(t, mailtest.Fault{At: at, Times: 1, Action: action}, stage, verdict, true)
			})
		}
	}
	// A small message is written with its dot before the server has read the half
	// of it: from here nobody can tell.
	for name, action := range breaks {
		t.Run("MidData of a small message "+name, func(t *testing.T) {
			t.Parallel()
			oneFault(t, mailtest.Fault{At: mailtest.MidData, Times: 1, Action: action}, mailer.StageDot, mailer.Uncertain, true)
		})
	}
}

// oneFault sends a message into the fault and another one after it.
func oneFault(t *testing.T, f mailtest.Fault, stage mailer.Stage, verdict mailer.Verdict, broken bool) {
	s := serve(t, mailtest.Options{})
	if err := s.SetFaults(f); err != nil {
		t.Fatal(err)
	}
	out := sender(t, s, impatient)
	c := connect(t, out)
	began := time.Now()
	r := c.Send(t.Context(), to("first"))
	if r.Verdict != verdict || r.Broken != broken || r.Stage != stage {
		t.Errorf("the answer is %v, broken %v; want %v at %s, broken %v", r, r.Broken, verdict, stage, broken)
	}
	if took := time.Since(began); took > 20*patience {
		t.Errorf("it took %v, the timeout is %v", took, patience)
	}
	if reply, ok := f.Action.(mailtest.Reply); ok && (r.Code != reply.Code || r.Status != reply.Enhanced || r.Text != reply.Text) {
		t.Errorf("the server said %+v, we heard %+v", reply, r)
	}
	var want []*mailer.Message
	if _, stalled := f.Action.(mailtest.Stall); stalled && (f.At == mailtest.AfterDot || f.At == mailtest.MidData) {
		// It had all of it, and takes it once the stall is over: uncertain was right.
		want = append(want, to("first"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.WaitFor(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	if broken {
		_ = c.Close()
		c = connect(t, out)
	}
	accepted(t, c.Send(t.Context(), to("second")))
	holds(t, s, append(want, to("second"))...)
}

// The message is larger than all buffers between here and there, so its end has
// not been written when things go wrong: it must not be accepted, and it is known
// that it was not.
func TestALargeMessageThatIsCutOffIsNeverAcceptedAndNeverUncertain(t *testing.T) {
	t.Parallel()
	body := letter(strings.Repeat("A line of the very long letter.\n", 1<<19), "<p>short</p>\n").Body
	for name, action := range map[string]mailtest.Action{"drop": mailtest.Drop, "reset": mailtest.Reset, "stall": mailtest.Stall(4 * time.Second)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, mailtest.Options{})
			if err := s.SetFaults(mailtest.Fault{At: mailtest.MidData, After: 1000, Times: 1, Action: action}); err != nil {
				t.Fatal(err)
			}
			out := sender(t, s, func(o *smtp.Options) { o.Timeout = 2 * time.Second })
			c := connect(t, out)
			m := to("large")
			m.Body, m.Fill = body, nil
			if r := c.Send(t.Context(), m); r.Verdict != mailer.Temporary || !r.Broken || r.Stage != mailer.StageData {
				t.Errorf("the answer is %v, broken %v; want temporary at DATA", r, r.Broken)
			}
			_ = c.Close() // says QUIT, and must not end the message with it
			accepted(t, connect(t, out).Send(t.Context(), to("second")))
			for deadline := time.Now().Add(15 * time.Second); s.Stats().Open > 1 && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			holds(t, s, to("second"))
		})
	}
}

func TestAMessageTheServerRefusesInItsMiddleIsAnsweredAsItSays(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	if err := s.SetFaults(mailtest.Fault{At: mailtest.MidData, Times: 1, Action: mailtest.Reply{Code: 554, Enhanced: "5.6.0", Text: "No"}}); err != nil {
		t.Fatal(err)
	}
	out := sender(t, s)
	c := connect(t, out)
	if r := c.Send(t.Context(), to("first")); r.Verdict != mailer.Permanent || r.Code != 554 {
		t.Errorf("the answer is %v", r)
	}
	// The server has closed without a word. The next message has not left.
	if r := c.Send(t.Context(), to("second")); r.Verdict != mailer.Temporary || !r.Broken || r.Stage != mailer.StageMail {
		t.Errorf("the answer to the next is %v, broken %v", r, r.Broken)
	}
	accepted(t, connect(t, out).Send(t.Context(), to("second")))
	holds(t, s, to("second"))
}

func TestAServerThatWantsNoConnection(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]mailtest.Action{"421": mailtest.Reply{Code: 421, Text: "Busy"}, "554": mailtest.Reply{Code: 554, Text: "Go away"},
		"drop": mailtest.Drop, "reset": mailtest.Reset, "stall": mailtest.Stall(4 * patience)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, mailtest.Options{})
			if err := s.SetFaults(mailtest.Fault{At: mailtest.Connect, Times: 1, Action: action}); err != nil {
				t.Fatal(err)
			}
			out := sender(t, s, impatient)
			refused(t, s, out, "no mail server answers as asked at "+s.Addr())
			accepted(t, connect(t, out).Send(t.Context(), to("later")))
			holds(t, s, to("later"))
		})
	}
	s := serve(t, mailtest.Options{})
	out := sender(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, s, out, "connection refused")
}

// refused expects that no connection comes about, that the error says why, and
// that nothing stays open.
func refused(t *testing.T, s *mailtest.Server, out *smtp.Sender, why string) {
	t.Helper()
	c, err := out.Connect(t.Context())
	if err == nil {
		_ = c.Close()
		t.Fatal("the connection came about")
	}
	var coded *subscriptions.Error
	if !errors.As(err, &coded) || coded.Code != subscriptions.Unavailable || coded.Hint == "" || !strings.Contains(err.Error(), why) {
		t.Errorf("the error is %v, want %q in it", err, why)
	}
	for deadline := time.Now().Add(5 * time.Second); s.Stats().Open > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are still open", s.Stats().Open)
		}
	}
}

func TestAStopCutsOffWhatWouldWaitTooLong(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	out := sender(t, s)
	c := connect(t, out)
	if err := s.SetFaults(mailtest.Fault{At: mailtest.AfterDot, Action: mailtest.Stall(time.Minute)}, mailtest.Fault{At: mailtest.Connect, Action: mailtest.Stall(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	began := time.Now()
	if r := c.Send(soon(), to("first")); r.Verdict != mailer.Uncertain || !r.Broken {
		t.Errorf("the answer is %v, broken %v, want uncertain", r, r.Broken)
	}
	if _, err := out.Connect(soon()); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Connect said %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if r := c.Send(over, to("second")); r.Verdict != mailer.Temporary || !r.Broken || r.Stage != mailer.StageMail {
		t.Errorf("after the end the answer is %v, broken %v", r, r.Broken)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAMessageThatCannotBeEncodedLeavesTheConnectionAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s))
	bad := to("bad")
	bad.Body.Text = "\x02"
	if r := c.Send(t.Context(), bad); r.Verdict != mailer.Temporary || r.Stage != mailer.StageCompose || r.Broken {
		t.Errorf("the answer is %v, broken %v", r, r.Broken)
	}
	accepted(t, c.Send(t.Context(), to("good")))
	holds(t, s, to("good"))
}

func TestAServerIsReachedByItsAddressOfVersion6(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s, func(o *smtp.Options) { o.Host = "::ffff:127.0.0.1" }))
	accepted(t, c.Send(t.Context(), to("reader")))
}
