package smtp_test

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/mailtest"
	"sesec.eu/tidings/mailer/smtp"
)

// follow announces the second and sends the first.
func follow(t *testing.T, c mailer.Conn, first, second *mailer.Message) mailer.Result {
	t.Helper()
	c.Announce(second)
	return c.Send(t.Context(), first)
}

// patientServer answers the dot of the first message only when it has read the
// DATA of the second: a client that waits for the answer first waits in vain.
func patientServer(t *testing.T) smtp.Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		say := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
		read := func(until string) bool {
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return false
				}
				if strings.HasPrefix(line, until) {
					return true
				}
			}
		}
		say("220 patient.example.org ESMTP")
		if !read("EHLO") {
			return
		}
		say("250-patient.example.org\r\n250 PIPELINING")
		if !read("DATA") {
			return
		}
		say("250 fine\r\n250 fine\r\n354 go on")
		if !read(".\r\n") || !read("MAIL") || !read("RCPT") || !read("DATA") {
			return
		}
		say("250 first taken\r\n250 fine\r\n250 fine\r\n354 go on")
		if read(".\r\n") {
			say("250 second taken")
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
	return smtp.Options{Host: host, Port: number, TLS: smtp.TLSNone, Timeout: 5e9}
}

func TestTheNextEnvelopeLeavesWithTheDot(t *testing.T) {
	t.Parallel()
	out, err := smtp.New(patientServer(t))
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, out)
	second := to("second")
	accepted(t, follow(t, c, to("first"), second))
	accepted(t, c.Send(t.Context(), second))
}

func TestAChainOfAnnouncedMessagesArrivesWholeAndInOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	c := connect(t, sender(t, s))
	chain := []*mailer.Message{to("a"), to("b"), to("c"), to("d")}
	for i, m := range chain[:3] {
		accepted(t, follow(t, c, m, chain[i+1]))
	}
	accepted(t, c.Send(t.Context(), chain[3]))
	holds(t, s, chain...)
	if st := s.Stats(); st.Connections != 1 {
		t.Errorf("%d connections", st.Connections)
	}
}

func TestWhatIsAnnouncedAndNotSentDoesNotArrive(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(t *testing.T, c mailer.Conn){
		"the connection is closed": func(*testing.T, mailer.Conn) {},
		"another message is sent": func(t *testing.T, c mailer.Conn) {
			if r := c.Send(t.Context(), to("third")); r.Verdict != mailer.Temporary || r.Stage != mailer.StageMail || !r.Broken || r.AboutUs {
				t.Errorf("the answer is %+v", r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, mailtest.Options{})
			out := sender(t, s)
			c := connect(t, out)
			accepted(t, follow(t, c, to("first"), to("second")))
			next(t, c)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			accepted(t, connect(t, out).Send(t.Context(), to("fourth")))
			holds(t, s, to("first"), to("fourth"))
		})
	}
}

func TestARefusalOfAnAnnouncedMessageIsItsOwn(t *testing.T) {
	t.Parallel()
	type verdict struct {
		verdict mailer.Verdict
		stage   mailer.Stage
		code    int
		broken  bool
	}
	for name, c := range map[string]struct {
		faults        []mailtest.Fault
		first, second verdict
		third         bool // goes over the same connection
	}{
		"its recipient is not known": {
			faults: []mailtest.Fault{{At: mailtest.Rcpt, Address: "second@example.net", Action: mailtest.Reply{Code: 550, Text: "5.1.1 unknown"}}},
			first:  verdict{mailer.Accepted, mailer.StageDot, 250, false},
			second: verdict{mailer.Permanent, mailer.StageRcpt, 550, false}, third: true,
		},
		"it comes too early": {
			faults: []mailtest.Fault{{At: mailtest.Mail, Skip: 1, Times: 1, Action: mailtest.Reply{Code: 451, Text: "4.7.1 slow down"}}},
			first:  verdict{mailer.Accepted, mailer.StageDot, 250, false},
			second: verdict{mailer.Temporary, mailer.StageMail, 451, false}, third: true,
		},
		"the first is refused after its dot": {
			faults: []mailtest.Fault{{At: mailtest.AfterDot, Address: "first@example.net", Action: mailtest.Reply{Code: 554, Text: "5.6.0 no"}}},
			first:  verdict{mailer.Permanent, mailer.StageDot, 554, false},
			second: verdict{mailer.Accepted, mailer.StageDot, 250, false}, third: true,
		},
		"the server is out of step": {
			faults: []mailtest.Fault{{At: mailtest.Mail, Skip: 1, Times: 1, Action: mailtest.Reply{Code: 503, Text: "5.5.1 nested MAIL command"}}},
			first:  verdict{mailer.Accepted, mailer.StageDot, 250, false},
			second: verdict{mailer.Temporary, mailer.StageMail, 503, true},
		},
		"the server refuses us on second thoughts": {
			faults: []mailtest.Fault{{At: mailtest.Mail, Skip: 1, Times: 1, Action: mailtest.Reply{Code: 550, Text: "5.7.1 not you"}}},
			first:  verdict{mailer.Accepted, mailer.StageDot, 250, false},
			second: verdict{mailer.Temporary, mailer.StageMail, 550, true},
		},
		"the server hangs up after the dot of the first": {
			faults: []mailtest.Fault{{At: mailtest.AfterDot, Address: "first@example.net", Action: mailtest.Drop}},
			first:  verdict{mailer.Uncertain, mailer.StageDot, 0, true},
			second: verdict{mailer.Temporary, mailer.StageMail, 0, true},
		},
		"the server says goodbye to the second": {
			faults: []mailtest.Fault{{At: mailtest.Mail, Skip: 1, Times: 1, Action: mailtest.Reply{Code: 421, Text: "4.3.2 enough"}}},
			first:  verdict{mailer.Accepted, mailer.StageDot, 250, false},
			second: verdict{mailer.Temporary, mailer.StageMail, 421, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, mailtest.Options{Faults: c.faults})
			conn := connect(t, sender(t, s, impatient))
			first, second := to("first"), to("second")
			r := follow(t, conn, first, second)
			if got := (verdict{r.Verdict, r.Stage, r.Code, r.Broken}); got != c.first {
				t.Fatalf("the first: %+v, want %+v", r, c.first)
			}
			r = conn.Send(t.Context(), second)
			if got := (verdict{r.Verdict, r.Stage, r.Code, r.Broken}); got != c.second || r.AboutUs {
				t.Errorf("the second: %+v, want %+v", r, c.second)
			}
			if c.third {
				accepted(t, conn.Send(t.Context(), to("third")))
			}
		})
	}
}

// The last message a connection may carry announces nothing: its successor would
// find the door shut.
func TestTheLastMessageOfAConnectionAnnouncesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, mailtest.Options{})
	out := sender(t, s, func(o *smtp.Options) { o.MaxMessages = 1 })
	c := connect(t, out)
	second := to("second")
	if r := follow(t, c, to("first"), second); r.Verdict != mailer.Accepted || !r.Broken {
		t.Fatalf("the last message: %+v", r)
	}
	if err := c.Close(); err != nil {
		t.Errorf("no goodbye: %v", err)
	}
	if r := connect(t, out).Send(t.Context(), second); r.Verdict != mailer.Accepted {
		t.Errorf("the second over a connection of its own: %+v", r)
	}
	holds(t, s, to("first"), to("second"))
}
