package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ItemPage is one entry on a page of its own.
type ItemPage struct {
	page.Frame
	subscriptions.Article
}

// Item answers GET /items/SLUG.
func (s *Site) Item(c *gin.Context) error {
	article, err := s.Archive.Article(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/item", ItemPage{
		page.Frame{Title: article.Entry.Title, Path: "/items/" + article.Entry.Slug, Section: "/editions", Description: article.Entry.Summary},
		article})
	return nil
}
