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
	s.Pages.HTML(c, http.StatusOK, "public/topic", TopicPage{
		page.Frame{Title: found.Topic.Name, Path: pagePath(path, found.Page), Section: "/topics",
			Description: found.Topic.Description, Feed: path + "/feed"},
		found, turn(path, found.Paging)})
	return nil
}
