package smtp

import (
	"errors"
	"net/textproto"
	"strings"

	"sesec.eu/tidings/mailer"
)

// answer turns the error of a step of the exchange into a Result.
//
//	what came back                    verdict     the connection
//	2yz after the final dot           accepted    goes on
//	4yz                               temporary   goes on after RSET; 421: is over
//	552, x.2.2, x.3.4 (full, size)    temporary   goes on: mailboxes are emptied (MAIL 32)
//	530 534 535 538, 5yz to MAIL      temporary   is over: the server refuses us, not the recipient
//	other 5yz                         permanent   goes on after RSET
//	no answer before the final dot    temporary   is over
//	no answer after the final dot     uncertain   is over
//
// What is no answer to the question, such as a 3yz to the dot, is none: the two
// sides are out of step.
//
// go-mail's own IsTemp calls whatever has no code permanent, so it is not asked.
func answer(stage mailer.Stage, err error) mailer.Result {
	r := mailer.Result{Stage: stage}
	var coded *textproto.Error
	if !errors.As(err, &coded) || coded.Code < 200 || coded.Code > 599 {
		r.Text = err.Error()
		return unanswered(r)
	}
	r.Code = coded.Code
	r.Status, r.Text = splitStatus(coded.Msg)
	switch {
	case coded.Code < 300 && stage == mailer.StageDot:
		r.Verdict = mailer.Accepted
	case coded.Code < 400:
		return unanswered(r)
	case coded.Code == 421:
		r.Verdict, r.Broken = mailer.Temporary, true
	case coded.Code < 500 || coded.Code == 552 || strings.HasSuffix(r.Status, ".2.2") || strings.HasSuffix(r.Status, ".3.4"):
		r.Verdict = mailer.Temporary
	case stage == mailer.StageMail || coded.Code == 530 || coded.Code == 534 || coded.Code == 535 || coded.Code == 538:
		r.Verdict, r.Broken, r.AboutUs = mailer.Temporary, true, true
	default:
		r.Verdict = mailer.Permanent
	}
	return r
}

func unanswered(r mailer.Result) mailer.Result {
	r.Verdict, r.Broken = mailer.Temporary, true
	if r.Stage == mailer.StageDot {
		r.Verdict = mailer.Uncertain
	}
	return r
}

// splitStatus takes the enhanced status code (RFC 3463) off the front of a
// server's words.
func splitStatus(msg string) (status, text string) {
	first, rest, _ := strings.Cut(msg, " ")
	parts := strings.Split(first, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) || !digits(parts[1]) || !digits(parts[2]) {
		return "", msg
	}
	return first, rest
}

func digits(s string) bool {
	if s == "" || len(s) > 3 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
