package bounce

import "strings"

// complaint reads RFC 5965, and what providers send who know only half of it.
func (l *letter) complaint() Report {
	report := Report{Kind: KindComplaint, Format: "arf"}
	kind := ""
	var named []string
	for line := range strings.Lines(l.feedback) {
		name, value, ok := cutField([]byte(strings.TrimSpace(line)))
		if !ok {
			continue
		}
		switch name {
		case "feedback-type":
			kind = strings.ToLower(value)
		case "original-rcpt-to", "removal-recipient", "original-recipient", "final-recipient":
			if a := typed(value); a != "" {
				named = append(named, a)
			}
		}
	}
	switch {
	case strings.HasPrefix(kind, "not-spam"):
		return Report{Kind: KindOther, Format: "arf", Why: "feedback that a message is not spam"}
	case strings.HasPrefix(kind, "auth-failure"), strings.HasPrefix(kind, "dmarc"):
		return Report{Kind: KindOther, Format: "arf", Why: "a report on authentication"}
	case strings.HasPrefix(kind, "opt-out"):
		report.Kind = KindUnsubscribe
	}
	if len(named) == 0 {
		for _, f := range l.original {
			if f.name == "x-hmxmroriginalrecipient" {
				named = append(named, firstAddress(f.value))
			}
		}
	}
	if len(named) == 0 {
		named = l.recipients
	}
	class := ClassComplaint
	if report.Kind == KindUnsubscribe {
		class = ClassNone
	}
	for _, a := range named {
		if a != "" && !redacted(a) {
			report.add(Recipient{Address: a, Class: class}, report.Kind)
		}
	}
	return report
}

// redacted: the provider hides who complained.
func redacted(address string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return strings.Contains(local, "redacted") || strings.Contains(domain, "redacted") || strings.Trim(local, "x*") == "" || strings.HasPrefix(local, "undisclosed")
}
