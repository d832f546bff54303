package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// TopicsPage lists the topics.
type TopicsPage struct {
	page.Frame
	Topics []subscriptions.TopicNews
}

// TopicPage is a topic with all it has brought.
type TopicPage struct {
	page.Frame
	subscriptions.TopicPage
	Turn Turn
}

// Topics answers GET /topics.
func (s *Site) Topics(c *gin.Context) error {
	topics, err := s.Archive.Topics(c.Request.Context())
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/topics", TopicsPage{
		page.Frame{Title: "Topics", Path: "/topics", Section: "/topics", Description: "What you can ask for."}, topics})
	return nil
}

// Topic answers GET /topics/SLUG.
func (s *Site) Topic(c *gin.Context) error {
	found, err := s.Archive.Topic(c.Request.Context(), c.Param("slug"), pageOf(c))
	if err != nil {
		return err
	}
	path := "/topics/" + found.Topic.Slug
	if moved(c, found.Topic.Slug, "") {
		return nil
	}
	s.Pages.HTML(c, http.StatusOK, "public/topic", TopicPage{
		page.Frame{Title: found.Topic.Name, Path: pagePath(path, found.Page), Section: "/topics",
			Description: found.Topic.Description, Feed: path + "/feed"},
		found, turn(path, found.Paging)})
	return nil
}

// moved sends who came by an old name of a topic to its own, for ever: the name is
// given to no other.
func moved(c *gin.Context, slug, rest string) bool {
	if slug == c.Param("slug") {
		return false
	}
	to := "/topics/" + slug + rest
	if query := c.Request.URL.RawQuery; query != "" {
		to += "?" + query
	}
	c.Header("Cache-Control", "public, max-age=3600")
	c.Redirect(http.StatusMovedPermanently, to)
	return true
}
