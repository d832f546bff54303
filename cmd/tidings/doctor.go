package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
)

// doctorCmd looks at what sending rests on. Each thing is said once: well, worth a
// look, or wrong; it fails while anything is wrong.
type doctorCmd struct {
	Offline bool   `help:"Ask nobody: neither the mail server nor the DNS."`
	DNS     string `name:"dns" placeholder:"HOST:PORT" help:"DNS server to ask, if not this machine's."`
	JSON    bool   `help:"Answer as JSON."`
}

// complaint is one thing that was looked at.
type complaint struct {
	Level subscriptions.Level `json:"level"` // ok, warn, bad
	About string              `json:"about"`
	Text  string              `json:"text"`
	Hint  string              `json:"hint,omitempty"`
}

type doctor struct {
	*app
	resolver *net.Resolver
	found    []complaint
}

func (d *doctor) say(level subscriptions.Level, about, text, hint string) {
	d.found = append(d.found, complaint{level, about, text, hint})
}

// Run looks, and tells.
func (c doctorCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		d := &doctor{app: a, resolver: resolverAt(c.DNS)}
		d.database(ctx)
		d.secret()
		d.workers(ctx)
		if !c.Offline {
			d.mail(ctx)
			d.names(ctx)
			d.domain(ctx)
		}
		d.keys()
		if c.JSON {
			if err := writeJSON(std.out, d.found); err != nil {
				return err
			}
		} else {
			d.print(std)
		}
		for _, f := range d.found {
			if f.Level == subscriptions.LevelBad {
				return errSilent
			}
		}
		return nil
	})
}

// resolverAt asks the DNS server at the address, or this machine's.
func resolverAt(address string) *net.Resolver {
	if address == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

func (d *doctor) database(ctx context.Context) {
	has, knows, err := d.store.Schema(ctx)
	switch {
	case err != nil:
		d.say(subscriptions.LevelBad, "database", "It does not answer: "+err.Error()+".", subscriptions.HintOf(err))
	case has != knows:
		d.say(subscriptions.LevelBad, "database", fmt.Sprintf("Its schema has version %d, and this program knows %d.", has, knows), "Run tidings migrate, or the program that made it.")
	default:
		d.say(subscriptions.LevelOK, "database", fmt.Sprintf("It answers, and its schema has version %d.", has), "")
	}
	if err := d.instance.CheckReleased(ctx); err != nil {
		d.say(subscriptions.LevelWarn, "database", sentenced(err.Error()), subscriptions.HintOf(err))
	}
}

func (d *doctor) secret() {
	if len(d.settings.secrets) == 0 {
		d.say(subscriptions.LevelWarn, "secret", "It lies beside the database: who has the one has the other.", "Set TIDINGS_SECRET_FILE, and keep a copy where the backups are not.")
		return
	}
	d.say(subscriptions.LevelOK, "secret", "It is set, and it is the one this database is used with.", "")
}

func (d *doctor) workers(ctx context.Context) {
	alive, err := mailer.Alive(ctx, d.store, d.now())
	switch {
	case err != nil:
		d.say(subscriptions.LevelBad, "workers", sentenced(err.Error()), subscriptions.HintOf(err))
	case len(alive) == 0:
		d.say(subscriptions.LevelWarn, "workers", "No worker runs: nothing leaves.", "Start tidings serve, or tidings worker.")
	default:
		d.say(subscriptions.LevelOK, "workers", fmt.Sprintf("%d %s.", len(alive), plural(len(alive), "worker is sending", "workers are sending")), "")
	}
}

// mailWithin bounds the questions to the mail servers.
const mailWithin = 45 * time.Second

// mail asks each mail server whether it would take mail from us, and how it is
// secured.
func (d *doctor) mail(ctx context.Context) {
	if len(d.settings.smtp) == 0 {
		d.say(subscriptions.LevelBad, "mail server", "None is set: nothing can leave.", "Set TIDINGS_SMTP.")
		return
	}
	ctx, end := context.WithTimeout(ctx, mailWithin)
	defer end()
	envelope := d.current(ctx).Identity.EnvelopeSender()
	for _, o := range d.settings.smtp {
		about := "mail server " + net.JoinHostPort(o.Host, fmt.Sprint(o.Port))
		sender, err := smtp.New(o)
		if err == nil {
			err = sender.Check(ctx, envelope)
		}
		if err != nil {
			d.say(subscriptions.LevelBad, about, sentenced(err.Error()), subscriptions.HintOf(err))
			continue
		}
		d.say(subscriptions.LevelOK, about, "It takes mail from "+envelope+".", "")
		switch local := isLocal(o.Host); {
		case o.TLS == smtp.TLSNone && !local:
			d.say(subscriptions.LevelBad, about, "The way there is not secured: passwords and letters can be read on it.", "Use tls=starttls or tls=implicit in TIDINGS_SMTP.")
		case o.TLS == smtp.TLSNone:
			d.say(subscriptions.LevelOK, about, "It is on this machine: no TLS is needed.", "")
		default:
			d.say(subscriptions.LevelOK, about, "The way there is secured ("+string(o.TLS)+"), and its certificate is right.", "")
		}
	}
}

// names holds the address of each mail server to its name, there and back: receivers
// refuse a sender whose address has no name (RFC 5321, 4.1.4; M3AAWG).
func (d *doctor) names(ctx context.Context) {
	ctx, end := context.WithTimeout(ctx, mailWithin)
	defer end()
	for _, o := range d.settings.smtp {
		if isLocal(o.Host) {
			continue
		}
		about := "name of " + o.Host
		addresses, err := d.resolver.LookupHost(ctx, o.Host)
		if err != nil {
			d.say(subscriptions.LevelWarn, about, "Its address could not be looked up.", "Look whether the DNS answers this machine.")
			continue
		}
		for _, address := range addresses {
			names, err := d.resolver.LookupAddr(ctx, address)
			if err != nil || len(names) == 0 {
				d.say(subscriptions.LevelWarn, about, address+" has no name (PTR): if letters leave from there, large receivers refuse them.", "Ask who gives you the address for a PTR record.")
				continue
			}
			back, err := d.resolver.LookupHost(ctx, strings.TrimSuffix(names[0], "."))
			if err != nil || !contains(back, address) {
				d.say(subscriptions.LevelWarn, about, address+" is called "+names[0]+", which is another address.", "Make the two records agree.")
				continue
			}
			d.say(subscriptions.LevelOK, about, address+" is called "+names[0]+", and back.", "")
		}
	}
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if net.ParseIP(a).Equal(net.ParseIP(one)) {
			return true
		}
	}
	return false
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}

// domain tells what preflight says of the sender's domain.
func (d *doctor) domain(ctx context.Context) {
	id := d.current(ctx).Identity
	checks := &subscriptions.SenderDomain{Resolver: d.resolver, Signs: d.settings.signKeys}
	found := checks.Check(ctx, id)
	for _, f := range found {
		level := map[subscriptions.FindingLevel]subscriptions.Level{subscriptions.FindingBlocking: subscriptions.LevelBad, subscriptions.FindingWarning: subscriptions.LevelWarn}[f.Level]
		if level == "" {
			level = subscriptions.LevelWarn
		}
		d.say(level, "sender "+id.Domain(), f.Sentence, f.Do)
	}
	if len(found) == 0 {
		d.say(subscriptions.LevelOK, "sender "+id.Domain(), "SPF, DKIM and DMARC are published, and agree with what leaves.", "")
	}
}

// keys writes the records by which receivers find the keys.
func (d *doctor) keys() {
	domain, keys := d.settings.signKeys()
	for _, k := range keys {
		d.say(subscriptions.LevelOK, "key "+k.Selector, k.Selector+"._domainkey."+domain+" TXT "+k.DKIMRecord(), "")
	}
}

func sentenced(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

var marks = map[subscriptions.Level]string{subscriptions.LevelOK: "ok  ", subscriptions.LevelWarn: "look", subscriptions.LevelBad: "BAD "}

func (d *doctor) print(std stdio) {
	bad, look := 0, 0
	for _, f := range d.found {
		fmt.Fprintf(std.out, "%s  %s: %s\n", marks[f.Level], plainLine(f.About), plainLine(f.Text))
		if f.Hint != "" {
			fmt.Fprintf(std.out, "      %s\n", plainLine(f.Hint))
		}
		switch f.Level {
		case subscriptions.LevelBad:
			bad++
		case subscriptions.LevelWarn:
			look++
		}
	}
	switch {
	case bad > 0:
		fmt.Fprintf(std.out, "%d %s wrong.\n", bad, plural(bad, "thing is", "things are"))
	case look > 0:
		fmt.Fprintf(std.out, "Nothing is wrong; %d %s worth a look.\n", look, plural(look, "thing is", "things are"))
	default:
		fmt.Fprintln(std.out, "All is well.")
	}
}
