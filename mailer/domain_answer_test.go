package mailer_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/mailer"
)

// answersUntilSlow gives the same answer again and again, and counts until the
// domain is slowed; 0 is never.
func answersUntilSlow(r mailer.Result) int {
	d, now := mailer.NewDomains(nil), domainStart
	for i := range 50 {
		now = now.Add(time.Second)
		d.Admit(slow, now)
		d.Done(slow, r, now)
		if _, is := statusOf(d, slow, now); is {
			return i + 1
		}
	}
	return 0
}

func TestWhatAnAnswerSaysAboutThePace(t *testing.T) {
	t.Parallel()
	const never, atOnce, byShare = 0, 1, 10
	at := func(stage mailer.Stage, r mailer.Result) mailer.Result { r.Stage = stage; return r }
	for _, tc := range []struct {
		name   string
		answer mailer.Result
		want   int
	}{
		{"an accepted message", taken, never},
		{"an address that does not exist", mailer.Result{Verdict: mailer.Permanent, Code: 550, Status: "5.1.1", Text: "User unknown", Stage: mailer.StageRcpt}, never},
		{"a full mailbox, said with 552", mailer.Result{Verdict: mailer.Temporary, Code: 552, Status: "5.2.2", Text: "Full", Stage: mailer.StageRcpt}, never},
		{"no answer", mailer.Result{Verdict: mailer.Temporary, Text: "EOF", Broken: true, Stage: mailer.StageRcpt}, never},
		{"no answer to the dot", mailer.Result{Verdict: mailer.Uncertain, Text: "EOF", Broken: true, Stage: mailer.StageDot}, never},
		{"a refusal of this sender", mailer.Result{Verdict: mailer.Temporary, Code: 451, Text: "No", Stage: mailer.StageRcpt, AboutUs: true}, never},
		{"421 before the recipient was named", at(mailer.StageMail, tooFast), never},
		{"421 to the connection", at(mailer.StageConnect, tooFast), never},
		{"421 to the recipient", tooFast, atOnce},
		{"421 to the dot", at(mailer.StageDot, tooFast), atOnce},
		{"421 without a word", refusal(421, "", ""), atOnce},
		{"Yahoo, unexpected volume", refusal(421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"), atOnce},
		{"Gmail, a rate of mail", refusal(421, "4.7.28", "Gmail has detected an unusual rate of mail originating from your SPF domain"), atOnce},
		{"Gmail, the same with 450", refusal(450, "4.7.28", "Our system has detected a problem"), atOnce},
		{"Outlook, server busy", refusal(451, "4.7.500", "Server busy. Please try again later from [192.0.2.1]. (S77719)"), atOnce},
		{"Outlook, rate limited by reputation", refusal(451, "4.7.650", "The mail server [192.0.2.1] has been temporarily limited"), atOnce},
		{"a server that takes no mail now", refusal(451, "4.3.2", "Please try again later"), atOnce},
		{"a congested server", refusal(452, "4.4.5", "Busy"), atOnce},
		{"a policy of the server", refusal(451, "4.7.0", "Try again later"), atOnce},
		{"too many connections", refusal(450, "4.7.1", "Too many connections from 192.0.2.1"), atOnce},
		{"a rate without a status", refusal(451, "", "Rate limit exceeded"), atOnce},
		{"throttled", refusal(450, "4.1.0", "Message throttled, try later"), atOnce},
		{"slow down", refusal(450, "", "Please slow down"), atOnce},
		{"a rate in the middle of words", refusal(451, "4.3.0", "Separate operation could not generate a result"), byShare},
		{"a full mailbox", refusal(452, "4.2.2", "Mailbox full"), byShare},
		{"Gmail, one mailbox receives too much", refusal(450, "4.2.1", "The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered"), byShare},
		{"greylisting that does not say so", refusal(450, "4.7.1", "Try again in a minute"), byShare},
		{"an error of the server", refusal(451, "4.3.0", "Local error in processing"), byShare},
		{"a full disk", refusal(452, "4.3.1", "Insufficient system storage"), byShare},
		{"a code without words", refusal(450, "", ""), byShare},
		{"greylisting", refusal(451, "4.7.1", "Greylisting in action, please come back later"), never},
		{"greylisting, spelt and coded otherwise", refusal(421, "4.7.0", "You have been graylisted"), never},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := answersUntilSlow(tc.answer); got != tc.want {
				t.Errorf("slowed after %d answers, want %d", got, tc.want)
			}
		})
	}
}

func TestRefusalsSlowADomainWhenTheyAreHalfOfItsAnswers(t *testing.T) {
	t.Parallel()
	full := refusal(452, "4.2.2", "Mailbox full")
	unknown := mailer.Result{Verdict: mailer.Permanent, Code: 550, Status: "5.1.1", Text: "User unknown", Stage: mailer.StageRcpt}
	broken := mailer.Result{Verdict: mailer.Temporary, Text: "EOF", Broken: true, Stage: mailer.StageRcpt}
	uncertain := mailer.Result{Verdict: mailer.Uncertain, Code: 354, Text: "Go on", Broken: true, Stage: mailer.StageDot}
	aboutUs := mailer.Result{Verdict: mailer.Temporary, Code: 550, Text: "No", Stage: mailer.StageMail, AboutUs: true}
	for _, tc := range []struct {
		name  string
		every int
		other mailer.Result
		want  bool
	}{
		{"every second, the others accepted", 2, taken, true},
		{"every second, the others unknown", 2, unknown, true},
		{"every third, the others accepted", 3, taken, false},
		{"every third, the others unknown", 3, unknown, false},
		{"every third, the others without an answer, which do not count", 3, broken, true},
		{"every third, the others uncertain, which do not count", 3, uncertain, true},
		{"every third, the others about us, which do not count", 3, aboutUs, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, now, slowed := mailer.NewDomains(nil), domainStart, false
			for i := range 300 {
				now = now.Add(10 * time.Millisecond)
				answer := tc.other
				if i%tc.every == 0 {
					answer = full
				}
				d.Admit(slow, now)
				d.Done(slow, answer, now)
				_, is := statusOf(d, slow, now)
				slowed = slowed || is
			}
			if slowed != tc.want {
				t.Errorf("slowed: %v, want %v", slowed, tc.want)
			}
		})
	}
}

// A server that greylists each of many readers once, without saying so, gets its
// letters this hour.
func TestRefusalsAloneDoNotSlowADomainToACrawl(t *testing.T) {
	t.Parallel()
	d, now := mailer.NewDomains(nil), domainStart
	for range 5000 {
		now = now.Add(time.Second)
		if _, ok := d.Admit(slow, now); ok {
			d.Done(slow, refusal(450, "4.7.1", "Try again in a minute"), now)
		}
	}
	if st, _ := statusOf(d, slow, now); st.Rate != 1 || st.Concurrent != 1 {
		t.Errorf("%v a second, %d at once; want 1 and 1", st.Rate, st.Concurrent)
	}
}
