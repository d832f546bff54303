package bounce

import "strings"

// How a reason is found, first answer first:
//
//  1. Words about the sender (aboutUs): not the recipient's fault. Then a phrase in
//     the diagnosis (reasonPhrases). Where several stand, the
//     reason that is higher in ranks wins, then the longer phrase: "5.1.1 user
//     unknown; mailbox is full" is a full mailbox.
//  2. The enhanced code, where it is one with a meaning (reasonCodes).
//  3. The SMTP code: 552 is a full mailbox.
//
// A code does not outweigh words: servers take 5.1.1 and 5.0.0 for anything.
// The class follows from the reason alone (classOf), and for Other from the
// code: 5xx is hard, anything else soft.

// ranks tells which reason wins where phrases of several stand.
var ranks = map[Reason]int{
	MailboxFull: 12, Greylisted: 11, Moved: 10, Spam: 9, Size: 8, Loop: 7, Disabled: 6,
	UserUnknown: 5, DomainUnknown: 5, Relay: 4, Policy: 3, DNS: 2, Expired: 1,
}

// classes of the reasons.
var classes = map[Reason]Class{
	UserUnknown: ClassHard, DomainUnknown: ClassHard, Disabled: ClassHard, Moved: ClassHard,
	MailboxFull: ClassSoft, Policy: ClassSoft, Spam: ClassSoft, Size: ClassSoft, Greylisted: ClassSoft,
	DNS: ClassSoft, Expired: ClassSoft, Loop: ClassSoft, Relay: ClassSoft,
}

// classOf is how bad the reason is. permanent matters where it is Other.
func classOf(r Reason, permanent bool) Class {
	if c, ok := classes[r]; ok {
		return c
	}
	if permanent {
		return ClassHard
	}
	return ClassSoft
}

// reasonCodes are the enhanced codes with a meaning of their own, without the
// class digit (RFC 3463, RFC 4468, RFC 5248, RFC 7505, RFC 7372, and what
// Exchange adds). x.0.0, x.1.0, x.2.0, x.3.0, x.5.x say nothing.
var reasonCodes = map[string]Reason{
	"1.1": UserUnknown, "1.2": DomainUnknown, "1.3": UserUnknown, "1.4": UserUnknown, "1.6": Moved,
	"1.7": Policy, "1.8": Policy, "1.9": Policy, "1.10": UserUnknown, "1.20": Policy, "1.90": Policy,
	"2.1": Disabled, "2.2": MailboxFull, "2.3": Size, "2.4": Policy,
	"3.1": MailboxFull, "3.4": Size,
	"4.1": DNS, "4.2": DNS, "4.3": DNS, "4.4": DNS, "4.5": Greylisted, "4.6": Loop, "4.7": Expired, "4.14": Loop,
	"4.300": Expired, "4.310": DNS, "4.312": DNS, "4.316": DNS,
	"7.0": Policy, "7.1": Policy, "7.2": Policy, "7.3": Policy, "7.8": Relay, "7.9": Policy, "7.12": Policy, "7.13": Disabled,
	"7.16": Policy, "7.17": Policy, "7.20": Policy, "7.21": Policy, "7.22": Policy, "7.23": Policy, "7.24": Policy, "7.25": Policy,
	"7.26": Policy, "7.27": Policy, "7.28": Spam, "7.29": Policy, "7.57": Policy, "7.64": Relay, "7.124": Policy, "7.133": Policy,
	"7.134": Policy, "7.500": Spam, "7.501": Spam, "7.502": Spam, "7.503": Spam, "7.505": Policy, "7.506": Spam, "7.508": Spam, "7.511": Spam,
	"7.606": Spam, "7.703": Spam, "7.705": Spam, "7.708": Spam, "7.750": Policy,
}

// diagnosis is what is known of one recipient.
type diagnosis struct {
	text   string // words of the server
	status string // the enhanced code of the machine part, or ""
}

// judge gives reason, class and code.
func (d diagnosis) judge() (Reason, Class, string) {
	status := d.status
	if s := enhanced(d.text); s != "" && (status == "" || strings.HasSuffix(status, ".0.0")) {
		status = s
	}
	code := replyCode(d.text)
	permanent := strings.HasPrefix(status, "5") || status == "" && code >= 500
	if r := reasonOf(d.text); r != "" {
		if today := strings.HasPrefix(status, "4") || status == "" && code >= 400 && code < 500; today || r == DomainUnknown {
			r = temporary(r, strings.ToLower(d.text), today)
		}
		return r, classOf(r, permanent), status
	}
	if _, detail, ok := strings.Cut(status, "."); ok {
		r := reasonCodes[detail]
		// 4.x.y is about today: 4.1.1 and 4.1.2 are tables that could not be read.
		if status[0] == '4' && (r == UserUnknown || r == DomainUnknown || r == Disabled || r == Moved) {
			return Other, ClassSoft, status
		}
		if r != "" {
			return r, classOf(r, permanent), status
		}
	}
	if code == 552 {
		return MailboxFull, ClassSoft, status
	}
	return Other, classOf(Other, permanent), status
}

// temporary weakens words that, with a code of today, mean less than they say.
func temporary(r Reason, lower string, today bool) Reason {
	switch {
	case r == DomainUnknown && (today && strings.Contains(lower, "name service error") || strings.Contains(lower, "try again")):
		return DNS
	case r == UserUnknown && today && (strings.Contains(lower, "unavailable") || strings.Contains(lower, "not available") ||
		strings.Contains(lower, "unverified") || strings.Contains(lower, "not taken")):
		return Other
	}
	return r
}

// reasonOf is the reason that the words tell, or "".
func reasonOf(text string) Reason {
	lower := strings.ToLower(oneLine(text))
	lower = strings.ReplaceAll(lower, "unknown address error", "") // IronPort's words for any refusal
	r, _ := strongest(lower)
	if r == UserUnknown && strings.Contains(lower, "unavailable") {
		for _, s := range []string{"policy", "spf", "dkim", "dmarc", "reputation", "sender"} {
			if strings.Contains(lower, s) {
				return Policy // "mailbox unavailable" is the standard's text for any 550
			}
		}
	}
	return r
}

// strongest is the same of a text in lower case without line breaks, with where
// the phrase stands.
func strongest(lower string) (Reason, int) {
	best, at := -1, -1
	table.reasons.find(lower, func(id, where int) {
		if best >= 0 {
			a, b := table.rank(id), table.rank(best)
			if a < b || a == b && len(table.reasons.all[id]) <= len(table.reasons.all[best]) {
				return
			}
		}
		best, at = id, where
	})
	if best < 0 {
		return apart(lower)
	}
	return table.reasonBy[best], at
}

// gaps are words with a name between them: "user anna unknown". They count only
// where no phrase stands.
var gaps = []struct {
	first, then string
	reason      Reason
}{
	{"mailbox", " full", MailboxFull}, {"quota", "exceeded", MailboxFull}, {"account", "over quota", MailboxFull}, {"exceed", "quota", MailboxFull},
	{"mailbox", "disabled", Disabled}, {"account", "disabled", Disabled}, {"user", "disabled", Disabled}, {"account", "suspended", Disabled}, {"mailbox", "inactive", Disabled},
	{"user", "unknown", UserUnknown}, {"user", "not found", UserUnknown}, {"user", "does not exist", UserUnknown}, {"user", "doesn't exist", UserUnknown}, {"user", "not known", UserUnknown},
	{"recipient", "unknown", UserUnknown}, {"recipient", "not found", UserUnknown}, {"recipient", "does not exist", UserUnknown}, {"recipient", "doesn't exist", UserUnknown},
	{"mailbox", "not found", UserUnknown}, {"mailbox", "exist", UserUnknown}, {"address", "does not exist", UserUnknown}, {"account", "does not exist", UserUnknown}, {"address", "unknown", UserUnknown}, {"alias", "unknown", UserUnknown},
	{"domain", "does not exist", DomainUnknown}, {"domain", "not found", DomainUnknown}, {"host", "not found", DomainUnknown},
	{"message", "too large", Size}, {"message", "too big", Size},
}

const maxGap = 60

func apart(lower string) (Reason, int) {
	for _, g := range gaps {
		for from := 0; ; {
			i := strings.Index(lower[from:], g.first)
			if i < 0 {
				break
			}
			from += i + len(g.first)
			near := lower[from:min(len(lower), from+maxGap)]
			if end := strings.Index(near, ". "); end >= 0 {
				near = near[:end]
			}
			if strings.Contains(near, g.then) {
				return g.reason, from - len(g.first)
			}
		}
	}
	return "", -1
}

const maxDiagnostic = 500

// oneLine joins lines and spaces.
func oneLine(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// short is one line of at most maxDiagnostic bytes.
func short(s string) string {
	s = strings.ToValidUTF8(oneLine(s), "\uFFFD")
	if len(s) <= maxDiagnostic {
		return s
	}
	return strings.ToValidUTF8(s[:maxDiagnostic], "")
}
