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
	if report.Kind == KindOther && depth < 2 && len(l.nested) == 1 && len(strings.TrimSpace(l.text)) < 200 && !reply(l.subject) {
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

// report goes through the layers.
func (l *letter) report() Report {
	f := l.signs()
	switch {
	case l.hasFeedback, f.hotmail:
		return l.complaint()
	case l.receipt && len(l.machine) == 0:
		return Report{Kind: KindDelivered, Format: "rfc8098", Why: "a receipt"}
	}
	if r, ok := l.machineReport(f); ok {
		return r
	}
	switch {
	case f.reply && !f.daemon && f.challenge && !f.failSubject:
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

// machineReport is the second layer: RFC 3464.
func (l *letter) machineReport(f signs) (Report, bool) {
	var blocks []statusBlock
	for _, body := range l.machine {
		blocks = append(blocks, statusBlocks(body)...)
		if len(blocks) > 200 {
			break
		}
	}
	report := Report{Format: "rfc3464"}
	kinds := map[Kind]int{}
	for i := range blocks {
		b := &blocks[i]
		kind := b.kind()
		if kind == "" {
			kind = KindBounce
			if f.delay && !f.final {
				kind = KindDelay
			}
		}
		kinds[kind]++
		r := Recipient{Address: b.address(), Action: b.action, Class: ClassNone}
		if r.Address == "" {
			r.Address = l.missing(len(blocks))
		} else if l.isForwarded(r.Address) {
			r.Address = l.onlyRecipient()
		}
		r.Status = enhanced(b.status)
		if kind == KindBounce {
			r.Reason, r.Class, r.Status, r.Diagnostic = l.why(b, len(blocks))
		} else {
			r.Diagnostic = short(b.diagnostic)
		}
		if r.Address != "" {
			report.add(r, kind)
		}
	}
	switch {
	case len(blocks) == 0:
		return Report{}, false
	case kinds[KindBounce] > 0:
		report.Kind = KindBounce
	case kinds[KindDelay] > 0:
		report.Kind = KindDelay
	default:
		report.Kind = KindDelivered
	}
	kept := report.Recipients[:0]
	for _, r := range report.Recipients {
		if report.Kind == KindDelivered || r.Class != ClassNone || r.Action == "delayed" || report.Kind == KindDelay {
			kept = append(kept, r)
		}
	}
	report.Recipients = kept
	return report, true
}

// why judges a machine part, with the words of the notice where it has none.
func (l *letter) why(b *statusBlock, blocks int) (Reason, Class, string, string) {
	d := diagnosis{text: b.diagnostic, status: enhanced(b.status)}
	reason, class, status := d.judge()
	if said := reasonOf(b.diagnostic); said != "" {
		return reason, class, status, short(b.diagnostic)
	}
	notice := l.text
	if address := b.address(); blocks > 1 {
		if at := strings.Index(l.lower, strings.ToLower(address)); at >= 0 && address != "" && at < len(l.text) {
			notice = l.paragraph(at)
		} else {
			notice = ""
		}
	}
	specific := reason != Other && !strings.HasSuffix(status, ".7.1") && !strings.HasSuffix(status, ".7.0")
	if more := reasonOf(notice); more != "" && !specific {
		permanent := strings.HasPrefix(status, "5") || status == "" && replyCode(notice) >= 500
		reason, class = more, classOf(more, permanent)
	}
	if status == "" {
		status = enhanced(notice)
	}
	text := b.diagnostic
	if text == "" {
		text = notice
	}
	return reason, class, status, short(text)
}

// missing is the address where the machine part has none that one could use.
func (l *letter) missing(blocks int) string {
	if blocks != 1 {
		return ""
	}
	if a := firstAddress(l.root.get("x-failed-recipients")); a != "" {
		return a
	}
	if a := l.onlyRecipient(); a != "" {
		return a
	}
	if found := l.guess(); len(found) > 0 {
		return found[0].address
	}
	return l.named()
}

// isForwarded: the notice says that the address stands for the one we wrote to.
func (l *letter) isForwarded(address string) bool {
	to := l.onlyRecipient()
	if to == "" || strings.EqualFold(to, address) {
		return false
	}
	for _, words := range []string{"expanded from", "generated from", "forwarded from", "(ultimately generated from"} {
		if i := strings.Index(l.lower, words); i >= 0 && strings.Contains(l.lower[i:min(len(l.lower), i+len(words)+200)], strings.ToLower(to)) {
			return true
		}
	}
	return false
}

// add takes a recipient once; what is worse stays.
func (r *Report) add(one Recipient, kind Kind) {
	for i := range r.Recipients {
		if strings.EqualFold(r.Recipients[i].Address, one.Address) {
			if kind == KindBounce && r.Recipients[i].Class != ClassHard {
				r.Recipients[i] = one
			}
			return
		}
	}
	r.Recipients = append(r.Recipients, one)
}

// known is the third layer: the table of formats.
func (l *letter) known(f signs) (Report, bool) {
	for i, hit := range f.formats {
		if !hit {
			continue
		}
		format := table.formats[i]
		if !l.hasAll(format.also) {
			continue
		}
		for _, t := range format.take {
			if all := t.run(l); len(all) > 0 {
				if r := l.failed(f, format, all); len(r.Recipients) > 0 {
					return r, true
				}
			}
		}
	}
	return Report{}, false
}

func (l *letter) hasAll(words []string) bool {
	for _, w := range words {
		if !strings.Contains(l.flat, w) {
			return false
		}
	}
	return true
}

// unknown is for formats that nobody wrote down.
func (l *letter) unknown(f signs) (Report, bool) {
	all := l.guess()
	if len(all) == 0 && (f.failSubject || f.failBody || f.codeBody) {
		for _, a := range []string{l.onlyRecipient(), l.named(), l.verp()} {
			if a != "" {
				all = []found{{a, l.text}}
				break
			}
		}
	}
	switch {
	case len(all) > 0:
	case f.daemon && f.failSubject && l.hasToken():
		return Report{Kind: KindBounce}, true // the token tells whose it is
	default:
		return Report{}, false
	}
	return l.failed(f, &format{}, all), true
}

// failed makes a report of what was found.
func (l *letter) failed(f signs, as *format, all []found) Report {
	report := Report{Kind: KindBounce, Format: as.name}
	if as.kind != "" {
		report.Kind = as.kind
	} else if f.delay && !f.final {
		report.Kind = KindDelay
	}
	for _, one := range all {
		address := strings.Trim(one.address, "<>")
		if isGeneric(address) && !contains(l.recipients, address) {
			continue
		}
		if l.isForwarded(address) {
			address = l.onlyRecipient()
		}
		r := Recipient{Address: address, Class: ClassNone, Diagnostic: short(one.text)}
		if report.Kind == KindBounce {
			r.Reason, r.Class, r.Status = l.judged(one.text, len(all), as.reason)
			if r.Diagnostic == "" {
				r.Diagnostic = short(l.text)
			}
		}
		report.add(r, report.Kind)
	}
	return report
}

// judged looks at the words beside an address, and at the whole notice where
// they tell nothing and it is about one address alone.
func (l *letter) judged(text string, of int, fallback Reason) (Reason, Class, string) {
	reason, class, status := diagnosis{text: text}.judge()
	if reason != Other {
		return reason, class, status
	}
	if of == 1 || reasonOf(text) == "" {
		if r, c, s := (diagnosis{text: l.text}).judge(); r != Other || status == "" && s != "" {
			if status == "" {
				status = s
			}
			return r, c, status
		}
		if r, c, s := (diagnosis{text: l.subject}).judge(); r != Other {
			return r, c, s + status
		}
	}
	if fallback != "" {
		return fallback, classOf(fallback, true), status
	}
	return reason, class, status
}
