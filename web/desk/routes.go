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

		{http.MethodGet, "/desk/settings/topics", subscriptions.RoleEditor, d.showTopics, 0},
		{http.MethodPost, "/desk/settings/topics", subscriptions.RoleAdmin, d.createTopic, 0},
		{http.MethodPost, "/desk/settings/topics/order", subscriptions.RoleAdmin, d.orderTopics, 0},
		{http.MethodGet, "/desk/settings/topics/:id", subscriptions.RoleEditor, d.showTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id", subscriptions.RoleAdmin, d.changeTopic, 0},
		{http.MethodGet, "/desk/settings/topics/:id/merge", subscriptions.RoleAdmin, d.showMerge, 0},
		{http.MethodPost, "/desk/settings/topics/:id/merge", subscriptions.RoleAdmin, d.mergeTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id/retire", subscriptions.RoleAdmin, d.retireTopic, 0},
		{http.MethodPost, "/desk/settings/topics/:id/return", subscriptions.RoleAdmin, d.returnTopic, 0},
		{http.MethodGet, "/desk/settings/glossary", subscriptions.RoleEditor, d.showGlossary, 0},
		{http.MethodPost, "/desk/settings/glossary", subscriptions.RoleEditor, d.addTerm, 0},
		{http.MethodGet, "/desk/settings/glossary/missing", subscriptions.RoleEditor, d.showMissing, 0},
		{http.MethodPost, "/desk/settings/glossary/missing", subscriptions.RoleEditor, d.ignoreWord, 0},
		{http.MethodGet, "/desk/settings/glossary/import", subscriptions.RoleEditor, d.showGlossaryImport, 0},
		{http.MethodPost, "/desk/settings/glossary/import", subscriptions.RoleEditor, d.importGlossary, glossaryBody},
		{http.MethodPost, "/desk/settings/glossary/restore", subscriptions.RoleEditor, d.restoreTerm, 0},
		{http.MethodGet, "/desk/settings/glossary/terms/:id", subscriptions.RoleEditor, d.showTerm, 0},
		{http.MethodPost, "/desk/settings/glossary/terms/:id", subscriptions.RoleEditor, d.changeTerm, 0},
		{http.MethodPost, "/desk/settings/glossary/terms/:id/remove", subscriptions.RoleEditor, d.removeTerm, 0},
		{http.MethodGet, "/desk/settings/glossary.csv", subscriptions.RoleEditor, d.glossaryCSV, 0},
		{http.MethodGet, "/desk/settings/glossary.md", subscriptions.RoleEditor, d.glossaryMarkdown, 0},
	}
}
