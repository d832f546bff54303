package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/idn"
)

// SearchPage finds whatever the desk works on.
type SearchPage struct {
	Frame
	subscriptions.DeskFound
}

func (d *Desk) showSearch(v *Visit) error {
	query := v.Query("q")
	found, err := d.Search.Search(v.Request.Context(), idn.ASCII(query), v.May(subscriptions.RolePublisher))
	if err != nil {
		return err
	}
	found.Query = query
	return d.show(v, http.StatusOK, "desk/search", &SearchPage{Frame{Title: "Search"}, found})
}
