package subscriptions

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// SettingField is one thing that an organisation sets. The desk, the command line
// and the history show them as this table does.
type SettingField struct {
	Key      string // sender.address; the name of the input, and of KEY=VALUE
	Page     SettingPage
	Section  string // the heading it stands under
	Label    string
	Note     string // a sentence below it; may be empty
	Kind     SettingKind
	Standard string   // what it is until it is set
	Max      int      // characters
	Most     int      // of a SettingNumber
	Holds    []string // the names in braces that it may hold, see settings_texts.go
	Needs    []string // and must
}

// SettingPage is the page of the desk on which a field stands.
type SettingPage string

// The pages.
const (
	SettingsIdentity  SettingPage = "identity"
	SettingsLook      SettingPage = "look"
	SettingsTexts     SettingPage = "texts"
	SettingsRetention SettingPage = "retention"
)

// SettingPages lists them.
func SettingPages() []SettingPage {
	return []SettingPage{SettingsIdentity, SettingsLook, SettingsTexts, SettingsRetention, SettingsRelease}
}

// SettingKind says what a value is.
type SettingKind string

// The kinds.
const (
	SettingLine     SettingKind = "line"
	SettingLines    SettingKind = "lines"
	SettingMarkdown SettingKind = "markdown"
	SettingAddress  SettingKind = "address"
	SettingZone     SettingKind = "zone"
	SettingColour   SettingKind = "colour"
	SettingPicture  SettingKind = "picture"
	SettingDays     SettingKind = "days"
)

// SettingFields is the whole table, in the order of the pages.
func SettingFields() []SettingField { return slices.Clone(settingTable()) }

// FindSetting finds a field by its key.
func FindSetting(key string) (SettingField, error) {
	for _, f := range settingTable() {
		if f.Key == key {
			return f, nil
		}
	}
	return SettingField{}, notFound("there is no setting %q", key).hint("tidings settings show lists them.")
}

var settingTable = sync.OnceValue(func() []SettingField {
	id, colours := StandardIdentity(), StandardPalette()
	table := []SettingField{
		{Key: "site", Section: "The publication", Label: "Name", Kind: SettingLine, Max: 80, Standard: id.Site},
		{Key: "subject", Section: "The publication", Label: "What it is about", Kind: SettingLine, Max: 80, Standard: id.Subject, Note: "Stands beside the name in letters."},
		{Key: "tagline", Section: "The publication", Label: "Headline of the home page", Kind: SettingLine, Max: 140, Standard: id.Tagline},
		{Key: "lede", Section: "The publication", Label: "Paragraph below it", Kind: SettingLines, Max: 500, Standard: id.Lede},
		{Key: "operator", Section: "Who is responsible", Label: "Organisation", Kind: SettingLine, Max: 120, Standard: id.Operator},
		{Key: "postal", Section: "Who is responsible", Label: "Postal address", Kind: SettingLine, Max: 300, Standard: id.Postal, Note: "One line. Stands on every page and in every letter."},
		{Key: "contact", Section: "Who is responsible", Label: "Address that a person reads", Kind: SettingAddress, Max: 254, Note: "If empty, that to which answers go."},
		{Key: "sender.name", Section: "Sender", Label: "Name", Kind: SettingLine, Max: 80, Standard: id.From.Name},
		{Key: "sender.address", Section: "Sender", Label: "Address", Kind: SettingAddress, Max: 254, Standard: id.From.Address},
		{Key: "sender.reply", Section: "Sender", Label: "Answers go to", Kind: SettingAddress, Max: 254, Note: "If empty, to the sender."},
		{Key: "zone.first", Section: "Time zones", Label: "First", Kind: SettingZone, Max: 64, Standard: id.Zone, Note: "Hours are given in both, as in Europe/Brussels and Asia/Shanghai."},
		{Key: "zone.second", Section: "Time zones", Label: "Second", Kind: SettingZone, Max: 64, Standard: id.Second},
	}
	for _, s := range []struct {
		prefix, section string
		is              Scheme
	}{{"light.", "Colours by day", colours.Light}, {"dark.", "Colours in dark mode", colours.Dark}} {
		for _, c := range []struct {
			key, label string
			standard   Colour
		}{{"paper", "Paper", s.is.Paper}, {"ink", "Ink", s.is.Ink}, {"accent", "Links", s.is.Accent}} {
			table = append(table, SettingField{Key: s.prefix + c.key, Section: s.section, Label: c.label, Kind: SettingColour, Max: 7, Standard: string(c.standard)})
		}
	}
	table = append(table,
		SettingField{Key: "logo.light", Section: "Logo", Label: "On light paper", Kind: SettingPicture, Max: 60, Note: "PNG, JPEG or WebP, at most 200 KB. Without one the name stands there. Outlook does not show WebP."},
		SettingField{Key: "logo.dark", Section: "Logo", Label: "On dark paper", Kind: SettingPicture, Max: 60, Note: "If there is none, the other is shown on light ground."},
		SettingField{Key: "logo.alt", Section: "Logo", Label: "In words", Kind: SettingLine, Max: 120, Note: "What is read instead of it. If empty, the name."})
	for i := range table {
		if table[i].Page = SettingsIdentity; table[i].Kind == SettingColour || strings.HasPrefix(table[i].Key, "logo.") {
			table[i].Page = SettingsLook
		}
	}
	for _, f := range textFields() {
		f.Page = SettingsTexts
		table = append(table, f)
	}
	for _, k := range []struct{ key, label, note, days string }{
		{"keep.pending", "A sign-up that nobody confirmed", "From 7 to 365 days after it.", "14"},
		{"keep.ip", "IP addresses in consents", "From 1 to 365 days; then they are shortened to their network.", "30"},
		{"keep.left", "Who has left", "From 1 to 3650 days after they left.", "365"},
	} {
		table = append(table, SettingField{Key: k.key, Page: SettingsRetention, Section: "Days until they are forgotten", Label: k.label, Note: k.note, Kind: SettingDays, Max: 4, Standard: k.days})
	}
	return append(table, releaseFields()...)
})

// standardTexts are the standards by key.
var standardTexts = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, f := range settingTable() {
		all[f.Key] = f.Standard
	}
	return all
})

// Clean gives a value as it is kept, or what is wrong with it. "" is the standard.
// A line break can stand in no value that becomes a header, or one line.
func (f SettingField) Clean(value string) (string, error) {
	if !utf8.ValidString(value) {
		return "", invalid(f.Key, "%s is not valid text", f.Label)
	}
	value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
	if value == "" {
		return "", nil
	}
	if n := utf8.RuneCountInString(value); n > f.Max {
		return "", invalid(f.Key, "%s has %d characters", f.Label, n).hint("There is room for %d.", f.Max)
	}
	lines := f.Kind == SettingLines || f.Kind == SettingMarkdown
	for _, part := range strings.Split(value, "\n") {
		if !oneLine(strings.ReplaceAll(part, "\t", " ")) {
			return "", invalid(f.Key, "%s holds a control character", f.Label)
		}
	}
	if !lines && !oneLine(value) {
		return "", invalid(f.Key, "%s is one line", f.Label)
	}
	return f.read(value)
}

// read checks a value by its kind.
func (f SettingField) read(value string) (string, error) {
	at := func(err error) error {
		if err == nil {
			return nil
		}
		return &Error{Code: Invalid, Field: f.Key, Message: err.Error(), Hint: HintOf(err)}
	}
	switch f.Kind {
	case SettingAddress:
		address, err := ParseAddress(value)
		return address, at(err)
	case SettingZone:
		_, err := LoadZone(value)
		return value, at(err)
	case SettingColour:
		colour, err := ParseColour(f.Key, value)
		return string(colour), err
	case SettingPicture:
		if _, ok := parseLogo(value); !ok {
			return "", invalid(f.Key, "%q is no picture of ours", value).hint("Send the file at the desk.")
		}
		return value, nil
	case SettingNumber:
		return f.readNumber(value)
	case SettingDays:
		if n, err := strconv.ParseUint(value, 10, 16); err != nil || n == 0 {
			return "", invalid(f.Key, "%q is not a number of days", value)
		}
		return value, nil
	}
	return value, f.checkPlaces(value)
}

// days reads a number of days that Clean has seen.
func days(value string) time.Duration {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * oneDay
}

// said is a value for people: in full, the standard's where it is not set.
func (f SettingField) said(value string) string {
	value = cmp.Or(value, f.Standard, "nothing")
	if _, size, ok := strings.Cut(value, " "); ok && f.Kind == SettingPicture {
		return "a picture of " + strings.Replace(size, "x", " by ", 1) + " pixels"
	}
	return value
}

// shown is the value as one line, for the log.
func (f SettingField) shown(value string) string {
	switch {
	case value == "":
		return "standard"
	case f.Kind == SettingPicture:
		return "a picture, " + value[strings.IndexByte(value, ' ')+1:]
	case f.Kind == SettingLine || f.Kind == SettingLines || f.Kind == SettingMarkdown:
		return fmt.Sprintf("“%s”", strings.Join(strings.Fields(value), " "))
	}
	return value
}
