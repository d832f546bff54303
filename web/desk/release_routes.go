package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

const releaseSettingsPath = "/desk/settings/release"

// releaseRoutes lead an edition from its freeze to its last letter.
func (d *Desk) releaseRoutes() []Route {
	const release = "/desk/editions/:id/release"
	return []Route{
		{http.MethodGet, release, subscriptions.RoleEditor, d.release, 0},
		{http.MethodGet, streamPath, subscriptions.RoleEditor, d.releaseStream, 0},
		{http.MethodPost, release + "/submit", subscriptions.RoleEditor, d.submitEdition, 0},
		{http.MethodPost, release + "/approve", subscriptions.RolePublisher, d.approveEdition, 0},
		{http.MethodPost, release + "/send", subscriptions.RolePublisher, d.sendEdition, 0},
		{http.MethodPost, release + "/schedule", subscriptions.RolePublisher, d.scheduleEdition, 0},
		// To stop is everybody's: nothing is lost by it.
		{http.MethodPost, release + "/take-back", subscriptions.RoleEditor, d.takeBackEdition, 0},
		{http.MethodPost, release + "/pause", subscriptions.RoleEditor, d.pauseEdition, 0},
		{http.MethodPost, release + "/resume", subscriptions.RolePublisher, d.resumeEdition, 0},
		{http.MethodPost, release + "/cancel", subscriptions.RolePublisher, d.stopEdition, 0},
		{http.MethodPost, release + "/rate", subscriptions.RolePublisher, d.rateEdition, 0},
		{http.MethodPost, release + "/resolve", subscriptions.RolePublisher, d.resolveEdition, 0},

		{http.MethodGet, releaseSettingsPath, subscriptions.RoleEditor, d.showSettings(subscriptions.SettingsRelease), 0},
		{http.MethodPost, releaseSettingsPath, subscriptions.RoleAdmin, d.changeSettings(subscriptions.SettingsRelease), 0},
	}
}
