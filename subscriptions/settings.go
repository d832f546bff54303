package subscriptions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Settings are what an organisation has set about itself, by the keys of
// settings_fields.go. What is not among them is the standard.
//
// They are kept as versions: a row is added and none is changed, so that it can be
// told who set what and when, and so that an earlier version can be taken up again.
// The newest is in force. What the operator fixed (flags, environment) wins over
// them.
//
// # While an edition leaves
//
// Freezing an edition takes the settings with it (Content.Look): its hash covers
// them, its approval is of them, and all its letters are composed with them,
// whatever is set meanwhile. Only where our site is, and where reports of failure
// go, is as it is when a letter leaves: links must work. Other mails, a welcome
// among them, are composed with what is in force.
type Settings map[string]string

// SettingsVersion is a state of the settings.
type SettingsVersion struct {
	Version  int64 // 1, 2, 3 …; 0 is the standard, before anything was set
	At       time.Time
	EditorID int64  // 0: nobody who signed in
	By       string // their name as it was then
	Note     string // "restored version 3"; may be empty
	Values   Settings
}

// Look is the settings that belong to a frozen edition: those of a version, with
// what the operator had fixed.
type Look struct {
	Version int64    `json:"version"`
	Values  Settings `json:"values,omitempty"`
}

// House is the settings in force, ready to be used. It does not change.
type House struct {
	Version  int64
	Settings Settings
	Identity Identity
	Keep     Keep
}

// Look is what freezing takes.
func (h House) Look() *Look { return &Look{h.Version, h.Settings} }

// NewHouse makes a house of settings. What is fixed, and cannot be set at the desk,
// comes from base: where the site is, and where reports of failure go. What this
// program cannot use, because a newer one has written it, is the standard.
func NewHouse(version int64, s Settings, base Identity) House {
	usable := Settings{}
	for _, f := range settingTable() {
		if v, err := f.Clean(s[f.Key]); err == nil && v != "" && v != f.Standard {
			usable[f.Key] = v
		}
	}
	if v := s[wordingKey]; v != "" {
		usable[wordingKey] = v
	}
	h := House{Version: version, Settings: usable, Identity: usable.identity(base),
		Keep: Keep{Unconfirmed: days(usable.Get("keep.pending")), IP: days(usable.Get("keep.ip")), Left: days(usable.Get("keep.left"))}}
	if h.Keep.Validate() != nil {
		h.Keep = Keep{}
	}
	return h
}

// Get gives the value of a key, or its standard.
func (s Settings) Get(key string) string {
	if v, ok := s[key]; ok {
		return v
	}
	return standardTexts()[key]
}

func (s Settings) identity(base Identity) Identity {
	i := Identity{Site: s.Get("site"), Subject: s.Get("subject"), Tagline: s.Get("tagline"), Lede: s.Get("lede"), Operator: s.Get("operator"),
		Postal: s.Get("postal"), Contact: s.Get("contact"), From: Mailbox{s.Get("sender.name"), s.Get("sender.address")}, ReplyTo: s.Get("sender.reply"),
		Zone: s.Get("zone.first"), Second: s.Get("zone.second"), BaseURL: base.BaseURL, Bounce: base.Bounce,
		Palette: Palette{s.scheme("light."), s.scheme("dark.")}, Texts: map[string]string{}}
	i.Logo, _ = parseLogo(s["logo.light"])
	i.LogoDark, _ = parseLogo(s["logo.dark"])
	i.LogoAlt = cmp.Or(s["logo.alt"], i.Site)
	for key, text := range s {
		if strings.HasPrefix(key, "text.") {
			i.Texts[key] = text
		}
	}
	i.Wording = Wording{cmp.Or(s[wordingKey], StandardWording().Version), i.Text("consent")}
	return i
}

func (s Settings) scheme(prefix string) Scheme {
	return Scheme{Colour(s.Get(prefix + "paper")), Colour(s.Get(prefix + "ink")), Colour(s.Get(prefix + "accent"))}
}

// wordingKey is where a version keeps that of the text people agree to. Nobody sets
// it: it follows the text.
const wordingKey = "consent.version"

// Validate tells every fault, with the key in Field.
func (s Settings) Validate() error {
	var faults []error
	for _, f := range settingTable() {
		if _, err := f.Clean(s[f.Key]); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	faults = append(s.scheme("light.").validate("light.", false), s.scheme("dark.").validate("dark.", true)...)
	keep := Keep{Unconfirmed: days(s.Get("keep.pending")), IP: days(s.Get("keep.ip")), Left: days(s.Get("keep.left"))}
	if err := keep.Validate(); err != nil {
		for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
			var fault *Error
			if errors.As(e, &fault) {
				faults = append(faults, invalid("keep."+strings.Replace(fault.Field, "unconfirmed", "pending", 1), "%s", fault.Message))
			}
		}
	}
	return errors.Join(faults...)
}

// Warning is what may be meant, and is told before it is saved or right after.
type Warning struct{ Field, Message string }

// Warnings tells what the settings bring about that is rarely wanted. signs is the
// domain that signs mail, "" for none.
func (s Settings) Warnings(signs string) []Warning {
	var all []Warning
	domain := AddressDomain(s.Get("sender.address"))
	if signs != "" && !aligned(domain, signs) {
		all = append(all, Warning{"sender.address", fmt.Sprintf("Mail is signed by %s, and the sender is at %s. Many mail servers will take it for forged: use an address at %s, or have the operator change the key (TIDINGS_DKIM_DOMAIN).", signs, domain, signs)})
	}
	if reply := s["sender.reply"]; reply != "" && !aligned(AddressDomain(reply), domain) {
		all = append(all, Warning{"sender.reply", "Answers go to another domain than the sender’s. Some mail programs warn of that."})
	}
	if s["zone.first"] != "" && s.Get("zone.first") == s.Get("zone.second") {
		all = append(all, Warning{"zone.second", "Both zones are the same: hours are given once."})
	}
	for _, key := range []string{"logo.light", "logo.dark"} {
		if logo, ok := parseLogo(s[key]); ok && strings.HasSuffix(logo.Name, ".webp") {
			all = append(all, Warning{key, "Outlook shows no WebP, but the words instead. A PNG is shown everywhere."})
		}
	}
	return all
}

// aligned is DMARC's relaxed alignment (RFC 7489, 3.1.1), as far as one can tell
// without a list of public suffixes: one is the other, or below it.
func aligned(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// SettingChange is a field that differs between two versions.
type SettingChange struct {
	Field    SettingField
	Old, New string // "" is the standard
}

// Words says the change in one line.
func (c SettingChange) Words() string {
	return c.Field.Key + ": " + c.Field.shown(c.Old) + " → " + c.Field.shown(c.New)
}

// Before and After say the two sides of the change; what is not set is the standard.
func (c SettingChange) Before() string { return c.Field.said(c.Old) }

// After is the other side.
func (c SettingChange) After() string { return c.Field.said(c.New) }

// Diff lists what differs, in the order of the table.
func (s Settings) Diff(next Settings) []SettingChange {
	var all []SettingChange
	for _, f := range settingTable() {
		if s[f.Key] != next[f.Key] {
			all = append(all, SettingChange{f, s[f.Key], next[f.Key]})
		}
	}
	return all
}

// With gives the settings with these changes, cleaned, or what is wrong with them.
// A value that is the standard is not kept.
func (s Settings) With(changes Settings) (Settings, error) {
	next := maps.Clone(s)
	if next == nil {
		next = Settings{}
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		f, err := FindSetting(key)
		if err != nil {
			return nil, err
		}
		value, err := f.Clean(changes[key])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if delete(next, key); value != "" && value != f.Standard {
			next[key] = value
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return next, next.Validate()
}

// SettingsStore keeps the versions, the words people agreed to, and pictures.
// Nothing in it is changed or deleted.
type SettingsStore interface {
	// NewestSettings is the version in force, version 0 without values before the
	// first; SettingsVersion tells its number alone.
	NewestSettings(ctx context.Context) (SettingsVersion, error)
	SettingsVersion(ctx context.Context) (int64, error)
	FindSettings(ctx context.Context, version int64) (SettingsVersion, error)
	// SettingsHistory lists up to limit versions before one, newest first; 0 for
	// the newest too.
	SettingsHistory(ctx context.Context, before int64, limit int) ([]SettingsVersion, error)
	AddSettings(ctx context.Context, v SettingsVersion) error // Conflict where the number is taken

	// Wordings lists those that settings brought about, oldest first.
	Wordings(ctx context.Context) ([]Wording, error)
	AddWording(ctx context.Context, w Wording, now time.Time) error

	FindPicture(ctx context.Context, name string) (Picture, error)
	PutPicture(ctx context.Context, p Picture, now time.Time) error // leaves one that is there
}
