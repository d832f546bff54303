package smtp_test

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
)

// script is what a server says: a line that it waits for, and its answer. Each
// connection begins anew.
type script []struct{ wait, say string }

// scripted serves a script over PIPELINING to each of its connections.
func scripted(t *testing.T, s script, timeout time.Duration) *smtp.Sender {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-ended })
	serve := func(c net.Conn) {
		defer c.Close()
		r := bufio.NewReader(c)
		_, _ = c.Write([]byte("220 odd.example.org ESMTP\r\n"))
		for _, step := range append(script{{"EHLO", "250-odd.example.org\r\n250 PIPELINING\r\n"}}, s...) {
			for line := ""; !strings.HasPrefix(line, step.wait); {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			if step.say == "" {
				return
			}
			_, _ = c.Write([]byte(step.say))
		}
		_, _ = r.ReadString('\x00')
	}
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	out, err := smtp.New(smtp.Options{Host: host, Port: number, TLS: smtp.TLSNone, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	taken    = "250 fine\r\n"
	envelope = "250 fine\r\n250 fine\r\n354 go on\r\n"
	dot      = ".\r\n"
)

// The answer to a message is what comes after its dot. A server that speaks before
// it has read the content is out of step, and none of its words are an answer.
func TestWhatAServerSaysOutOfTurnIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script script
		second bool // the one that it is about was announced
		stage  mailer.Stage
	}{
		"a yes before the content": {
			script: script{{"DATA", envelope + taken}, {dot, "554 5.6.0 refused\r\n"}}, stage: mailer.StageData,
		},
		"a goodbye before the content": {
			script: script{{"DATA", envelope + "421 4.4.2 idle for too long\r\n"}, {dot, ""}}, stage: mailer.StageData,
		},
		"a yes before the content of one that was announced": {
			script: script{{"DATA", envelope}, {dot, taken}, {"DATA", envelope + taken}, {dot, "554 5.6.0 refused\r\n"}}, second: true, stage: mailer.StageMail,
		},
		"a yes too many after the first": {
			script: script{{"DATA", envelope}, {dot, taken + taken}, {"DATA", envelope}, {dot, taken}}, second: true, stage: mailer.StageMail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, scripted(t, c.script, 5*time.Second))
			m := to("first")
			if c.second {
				next := to("second")
				accepted(t, follow(t, conn, m, next))
				m = next
			}
			r := conn.Send(t.Context(), m)
			if r.Verdict != mailer.Temporary || !r.Broken || r.Stage != c.stage || r.AboutUs {
				t.Errorf("the answer is %+v", r)
			}
		})
	}
}

// A server that was left waiting for content may have hung up: what is written then
// would be a message of which nobody knows, though it has certainly not arrived.
func TestContentThatComesLateGoesOverAFreshConnection(t *testing.T) {
	t.Parallel()
	conn := connect(t, scripted(t, script{{"DATA", envelope}, {dot, taken}, {"DATA", envelope}, {"", ""}}, patience))
	second := to("second")
	accepted(t, follow(t, conn, to("first"), second))
	time.Sleep(patience + patience/2) // the database is away
	if r := conn.Send(t.Context(), second); r.Verdict != mailer.Temporary || !r.Broken || r.Stage != mailer.StageMail || r.AboutUs {
		t.Errorf("the answer is %+v", r)
	}
}
