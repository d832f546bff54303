package public

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ManagePage asks for the address to which a link is sent.
type ManagePage struct {
	page.Frame
	Email  string
	Faults page.Faults
}

var manageFrame = page.Frame{Title: "Change topics or leave", Path: "/manage",
	Description: "Ask for the link with which you change your topics or leave."}

// ManageForm answers GET /manage.
func (s *Site) ManageForm(c *gin.Context) error {
	s.Pages.HTML(c, http.StatusOK, "public/manage", ManagePage{Frame: manageFrame})
	return nil
}

// Manage answers POST /manage, for every address alike.
func (s *Site) Manage(c *gin.Context) error {
	sent, err := page.Form(c)
	if page.TooLong(err) {
		return s.manageAgain(c, http.StatusRequestEntityTooLarge, page.Shorten(sent), page.TooLongFault(sent, "email"))
	}
	if err != nil {
		return err
	}
	start := time.Now()
	address, err := subscriptions.ParseAddress(page.Email(sent))
	if err == nil {
		admitted, err := s.admit(c, subscriptions.FormManage, address, sent, start)
		if !admitted {
			return err
		}
		err = s.Subscriptions.SendManageLink(c.Request.Context(), address, page.ClientIP(c))
		evenly(c, start)
		if err == nil {
			page.SeeOther(c, "/manage/sent")
		}
		return err
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	return s.manageAgain(c, http.StatusUnprocessableEntity, sent, faults)
}

// manageAgain shows the form with the person's words and what is wrong.
func (s *Site) manageAgain(c *gin.Context, status int, sent url.Values, faults page.Faults) error {
	p := ManagePage{manageFrame, sent.Get("email"), faults}
	p.Title = "Something is missing: " + p.Title
	s.Pages.HTML(c, status, "public/manage", p)
	return nil
}

// ManageSent answers GET /manage/sent.
func (s *Site) ManageSent(c *gin.Context) error {
	return s.plain(c, "public/manage-sent", page.Frame{Title: "Look in your inbox"})
}
