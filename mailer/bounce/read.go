package bounce

import (
	"io"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// Read reads one message. It takes any bytes, and looks at the first 10 MB.
func Read(r io.Reader) Report {
	root := parse(r)
	report := read(root, 0)
	if report.Recipients == nil {
		report.Recipients = []Recipient{}
	}
	return report
}

func read(root *part, depth int) Report {
	l := newLetter(root)
	report := l.report()
	purpose, token := l.token(&report)
	switch {
	case purpose == subscriptions.PurposeDelivery:
		report.DeliveryToken = token
	case purpose == subscriptions.PurposeUnsubscribe && report.Kind != KindBounce && report.Kind != KindDelay && report.Kind != KindAutoreply:
		report = Report{Kind: KindUnsubscribe, UnsubscribeToken: token}
	}
	// A gateway may have put the report into a message of its own.
	if depth < 2 && len(l.nested) == 1 && len(strings.TrimSpace(l.text)) < 200 && (report.Kind == KindOther && !reply(l.subject) || l.onlyUs(report)) {
		if inner := read(l.nested[0], depth+1); inner.Kind == KindBounce || inner.Kind == KindDelay || inner.Kind == KindComplaint {
			if inner.DeliveryToken == "" {
				inner.DeliveryToken = report.DeliveryToken
			}
			return inner
		}
	}
	if len(report.Recipients) > 0 || report.Kind != KindBounce && report.Kind != KindComplaint {
		return report
	}
	one := Recipient{Address: l.verp(), Class: ClassComplaint}
	if one.Address == "" && report.DeliveryToken == "" {
		return report
	}
	if report.Kind == KindBounce {
		one.Reason, one.Class, one.Status = diagnosis{text: l.text}.judge()
		one.Diagnostic = short(l.text)
	}
	report.Recipients = []Recipient{one}
	return report
}

// onlyUs: a machine sent us a report as it was, and all that was found is to whom
// that report went, which is us.
func (l *letter) onlyUs(r Report) bool {
	return r.Kind == KindBounce && l.daemon && r.Format == "" && len(l.machine) == 0 && len(r.Recipients) == 1 &&
		strings.EqualFold(r.Recipients[0].Address, firstAddress(l.root.get("to")))
}

// report goes through the layers.
func (l *letter) report() Report {
	f := l.signs()
	switch {
	case l.hasFeedback, f.hotmail:
		return l.complaint()
	case l.receipt && (len(l.machine) == 0 || strings.EqualFold(l.root.params["report-type"], "disposition-notification")):
		return Report{Kind: KindDelivered, Format: "rfc8098", Why: "a receipt"}
	}
	if r, ok := l.machineReport(f); ok {
		return r
	}
	switch {
	case f.reply && !f.daemon && f.challenge:
		return Report{Kind: KindChallenge}
	case f.reply && !f.daemon && (f.autoHeader || f.awayBody) && !f.failSubject:
		return Report{Kind: KindAutoreply}
	case f.reply && !f.daemon && !f.xFailed:
		return l.answer(f, "an answer by a person")
	case f.awaySubject && !f.failSubject, f.autoHeader && !f.failSubject && !f.xFailed && !f.daemon,
		f.autoHeader && f.awayBody && !f.failSubject && !f.xFailed:
		if f.challenge {
			return Report{Kind: KindChallenge}
		}
		return Report{Kind: KindAutoreply}
	case f.challenge && !(f.daemon && f.failSubject) && !f.xFailed:
		return Report{Kind: KindChallenge}
	case f.deliveredSubject && !f.xFailed, f.delivered && !f.failSubject:
		return Report{Kind: KindDelivered}
	case f.noticeSubject && !f.failStrong, f.noticeBody && !f.failSubject && !f.xFailed:
		return l.answer(f, "a notice of a list or a filter")
	}
	if f.failing() {
		if r, ok := l.known(f); ok {
			return r
		}
		if r, ok := l.unknown(f); ok {
			return r
		}
	}
	switch {
	case l.leaves():
		return Report{Kind: KindUnsubscribe}
	case f.delay && f.daemon:
		return Report{Kind: KindDelay}
	}
	return l.answer(f, "")
}

// answer is for what is neither a failure nor a machine that answers, as far as
// one can tell.
func (l *letter) answer(f signs, why string) Report {
	switch {
	case why != "":
	case f.awayBody && !f.daemon:
		return Report{Kind: KindAutoreply}
	case l.leaves():
		return Report{Kind: KindUnsubscribe}
	case len(l.root.fields) == 0:
		why = "not a message"
	case f.failing():
		why = "a failure notice that names no recipient"
	default:
		why = "nothing in it says that a message failed"
	}
	return Report{Kind: KindOther, Why: why}
}
