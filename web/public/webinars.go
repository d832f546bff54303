package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// WebinarsPage lists the webinars.
type WebinarsPage struct {
	page.Frame
	Upcoming, Past []subscriptions.Webinar
}

// WebinarPage is one webinar.
type WebinarPage struct {
	page.Frame
	subscriptions.Webinar
	Cancelled bool
}

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
// stand in a letter that has been read.
func (s *Site) Webinar(c *gin.Context) error {
	found, err := s.Archive.Webinar(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/webinar", WebinarPage{
		page.Frame{Title: found.Title, Path: "/webinars/" + found.Slug, Section: "/webinars", Description: "Webinar. " + s.Pages.When(found) + "."},
		found, found.State == subscriptions.WebinarCancelled})
	return nil
}
