package mailtest_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesec.eu/tidings/mailer/mailtest"
)

var busy = mailtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisted, come back later"}

// steps is a conversation up to, and not including, the point's answer.
func steps(c *client, at mailtest.Point) {
	c.t.Helper()
	before := []struct {
		at   mailtest.Point
		line string
		code int
	}{
		{mailtest.Mail, "MAIL FROM:<" + sender + ">", 250},
		{mailtest.Rcpt, "RCPT TO:<" + reader + ">", 250},
		{mailtest.Data, "DATA", 354},
		{mailtest.MidData, "Subject: fault\r\n\r\nthe first half\r\n", 0},
		{mailtest.AfterDot, "the second half\r\n.", 250},
	}
	for _, step := range before {
		if step.code == 0 || step.at == at {
			if err := c.PrintfLine("%s", step.line); err != nil {
				c.t.Fatal(err)
			}
		} else {
			c.expect(step.code, "%s", step.line)
		}
		if step.at == at {
			return
		}
	}
}

var everyPoint = []mailtest.Point{mailtest.Mail, mailtest.Rcpt, mailtest.Data, mailtest.MidData, mailtest.AfterDot}

func TestARefusalIsGivenOnceAndTheConversationGoesOn(t *testing.T) {
	t.Parallel()
	for _, at := range []mailtest.Point{mailtest.Mail, mailtest.Rcpt, mailtest.Data, mailtest.AfterDot} {
		t.Run("at "+at.String(), func(t *testing.T) {
			t.Parallel()
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: at, Times: 1, Action: busy}}})
			c := dial(t, s)
			steps(c, at)
			code, text, err := c.ReadResponse(0)
			if code != 451 || text != "4.7.1 Greylisted, come back later" {
				t.Fatalf("answered %d %q, %v", code, text, err)
			}
			if s.Count() != 0 {
				t.Error("the refused message was kept")
			}
			c.ok("RSET")
			steps(c, mailtest.AfterDot)
			if _, _, err := c.ReadResponse(250); err != nil {
				t.Errorf("the second try: %v", err)
			}
			if s.Count() != 1 || s.Stats().Faults != 1 {
				t.Errorf("%d messages, stats %+v; want one message and one fault", s.Count(), s.Stats())
			}
		})
	}
}

func TestDataRefusedInAPipelineLeavesTheOtherAnswersAlone(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Data, Times: 1, Action: busy}}})
	c := dial(t, s)
	for _, want := range [][]int{{250, 250, 451}, {250, 250, 250, 354}} {
		pipeline := "MAIL FROM:<" + sender + ">\r\nRCPT TO:<" + reader + ">\r\ndata"
		if len(want) == 4 {
			pipeline = "RSET\r\n" + pipeline
		}
		if err := c.PrintfLine("%s", pipeline); err != nil {
			t.Fatal(err)
		}
		for i, code := range want {
			if got, text, err := c.ReadResponse(0); got != code {
				t.Fatalf("answer %d is %d %q, %v; want %d", i+1, got, text, err, code)
			}
		}
	}
	c.ok("Subject: DATA\r\n\r\nDATA\r\n.")
	if m, _ := s.Message(1); string(m.Data) != "Subject: DATA\r\n\r\nDATA\r\n" {
		t.Errorf("a line of the message was taken for the command: %q", m.Data)
	}
}

func TestOnlyTheWholeLineIsTheDataCommand(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Data, Action: busy}}})
	c := dial(t, s)
	steps(c, mailtest.Rcpt)
	c.ok("NOOP DATA") // the first 250 is the recipient's
	if _, _, err := c.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	c.expect(451, "DATA")
}

func TestHangingUpEndsTheConnectionWithoutAWord(t *testing.T) {
	t.Parallel()
	for _, at := range everyPoint {
		for name, how := range map[string]mailtest.Hangup{"Drop": mailtest.Drop, "Reset": mailtest.Reset} {
			t.Run(name+" at "+at.String(), func(t *testing.T) {
				t.Parallel()
				s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: at, Times: 1, Action: how}}})
				c := dial(t, s)
				steps(c, at)
				err := c.ending()
				if how == mailtest.Reset && !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the connection ended with %v, not with a reset", err)
				}
				if how == mailtest.Drop && at != mailtest.MidData && !errors.Is(err, io.EOF) {
					t.Errorf("the connection ended with %v, not in an orderly way", err)
				}
				if s.Count() != 0 {
					t.Error("the message was kept")
				}
				if err := send(s, reader, message("again")); err != nil {
					t.Errorf("the next connection: %v", err)
				}
			})
		}
	}
}

func TestAfterTheDotTheMessageMayHaveBeenKept(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]mailtest.Action{"Drop": mailtest.Drop, "Reset": mailtest.Reset, "Reply": busy} {
		for _, accept := range []bool{false, true} {
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.AfterDot, Accept: accept, Action: action}}})
			if err := send(s, reader, message("uncertain")); err == nil {
				t.Errorf("%s: the client was told that all is well", name)
			}
			want := 0
			if accept {
				want = 1
			}
			if s.Count() != want {
				t.Errorf("%s with Accept %v: %d messages were kept, want %d", name, accept, s.Count(), want)
			}
		}
	}
}

func TestFaultsAtConnectComeBeforeTheGreeting(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		action mailtest.Action
		want   string // what is heard before the end
	}{
		{"a reply is the last word", mailtest.Reply{Code: 554, Text: "Go away\nand stay there"}, "554-Go away\r\n554 and stay there\r\n"},
		{"a drop says nothing", mailtest.Drop, ""},
		{"a reset says nothing", mailtest.Reset, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Connect, Times: 1, Action: tc.action}}})
			var heard []byte
			conn, err := net.Dial("tcp", s.Addr())
			if err == nil { // a reset may be quicker than Dial
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				heard, err = io.ReadAll(conn)
			}
			if string(heard) != tc.want {
				t.Errorf("heard %q, want %q", heard, tc.want)
			}
			if reset := errors.Is(err, syscall.ECONNRESET); reset != (tc.action == mailtest.Reset) {
				t.Errorf("the connection ended with %v", err)
			}
			if err := send(s, reader, message("again")); err != nil {
				t.Errorf("the next connection: %v", err)
			}
		})
	}
}

func TestA421ClosesTheConnection(t *testing.T) {
	t.Parallel()
	closing := mailtest.Reply{Code: 421, Enhanced: "4.3.2", Text: "Shutting down"}
	for _, at := range everyPoint {
		s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: at, Action: closing}}})
		c := dial(t, s)
		steps(c, at)
		if code, text, err := c.ReadResponse(0); code != 421 || text != "4.3.2 Shutting down" {
			t.Errorf("at %v: answered %d %q, %v", at, code, text, err)
		}
		c.gone()
	}
}

func TestAStallPassesAndAllIsWell(t *testing.T) {
	t.Parallel()
	const pause = 60 * time.Millisecond
	for _, at := range append([]mailtest.Point{mailtest.Connect}, everyPoint...) {
		t.Run("at "+at.String(), func(t *testing.T) {
			t.Parallel()
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: at, Action: mailtest.Stall(pause)}}})
			began := time.Now()
			if err := send(s, reader, message("slow")); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < pause {
				t.Errorf("it took %v only", took)
			}
			if s.Count() != 1 {
				t.Errorf("%d messages were kept", s.Count())
			}
		})
	}
}

func TestAStalledClientDoesNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	for _, at := range append([]mailtest.Point{mailtest.Connect}, everyPoint...) {
		t.Run("at "+at.String(), func(t *testing.T) {
			t.Parallel()
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: at, Times: 1, Action: mailtest.Stall(time.Hour)}}})
			stalled := make(chan error, 1)
			go func() { stalled <- send(s, reader, message("stalled")) }()
			eventually(t, func() bool { return s.Stats().Faults == 1 })
			if err := send(s, reader, message("quick")); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := <-stalled; err == nil {
				t.Error("the stalled client was told that all is well when the server closed")
			}
			if s.Count() != 1 {
				t.Errorf("%d messages were kept, want the quick one alone", s.Count())
			}
		})
	}
}

// The client holds its second half back, so its final dot cannot have been sent.
func TestMidDataHappensAfterTheOctetsItNames(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.MidData, After: 20, Action: mailtest.Drop}}})
	c := dial(t, s)
	steps(c, mailtest.Data)
	if _, _, err := c.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c.W, "Subject: half\r\n"); err != nil || c.W.Flush() != nil {
		t.Fatal(err)
	}
	time.Sleep(30 * time.Millisecond)
	if n := s.Stats().Faults; n != 0 {
		t.Fatal("15 octets were enough")
	}
	if _, err := io.WriteString(c.W, "X: the rest\r\n"); err != nil || c.W.Flush() != nil {
		t.Fatal(err)
	}
	c.gone()
	if s.Count() != 0 {
		t.Error("half a message was kept")
	}
}

func TestFaultsChooseWhomTheyHit(t *testing.T) {
	t.Parallel()
	unknown := mailtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "No such user"}
	for _, tc := range []struct {
		name  string
		fault mailtest.Fault
		hits  []string
	}{
		{"nobody named is everybody", mailtest.Fault{}, []string{"a@example.net", "b@example.net", "c@example.com"}},
		{"an address, whatever its case", mailtest.Fault{Address: "A@Example.net"}, []string{"a@example.net"}},
		{"a domain", mailtest.Fault{Address: "@example.NET"}, []string{"a@example.net", "b@example.net"}},
		{"a function", mailtest.Fault{Match: func(a string) bool { return strings.HasPrefix(a, "c") }}, []string{"c@example.com"}},
		{"the first two", mailtest.Fault{Times: 2}, []string{"a@example.net", "b@example.net"}},
		{"the second", mailtest.Fault{Skip: 1, Times: 1}, []string{"b@example.net"}},
		{"all but the first", mailtest.Fault{Skip: 1}, []string{"b@example.net", "c@example.com"}},
		{"each third", mailtest.Fault{Every: 3}, []string{"c@example.com"}},
		{"each second after the first, once", mailtest.Fault{Skip: 1, Every: 2, Times: 1}, []string{"c@example.com"}},
		{"each second, once", mailtest.Fault{Every: 2, Times: 1}, []string{"b@example.net"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.fault.At, tc.fault.Action = mailtest.Rcpt, unknown
			s := start(t, mailtest.Options{Faults: []mailtest.Fault{tc.fault}})
			var hits []string
			for _, to := range []string{"a@example.net", "b@example.net", "c@example.com"} {
				if err := send(s, to, message("who")); err != nil {
					hits = append(hits, to)
				}
			}
			if strings.Join(hits, " ") != strings.Join(tc.hits, " ") {
				t.Errorf("hit %v, want %v", hits, tc.hits)
			}
		})
	}
}

func TestAtMailTheSenderIsLookedAt(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Mail, Address: sender, Action: busy}}})
	wantCode(t, send(s, reader, message("sender")), 451)
}

func TestFaultsAreTriedInOrderAndStallsLetTheNextOneAct(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{
		{At: mailtest.Rcpt, Action: mailtest.Stall(20 * time.Millisecond)},
		{At: mailtest.Rcpt, Times: 1, Action: mailtest.Reply{Code: 450, Text: "first"}},
		{At: mailtest.Rcpt, Times: 1, Action: mailtest.Reply{Code: 550, Text: "second"}},
	}})
	began := time.Now()
	wantCode(t, send(s, reader, message("one")), 450)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the stall was left out: %v", took)
	}
	wantCode(t, send(s, reader, message("two")), 550)
	if err := send(s, reader, message("three")); err != nil {
		t.Error(err)
	}
	if n := s.Stats().Faults; n != 5 {
		t.Errorf("%d faults were counted, want three stalls and two replies", n)
	}
}

func TestFaultsCanBeSetAndClearedWhileRunning(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	c := dial(t, s)
	if err := s.SetFaults(mailtest.Fault{At: mailtest.Mail, Action: busy}); err != nil {
		t.Fatal(err)
	}
	c.expect(451, "MAIL FROM:<%s>", sender)
	if err := s.SetFaults(mailtest.Fault{At: mailtest.Rcpt}); err == nil {
		t.Error("a fault without an action was taken")
	}
	c.expect(451, "MAIL FROM:<%s>", sender)
	if err := s.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.ok("MAIL FROM:<%s>", sender)
}

func TestAReplyMayHaveNoEnhancedCode(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Text: "no such user\nhere"}}}})
	c := dial(t, s)
	c.ok("MAIL FROM:<%s>", sender)
	if _, text := c.expect(550, "RCPT TO:<%s>", reader); text != "no such user\nhere" {
		t.Errorf("answered %q", text)
	}
}

func TestAFaultThatCouldNotHappenIsRefused(t *testing.T) {
	t.Parallel()
	cert, _, err := mailtest.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	everybody := func(string) bool { return true }
	for _, tc := range []struct {
		fault mailtest.Fault
		want  string
	}{
		{mailtest.Fault{Action: mailtest.Drop}, "no point"},
		{mailtest.Fault{At: 7, Action: mailtest.Drop}, "Point(7) is no point"},
		{mailtest.Fault{At: mailtest.Rcpt}, "no Action"},
		{mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Hangup(0)}, "neither Drop nor Reset"},
		{mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 99}}, "200 to 599"},
		{mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Enhanced: "5.1"}}, "three numbers"},
		{mailtest.Fault{At: mailtest.Rcpt, Action: mailtest.Reply{Code: 550, Enhanced: "5.1.x"}}, "three numbers"},
		{mailtest.Fault{At: mailtest.Rcpt, Address: reader, Match: everybody, Action: mailtest.Drop}, "choose one"},
		{mailtest.Fault{At: mailtest.Connect, Address: reader, Action: mailtest.Drop}, "nobody has been named"},
		{mailtest.Fault{At: mailtest.Data, Action: mailtest.Drop}, "encrypted"},
		{mailtest.Fault{At: mailtest.Data, Accept: true, Action: mailtest.Drop}, "encrypted"},
		{mailtest.Fault{At: mailtest.Rcpt, Accept: true, Action: mailtest.Drop}, "AfterDot only, not at Rcpt"},
		{mailtest.Fault{At: mailtest.Rcpt, After: 1, Action: mailtest.Drop}, "MidData only"},
		{mailtest.Fault{At: mailtest.Rcpt, Times: -1, Action: mailtest.Drop}, "from 0 up"},
		{mailtest.Fault{At: mailtest.Rcpt, Every: -1, Action: mailtest.Drop}, "from 0 up"},
	} {
		_, err := mailtest.New(mailtest.Options{TLS: cert, Faults: []mailtest.Fault{tc.fault}})
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "set fault 1 of 1: ") {
			t.Errorf("%+v: error %v, want %q in it", tc.fault, err, tc.want)
		}
	}
}

// A large message goes through in pieces; the pieces must not confuse the search
// for the DATA command.
func TestALargeMessageArrivesWhole(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Data, Skip: 1, Action: mailtest.Drop}}})
	want := append(message("large"), bytes.Repeat([]byte("DATA\r\n"), 200_000)...)
	c := dial(t, s)
	steps(c, mailtest.Data)
	if _, _, err := c.ReadResponse(354); err != nil {
		t.Fatal(err)
	}
	w := textproto.NewWriter(c.W).DotWriter()
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 6*97)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		_ = c.W.Flush()
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	if m, _ := s.Message(1); !bytes.Equal(m.Data, want) {
		t.Errorf("%d octets arrived of %d", len(m.Data), len(want))
	}
}

// A client may send the next envelope with the dot of a message. Its DATA is seen
// there as well, and a line of the content that looks like one is none.
func TestADataThatFollowsADotIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Faults: []mailtest.Fault{{At: mailtest.Data, Address: "b@example.net", Action: mailtest.Reply{Code: 451, Text: "later"}}}})
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(text string, codes ...int) {
		t.Helper()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			if got, msg, err := r.ReadResponse(code); err != nil {
				t.Fatalf("after %q: %d %s, %v", text, got, msg, err)
			}
		}
	}
	envelope := func(to string) string { return "MAIL FROM:<a@example.org>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n" }
	say("", 220)
	say("EHLO client.example.org\r\n", 250)
	say(envelope("a@example.net"), 250, 250, 354)
	say("Subject: a\r\n\r\nNot a command:\r\nDATA\r\n")
	say(".\r\n"+envelope("b@example.net"), 250, 250, 250, 451)
	say("RSET\r\n"+envelope("c@example.net"), 250, 250, 250, 354)
	say("Subject: c\r\n\r\nc\r\n.\r\n", 250)
	if n := s.Count(); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}
