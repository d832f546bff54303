package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// PrivacyPage tells the table by which the clocks run, in its own words.
type PrivacyPage struct {
	page.Frame
	Keep []subscriptions.Retention
}

// Privacy answers GET /privacy.
func (s *Site) Privacy(c *gin.Context) error {
	s.Pages.HTML(c, http.StatusOK, "public/privacy", PrivacyPage{page.Frame{Title: "How we treat your data", Path: "/privacy",
		Description: "What is kept, why, for how long, and what you can ask for."}, s.Pages.Keep().Table()})
	return nil
}
