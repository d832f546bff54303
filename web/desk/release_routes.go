package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

const releaseSettingsPath = "/desk/settings/release"

// releaseRoutes lead an edition from its freeze to its last letter.
func (d *Desk) releaseRoutes() []Route {
	return []Route{
		{http.MethodGet, releaseSettingsPath, subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsRelease), 0},
		{http.MethodPost, releaseSettingsPath, subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsRelease), 0},
	}
}
