package desk

import (
	"net/http"
	"strconv"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// SettingsHistoryPage lists the versions, newest first.
type SettingsHistoryPage struct {
	Frame
	Tabs  []page.NavLink
	Rows  []SettingsRow
	Older string // the address of the versions before; "" for none
}

// SettingsRow is a version with what it changed.
type SettingsRow struct {
	subscriptions.SettingsVersion
	Changed string // the first fields, in words
	Current bool
}

func (d *Desk) settingsHistory(v *Visit) error {
	before, err := strconv.ParseInt(v.DefaultQuery("before", "0"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	all, err := d.Settings.Store.SettingsHistory(v.Request.Context(), before, perPage+1)
	if err != nil {
		return err
	}
	p := &SettingsHistoryPage{Frame: Frame{Title: "History of the settings", Section: "/desk/settings"}, Tabs: v.settingsTabs("/desk/settings/history")}
	for i, version := range all {
		if i == perPage {
			p.Older = "/desk/settings/history?before=" + strconv.FormatInt(all[i-1].Version, 10)
			break
		}
		var was subscriptions.Settings
		if i+1 < len(all) {
			was = all[i+1].Values
		}
		p.Rows = append(p.Rows, SettingsRow{version, changedWords(was.Diff(version.Values)), before == 0 && i == 0})
	}
	return d.show(v, http.StatusOK, "desk/settings-history", p)
}

func changedWords(changes []subscriptions.SettingChange) string {
	const most = 3
	var words []string
	for i, c := range changes {
		if i == most {
			words = append(words, page.Count(len(changes)-most, "more", "more"))
			break
		}
		words = append(words, c.Field.Section+": "+strings.ToLower(c.Field.Label[:1])+c.Field.Label[1:])
	}
	return page.List(words)
}

// SettingsVersionPage is one version: what it changed, and what taking it up again
// would change.
type SettingsVersionPage struct {
	Frame
	subscriptions.SettingsVersion
	Changes  []subscriptions.SettingChange // against the version before
	Restores []subscriptions.SettingChange // against the version in force
	Current  bool
	Locked   bool
}

func (d *Desk) settingsVersion(v *Visit) error {
	ctx := v.Request.Context()
	this, err := d.versionOf(v)
	if err != nil {
		return err
	}
	newest, err := d.Settings.Stored(ctx)
	if err != nil {
		return err
	}
	p := &SettingsVersionPage{Frame: Frame{Title: "Version " + strconv.FormatInt(this.Version, 10) + " of the settings", Section: "/desk/settings"},
		SettingsVersion: this, Current: this.Version == newest.Version, Locked: !v.May(subscriptions.RoleAdmin), Restores: newest.Values.Diff(this.Values)}
	if this.Version > 0 {
		before, err := d.Settings.Store.SettingsHistory(ctx, this.Version, 1)
		if err != nil {
			return err
		}
		var was subscriptions.Settings
		if len(before) > 0 {
			was = before[0].Values
		}
		p.Changes = was.Diff(this.Values)
	}
	return d.show(v, http.StatusOK, "desk/settings-version", p)
}

// versionOf finds the version of the path; 0 is the standard.
func (d *Desk) versionOf(v *Visit) (subscriptions.SettingsVersion, error) {
	n, err := strconv.ParseInt(v.Param("version"), 10, 64)
	switch {
	case err != nil || n < 0:
		return subscriptions.SettingsVersion{}, &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such version"}
	case n == 0:
		return subscriptions.SettingsVersion{}, nil
	}
	return d.Settings.Store.FindSettings(v.Request.Context(), n)
}

func (d *Desk) restoreSettings(v *Visit) error {
	this, err := d.versionOf(v)
	if err != nil {
		return err
	}
	_, made, err := d.Settings.Restore(v.Request.Context(), this.Version, v.By())
	if err != nil {
		return err
	}
	v.Say(savedSettings(len(made)))
	return v.Go("/desk/settings/history")
}
