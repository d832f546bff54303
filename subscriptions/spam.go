package subscriptions

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// What content filters dislike, as far as it can be said of a letter by looking at
// it. Filters weigh hundreds of signs and keep them to themselves; these few are
// those that every one of them is known to weigh, and each can be mended by who
// writes. The table is read from top to bottom; each rule looks at one letter.
var spamRules = []struct {
	code  string
	level FindingLevel
	look  func(l ComposedLetter) string // a sentence, "" when all is well
	do    string
}{
	// A subject in capitals is a shout; every filter counts it.
	{"spam-capitals", FindingWarning, func(l ComposedLetter) string {
		letters, capitals := 0, 0
		for _, r := range l.Subject {
			if unicode.IsLetter(r) {
				letters++
			}
			if unicode.IsUpper(r) {
				capitals++
			}
		}
		if letters < 10 || 10*capitals < 7*letters {
			return ""
		}
		return "The subject “" + l.Subject + "” is written in capitals."
	}, "Write the title of the edition in small letters."},
	// So is punctuation that cries.
	{"spam-marks", FindingWarning, func(l ComposedLetter) string {
		if !strings.Contains(l.Subject, "!!") && !strings.Contains(l.Subject, "$$") && !strings.Contains(l.Subject, "??") {
			return ""
		}
		return "The subject “" + l.Subject + "” has rows of marks."
	}, "Leave one of them, or none."},
	// Phone screens show about 45 characters, lists about 80; filters count beyond 100.
	{"spam-subject-long", FindingNote, func(l ComposedLetter) string {
		if n := len([]rune(l.Subject)); n > 100 {
			return fmt.Sprintf("The subject has %d characters; a list shows about 80.", n)
		}
		return ""
	}, "Shorten the title or the period of the edition."},
	// No subject at all.
	{"spam-subject-none", FindingBlocking, func(l ComposedLetter) string {
		if strings.TrimSpace(l.Subject) == "" {
			return "The letter has no subject."
		}
		return ""
	}, "Give the edition a title."},
	// A short link hides where it leads; blocklists hold most of these domains.
	{"spam-shortener", FindingWarning, func(l ComposedLetter) string {
		for _, a := range l.Links() {
			if host := hostOf(a.To); shorteners[host] {
				return "A link leads through " + host + ", which hides where it goes."
			}
		}
		return ""
	}, "Link to the page itself."},
	// An address of numbers is how hacked machines are linked to.
	{"spam-number", FindingWarning, func(l ComposedLetter) string {
		for _, a := range l.Links() {
			host := hostOf(a.To)
			if ip, err := netip.ParseAddr(host); err == nil && !ip.IsLoopback() {
				return "A link leads to " + host + ", a number in place of a name."
			}
		}
		return ""
	}, "Use the name of the server."},
	// Words that look like one address over a link to another are phishing's mark.
	{"spam-other-address", FindingWarning, func(l ComposedLetter) string {
		for _, a := range l.Links() {
			if said := addressSaid(a.Words); said != "" && !sameSite(said, hostOf(a.To)) {
				return "A link reads “" + a.Words + "” and leads to " + hostOf(a.To) + "."
			}
		}
		return ""
	}, "Let the words say what the page is, or be its own address."},
	// More links than sentences is what link farms send.
	{"spam-links", FindingWarning, func(l ComposedLetter) string {
		words, links := len(strings.Fields(l.Text)), len(l.Links())
		if links < 20 || words > 6*links {
			return ""
		}
		return fmt.Sprintf("A letter has %d links for %d words.", links, words)
	}, "Say more about the entries, or link to less."},
	// The law of several countries asks for a postal address, and filters look for one.
	{"spam-postal", FindingBlocking, func(l ComposedLetter) string {
		if postal := strings.Join(strings.Fields(l.Postal), " "); postal != "" && strings.Contains(strings.Join(strings.Fields(l.Text), " "), postal) {
			return ""
		}
		return "The letters hold no postal address of the sender."
	}, "Set it in the settings."},
	// Pictures without words are how spam hides from filters.
	{"spam-pictures", FindingWarning, func(l ComposedLetter) string {
		if pictures := strings.Count(l.HTML, "<img"); pictures > 3 && len(strings.Fields(l.Text)) < 50*pictures {
			return fmt.Sprintf("A letter has %d pictures and few words.", pictures)
		}
		return ""
	}, "Say in words what the pictures show."},
}

// shorteners are the domains under which most short links live.
var shorteners = map[string]bool{"bit.ly": true, "tinyurl.com": true, "t.co": true, "goo.gl": true, "ow.ly": true, "is.gd": true, "buff.ly": true,
	"t.cn": true, "dwz.cn": true, "url.cn": true, "rebrand.ly": true, "cutt.ly": true, "lnkd.in": true, "shorturl.at": true, "tiny.cc": true, "rb.gy": true}

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// said finds an address in the words of a link: with a scheme, with www., or as a
// bare host with a path.
var said = regexp.MustCompile(`(?i)^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$`)

func addressSaid(words string) string {
	words = strings.TrimSpace(words)
	m := said.FindStringSubmatch(words)
	if m == nil || !strings.Contains(words, "/") && !strings.HasPrefix(strings.ToLower(words), "www.") {
		return "" // Node.js is no address
	}
	return strings.TrimPrefix(strings.ToLower(m[1]), "www.")
}

func sameSite(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// spamFindings looks at one letter by the table.
func spamFindings(l ComposedLetter) (found []PreflightFinding) {
	for _, r := range spamRules {
		if sentence := r.look(l); sentence != "" {
			f := PreflightFinding{Code: r.code, Level: r.level, Place: placeLetters, Sentence: sentence, Do: r.do}
			if r.code == "spam-postal" {
				f.Path, f.Action = "/desk/settings", "Open the settings"
			}
			found = append(found, f)
		}
	}
	return found
}
