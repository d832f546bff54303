package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

// Everybody is the role of a page that asks for no sign-in.
const Everybody subscriptions.Role = ""

// Route is a page of the desk.
type Route struct {
	Method  string // GET, which answers HEAD too, or POST
	Path    string
	Role    subscriptions.Role // the least that may
	Handler func(v *Visit) error
	Body    int64 // bytes read of the request; 0: page.MaxBody
}

// Routes is the desk. A route that is not here does not exist; one that is here
// has its line in the table of TestWhoMayWhat too.
func (d *Desk) Routes() []Route {
	return []Route{
		{http.MethodGet, "/desk", subscriptions.RoleEditor, d.showToday, 0},
		{http.MethodPost, "/desk/sign-out", Everybody, d.signOut, 0},

		{http.MethodGet, "/desk/settings", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsIdentity), 0},
		{http.MethodPost, "/desk/settings", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsIdentity), 0},
		{http.MethodGet, "/desk/settings/look", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsLook), 0},
		{http.MethodPost, "/desk/settings/look", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsLook), maxSettingsForm},
		{http.MethodGet, "/desk/settings/texts", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsTexts), 0},
		{http.MethodPost, "/desk/settings/texts", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsTexts), maxSettingsForm},
		{http.MethodGet, "/desk/settings/retention", subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsRetention), 0},
		{http.MethodPost, "/desk/settings/retention", subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsRetention), 0},
		{http.MethodPost, "/desk/settings/preview", subscriptions.RoleAdmin, d.previewSettings, maxSettingsForm},
		{http.MethodGet, "/desk/settings/history", subscriptions.RoleEditor, d.settingsHistory, 0},
		{http.MethodGet, "/desk/settings/history/:version", subscriptions.RoleEditor, d.settingsVersion, 0},
		{http.MethodPost, "/desk/settings/history/:version", subscriptions.RoleAdmin, d.restoreSettings, 0},
	}
}
