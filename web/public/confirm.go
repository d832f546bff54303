package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ConfirmPage asks for one press, or says that it was done.
type ConfirmPage struct {
	page.Frame
	subscriptions.Confirmation
	Done bool
}

// ConfirmForm answers GET /confirm/TOKEN. It changes nothing: scanners open
// links, people press buttons.
func (s *Site) ConfirmForm(c *gin.Context) error {
	found, err := s.Subscriptions.Confirmation(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/confirm", ConfirmPage{page.Frame{Title: "Confirm"}, found, found.Already})
	return nil
}

// Confirm answers POST /confirm/TOKEN.
func (s *Site) Confirm(c *gin.Context) error {
	found, err := s.Subscriptions.Confirm(c.Request.Context(), c.Param("token"), page.ClientIP(c))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/confirm", ConfirmPage{page.Frame{Title: "You are subscribed"}, found, true})
	return nil
}
