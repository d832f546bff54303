package bounce

import "strings"

// machineReport is the second layer: RFC 3464.
func (l *letter) machineReport(f signs) (Report, bool) {
	var blocks []statusBlock
	for _, body := range l.machine {
		for _, b := range statusBlocks(body) {
			if b.action == "" && b.status == "" && b.diagnostic == "" && !f.failing() {
				continue // an address and nothing else: a receipt, say
			}
			blocks = append(blocks, b)
		}
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

// expandedFrom is the address we wrote to, where the notice says beside this one that
// it was made of that, and the message inside does not tell.
func (l *letter) expandedFrom(address string) string {
	const near = 100 // bytes
	at := strings.Index(l.lower, strings.ToLower(address))
	if at < 0 || l.onlyRecipient() != "" {
		return ""
	}
	rest := l.text[min(at+len(address), len(l.text)):]
	rest = rest[:min(len(rest), near+len(address))]
	for _, words := range []string{"expanded from", "generated from"} {
		if i := strings.Index(strings.ToLower(rest), words); i >= 0 && i < 20 && i+len(words) <= len(rest) {
			return firstAddress(rest[i+len(words):])
		}
	}
	return ""
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
