package subscriptions

import (
	"net/url"
	"strings"
)

// Identity is who the service is to its readers. It comes from settings.
type Identity struct {
	Site     string // "SESEC Tidings"
	Subject  string // what it is about, beside the name: "China ICT standards"
	Tagline  string // the home page's headline, one sentence
	Lede     string // the paragraph under it
	Operator string // who is responsible, "SESEC"
	Postal   string // postal address, one line
	Contact  string // address that a person reads
	From     Mailbox
	ReplyTo  string // "" for From
	Bounce   string // envelope sender; "" for From
	BaseURL  string // https://tidings.example.org, no slash at the end
	// PlainBounce says that Bounce takes nothing between a plus and its @: envelope
	// senders carry no token then, and reports tell their letter by ENVID only.
	PlainBounce bool
	LeaveByMail bool          // mail to Bounce is read: List-Unsubscribe may name it
	Reports     []TokenHeader // by which services that send for us give the token back
	Zone        string        // IANA zone in which times are given first
	Second      string        // the zone beside it

	Palette  Palette           // the zero value is the standard's
	Logo     Logo              // in mastheads instead of the name
	LogoDark Logo              // the same on dark paper; may be missing beside the other
	LogoAlt  string            // in words
	Texts    map[string]string // those that are not the standard's, by key; see Text
	Wording  Wording           // what people agree to; the zero value is the standard's
}

// TokenHeader is a field by which a service that sends for us is told the token of a
// letter, which its reports then hold. %s in Value stands for it.
type TokenHeader struct{ Name, Value string }

// Mailbox is a name with an address (RFC 5322, 3.4).
type Mailbox struct{ Name, Address string }

// StandardIdentity is what a new installation is called until it is told
// otherwise.
func StandardIdentity() Identity {
	return Identity{
		Site:     "SESEC Tidings",
		Subject:  "China ICT standards",
		Tagline:  "What China decides on ICT standards, each month, on your topics only.",
		Lede:     "Regulations, standards and drafts open for comment, gathered from official sources and explained in English. Free, for everyone in European standardization.",
		Operator: "SESEC",
		Postal:   "SESEC, Room 1005, The Oriental Place, 9 East Dongfang Road, Chaoyang, Beijing 100106, P R China",
		From:     Mailbox{Name: "SESEC Tidings", Address: "tidings@example.org"},
		BaseURL:  "http://127.0.0.1:8080",
		Zone:     "Europe/Brussels",
		Second:   "Asia/Shanghai",
	}
}

// Colours are those of the organisation, or the standard's.
func (i Identity) Colours() Palette {
	if i.Palette == (Palette{}) {
		return StandardPalette()
	}
	return i.Palette
}

// Consent is what people agree to.
func (i Identity) Consent() Wording {
	if i.Wording.Version == "" {
		return StandardWording()
	}
	return i.Wording
}

// URL gives the absolute link of a path on the site.
func (i Identity) URL(path string) string { return i.BaseURL + path }

// PictureURL gives the absolute link of a picture.
func (i Identity) PictureURL(name string) string { return i.URL("/pictures/" + name) }

// Domain is the domain of our Message-IDs and lists: that of From.
func (i Identity) Domain() string { return AddressDomain(i.From.Address) }

// Reply gives the address answers go to.
func (i Identity) Reply() string {
	if i.ReplyTo != "" {
		return i.ReplyTo
	}
	return i.From.Address
}

// EnvelopeSender gives the address reports of failure go to (RFC 5321, 3.3).
func (i Identity) EnvelopeSender() string {
	if i.Bounce != "" {
		return i.Bounce
	}
	return i.From.Address
}

// Validate wants an absolute base URL and addresses that exist in form.
func (i Identity) Validate() error {
	u, err := url.Parse(i.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(i.BaseURL, "/") ||
		u.RawQuery != "" || u.Fragment != "" {
		return invalid("base_url", "%q is not the address of a site", i.BaseURL).hint("It looks like https://tidings.example.org, without a slash at the end.")
	}
	if u.User != nil || u.Path != "" {
		// Our pages link to /editions, not to a folder of another site; and a name in
		// the address would stand in every letter.
		return invalid("base_url", "has more than a host").hint("The site needs a host of its own: https://tidings.example.org")
	}
	if _, err := ParseAddress(i.From.Address); err != nil {
		return invalid("from", "%q is not a sender address", i.From.Address).hint("It looks like: SESEC Tidings <tidings@example.org>")
	}
	if _, err := CleanName("sender name", i.From.Name); err != nil {
		return err
	}
	for _, zone := range []string{i.Zone, i.Second} {
		if _, err := LoadZone(zone); err != nil {
			return err
		}
	}
	return nil
}
