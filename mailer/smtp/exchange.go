package smtp

import (
	"context"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// The exchange of one message is written here, on the connection that go-mail
// opened, secured and authenticated. Three things are gained over go-mail's own
// commands:
//
//   - With PIPELINING (RFC 2920), RSET, MAIL, RCPT and DATA leave together: two
//     round trips a message instead of four or five. On a real network that is
//     what decides.
//   - The message and its dot leave in one write. It needs no dot-stuffing
//     (RFC 5321, 4.5.2), because no encoded line begins with a dot; go-mail's
//     writer looks at every octet for that, which was two fifths of the cost of a
//     message.
//   - Whether the dot was written is known, which is the difference between "not
//     yet" and "nobody knows".
type conn struct {
	smtp    *gosmtp.Client
	signer  *signer
	timeout time.Duration
	left    int       // messages it may still carry
	until   time.Time // when it is too old
	buf     []byte    // reused: a message is gone before the next is built
	reset   bool      // a transaction was refused: RSET before the next (RFC 5321, 4.1.1.5)

	release func(aboutUs bool) // called once, by Close: the place at the server is free; nil without a pool
	aboutUs bool               // the server has refused this sender
}

var _ mailer.Conn = (*conn)(nil)

func newConn(c *gosmtp.Client, o Options, s *signer) *conn {
	return &conn{smtp: c, signer: s, timeout: o.Timeout, left: o.MaxMessages, until: time.Now().Add(o.MaxAge)}
}

// Send takes one message through MAIL, RCPT, DATA and the final dot. When the
// context ends, the connection does.
func (c *conn) Send(ctx context.Context, m *mailer.Message) mailer.Result {
	if err := ctx.Err(); err != nil {
		return answer(mailer.StageMail, err)
	}
	defer context.AfterFunc(ctx, func() { _ = c.smtp.Text.Close() })()
	if err := c.build(m); err != nil {
		return mailer.Result{Verdict: mailer.Temporary, Stage: mailer.StageCompose, Text: err.Error()}
	}
	if err := c.smtp.UpdateDeadline(c.timeout); err != nil {
		return answer(mailer.StageConnect, err)
	}
	r := c.exchange(m)
	c.aboutUs = c.aboutUs || r.AboutUs
	c.left--
	if c.left <= 0 || !time.Now().Before(c.until) {
		r.Broken = true // enough for one connection; the worker says goodbye and opens another
	}
	return r
}

// build makes the message as it goes over the wire, with its signatures and its
// final dot.
func (c *conn) build(m *mailer.Message) (err error) {
	if c.buf, err = appendMessage(c.buf[:0], m); err != nil {
		return err
	}
	if c.signer != nil {
		fields, err := c.signer.sign(c.buf)
		if err != nil {
			return err
		}
		n := len(c.buf)
		c.buf = append(c.buf, fields...)
		copy(c.buf[len(fields):], c.buf[:n])
		copy(c.buf, fields)
	}
	c.buf = append(c.buf, ".\r\n"...)
	return nil
}

// step is a command and the reply that lets the exchange go on.
type step struct {
	stage   mailer.Stage
	command string
	expect  int // a reply of these first digits
}

func (c *conn) exchange(m *mailer.Message) mailer.Result {
	steps := make([]step, 0, 4)
	if c.reset {
		steps = append(steps, step{mailer.StageMail, "RSET", 250})
	}
	steps = append(steps, step{mailer.StageMail, "MAIL FROM:<" + m.Envelope + ">", 250}, step{mailer.StageRcpt, "RCPT TO:<" + m.To.Address + ">", 25},
		step{mailer.StageData, "DATA", 354})
	c.reset = true
	ask := c.askOneByOne
	if ok, _ := c.smtp.Extension("PIPELINING"); ok {
		ask = c.askAtOnce
	}
	if r := ask(steps); r != nil {
		return *r
	}
	if _, err := c.smtp.Text.W.Write(c.buf); err != nil {
		return unwritten(err)
	}
	if err := c.smtp.Text.W.Flush(); err != nil {
		return unwritten(err)
	}
	if _, _, err := c.smtp.Text.ReadResponse(250); err != nil {
		return answer(mailer.StageDot, err)
	}
	c.reset = false
	return mailer.Result{Verdict: mailer.Accepted, Stage: mailer.StageDot, Code: 250}
}

// Check asks the server whether it would take mail from the envelope sender, and
// sends nothing.
func (s *Sender) Check(ctx context.Context, envelope string) error {
	opened, err := s.Connect(ctx)
	if err != nil {
		return err
	}
	c := opened.(*conn)
	defer func() { _ = c.Close() }() // it has said what it had to say
	defer context.AfterFunc(ctx, func() { _ = c.smtp.Text.Close() })()
	if r := c.askOneByOne([]step{{mailer.StageMail, "MAIL FROM:<" + envelope + ">", 250}, {mailer.StageMail, "RSET", 250}}); r != nil {
		return &subscriptions.Error{Code: subscriptions.Unavailable, Message: "the mail server " + s.options.address() + " takes no mail from " + envelope + ": " + r.String(),
			Hint: "Check TIDINGS_SMTP (user and password) and TIDINGS_FROM."}
	}
	return nil
}

// unwritten is the result of a message that did not get to its dot. It must not
// be closed with one now: the server would take the half. The connection goes
// instead.
func unwritten(err error) mailer.Result {
	r := answer(mailer.StageData, err)
	r.Verdict, r.Broken = mailer.Temporary, true
	return r
}

// askOneByOne waits for each reply before the next command. Nil means go on.
func (c *conn) askOneByOne(steps []step) *mailer.Result {
	for _, s := range steps {
		if err := c.smtp.Text.PrintfLine("%s", s.command); err != nil {
			r := unwritten(err)
			r.Stage = s.stage
			return &r
		}
		if r := c.reply(s); r != nil {
			return r
		}
	}
	return nil
}

// askAtOnce writes all commands, then reads all replies. The first that refuses
// is the answer.
func (c *conn) askAtOnce(steps []step) *mailer.Result {
	var all strings.Builder
	for _, s := range steps {
		all.WriteString(s.command)
		all.WriteString("\r\n")
	}
	_, err := c.smtp.Text.W.WriteString(all.String())
	if err == nil {
		err = c.smtp.Text.W.Flush()
	}
	if err != nil {
		r := unwritten(err)
		r.Stage = steps[0].stage
		return &r
	}
	var refused *mailer.Result
	for _, s := range steps {
		r := c.reply(s)
		if refused == nil {
			refused = r
		}
		switch {
		case r != nil && r.Broken:
			return refused
		case r == nil && s.stage == mailer.StageData && refused != nil:
			// It said no to the recipient and yes to DATA: a lone dot ends that
			// (RFC 2920, 3.1). The server refuses the empty message, or keeps a
			// message for nobody.
			return c.endEmpty(refused)
		}
	}
	return refused
}

func (c *conn) endEmpty(refused *mailer.Result) *mailer.Result {
	if err := c.smtp.Text.PrintfLine("."); err != nil {
		refused.Broken = true
		return refused
	}
	if r := c.reply(step{mailer.StageData, "", 250}); r != nil && r.Broken {
		refused.Broken = true
	}
	return refused
}

// reply reads one reply; nil is the expected one.
func (c *conn) reply(s step) *mailer.Result {
	_, _, err := c.smtp.Text.ReadResponse(s.expect)
	if err == nil {
		return nil
	}
	r := answer(s.stage, err)
	if s.command == "RSET" {
		// A server that does not even take RSET is not asked for more.
		r.Verdict, r.Broken = mailer.Temporary, true
	}
	return &r
}

// Close says goodbye; a server that does not answer is left.
func (c *conn) Close() error {
	if c.release != nil {
		defer c.release(c.aboutUs)
		c.release = nil
	}
	if err := c.smtp.UpdateDeadline(2 * time.Second); err == nil {
		if err := c.smtp.Quit(); err == nil {
			return nil
		}
	}
	return c.smtp.Close()
}
