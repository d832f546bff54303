package smtp_test

import (
	"bufio"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
)

// generous is a server that says no to the first recipient and yes to DATA all
// the same, as RFC 2920, 3.1 lets it. It tells what it was sent.
func generous(t *testing.T) (o smtp.Options, heard <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	lines := make(chan string, 10_000)
	go func() {
		defer close(lines)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		say := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
		say("220 generous.example.org ESMTP")
		refused, inData, empty := false, false, true
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimRight(line, "\r\n")
			lines <- line
			switch {
			case inData && line == ".":
				inData = false
				if empty {
					say("554 5.5.1 No valid recipients")
				} else {
					say("250 2.0.0 Taken")
				}
			case inData:
				empty = false
			case strings.HasPrefix(line, "EHLO"):
				say("250-generous.example.org\r\n250 PIPELINING")
			case strings.HasPrefix(line, "RCPT") && !refused:
				refused = true
				say("550 5.1.1 User unknown")
			case line == "DATA":
				inData, empty = true, true
				say("354 Go on")
			case line == "QUIT":
				say("221 Bye")
				return
			default:
				say("250 2.0.0 Fine")
			}
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
	return smtp.Options{Host: host, Port: number, TLS: smtp.TLSNone, Timeout: 5e9}, lines
}

func TestANoToTheRecipientAndAYesToDataSendsNobodyAnything(t *testing.T) {
	t.Parallel()
	o, heard := generous(t)
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := out.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := c.Send(t.Context(), to("unknown"))
	if r.Verdict != mailer.Permanent || r.Code != 550 || r.Stage != mailer.StageRcpt || r.Broken {
		t.Errorf("the answer is %v, broken %v", r, r.Broken)
	}
	accepted(t, c.Send(t.Context(), to("known")))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	var all []string
	for line := range heard {
		all = append(all, line)
	}
	data := slices.Index(all, "DATA")
	if data < 0 || all[data+1] != "." || all[data+2] != "RSET" {
		t.Fatalf("after the refusal it heard %q", all[data:min(data+4, len(all))])
	}
	if n := strings.Count(strings.Join(all, "\n"), "\nRSET"); n != 1 {
		t.Errorf("%d RSET, want one, after the refusal", n)
	}
}

func TestAConnectionIsOpenedAnewAfterSoManyMessages(t *testing.T) {
	t.Parallel()
	o, _ := generous(t)
	o.MaxMessages = 2
	out, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := out.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), to("unknown")); r.Broken {
		t.Error("over after one message of two")
	}
	if r := c.Send(t.Context(), to("known")); !r.Broken || r.Verdict != mailer.Accepted {
		t.Errorf("the last message it may carry: %v, broken %v", r, r.Broken)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
