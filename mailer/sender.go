package mailer

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrBusy is in the error of Connect when the servers that take mail have all the
// connections they may have: mail flows, and there is nothing to report. Whoever
// gets it waits until a connection has been closed.
var ErrBusy = errors.New("all the connections it may have are in use")

// Sender opens connections to a mail server.
type Sender interface {
	// Connect gives a connection; its error is ErrBusy, the context's, or says why
	// no server can be reached.
	Connect(ctx context.Context) (Conn, error)
}

// Conn sends one message at a time.
type Conn interface {
	// Announce says which message follows the one that the next Send is given. A
	// Conn may let its envelope leave with that one's end; its content leaves in a
	// Send of its own, or never: then the Conn is of no more use, and is closed.
	Announce(m *Message)
	// Send never leaves a message half sent on a connection it would use again.
	Send(ctx context.Context, m *Message) Result
	Close() error
}

// Verdict is what became of a message.
type Verdict int

// The verdicts. What is not known to be permanent is temporary, and what was
// broken off after the final dot is uncertain (MAIL 25, 26).
const (
	Temporary Verdict = iota
	Permanent
	Accepted
	Uncertain
)

// String names the verdict.
func (v Verdict) String() string {
	return [...]string{"temporary", "permanent", "accepted", "uncertain"}[v]
}

// Result is a server's answer, or what happened instead of one.
type Result struct {
	Verdict Verdict
	Code    int    // reply code (RFC 5321, 4.2), 0 when there was none
	Status  string // enhanced status code (RFC 3463), "" when there was none
	Text    string // the server's words, or the fault's
	Stage   Stage
	Broken  bool // the connection must not be used again
	// AboutUs says that the server refuses this sender, whoever the recipient is:
	// a missing password, a sender address it does not know. It is no outcome of
	// the message.
	AboutUs bool
}

// String is for logs and the ledger.
func (r Result) String() string {
	if r.Code == 0 {
		return fmt.Sprintf("%s at %s: %s", r.Verdict, r.Stage, r.Text)
	}
	words := strings.TrimSpace(r.Status + " " + r.Text)
	return fmt.Sprintf("%s at %s: %d %s", r.Verdict, r.Stage, r.Code, words)
}

// Stage is where in the exchange the answer came.
type Stage string

// The stages.
const (
	StageCompose Stage = "compose"
	StageConnect Stage = "connect"
	StageMail    Stage = "MAIL"
	StageRcpt    Stage = "RCPT"
	StageData    Stage = "DATA"
	StageDot     Stage = "end of data"
)
