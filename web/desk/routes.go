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

		{http.MethodGet, "/desk/items", subscriptions.RoleEditor, d.items, 0},
		{http.MethodPost, "/desk/items/act", subscriptions.RoleEditor, d.actOnItems, 0},
		{http.MethodPost, "/desk/items/undo", subscriptions.RoleEditor, d.undoOnItems, 0},
		{http.MethodGet, "/desk/items/new", subscriptions.RoleEditor, d.newItem, 0},
		{http.MethodPost, "/desk/items/new", subscriptions.RoleEditor, d.saveItem, itemBody},
		{http.MethodPost, "/desk/items/unsaved", subscriptions.RoleEditor, d.keepItem, itemBody},
		{http.MethodPost, "/desk/items/unsaved/drop", subscriptions.RoleEditor, d.dropItem, 0},
		{http.MethodGet, "/desk/items/:id", subscriptions.RoleEditor, d.viewItem, 0},
		{http.MethodGet, "/desk/items/:id/edit", subscriptions.RoleEditor, d.editItem, 0},
		{http.MethodPost, "/desk/items/:id/edit", subscriptions.RoleEditor, d.saveItem, itemBody},
		{http.MethodPost, "/desk/items/:id/state", subscriptions.RoleEditor, d.moveItem, 0},
		{http.MethodGet, "/desk/items/:id/history", subscriptions.RoleEditor, d.itemHistory, 0},
		{http.MethodGet, "/desk/items/:id/history/:n", subscriptions.RoleEditor, d.itemRevision, 0},
		{http.MethodPost, "/desk/items/:id/restore", subscriptions.RoleEditor, d.restoreItem, 0},
	}
}
