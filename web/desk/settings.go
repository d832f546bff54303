package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The settings are one form a page, made from the table of settings_fields.go: a new
// setting is a row there and nothing here. Every page has the version it was shown
// with; who saves beside somebody else is shown both, and nothing is lost.

// SettingsPage is one of the pages on which settings are read and changed.
type SettingsPage struct {
	Frame
	Path     string // of this page, and of its form
	Of       subscriptions.SettingPage
	Tabs     []page.NavLink
	Intro    string
	Version  int64
	Last     *subscriptions.SettingsVersion // the last change; nil before the first
	Sections []SettingsSection
	Pairs    []PairRow // of the colours
	Previews []Preview
	Faults   page.Faults
	Warnings []subscriptions.Warning
	By       string // who saved the same fields meanwhile; "" for nobody
	Locked   bool   // may be read only
	Files    bool   // the form sends files
}

// SettingsSection is a heading with its fields.
type SettingsSection struct {
	Heading string
	Set     string // how the fields stand: "" one below the other, or pair or trio
	Fields  []SettingsField
}

// SettingsField is a setting with what stands in its input.
type SettingsField struct {
	subscriptions.SettingField
	Value    string
	Fixed    string // the variable by which the operator fixed it
	Theirs   string // what somebody else made of it meanwhile
	Differs  bool   // they did
	Standing bool   // it is the standard
	Picture  string // path of the logo in force
	Faults   []string
}

// PairRow is a line of the table of contrasts.
type PairRow struct{ Name, Light, Dark string }

// Preview is something to look at before saving.
type Preview struct{ Show, Text string }

// settingsTabs lead to all that is set.
func (v *Visit) settingsTabs(path string) []page.NavLink {
	tabs := []page.NavLink{{Path: "/desk/settings", Text: "Name and sender"}, {Path: "/desk/settings/look", Text: "Look"}, {Path: "/desk/settings/texts", Text: "Texts"},
		{Path: "/desk/settings/retention", Text: "Retention"}, {Path: releaseSettingsPath, Text: "Sending"}, {Path: readersPath, Text: "Preview and tests"}, {Path: "/desk/settings/history", Text: "History"}, {Path: "/desk/settings/topics", Text: "Topics"},
		{Path: "/desk/settings/glossary", Text: "Glossary"}}
	if v.May(subscriptions.RoleAdmin) {
		tabs = append(tabs, page.NavLink{Path: editorsPath, Text: "People of the desk"}, page.NavLink{Path: auditPath, Text: "Log"})
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Path == path
	}
	return tabs
}

// settingsPages are the pages by the fields they have.
var settingsPages = map[subscriptions.SettingPage]struct{ path, title, intro string }{
	subscriptions.SettingsIdentity:  {"/desk/settings", "Name and sender", "Who the publication is, and from whom letters come. An empty field is the standard."},
	subscriptions.SettingsLook:      {"/desk/settings/look", "Look", "Three colours for light paper, three for dark; the others are mixed of them. And the logo."},
	subscriptions.SettingsTexts:     {"/desk/settings/texts", "Texts", "What pages and letters say. An empty field is the standard. Names in braces stand for what is known when the text is said."},
	subscriptions.SettingsRetention: {"/desk/settings/retention", "Retention", "For how long data about people is kept. The privacy page tells these times."},
	subscriptions.SettingsRelease:   {releaseSettingsPath, "Sending", "How long an order can be taken back, and when a send stops by itself. An empty field is the standard."},
}

// settingsSets are the kinds that are short enough to stand beside each other. A
// section has the set of its first field.
var settingsSets = map[subscriptions.SettingKind]string{subscriptions.SettingColour: "trio", subscriptions.SettingZone: "pair", subscriptions.SettingDays: "trio"}

// maxSettingsForm is two logos and the texts beside them.
const maxSettingsForm = 2*subscriptions.MaxPicture + 128<<10

func (d *Desk) showSettings(p subscriptions.SettingPage) func(v *Visit) error {
	return func(v *Visit) error {
		s, err := d.settingsPage(v, p)
		if err != nil {
			return err
		}
		return d.show(v, http.StatusOK, "desk/settings", s)
	}
}

// settingsPage reads a page as it is in force.
func (d *Desk) settingsPage(v *Visit, p subscriptions.SettingPage) (*SettingsPage, error) {
	stored, err := d.Settings.Stored(v.Request.Context())
	if err != nil {
		return nil, err
	}
	house := d.Settings.House(stored)
	about := settingsPages[p]
	s := &SettingsPage{Frame: Frame{Title: about.title, Section: "/desk/settings"}, Path: about.path, Of: p, Tabs: v.settingsTabs(about.path), Intro: about.intro,
		Version: stored.Version, Locked: !v.May(subscriptions.RoleAdmin), Files: p == subscriptions.SettingsLook}
	if stored.Version > 0 {
		s.Last = &stored
	}
	for _, f := range subscriptions.SettingFields() {
		if f.Page != p {
			continue
		}
		if n := len(s.Sections); n == 0 || s.Sections[n-1].Heading != f.Section {
			s.Sections = append(s.Sections, SettingsSection{Heading: f.Section, Set: settingsSets[f.Kind]})
		}
		_, set := house.Settings[f.Key]
		field := SettingsField{SettingField: f, Value: house.Settings.Get(f.Key), Fixed: d.Settings.Fixed[f.Key].By, Standing: !set}
		section := &s.Sections[len(s.Sections)-1]
		if f.Kind == subscriptions.SettingPicture {
			field.Picture = logoPath(field.Value)
		}
		section.Fields = append(section.Fields, field)
	}
	if p == subscriptions.SettingsLook {
		s.Pairs = pairRows(house.Identity.Colours())
	}
	if p != subscriptions.SettingsRetention && p != subscriptions.SettingsRelease && !s.Locked {
		s.Previews = []Preview{{"home", "Home page"}, {"confirmation", "Letter to confirm"}, {"digest", "Digest"}}
	}
	for _, w := range house.Settings.Warnings(d.Settings.Signs) {
		if f, err := subscriptions.FindSetting(w.Field); err == nil && f.Page == p {
			s.Warnings = append(s.Warnings, w)
		}
	}
	return s, nil
}

func pairRows(p subscriptions.Palette) []PairRow {
	ratio := func(p subscriptions.Pair) string { return fmt.Sprintf("%.1f", p.Contrast()) }
	light, dark := p.Light.Pairs(false), p.Dark.Pairs(true)
	rows := make([]PairRow, len(light))
	for i := range light {
		rows[i] = PairRow{light[i].Name, ratio(light[i]), ratio(dark[i])}
	}
	rows[len(rows)-1].Name = "topics and warnings on the paper"
	return rows
}

// again shows the form with the person's words and what is wrong, or what somebody
// else has saved.
func (s *SettingsPage) again(sent url.Values, faults page.Faults, conflict *subscriptions.ConflictError) {
	var order []string
	for i := range s.Sections {
		for j := range s.Sections[i].Fields {
			f := &s.Sections[i].Fields[j]
			order = append(order, f.Key)
			if sent.Has(f.Key) && f.Fixed == "" && f.Kind != subscriptions.SettingPicture {
				f.Value = sent.Get(f.Key)
			}
			f.Faults = faults.For(f.Key)
			if conflict != nil {
				f.Theirs, f.Differs = conflict.Theirs[f.Key], false
				_, f.Differs = conflict.Theirs[f.Key]
			}
		}
	}
	s.Faults = faults.InOrder(order...)
	if conflict != nil {
		s.By = conflict.By
	}
}

func (d *Desk) changeSettings(p subscriptions.SettingPage) func(v *Visit) error {
	return func(v *Visit) error {
		sent, base, changes, pictures, err := d.readSettings(v, p)
		if err == nil {
			var made []subscriptions.SettingChange
			_, made, err = d.Settings.Change(v.Request.Context(), base, changes, v.By(), pictures...)
			if err == nil {
				v.Say(savedSettings(len(made)))
				return v.Go(settingsPages[p].path)
			}
		}
		return d.settingsAgain(v, p, sent, err)
	}
}

func savedSettings(n int) string {
	switch n {
	case 0:
		return "Nothing was changed."
	case 1:
		return "Saved: one setting. It is in force within seconds; editions that are frozen keep theirs."
	}
	return fmt.Sprintf("Saved: %d settings. They are in force within seconds; editions that are frozen keep theirs.", n)
}

func keysOf(p subscriptions.SettingPage) []string {
	var keys []string
	for _, f := range subscriptions.SettingFields() {
		if f.Page == p {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// settingsAgain answers a form that was not taken.
func (d *Desk) settingsAgain(v *Visit, p subscriptions.SettingPage, sent url.Values, err error) error {
	var conflict *subscriptions.ConflictError
	faults, mend := page.FaultsOf(err)
	status := http.StatusUnprocessableEntity
	switch {
	case page.TooLong(err) && sent != nil:
		status, faults = http.StatusRequestEntityTooLarge, page.TooLongFault(sent, keysOf(p)...)
	case errors.As(err, &conflict):
		status = http.StatusConflict
	case !mend:
		return err
	}
	s, err := d.settingsPage(v, p)
	if err != nil {
		return err
	}
	s.again(sent, faults, conflict)
	return d.show(v, status, "desk/settings", s)
}
