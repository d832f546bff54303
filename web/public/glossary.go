package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// GlossaryPage lists the abbreviations.
type GlossaryPage struct {
	page.Frame
	Terms []subscriptions.Term
}

// Glossary answers GET /glossary.
func (s *Site) Glossary(c *gin.Context) error {
	terms, err := s.Archive.Glossary(c.Request.Context())
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/glossary", GlossaryPage{
		page.Frame{Title: "Glossary", Path: "/glossary", Section: "/glossary",
			Description: "The abbreviations of Chinese standardization, with their English and Chinese names."}, terms})
	return nil
}
