package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

// previewRoutes are what one sees before an edition is released.
func (d *Desk) previewRoutes() []Route {
	const edition = "/desk/editions/:id"
	return []Route{
		{http.MethodGet, edition + "/preview", subscriptions.RoleEditor, d.previewEdition, 0},
		{http.MethodGet, edition + "/preview/letter", subscriptions.RoleEditor, d.previewLetter, 0},
		{http.MethodPost, edition + "/preview/person", subscriptions.RolePublisher, d.lookAsPerson, 0},
		{http.MethodPost, edition + "/test", subscriptions.RoleEditor, d.sendTest, 0},
		{http.MethodGet, edition + "/preflight", subscriptions.RoleEditor, d.preflight, 0},
		{http.MethodPost, edition + "/preflight", subscriptions.RoleEditor, d.runPreflight, 0},
		{http.MethodPost, edition + "/preflight/notes", subscriptions.RolePublisher, d.notePreflight, 0},

		{http.MethodGet, readersPath, subscriptions.RoleEditor, d.showReaders, 0},
		{http.MethodPost, readersPath + "/personas", subscriptions.RoleEditor, d.savePersona, 0},
		{http.MethodPost, readersPath + "/personas/:id/end", subscriptions.RoleEditor, d.endPersona, 0},
		{http.MethodPost, readersPath + "/groups", subscriptions.RoleEditor, d.saveGroup, 0},
		{http.MethodPost, readersPath + "/groups/:id/delete", subscriptions.RoleEditor, d.dropGroup, 0},
	}
}
