package public

import (
	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/web/page"
)

// Privacy answers GET /privacy.
func (s *Site) Privacy(c *gin.Context) error {
	return s.plain(c, "public/privacy", page.Frame{Title: "How we treat your data", Path: "/privacy",
		Description: "What is kept, why, for how long, and what you can ask for."})
}
