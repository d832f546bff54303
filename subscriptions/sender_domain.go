package subscriptions

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// SenderDomain looks at what the sender's domain says in the DNS: who may send for
// it (SPF, RFC 7208), with which keys its mail is signed (DKIM, RFC 6376), and what
// receivers should do with the rest (DMARC, RFC 7489). A receiver that finds these
// wanting puts letters aside or refuses them, to everybody alike.
type SenderDomain struct {
	Resolver Resolver
	// Signs gives the domain that signs, and the public half of each key by its
	// selector: the DER of the public key as its record holds it.
	Signs func() (domain string, keys []SignKey)
}

// SignKey is the public half of a key that signs.
type SignKey struct {
	Selector string
	Public   []byte
}

// Resolver asks the DNS. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// lookWithin bounds all look-ups together.
const lookWithin = 10 * time.Second

// Check looks at the domain of the sender. nil looks at nothing.
func (d *SenderDomain) Check(ctx context.Context, id Identity) []PreflightFinding {
	if d == nil || d.Resolver == nil {
		return nil
	}
	ctx, end := context.WithTimeout(ctx, lookWithin)
	defer end()
	from := id.Domain()
	if reserved(from) {
		return []PreflightFinding{{Code: "sender-example", Level: FindingNote, Place: placeSender,
			Sentence: "The sender’s domain " + from + " is one for examples: no mail can come from there.", Path: "/desk/settings", Action: "Open the settings"}}
	}
	c := domainCheck{ctx: ctx, d: d, from: from, envelope: AddressDomain(id.EnvelopeSender())}
	c.receives()
	c.spf()
	c.dkim()
	c.dmarc()
	if c.unreachable > 0 && c.answered == 0 {
		return []PreflightFinding{{Code: "sender-unreachable", Level: FindingWarning, Place: placeSender,
			Sentence: "The records of " + from + " could not be looked up: the DNS does not answer this machine.", Do: "Run preflight where it does, or look at them yourself."}}
	}
	return c.found
}

// reserved are domains that stand for none (RFC 2606, RFC 6761).
func reserved(domain string) bool {
	for _, r := range []string{"example.org", "example.com", "example.net", "example", "test", "invalid", "localhost"} {
		if domain == r || strings.HasSuffix(domain, "."+r) {
			return true
		}
	}
	return false
}

type domainCheck struct {
	ctx                   context.Context //nolint:containedctx // of one check
	d                     *SenderDomain
	from, envelope        string
	signed                bool // for a domain that is aligned with From
	found                 []PreflightFinding
	unreachable, answered int
}

func (c *domainCheck) say(code string, level FindingLevel, sentence, do string) {
	c.found = append(c.found, PreflightFinding{Code: code, Level: level, Place: placeSender, Sentence: sentence, Do: do})
}

// txt gives the records; none when there are none. ok is false when nobody knows.
func (c *domainCheck) txt(name string) (records []string, ok bool) {
	records, err := c.d.Resolver.LookupTXT(c.ctx, name)
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		c.unreachable++
		return nil, false
	}
	c.answered++
	return records, true
}

func (c *domainCheck) receives() {
	mx, err := c.d.Resolver.LookupMX(c.ctx, c.from)
	var dns *net.DNSError
	switch {
	case err != nil && errors.As(err, &dns) && dns.IsNotFound:
		c.answered++
		c.say("sender-mx", FindingWarning, "Nothing receives mail for "+c.from+": answers to the letters get lost, and some receivers refuse a sender that cannot be answered.", "Publish an MX record.")
	case err != nil:
		c.unreachable++
	case len(mx) == 1 && mx[0].Host == ".":
		c.answered++
		c.say("sender-mx", FindingWarning, c.from+" says that it receives no mail at all.", "Publish an MX record.")
	default:
		c.answered++
	}
}

func (c *domainCheck) spf() {
	records, ok := c.txt(c.envelope)
	if !ok {
		return
	}
	var spf []string
	for _, r := range records {
		if r == "v=spf1" || strings.HasPrefix(strings.ToLower(r), "v=spf1 ") {
			spf = append(spf, r)
		}
	}
	switch {
	case len(spf) == 0:
		c.say("sender-spf", FindingWarning, "Nothing says who may send for "+c.envelope+": there is no SPF record.", "Publish a TXT record that names your mail server, such as: v=spf1 include:mail.example.net -all")
		return
	case len(spf) > 1:
		c.say("sender-spf", FindingBlocking, c.envelope+" has more than one SPF record: receivers take that for none.", "Join them into one.")
		return
	}
	all := ""
	for term := range strings.FieldsSeq(strings.ToLower(spf[0])) {
		if strings.TrimLeft(term, "+-~?") == "all" {
			all = term
		}
	}
	if all == "all" || all == "+all" {
		c.say("sender-spf", FindingBlocking, "The SPF record of "+c.envelope+" lets everybody send for it.", "End it with -all or ~all.")
	}
	if n := c.lookups(spf[0], c.envelope, 0, map[string]bool{}); n > maxSPF {
		c.say("sender-spf", FindingBlocking, fmt.Sprintf("The SPF record of %s takes %d look-ups; receivers give up after %d.", c.envelope, n, maxSPF), "Take out what is not needed.")
	}
}

// maxSPF is how many look-ups a receiver makes (RFC 7208, 4.6.4).
const maxSPF = 10

// lookups counts those of a record and of what it includes.
func (c *domainCheck) lookups(record, domain string, depth int, seen map[string]bool) (n int) {
	if seen[domain] || depth > maxSPF {
		return 0
	}
	seen[domain] = true
	for term := range strings.FieldsSeq(strings.ToLower(record)) {
		term = strings.TrimLeft(term, "+-~?")
		name, target, _ := strings.Cut(term, ":")
		if redirect, ok := strings.CutPrefix(term, "redirect="); ok {
			name, target = "include", redirect
		}
		name, _, _ = strings.Cut(name, "/")
		switch name {
		case "a", "mx", "ptr", "exists":
			n++
		case "include":
			n++
			if records, ok := c.txt(target); ok && n <= maxSPF {
				for _, r := range records {
					if strings.HasPrefix(strings.ToLower(r), "v=spf1") {
						n += c.lookups(r, target, depth+1, seen)
					}
				}
			}
		}
	}
	return n
}

func (c *domainCheck) dkim() {
	if c.d.Signs == nil {
		return
	}
	domain, keys := c.d.Signs()
	if len(keys) == 0 {
		c.say("sender-dkim", FindingWarning, "The letters are not signed here: large receivers refuse unsigned mail, unless your mail server signs it.", "Set TIDINGS_DKIM_KEYS, or leave it to the mail server.")
		return
	}
	c.signed = alignedWith(domain, c.from)
	if !c.signed {
		c.say("sender-dkim-aligned", FindingBlocking, "The letters are signed for "+domain+", which is not the sender’s domain "+c.from+".", "Sign for the sender’s domain: TIDINGS_DKIM_DOMAIN.")
	}
	for _, k := range keys {
		name := k.Selector + "._domainkey." + domain
		records, ok := c.txt(name)
		if !ok {
			continue
		}
		switch found := dkimKey(records); {
		case len(records) == 0:
			c.say("sender-dkim", FindingBlocking, "The key "+k.Selector+" is not published: receivers find no record "+name+".", "Publish it, as tidings doctor writes it.")
		case found == "":
			c.say("sender-dkim", FindingBlocking, "The record "+name+" holds no key.", "Publish the key as tidings doctor writes it.")
		case found != base64.StdEncoding.EncodeToString(k.Public):
			c.say("sender-dkim", FindingBlocking, "The record "+name+" holds another key than the one that signs: every signature would be wrong.", "Publish the key as tidings doctor writes it.")
		}
	}
}

// dkimKey gives the key of a record, without the spaces it may be written with.
func dkimKey(records []string) string {
	for _, r := range records {
		for part := range strings.SplitSeq(r, ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && strings.TrimSpace(name) == "p" {
				return strings.Join(strings.Fields(value), "")
			}
		}
	}
	return ""
}

func (c *domainCheck) dmarc() {
	var policy string
	for _, domain := range []string{c.from, organisational(c.from)} {
		records, ok := c.txt("_dmarc." + domain)
		if !ok {
			return
		}
		for _, r := range records {
			if strings.HasPrefix(r, "v=DMARC1") {
				policy = r
			}
		}
		if policy != "" {
			break
		}
	}
	if policy == "" {
		c.say("sender-dmarc", FindingWarning, c.from+" has no DMARC record: large receivers want one from who sends many letters.", "Publish a TXT record _dmarc."+c.from+", such as: v=DMARC1; p=none; rua=mailto:dmarc@"+c.from)
		return
	}
	if !c.signed && !alignedWith(c.envelope, c.from) {
		c.say("sender-dmarc", FindingBlocking, "Neither the signature nor the envelope sender belongs to "+c.from+": receivers that follow DMARC refuse the letters.",
			"Sign for "+c.from+", or take an envelope sender of that domain.")
	}
}

// alignedWith is DMARC's relaxed alignment (RFC 7489, 3.1).
func alignedWith(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a == b || organisational(a) == organisational(b)
}

// organisational gives the domain that an organisation has registered, near enough:
// two labels, three below those second levels that registries sell.
func organisational(domain string) string {
	labels := strings.Split(domain, ".")
	n := 2
	if len(labels) > 2 && len(labels[len(labels)-1]) == 2 && secondLevels[labels[len(labels)-2]] {
		n = 3
	}
	return strings.Join(labels[max(len(labels)-n, 0):], ".")
}

var secondLevels = map[string]bool{"ac": true, "co": true, "com": true, "edu": true, "gov": true, "net": true, "or": true, "org": true, "ne": true, "go": true}

// DKIMRecord writes the record of a key, as it is to be published.
func (k SignKey) DKIMRecord() string {
	kind := "rsa"
	if len(k.Public) == 32 { // RFC 8463: the raw key
		kind = "ed25519"
	}
	return "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(k.Public)
}
