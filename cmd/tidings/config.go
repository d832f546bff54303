package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/mailer/smtp"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/fetch"
	"sesec.eu/tidings/templates"
)

// Settings are read from flags, then the environment, then the file that
// --config names; the first that says something wins. All are text here, so that
// every fault can be told at once instead of one a run.
type Settings struct {
	ConfigFile      kong.ConfigFlag `name:"config" env:"TIDINGS_CONFIG" placeholder:"FILE" help:"YAML file with settings, named as the flags are."`
	Database        string          `env:"TIDINGS_DATABASE" default:"tidings.db" placeholder:"PATH|URL" help:"SQLite file, or postgres:// URL; ${default} if none is given."`
	Files           string          `env:"TIDINGS_FILES" placeholder:"DIR" help:"Folder of attached documents; beside an SQLite database if none is given."`
	SMTP            string          `name:"smtp" env:"TIDINGS_SMTP" secret:"smtp" placeholder:"URL …" help:"Mail server: smtp[s]://user:password@host:port?tls=none|starttls|implicit&auth=…; several with spaces between."`
	BaseURL         string          `name:"base-url" env:"TIDINGS_BASE_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the site as readers see it; ${default} if none is given."`
	From            string          `name:"sender" env:"TIDINGS_FROM" preset:"SESEC Tidings <tidings@example.org>" placeholder:"MAILBOX" help:"Sender of all mail. If none is given, what the desk says."`
	ReplyTo         string          `name:"reply-to" env:"TIDINGS_REPLY_TO" placeholder:"ADDRESS" help:"Where answers go. If not given, where the desk says, or to the sender."`
	Bounce          string          `env:"TIDINGS_BOUNCE_ADDRESS" name:"bounce-address" placeholder:"ADDRESS" help:"Where reports of failure go, if not to the sender."`
	BounceVERP      string          `name:"bounce-verp" env:"TIDINGS_BOUNCE_VERP" default:"on" placeholder:"on|off" help:"Whether envelope senders name their letter, as bounce+TOKEN@example.org; ${default} if not given."`
	BounceListen    string          `name:"bounce-listen" env:"TIDINGS_BOUNCE_LISTEN" placeholder:"URL" help:"Where reports of failure may come by SMTP or LMTP: lmtp://127.0.0.1:2424, smtp://:2525, lmtp:///run/tidings/bounce.sock"`
	BounceIMAP      string          `name:"bounce-imap" env:"TIDINGS_BOUNCE_IMAP" secret:"url" placeholder:"URL" help:"Mailbox that reports come to: imaps://user:password@host/INBOX?move=Done"`
	BounceIMAPFile  string          `name:"bounce-imap-password-file" env:"TIDINGS_BOUNCE_IMAP_PASSWORD_FILE" placeholder:"FILE" help:"File that holds the mailbox's password."`
	BounceHooks     string          `name:"bounce-hooks" env:"TIDINGS_BOUNCE_HOOKS" secret:"all" placeholder:"SERVICE=SECRET …" help:"Services that report by webhooks: ses=ARN sendgrid=KEY mailgun=KEY postmark=USER:PASSWORD brevo=TOKEN"`
	BounceHooksFile string          `name:"bounce-hooks-file" env:"TIDINGS_BOUNCE_HOOKS_FILE" placeholder:"FILE" help:"File that holds the same."`
	BounceMaildir   string          `name:"bounce-maildir" env:"TIDINGS_BOUNCE_MAILDIR" placeholder:"FOLDER" help:"Maildir that reports come to."`
	Addr            string          `env:"TIDINGS_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the site listens; ${default} if none is given."`
	Proxies         string          `name:"trusted-proxies" env:"TIDINGS_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For is believed."`
	MetricsAddr     string          `name:"metrics-addr" env:"TIDINGS_METRICS_ADDR" placeholder:"HOST:PORT" help:"Where serve and worker also answer /metrics, /healthz and /readyz, and nothing else."`
	Metrics         string          `name:"metrics-allow" env:"TIDINGS_METRICS_ALLOW" placeholder:"CIDR,…" help:"Networks that may read /metrics, beside this machine."`
	FetchAllow      string          `name:"fetch-allow" env:"TIDINGS_FETCH_ALLOW" placeholder:"CIDR,:PORT,…" help:"Private networks, and ports beside 80 and 443, from which feeds may be read."`
	Secret          string          `env:"TIDINGS_SECRET" secret:"all" placeholder:"TEXT" help:"Signs links; several, newest first, with spaces between, to rotate. Beside SQLite one is made if none is given."`
	SecretFile      string          `name:"secret-file" env:"TIDINGS_SECRET_FILE" placeholder:"FILE" help:"File that holds the secret."`
	Connections     string          `env:"TIDINGS_CONNECTIONS" default:"10" placeholder:"N" help:"Connections to the mail servers, all together; ${default} if none is given."`
	Rate            string          `env:"TIDINGS_RATE" default:"0" placeholder:"N" help:"Messages a second at most; 0 for no limit."`
	Domains         string          `name:"domain-limits" env:"TIDINGS_DOMAIN_LIMITS" placeholder:"DOMAIN=RATE:N …" help:"Most that a receiving domain gets, a second and at once: gmail.com=20/s:5 outlook.com=600/m:3 *=50/s:10"`
	TooLate         string          `name:"too-late" env:"TIDINGS_TOO_LATE" default:"336h" placeholder:"DURATION" help:"Age at which a digest is refused instead of sent; ${default} if none is given."`
	DKIMDomain      string          `name:"dkim-domain" env:"TIDINGS_DKIM_DOMAIN" placeholder:"DOMAIN" help:"Domain that signs mail, if not the sender's."`
	DKIMKeys        string          `name:"dkim-keys" env:"TIDINGS_DKIM_KEYS" placeholder:"SELECTOR=FILE,…" help:"PEM files with RSA or Ed25519 keys; mail gets a signature of each."`
	KeepPending     string          `name:"keep-pending" env:"TIDINGS_KEEP_PENDING" preset:"14" placeholder:"DAYS" help:"Days after which a sign-up that nobody confirmed is forgotten. If not given, what the desk says."`
	KeepIP          string          `name:"keep-ip" env:"TIDINGS_KEEP_IP" preset:"30" placeholder:"DAYS" help:"Days after which IP addresses are shortened. If not given, what the desk says."`
	KeepLeft        string          `name:"keep-left" env:"TIDINGS_KEEP_LEFT" preset:"365" placeholder:"DAYS" help:"Days after which who has left is forgotten. If not given, what the desk says."`
	Site            string          `env:"TIDINGS_SITE" preset:"SESEC Tidings" placeholder:"NAME" help:"Name of the publication. If none is given, what the desk says."`
	Templates       string          `env:"TIDINGS_TEMPLATES" placeholder:"FOLDER" help:"Templates that are used instead of those of the program; see docs/rebrand.md."`
	LogLevel        string          `name:"log-level" env:"TIDINGS_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error; ${default} if none is given."`
}

// settings is what they mean.
type settings struct {
	database    string
	files       string         // "" for no folder
	smtp        []smtp.Options // none when none is set
	identity    subscriptions.Identity
	addr        string
	proxies     []string
	metricsAddr string         // "" for none
	metrics     []netip.Prefix // who may read the figures, beside this machine
	fetch       fetch.Options  // where feeds may be read
	secrets     [][]byte       // newest first; none: the store's own
	connections int
	rate        float64
	domains     map[string]mailer.DomainLimit // by domain, mailer.EveryOther for the rest
	tooLate     time.Duration
	fixed       map[string]subscriptions.Fixed // what the desk cannot change, by the key of the setting
	signs       string                         // the domain that was said to sign mail; "" for the sender's
	templates   fs.FS                          // nil: those of the program
	keep        subscriptions.Keep
	ways        waysIn // how reports come
	level       slog.Level
}

// maxSettings bounds a settings file.
const maxSettings = 1 << 20

// yamlFile reads a settings file for kong. A key that is no setting is a fault:
// a misspelt one would be lost silently.
func yamlFile(r io.Reader) (kong.Resolver, error) {
	name := "the settings file"
	if f, ok := r.(interface{ Name() string }); ok {
		name += " " + f.Name()
	}
	wrong := func(format string, args ...any) error {
		return &subscriptions.Error{Code: subscriptions.Invalid, Message: name + fmt.Sprintf(format, args...),
			Hint: "It has lines such as base-url: https://tidings.example.org, each named as its flag is named."}
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSettings+1))
	if err != nil {
		return nil, wrong(" cannot be read: %v", err)
	}
	if len(b) > maxSettings {
		return nil, wrong(" is larger than 1 MB")
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(b, &values); err != nil {
		// Without the lines around the fault: they may hold a secret.
		return nil, wrong(" is not YAML of the form name: value: %s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	known := map[string]bool{}
	for _, s := range settingFields(&Settings{}) {
		known[s.name] = true
	}
	for key, value := range values {
		if !known[key] {
			return nil, wrong(": there is no setting %q", key)
		}
		switch value.(type) {
		case map[string]any, []any:
			return nil, wrong(": %s is not a single value", key)
		case nil:
			delete(values, key) // set to nothing is not set
		case string:
		default:
			// YAML reads 0123 and 1e9 as numbers, and would write them otherwise.
			if key == "secret" {
				return nil, wrong(": put the %s in quotes: it would be read as a number", key)
			}
		}
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		// kong asks resolvers after the environment and would let the file win.
		for _, env := range flag.Envs {
			if os.Getenv(env) != "" {
				return nil, nil
			}
		}
		if v, ok := values[flag.Name]; ok {
			return fmt.Sprint(v), nil
		}
		return nil, nil
	}), nil
}

// presets puts a setting's preset in place of an empty value: a variable that is
// set to nothing is not set.
func (s *Settings) presets() {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.String() == "" {
			f.SetString(presetOf(v.Type().Field(i).Tag))
		}
	}
}

// presetOf is what a setting is when nothing is given. kong fills in what is called
// default; what is called preset stays empty, because the desk may set it too, and
// what the operator gives wins over the desk.
func presetOf(tag reflect.StructTag) string { return cmp.Or(tag.Get("default"), tag.Get("preset")) }

// read checks all settings and tells every fault.
func (s Settings) read() (settings, error) {
	fixed := s.fixed()
	s.presets()
	out := settings{fixed: fixed, signs: s.DKIMDomain, database: s.Database, files: filesBeside(s.Files, s.Database), addr: s.Addr, identity: subscriptions.StandardIdentity()}
	var faults []error
	fault := func(env string, err error) {
		if err != nil {
			faults = append(faults, named(env, err))
		}
	}
	fault("TIDINGS_DATABASE", checkDatabase(s.Database))
	var keys []smtp.Key
	if s.SMTP != "" {
		var err error
		out.smtp, err = smtp.ParseURLs(s.SMTP)
		for _, err := range parts(err) {
			fault("TIDINGS_SMTP", err)
		}
		keys, err = smtp.ReadKeys(s.DKIMKeys)
		fault("TIDINGS_DKIM_KEYS", err)
	}
	id := &out.identity
	id.BaseURL = strings.TrimSuffix(s.BaseURL, "/")
	var err error
	id.Site, err = subscriptions.CleanName("name of the site", s.Site)
	fault("TIDINGS_SITE", err)
	if m, err := netmail.ParseAddress(s.From); err != nil {
		fault("TIDINGS_FROM", &subscriptions.Error{Code: subscriptions.Invalid, Message: fmt.Sprintf("%q is not a mailbox", s.From),
			Hint: "It looks like: SESEC Tidings <tidings@example.org>"})
	} else {
		id.From = subscriptions.Mailbox{Name: m.Name, Address: m.Address}
		err := id.Validate()
		fault(identityEnv(err), err)
	}
	for _, a := range []struct {
		env, value string
		into       *string
	}{{"TIDINGS_REPLY_TO", s.ReplyTo, &id.ReplyTo}, {"TIDINGS_BOUNCE_ADDRESS", s.Bounce, &id.Bounce}} {
		if a.value != "" {
			parsed, err := subscriptions.ParseAddress(a.value)
			fault(a.env, err)
			*a.into = parsed
		}
	}
	id.PlainBounce = s.BounceVERP == "off"
	fault("TIDINGS_BOUNCE_VERP", checkVERP(s.BounceVERP, id.Bounce))
	out.ways = s.ways(id.Bounce, fault)
	id.Reports = out.ways.hooks.Headers()
	id.LeaveByMail = id.Bounce != "" && !id.PlainBounce && out.ways.mail()
	fault("TIDINGS_ADDR", checkAddr(s.Addr))
	for p := range strings.SplitSeq(s.Proxies, ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if _, _, err := net.ParseCIDR(p); err != nil && net.ParseIP(p) == nil {
			fault("TIDINGS_TRUSTED_PROXIES", fmt.Errorf("%q is neither an address nor a network", p))
		}
		out.proxies = append(out.proxies, p)
	}
	if out.metricsAddr = s.MetricsAddr; out.metricsAddr != "" {
		fault("TIDINGS_METRICS_ADDR", checkAddr(out.metricsAddr))
	}
	out.metrics, err = networks(s.Metrics)
	fault("TIDINGS_METRICS_ALLOW", err)
	out.fetch, err = fetch.ParseAllow(s.FetchAllow)
	fault("TIDINGS_FETCH_ALLOW", err)
	if out.secrets, err = s.secrets(); err != nil {
		fault("TIDINGS_SECRET", err)
	}
	if out.connections, err = strconv.Atoi(s.Connections); err != nil || out.connections < 1 || out.connections > 1000 {
		fault("TIDINGS_CONNECTIONS", fmt.Errorf("%q is not a number from 1 to 1000", s.Connections))
	}
	// Not a number compares with nothing, and a rate below that of a month is a
	// slip.
	if out.rate, err = strconv.ParseFloat(s.Rate, 64); err != nil || out.rate != 0 && !(out.rate >= 0.001) || out.rate > 1e6 {
		fault("TIDINGS_RATE", fmt.Errorf("%q is not a number of messages a second, from 0.001 on; 0 is no limit", s.Rate))
	}
	out.domains, err = mailer.ParseDomainLimits(s.Domains)
	fault("TIDINGS_DOMAIN_LIMITS", err)
	if out.tooLate, err = time.ParseDuration(s.TooLate); err != nil || out.tooLate <= 0 {
		fault("TIDINGS_TOO_LATE", fmt.Errorf("%q is not a duration such as 336h", s.TooLate))
	}
	out.keep = s.keep(fault)
	if s.Templates != "" {
		out.templates, err = templates.Override(s.Templates)
		fault("TIDINGS_TEMPLATES", err)
	}
	for i := range out.smtp {
		out.smtp[i].Domain, out.smtp[i].Keys = cmp.Or(s.DKIMDomain, id.Domain()), keys
	}
	if err := out.level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		fault("TIDINGS_LOG_LEVEL", fmt.Errorf("%q is not debug, info, warn or error", s.LogLevel))
	}
	if len(faults) > 0 {
		return out, errUsage{errors.Join(faults...)}
	}
	return out, nil
}

// named puts the setting before its fault and keeps the hint.
func named(env string, err error) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Message: env, Err: err, Hint: subscriptions.HintOf(err)}
}

// secrets reads them from the environment or the file; both at once is a
// contradiction.
func (s Settings) secrets() ([][]byte, error) {
	text := s.Secret
	if s.SecretFile != "" {
		if text != "" {
			return nil, errors.New("is given beside TIDINGS_SECRET_FILE; keep one of them")
		}
		b, err := os.ReadFile(s.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("TIDINGS_SECRET_FILE cannot be read: %w", err)
		}
		if text = string(b); strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("the file %s is empty", s.SecretFile)
		}
	}
	var secrets [][]byte
	for f := range strings.FieldsSeq(text) {
		secrets = append(secrets, []byte(f))
	}
	if len(secrets) == 0 {
		return nil, nil
	}
	_, err := subscriptions.NewKeyring(secrets...)
	return secrets, err
}

// settingField is a setting as the documentation lists it.
type settingField struct {
	name, env, value, preset, secret string
}

// settingFields lists the settings in order, from the tags kong reads.
func settingFields(s *Settings) []settingField {
	v := reflect.ValueOf(s).Elem()
	var fields []settingField
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		if f.Name == "ConfigFile" {
			continue
		}
		fields = append(fields, settingField{name, f.Tag.Get("env"), v.Field(i).String(), presetOf(f.Tag), f.Tag.Get("secret")})
	}
	return fields
}

const redacted = "[redacted]"

// shown is the value as it may be seen.
func (f settingField) shown() string {
	switch {
	case f.value == "":
		return ""
	case f.secret == "all":
		return redacted
	case f.secret == "smtp":
		return redactSMTP(f.value)
	case f.name == "database", f.secret == "url":
		return redactURL(f.value)
	}
	return f.value
}

// redactURL takes the password out; what cannot be parsed is not shown, nor what
// may be an address that has lost its scheme.
func redactURL(s string) string {
	if !strings.Contains(s, "://") {
		if strings.ContainsAny(s, "@=") {
			return redacted
		}
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return redacted
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(strings.ToLower(name), "pass") {
			q.Set(name, redacted)
			u.RawQuery = q.Encode()
		}
	}
	return u.Redacted()
}

// redactSMTP takes the password out of each mail server. What is not in order is
// not shown at all, nor is what stands beside it: with a character that is not
// escaped, any of its parts may be one of the password.
func redactSMTP(s string) string {
	servers, err := smtp.ParseURLs(s)
	if err != nil || len(servers) == 0 {
		return redacted
	}
	urls := strings.Fields(s)
	for i, u := range urls {
		urls[i] = redactURL(u)
	}
	return strings.Join(urls, " ")
}

type configCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run prints the settings in force and checks them.
func (c configCmd) Run(s *Settings, std stdio) error {
	s.presets()
	fields := settingFields(s)
	if c.JSON {
		out := map[string]string{}
		for _, f := range fields {
			out[f.env] = f.shown()
		}
		if err := writeJSON(std.out, out); err != nil {
			return err
		}
	} else {
		for _, f := range fields {
			fmt.Fprintf(std.out, "%-24s %s\n", f.env, f.shown())
		}
	}
	_, err := s.read()
	return err
}
