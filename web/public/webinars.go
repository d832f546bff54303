package public

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
	"sesec.eu/tidings/web/page"
)

// WebinarsPage lists the webinars.
type WebinarsPage struct {
	page.Frame
	Upcoming, Past []subscriptions.Webinar
}

// WebinarPage is one webinar: when it is in each zone, what a reader can do about it
// now, and the form where that is to register.
type WebinarPage struct {
	page.Frame
	subscriptions.Webinar
	Door     subscriptions.Door
	Left     int // places, while there are few
	Sittings []subscriptions.Sitting
	Zones    []Option // to see the hours in another one
	Form     *RegisterForm
	Calendar *AddTo // nil where there is nothing to add
}

// AddTo is how a webinar comes into a calendar.
type AddTo struct{ File, Google, Outlook string }

// Webinars answers GET /webinars.
func (s *Site) Webinars(c *gin.Context) error {
	upcoming, past, err := s.Archive.Webinars(c.Request.Context())
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/webinars", WebinarsPage{
		page.Frame{Title: "Webinars", Path: "/webinars", Section: "/webinars", Description: "Webinars to come, and those held."},
		upcoming, past})
	return nil
}

// Webinar answers GET /webinars/SLUG. A cancelled one says so: its link may
// stand in a letter that has been read. With ?zone= the hours stand in that zone
// too.
func (s *Site) Webinar(c *gin.Context) error {
	p, err := s.webinarPage(c, strings.TrimSpace(c.Query("zone")))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/webinar", p)
	return nil
}

func (s *Site) webinarPage(c *gin.Context, zone string) (WebinarPage, error) {
	ctx := c.Request.Context()
	found, err := s.Archive.Webinar(ctx, c.Param("slug"))
	if err != nil {
		return WebinarPage{}, err
	}
	p := WebinarPage{Frame: page.Frame{Title: found.Title, Path: "/webinars/" + found.Slug, Section: "/webinars", Description: "Webinar. " + s.Pages.When(found) + "."},
		Webinar: found, Sittings: s.sittings(found, zone), Zones: s.zonesFor(zone)}
	var taken int
	if p.Door, taken, err = s.Seats.Door(ctx, found); err != nil {
		return p, err
	}
	switch p.Door { //nolint:exhaustive // the others offer no form
	case subscriptions.DoorFew:
		p.Left = found.Capacity - taken
		fallthrough
	case subscriptions.DoorOpen, subscriptions.DoorFull:
		form, err := s.registerForm(c, found, zone)
		if err != nil {
			return p, err
		}
		form.Waiting = p.Door == subscriptions.DoorFull
		p.Form = &form
	}
	switch p.Door { //nolint:exhaustive // past, or never
	case subscriptions.DoorOpen, subscriptions.DoorFew, subscriptions.DoorFull, subscriptions.DoorClosed, subscriptions.DoorOutside:
		e := calendar.Webinar(found, s.Pages.Identity())
		p.Calendar = &AddTo{p.Path + "/calendar.ics", calendar.GoogleURL(e), calendar.OutlookURL(e)}
	}
	return p, nil
}

// sittings are the hours in the zones of the service, and first in the reader's.
func (s *Site) sittings(w subscriptions.Webinar, own string) []subscriptions.Sitting {
	id := s.Pages.Identity()
	return subscriptions.Sittings(w.Starts, w.Ends, own, id.Zone, id.Second, w.Zone)
}

// zonesFor offers zones to see the hours in; one that does not exist is not offered.
func (s *Site) zonesFor(chosen string) []Option {
	if _, err := subscriptions.LoadZone(chosen); err != nil {
		chosen = ""
	}
	options := zoneOptions("", chosen)
	options[0].Text = "Choose a place"
	return options
}
