package bounce

import "strings"

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
		} else if a := l.expandedFrom(address); a != "" {
			address = a
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
	if of == 1 || reasonOf(text) == "" && replyCode(text) == 0 && enhanced(text) == "" {
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
