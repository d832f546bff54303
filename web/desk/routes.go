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
	}
}
