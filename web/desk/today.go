package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
)

// TodayPage says what comes next.
type TodayPage struct {
	Frame
	Editions []subscriptions.Edition // not over yet, newest first
}

func (d *Desk) today(v *Visit) error {
	all, err := d.Editions.Store.Editions(v.Request.Context())
	if err != nil {
		return err
	}
	p := &TodayPage{Frame: Frame{Title: "Today", Section: "/desk"}}
	for _, e := range all {
		if e.State != subscriptions.EditionSent && e.State != subscriptions.EditionCancelled {
			p.Editions = append(p.Editions, e)
		}
	}
	return d.show(v, http.StatusOK, "desk/today", p)
}
