package smtp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

const hint = "It looks like smtp://user:password@mail.example.org:587?tls=starttls"

// urlSettings are what may stand behind the "?". A reader says what is wrong with
// a value, "" when nothing is, and never repeats it: a "?" in a password that is
// not escaped makes settings of the rest of it.
var urlSettings = []struct {
	name string
	read func(o *Options, value string) (fault string)
}{
	{"tls", func(o *Options, v string) string {
		switch o.TLS = TLS(v); o.TLS {
		case TLSNone, TLSStart, TLSImplicit:
			return ""
		}
		return "has a tls that is not none, starttls or implicit"
	}},
	{"auth", func(o *Options, v string) string {
		switch o.Auth = Auth(v); o.Auth {
		case AuthPlain, AuthLogin, AuthSCRAMSHA1, AuthSCRAMSHA256, AuthXOAUTH2:
			return ""
		case "auto":
			o.Auth = AuthAuto
			return ""
		}
		return "has an auth that is not auto, plain, login, scram-sha-1, scram-sha-256 or xoauth2"
	}},
	{"weight", func(o *Options, v string) string {
		ok := count(&o.Weight, v, 0, 1000)
		o.Standby = ok && o.Weight == 0
		return unless(ok, "has a weight that is not a number from 0 to 1000")
	}},
	{"connections", func(o *Options, v string) string {
		return unless(count(&o.Connections, v, 0, 1000), "has a connections that is not a number from 0 to 1000")
	}},
	{"messages", func(o *Options, v string) string {
		return unless(count(&o.MaxMessages, v, 1, 1_000_000), "has a messages that is not a number from 1 to 1000000")
	}},
	{"age", func(o *Options, v string) (fault string) {
		age, err := time.ParseDuration(v)
		o.MaxAge = age
		return unless(err == nil && age >= time.Second, "has an age that is not a duration from 1s on, such as 10m")
	}},
	{"token", func(o *Options, v string) string {
		o.TokenFile = v
		return unless(v != "", "has a token without the name of a file")
	}},
}

func count(into *int, value string, least, most int) bool {
	n, err := strconv.Atoi(value)
	*into = n
	return err == nil && n >= least && n <= most
}

func unless(ok bool, fault string) string {
	if ok {
		return ""
	}
	return fault
}

// ParseURL reads one server:
//
//	smtp[s]://user:pass@host:port?tls=none|starttls|implicit
//	  &auth=auto|plain|login|scram-sha-1|scram-sha-256|xoauth2
//	  &weight=N&connections=N&messages=N&age=DURATION&token=FILE
//
// smtps means implicit TLS and port 465; smtp means STARTTLS, required, and port
// 587. The settings are those of Options; weight=0 is a standby. The error holds
// every fault, and never the password.
func ParseURL(s string) (Options, error) {
	o, faults := parseURL("the SMTP address", s)
	if len(faults) > 0 {
		return Options{}, errors.Join(faults...)
	}
	return o, nil
}

// ParseURLs reads several servers with white space between. The error joins all
// faults of all of them.
func ParseURLs(s string) ([]Options, error) {
	var all []Options
	var faults []error
	urls := strings.Fields(s)
	for i, u := range urls {
		what := "the SMTP address"
		if len(urls) > 1 {
			what = fmt.Sprintf("SMTP address %d", i+1)
		}
		o, wrong := parseURL(what, u)
		all, faults = append(all, o), append(faults, wrong...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return all, nil
}

func parseURL(what, s string) (o Options, faults []error) {
	bad := func(why string) {
		if why != "" {
			faults = append(faults, &subscriptions.Error{Code: subscriptions.Invalid, Field: "smtp", Message: what + " " + why, Hint: hint})
		}
	}
	u, err := url.Parse(s)
	if err != nil {
		bad("is not a URL")
		return o, faults
	}
	o = Options{Host: u.Hostname(), User: u.User.Username(), TLS: TLSStart, Port: 587}
	o.Password, _ = u.User.Password()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		bad("starts with neither smtp:// nor smtps://")
		return o, faults
	case o.Host == "":
		bad("names no host")
		return o, faults
	case strings.Contains(o.Host, ":") && !strings.HasPrefix(u.Host, "["):
		bad("has a colon too many; an IPv6 address stands in brackets") // url.Parse takes the last for that of the port
		return o, faults
	case u.Scheme == "smtps":
		o.TLS, o.Port = TLSImplicit, 465
	}
	if p := u.Port(); p != "" {
		bad(unless(count(&o.Port, p, 1, 65535), "has no valid port"))
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		bad("has something after the port")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		bad("has settings that cannot be read: they look like tls=starttls&weight=2")
	}
	for _, setting := range urlSettings {
		switch values := q[setting.name]; len(values) {
		case 0:
		case 1:
			bad(setting.read(&o, values[0]))
		default:
			bad("has a " + setting.name + " more than once")
		}
		delete(q, setting.name)
	}
	if len(q) > 0 {
		bad("has an unknown setting; known are tls, auth, weight, connections, messages, age and token")
	}
	if len(faults) == 0 {
		for _, why := range o.contradictions() {
			bad(why)
		}
	}
	return o, faults
}

// contradictions are the settings that do not go together.
func (o Options) contradictions() (faults []string) {
	say := func(wrong bool, fault string) {
		if wrong {
			faults = append(faults, fault)
		}
	}
	open := o.TLS == TLSNone && !loopback(o.Host)
	say(open && o.TokenFile != "", "would send a token in the clear")
	say(open && o.TokenFile == "" && o.User != "", "would send a password in the clear")
	say(o.User == "" && (o.Auth != AuthAuto || o.TokenFile != ""), "says how to log in, and names no user")
	say(o.TokenFile != "" && o.Auth != AuthXOAUTH2, "has a token, which is for auth=xoauth2")
	say(o.TokenFile != "" && o.Password != "", "has a password and a token; keep one of them")
	say(o.Auth == AuthXOAUTH2 && o.TokenFile == "" && o.Password == "", "has no token for auth=xoauth2: name its file, as in token=/run/tidings/token")
	return faults
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
