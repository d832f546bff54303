package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	reply := func(code int, msg string) error { return &textproto.Error{Code: code, Msg: msg} }
	reset := fmt.Errorf("read tcp 127.0.0.1: %w", syscall.ECONNRESET)
	type want struct {
		verdict mailer.Verdict
		broken  bool
		code    int
		status  string
	}
	for _, tc := range []struct {
		name  string
		stage mailer.Stage
		err   error
		want  want
	}{
		{"421 before the message: the server closes", mailer.StageMail, reply(421, "4.3.2 Shutting down"), want{mailer.Temporary, true, 421, "4.3.2"}},
		{"421 after the dot: it was not taken, and the server closes", mailer.StageDot, reply(421, "4.3.2 Shutting down"), want{mailer.Temporary, true, 421, "4.3.2"}},
		{"450 greylisted", mailer.StageRcpt, reply(450, "4.2.0 Greylisted, come back later"), want{mailer.Temporary, false, 450, "4.2.0"}},
		{"451 local error", mailer.StageDot, reply(451, "4.3.0 Try again"), want{mailer.Temporary, false, 451, "4.3.0"}},
		{"452 full for now", mailer.StageRcpt, reply(452, "4.2.2 Mailbox full"), want{mailer.Temporary, false, 452, "4.2.2"}},
		{"550 no such mailbox", mailer.StageRcpt, reply(550, "5.1.1 User unknown"), want{mailer.Permanent, false, 550, "5.1.1"}},
		{"550 policy", mailer.StageDot, reply(550, "5.7.1 Rejected as spam"), want{mailer.Permanent, false, 550, "5.7.1"}},
		{"550 without a status", mailer.StageRcpt, reply(550, "No such user here"), want{mailer.Permanent, false, 550, ""}},
		{"552 is a full mailbox, which is emptied", mailer.StageDot, reply(552, "Quota exceeded"), want{mailer.Temporary, false, 552, ""}},
		{"552 5.2.2 too", mailer.StageRcpt, reply(552, "5.2.2 Over quota"), want{mailer.Temporary, false, 552, "5.2.2"}},
		{"554 5.2.2 is soft as well", mailer.StageDot, reply(554, "5.2.2 Mailbox full"), want{mailer.Temporary, false, 554, "5.2.2"}},
		{"554 5.3.4 too big for the system now", mailer.StageMail, reply(554, "5.3.4 Message too big for system"), want{mailer.Temporary, false, 554, "5.3.4"}},
		{"554 for good", mailer.StageDot, reply(554, "5.6.0 Not accepted"), want{mailer.Permanent, false, 554, "5.6.0"}},
		{"535 is about us, not about a message", mailer.StageMail, reply(535, "5.7.8 Authentication failed"), want{mailer.Temporary, true, 535, "5.7.8"}},
		{"530 is about us wherever it comes", mailer.StageRcpt, reply(530, "5.7.0 Authentication required"), want{mailer.Temporary, true, 530, "5.7.0"}},
		{"a sender that is refused is about us", mailer.StageMail, reply(550, "5.7.1 Sender refused"), want{mailer.Temporary, true, 550, "5.7.1"}},
		{"another 2yz after the dot is taken all the same", mailer.StageDot, reply(251, "2.1.5 Will forward"), want{mailer.Accepted, false, 251, "2.1.5"}},
		{"a 3yz after the dot means that we are out of step", mailer.StageDot, reply(354, "Go on"), want{mailer.Uncertain, true, 354, ""}},
		{"EOF before the dot", mailer.StageRcpt, io.EOF, want{mailer.Temporary, true, 0, ""}},
		{"EOF after the dot", mailer.StageDot, io.EOF, want{mailer.Uncertain, true, 0, ""}},
		{"reset before the dot", mailer.StageData, reset, want{mailer.Temporary, true, 0, ""}},
		{"reset after the dot", mailer.StageDot, reset, want{mailer.Uncertain, true, 0, ""}},
		{"timeout before the dot", mailer.StageMail, os.ErrDeadlineExceeded, want{mailer.Temporary, true, 0, ""}},
		{"timeout after the dot", mailer.StageDot, os.ErrDeadlineExceeded, want{mailer.Uncertain, true, 0, ""}},
		{"a stop before the dot", mailer.StageMail, context.Canceled, want{mailer.Temporary, true, 0, ""}},
		{"garbage before the dot", mailer.StageMail, textproto.ProtocolError("short response: ?"), want{mailer.Temporary, true, 0, ""}},
		{"garbage after the dot", mailer.StageDot, textproto.ProtocolError("short response: ?"), want{mailer.Uncertain, true, 0, ""}},
		{"a code that is none", mailer.StageDot, reply(999, "?"), want{mailer.Uncertain, true, 0, ""}},
		{"a wrapped answer is found", mailer.StageRcpt, fmt.Errorf("rcpt: %w", reply(550, "5.1.1 No")), want{mailer.Permanent, false, 550, "5.1.1"}},
		{"what looks like a status and is none", mailer.StageRcpt, reply(550, "5.1 User unknown"), want{mailer.Permanent, false, 550, ""}},
		{"nor is an address", mailer.StageRcpt, reply(550, "192.0.2.7 is listed"), want{mailer.Permanent, false, 550, ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := smtp.Answer(tc.stage, tc.err)
			if got := (want{r.Verdict, r.Broken, r.Code, r.Status}); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if r.Stage != tc.stage || r.Text == "" {
				t.Errorf("stage %q, text %q", r.Stage, r.Text)
			}
		})
	}
}

func TestAStatusIsNotRepeatedInTheText(t *testing.T) {
	t.Parallel()
	r := smtp.Answer(mailer.StageRcpt, &textproto.Error{Code: 550, Msg: "5.1.1 User unknown\nSee https://example.org/"})
	want := mailer.Result{Verdict: mailer.Permanent, Stage: mailer.StageRcpt, Code: 550, Status: "5.1.1", Text: "User unknown\nSee https://example.org/"}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := r.String(); got != "permanent at RCPT: 550 5.1.1 User unknown\nSee https://example.org/" {
		t.Errorf("for the log: %s", got)
	}
	r = smtp.Answer(mailer.StageDot, errors.New("EOF"))
	if got := r.String(); got != "uncertain at end of data: EOF" {
		t.Errorf("for the log: %s", got)
	}
}
