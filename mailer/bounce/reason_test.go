package bounce

import (
	"strings"
	"testing"
)

func TestHowAReasonIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, text string
		reason       Reason
		class        Class
	}{
		"words before the code":                      {"5.1.1", "550 5.1.1 mailbox is full", MailboxFull, ClassSoft},
		"a full mailbox before an unknown user":      {"", "550 user unknown or over quota", MailboxFull, ClassSoft},
		"the code, where words say nothing":          {"5.2.2", "550 no", MailboxFull, ClassSoft},
		"a code of the text before 5.0.0":            {"5.0.0", "smtp; 550 5.1.1 sorry", UserUnknown, ClassHard},
		"552 alone is a full mailbox":                {"", "552 sorry", MailboxFull, ClassSoft},
		"5xx without a meaning is hard":              {"5.0.0", "554 sorry", Other, ClassHard},
		"4xx without a meaning is soft":              {"4.0.0", "451 sorry", Other, ClassSoft},
		"nothing at all is soft":                     {"", "", Other, ClassSoft},
		"5.7.1 of a spam filter":                     {"5.7.1", "550 5.7.1 blocked using zen.spamhaus.org", Spam, ClassSoft},
		"5.7.1 alone is a policy":                    {"5.7.1", "550 5.7.1 no", Policy, ClassSoft},
		"relaying denied is not the address":         {"5.7.1", "550 Relaying denied", Relay, ClassSoft},
		"an unknown user, whatever the code":         {"5.7.1", "550 5.7.1 no such user", UserUnknown, ClassHard},
		"4.1.1 is a table that could not be read":    {"4.1.1", "450 later", Other, ClassSoft},
		"unavailable today":                          {"4.2.0", "450 mailbox unavailable", Other, ClassSoft},
		"unavailable for good":                       {"", "550 mailbox unavailable", UserUnknown, ClassHard},
		"no such domain":                             {"5.1.2", "Host or domain name not found", DomainUnknown, ClassHard},
		"a name server that did not answer":          {"4.4.3", "Host or domain name not found. Name service error for name=a.example type=MX: Host not found, try again", DNS, ClassSoft},
		"expired beside its last cause":              {"4.4.7", "message expired: greylisted", Greylisted, ClassSoft},
		"a loop":                                     {"5.4.6", "too many hops", Loop, ClassSoft},
		"a disabled account":                         {"", "554 account disabled", Disabled, ClassHard},
		"moved, and not said where":                  {"5.1.6", "551 user has moved", Moved, ClassHard},
		"words with a name between":                  {"", "550 user anna unknown", UserUnknown, ClassHard},
		"a name between, over the end of a sentence": {"5.0.0", "554 The user was told. Unknown things happened", Other, ClassHard},
		"a host that is ours":                        {"5.7.1", "550 5.7.1 <mail>: Helo command rejected: Host not found", Policy, ClassSoft},
		"a domain that is ours":                      {"5.1.8", "450 4.1.8 <news@example.org>: Sender address rejected: Domain not found", Policy, ClassSoft},
		"the standard's text beside a policy":        {"", "550 Requested action not taken: mailbox unavailable. Reject due to SPF policy", Policy, ClassSoft},
		"IronPort's words for anything":              {"5.1.0", "smtp; 5.1.0 - Unknown address error 550-'5.7.1 message rejected'", Policy, ClassSoft},
		"disabled for today":                         {"", "421 mailbox temporarily disabled", Policy, ClassSoft},
		"not from this sender":                       {"", "550 ANNA IS NOT ACCEPTING MAIL FROM THIS SENDER", Policy, ClassSoft},
		"too large":                                  {"5.3.4", "552 5.3.4 message size exceeds fixed limit", Size, ClassSoft},
		"a network address is no code":               {"", "host 192.0.2.5 refused 5.1.1.1", Other, ClassSoft},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reason, class, _ := diagnosis{text: c.text, status: c.status}.judge()
			if reason != c.reason || class != c.class {
				t.Errorf("%q %q: %s, %s; want %s, %s", c.status, c.text, reason, class, c.reason, c.class)
			}
		})
	}
}

// TestThePhrases: each stands once and could be found at all.
func TestThePhrases(t *testing.T) {
	t.Parallel()
	seen := map[string]Reason{}
	for reason, all := range reasonPhrases {
		if ranks[reason] == 0 || classes[reason] == "" {
			t.Errorf("%s has no rank or no class", reason)
		}
		for _, s := range all {
			if other, twice := seen[s]; twice {
				t.Errorf("%q stands for %s and for %s", s, other, reason)
			}
			seen[s] = reason
			if got := lowerSame(s); got != s || oneLine(s) != strings.TrimRight(s, " ") {
				t.Errorf("%q is not in lower case on one line", s)
			}
		}
	}
	for i := range table.words.all {
		if s := table.words.all[i]; lowerSame(s) != s {
			t.Errorf("%q is not in lower case", s)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"<anna@example.net>: host said":         "anna@example.net",
		"to=<anna@example.net>, relay=none":     "anna@example.net",
		"to=anna@example.net,":                  "anna@example.net",
		"'anna@example.net'.":                   "anna@example.net",
		`"anna b"@example.net said`:             `"anna b"@example.net`,
		"anna+tag=x@example.net.":               "anna+tag=x@example.net",
		"anna@[192.0.2.1] failed":               "anna@[192.0.2.1]",
		"地址anna@example.cn不存在":                  "anna@example.cn",
		"<über@bücher.example>":                 "über@bücher.example",
		"SMTP:anna@example.net":                 "anna@example.net",
		"(mailto:anna@example.net)":             "anna@example.net",
		"no@domain and @ and a@ and @b.example": "",
		"a@b.c":                                 "",
	} {
		got := ""
		for i, a := range addresses(line) {
			if i > 0 {
				got += " "
			}
			got += a.address
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	for field, want := range map[string]string{
		"rfc822; <anna@example.net>":          "anna@example.net",
		"rfc822;anna+40example.net":           "anna@example.net",
		"rfc822;anna+2Btag+3Da@example.net":   "anna+tag=a@example.net",
		"rfc822;anna+40@example.net":          "anna+40@example.net",
		`utf-8;\x{FC}ber@b\x{FC}cher.example`: "über@bücher.example",
		"X400;/S=anna/C=be":                   "",
		"LOCAL;\\anna":                        "",
		"anna@example.net (Anna)":             "anna@example.net",
		"rfc822;anna@intranet":                "anna@intranet",
	} {
		if got := typed(field); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}
