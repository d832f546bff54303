package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// AddressPage asks for one press that moves letters to another address, or back,
// or says that it was done.
type AddressPage struct {
	page.Frame
	subscriptions.Moving
	Back bool // to the address before
}

// AddressForm answers GET /address/TOKEN, the link in the mail to a new address.
// It changes nothing.
func (s *Site) AddressForm(c *gin.Context) error {
	return s.moving(c, subscriptions.PurposeAddress)
}

// RestoreForm answers GET /restore/TOKEN, the link in the notice to the old one.
func (s *Site) RestoreForm(c *gin.Context) error {
	return s.moving(c, subscriptions.PurposeRestore)
}

func (s *Site) moving(c *gin.Context, p subscriptions.Purpose) error {
	m, err := s.Subscriptions.Moving(c.Request.Context(), p, c.Param("token"))
	if err != nil {
		return err
	}
	return s.moved(c, m, p == subscriptions.PurposeRestore)
}

// Address answers POST /address/TOKEN.
func (s *Site) Address(c *gin.Context) error {
	m, err := s.Subscriptions.ConfirmAddress(c.Request.Context(), c.Param("token"), page.ClientIP(c))
	if err != nil {
		return err
	}
	return s.moved(c, m, false)
}

// Restore answers POST /restore/TOKEN.
func (s *Site) Restore(c *gin.Context) error {
	m, err := s.Subscriptions.RestoreAddress(c.Request.Context(), c.Param("token"), page.ClientIP(c))
	if err != nil {
		return err
	}
	return s.moved(c, m, true)
}

func (s *Site) moved(c *gin.Context, m subscriptions.Moving, back bool) error {
	title := "Confirm this address"
	switch {
	case m.Done:
		title = "The address is changed"
	case back:
		title = "Take the change back"
	}
	s.Pages.HTML(c, http.StatusOK, "public/address", AddressPage{page.Frame{Title: title}, m, back})
	return nil
}
