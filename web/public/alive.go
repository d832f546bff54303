package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// AlivePage asks for one press that proves that an address is read, or says that it
// was done.
type AlivePage struct {
	page.Frame
	subscriptions.Alive
}

// AliveForm answers GET /alive/TOKEN. It changes nothing.
func (s *Site) AliveForm(c *gin.Context) error {
	a, err := s.Subscriptions.Alive(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/alive", AlivePage{page.Frame{Title: "Do our letters reach you?"}, a})
	return nil
}

// ProveAlive answers POST /alive/TOKEN.
func (s *Site) ProveAlive(c *gin.Context) error {
	a, err := s.Subscriptions.ProveAlive(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	a.Done = true
	s.Pages.HTML(c, http.StatusOK, "public/alive", AlivePage{page.Frame{Title: "The letters go on"}, a})
	return nil
}
