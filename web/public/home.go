package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// homeEntries is how many entries of the latest edition stand beside the form.
const homeEntries = 6

// HomePage is the first page.
type HomePage struct {
	page.Frame
	Latest  *subscriptions.Issue // nil until the first edition is out
	Entries []subscriptions.Entry
	Webinar *subscriptions.Webinar
	Soon    []subscriptions.Deadline
	Form    SubscribeForm
}

// Home answers GET /.
func (s *Site) Home(c *gin.Context) error {
	home, err := s.Archive.Home(c.Request.Context())
	if err != nil {
		return err
	}
	p := HomePage{Frame: page.Frame{Path: "/", Description: s.Pages.Identity().Lede}, Latest: home.Latest, Soon: home.Soon,
		Form: newSubscribeForm(home.Topics, home.Latest != nil)}
	if home.Latest != nil {
		p.Entries = entriesOf(home.Latest.Content)
		p.Entries = p.Entries[:min(homeEntries, len(p.Entries))]
	}
	if len(home.Webinars) > 0 {
		p.Webinar = &home.Webinars[0]
	}
	s.Pages.HTML(c, http.StatusOK, "public/home", p)
	return nil
}
