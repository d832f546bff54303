package mailer

import (
	"fmt"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// DomainLimit is the most a receiving domain gets. The zero value is no limit.
type DomainLimit struct {
	Rate       float64 // messages a second; 0 for no limit
	Concurrent int     // messages on the wire at once; 0 for no limit
}

// EveryOther is the name under which the limit of all domains stands that have
// none of their own. Each of them gets it for itself; they do not share it.
const EveryOther = "*"

// A rate below one an hour, or above what TIDINGS_RATE takes, is a slip; so are
// more places than there can be connections.
const (
	minDomainRate       = 1.0 / 3600
	maxDomainRate       = 1e6
	maxDomainConcurrent = 1000
)

// ParseDomainLimits reads entries with white space or commas between:
//
//	gmail.com=20/s:5 outlook.com=600/m:3 *=50/s:10 example.org=:2
//
// An entry is a domain (or *), a rate a second (s), minute (m) or hour (h), and
// after a colon how many messages may be on the wire at once. Either may be left
// out, which is no limit. Domains are lower-cased; one outside ASCII is wanted in
// its xn-- form (RFC 5890), as addresses have it. All faults come in one
// *subscriptions.Error with the code Invalid. Nothing at all is an empty map.
func ParseDomainLimits(s string) (map[string]DomainLimit, error) {
	limits := map[string]DomainLimit{}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, entry := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		name, pace, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			fault("%q is not domain=rate:places", entry)
			continue
		}
		name = strings.ToLower(name)
		if why := wrongDomain(name); why != "" {
			fault("%q %s", name, why)
			continue
		}
		limit, why := parseDomainLimit(pace)
		if why != "" {
			fault("%s: %s", name, why)
			continue
		}
		if _, twice := limits[name]; twice {
			fault("%s is there twice", name)
			continue
		}
		limits[name] = limit
	}
	if len(faults) > 0 {
		return nil, &subscriptions.Error{Code: subscriptions.Invalid, Field: "domain_limits", Message: strings.Join(faults, "; "),
			Hint: "Write entries with spaces between, such as gmail.com=20/s:5 for 20 a second and 5 at once, outlook.com=600/m, example.org=:2, and *=50/s:10 for every other domain."}
	}
	return limits, nil
}

// wrongDomain says what is wrong with a name, or "". A domain is what may stand
// after the @ of a subscriber's address, so that no limit is set in vain.
func wrongDomain(name string) string {
	if name == EveryOther {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r > 0x7e }) {
		return "must be written in ASCII, in its xn-- form"
	}
	if _, err := subscriptions.ParseAddress("postmaster@" + name); err != nil || strings.Contains(name, "@") {
		return "is not a domain"
	}
	return ""
}

// parseDomainLimit reads rate:places; why is "" when it is one.
func parseDomainLimit(s string) (limit DomainLimit, why string) {
	rate, places, colon := strings.Cut(s, ":")
	if rate == "" && places == "" {
		return limit, "there is neither a rate nor a number of places"
	}
	if rate != "" {
		number, unit, _ := strings.Cut(rate, "/")
		seconds, ok := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
		// ParseFloat would take NaN, 0x10 and 1e9 as well.
		n, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || strings.Trim(number, "0123456789.") != "" {
			return limit, fmt.Sprintf("%q is not a rate such as 20/s, 600/m or 1000/h", rate)
		}
		if limit.Rate = n / seconds; limit.Rate < minDomainRate || limit.Rate > maxDomainRate {
			return limit, fmt.Sprintf("the rate %s is not between 1/h and 1000000/s", rate)
		}
	}
	if colon {
		n, err := strconv.Atoi(places)
		if err != nil || n < 1 || n > maxDomainConcurrent {
			return limit, fmt.Sprintf("%q after the colon is not a number from 1 to %d", places, maxDomainConcurrent)
		}
		limit.Concurrent = n
	}
	return limit, ""
}

// domainLimits is a set of limits as Domains reads it: never changed, only
// replaced.
type domainLimits struct {
	own   map[string]DomainLimit
	other DomainLimit
}

// newDomainLimits copies limits, so that the caller may change theirs. What is
// not above nothing is no limit.
func newDomainLimits(limits map[string]DomainLimit) *domainLimits {
	table := &domainLimits{own: make(map[string]DomainLimit, len(limits))}
	for name, l := range limits {
		if !(l.Rate > 0) { // also what is not a number
			l.Rate = 0
		}
		table.own[strings.ToLower(name)] = DomainLimit{Rate: min(l.Rate, maxDomainRate), Concurrent: max(l.Concurrent, 0)}
	}
	table.other = table.own[EveryOther]
	return table
}

func (t *domainLimits) of(domain string) DomainLimit {
	if l, ok := t.own[domain]; ok {
		return l
	}
	return t.other
}
