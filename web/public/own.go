package public

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// OwnPage offers a link of one's own to the holder of a letter's, which is not
// good for what they asked (subscriptions.ErrLetterLink).
type OwnPage struct {
	page.Frame
	Masked string
	Action string // the path of the preferences, which mail it
}

// owned turns what the link is not good for into a page that says so, and leaves
// any other fault as it is.
func (s *Site) owned(c *gin.Context, err error) error {
	if !errors.Is(err, subscriptions.ErrLetterLink) {
		return err
	}
	found, err := s.Subscriptions.Preferences(c.Request.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusForbidden, "public/own", OwnPage{page.Frame{Title: "A link of your own"}, found.Masked,
		"/preferences/" + c.Param("token")})
	return nil
}
