package smtp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// The exchange of one message is written here, on the connection that go-mail
// opened, secured and authenticated. Four things are gained over go-mail's own
// commands:
//
//   - With PIPELINING (RFC 2920), MAIL, RCPT and DATA leave together: two round
//     trips a message instead of four or five.
//   - When the message that follows is announced, its MAIL, RCPT and DATA leave
//     together with this one's content and dot, which RFC 2920, 3.1 allows by name:
//     one round trip a message, and one write. On a real network that is what
//     decides. Nothing of the announced message itself has left then; whether it
//     may is decided between the two.
//   - It needs no dot-stuffing (RFC 5321, 4.5.2), because no encoded line begins
//     with a dot; go-mail's writer looks at every octet for that, which was two
//     fifths of the cost of a message.
//   - Whether the dot was written is known, which is the difference between "not
//     yet" and "nobody knows".
type conn struct {
	smtp      *gosmtp.Client
	signer    *signer
	pipelines bool // the server takes commands in groups
	reports   bool // it takes the parameters of RFC 3461: what to report, and about which letter
	timeout   time.Duration
	left      int             // messages it may still carry
	until     time.Time       // when it is too old
	buf       []byte          // reused: a message is gone before the next is built
	start     int             // where in buf it begins
	reset     bool            // a transaction was refused: RSET before the next (RFC 5321, 4.1.1.5)
	next      *mailer.Message // to be announced with the dot of the one in the next Send
	announced *mailer.Message // its envelope is on the wire, the replies are not read yet
	waits     time.Time       // since when the server waits for its content

	release func(aboutUs bool) // called once, by Close: the place at the server is free; nil without a pool
	aboutUs bool               // the server has refused this sender
}

var _ mailer.Conn = (*conn)(nil)

func newConn(c *gosmtp.Client, o Options, s *signer) *conn {
	pipelines, _ := c.Extension("PIPELINING")
	reports, _ := c.Extension("DSN")
	return &conn{smtp: c, signer: s, pipelines: pipelines, reports: reports, timeout: o.Timeout, left: o.MaxMessages, until: time.Now().Add(o.MaxAge)}
}

// Announce implements mailer.Conn.
func (c *conn) Announce(m *mailer.Message) { c.next = m }

// Send takes one message through MAIL, RCPT, DATA and the final dot. When the
// context ends, the connection does.
func (c *conn) Send(ctx context.Context, m *mailer.Message) mailer.Result {
	if err := ctx.Err(); err != nil {
		return answer(mailer.StageMail, err)
	}
	defer context.AfterFunc(ctx, func() { _ = c.smtp.Text.Close() })()
	last := c.left <= 1 || !time.Now().Before(c.until)
	next := c.next
	if c.next = nil; last || !c.pipelines {
		next = nil
	}
	if err := c.build(m); err != nil {
		r := mailer.Result{Verdict: mailer.Temporary, Stage: mailer.StageCompose, Text: err.Error()}
		r.Broken = c.announced != nil // the server waits for content
		return r
	}
	if err := c.smtp.UpdateDeadline(c.timeout); err != nil {
		return answer(mailer.StageConnect, err)
	}
	r := c.exchange(m, next)
	c.aboutUs = c.aboutUs || r.AboutUs
	c.left--
	if last {
		r.Broken = true // enough for one connection; the worker says goodbye and opens another
	}
	return r
}

// build makes the message as it goes over the wire, with its signatures and its
// final dot.
func (c *conn) build(m *mailer.Message) (err error) {
	room := 0 // for the signatures, which stand before what they sign
	if c.signer != nil {
		room = c.signer.size
	}
	c.start = room
	c.buf = slices.Grow(c.buf[:0], room)
	if c.buf, err = appendMessage(c.buf[:room], m); err != nil {
		return err
	}
	if c.signer != nil {
		fields, err := c.signer.sign(c.buf[room:], m.Date)
		if err != nil {
			return err
		}
		c.start = room - len(fields)
		copy(c.buf[c.start:], fields)
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

// waitsFor is how long a server is left waiting for content, far below the five
// minutes after which it may hang up (RFC 5321, 4.5.3.2.7). Nobody would know what
// has become of content that leaves at that moment. It takes an outage of the
// database to get there.
const waitsFor = time.Minute

// rset ends a transaction that was refused.
var rset = step{mailer.StageMail, "RSET", 250}

// envelope is what precedes a message's content. An announced one has no RSET
// before it: the dot ends a transaction, taken or refused (RFC 5321, 4.1.1.4).
//
// A server that offers DSN (RFC 3461) is asked to report failures and delays with
// the header of the letter only, and to name in its report the letter by the token
// and the recipient as we wrote it: a report is understood then whatever the servers
// behind it make of the envelope sender.
func (c *conn) envelope(m *mailer.Message) [3]step {
	from, to := "MAIL FROM:<"+m.Envelope+">", "RCPT TO:<"+m.To.Address+">"
	if c.reports && m.EnvelopeID != "" {
		from, to = from+" RET=HDRS ENVID="+m.EnvelopeID, to+" NOTIFY=FAILURE,DELAY ORCPT=rfc822;"+xtext(m.To.Address)
	}
	return [...]step{{mailer.StageMail, from, 250}, {mailer.StageRcpt, to, 25}, {mailer.StageData, "DATA", 354}}
}

// xtext writes an address as a parameter (RFC 3461, 4).
func xtext(s string) string {
	if !strings.ContainsAny(s, "+=") {
		return s // visible ASCII: Message.Check has seen to that
	}
	return strings.NewReplacer("+", "+2B", "=", "+3D").Replace(s)
}

func (c *conn) exchange(m, next *mailer.Message) mailer.Result {
	announced := c.announced != nil
	if r := c.open(m); r != nil {
		return *r
	}
	if c.smtp.Text.R.Buffered() > 0 {
		// Nothing follows a 354 but our content. What does would be taken for the
		// answer to the dot, and each answer after it for that of another message.
		r := unwritten(errors.New("the server spoke out of turn"))
		if announced {
			r.Stage = mailer.StageMail // a fresh connection will tell
		}
		c.announced = m // as it waits for content, it gets no goodbye
		return r
	}
	content := len(c.buf) - c.start
	if next != nil {
		for _, s := range c.envelope(next) {
			c.buf = append(append(c.buf, s.command...), "\r\n"...)
		}
	}
	written, err := c.smtp.Text.W.Write(c.buf[c.start:])
	if err == nil {
		err = c.smtp.Text.W.Flush()
		written -= c.smtp.Text.W.Buffered()
	}
	if err != nil && written < content {
		return unwritten(err)
	}
	if err != nil {
		return answer(mailer.StageDot, err) // the dot may have left
	}
	c.announced = next
	_, _, err = c.smtp.Text.ReadResponse(250)
	c.waits = time.Now()
	if err != nil {
		return answer(mailer.StageDot, err)
	}
	c.reset = false
	return mailer.Result{Verdict: mailer.Accepted, Stage: mailer.StageDot, Code: 250}
}

// open takes the message up to the point where its content may leave. Nil means
// that it may.
func (c *conn) open(m *mailer.Message) *mailer.Result {
	steps := c.envelope(m)
	reset := c.reset
	c.reset = true
	if c.announced == nil {
		all := steps[:]
		if reset {
			all = append([]step{rset}, all...)
		}
		if c.pipelines {
			return c.askAtOnce(all)
		}
		return c.askOneByOne(all)
	}
	wrong := ""
	switch {
	case c.announced != m:
		wrong = "another message was announced"
	case time.Since(c.waits) > min(c.timeout, waitsFor):
		wrong = "the announced message comes late"
	}
	if wrong != "" {
		r := unwritten(errors.New(wrong))
		r.Stage = mailer.StageMail
		return &r
	}
	c.announced = nil
	refused := c.replies(steps[:])
	if refused != nil && (refused.AboutUs || refused.Code == 503 || refused.Stage == mailer.StageData && refused.Code/100 == 2) {
		// It may be out of step because of the message before. Nothing of this one
		// has left: a fresh connection will tell.
		refused.Verdict, refused.Stage, refused.Broken, refused.AboutUs = mailer.Temporary, mailer.StageMail, true, false
	}
	return refused
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
	if r := c.askOneByOne([]step{{mailer.StageMail, "MAIL FROM:<" + envelope + ">", 250}, rset}); r != nil {
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
	return c.replies(steps)
}

// replies reads the answers to commands that left together. The first that
// refuses is the answer.
func (c *conn) replies(steps []step) *mailer.Result {
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

// Close says goodbye; a server that does not answer, or that waits for the
// content of a message which was announced, is left.
func (c *conn) Close() error {
	if c.release != nil {
		defer c.release(c.aboutUs)
		c.release = nil
	}
	if c.announced != nil {
		return c.smtp.Close()
	}
	if err := c.smtp.UpdateDeadline(2 * time.Second); err == nil {
		if err := c.smtp.Quit(); err == nil {
			return nil
		}
	}
	return c.smtp.Close()
}
