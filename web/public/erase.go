package public

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// ErasePage asks once more before a person is erased, and says afterwards what
// was done.
type ErasePage struct {
	page.Frame
	subscriptions.Erasure
	Done bool
	Back string // to the preferences
}

// EraseForm answers GET /preferences/TOKEN/erase: what goes, what stays, and the
// button. It changes nothing.
func (s *Site) EraseForm(c *gin.Context) error {
	found, err := s.Subscriptions.Erasure(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.owned(c, err)
	}
	s.Pages.HTML(c, http.StatusOK, "public/erase",
		ErasePage{Frame: page.Frame{Title: "Erase your data"}, Erasure: found, Done: found.Already, Back: "/preferences/" + c.Param("token")})
	return nil
}

// Erase answers POST /preferences/TOKEN/erase.
func (s *Site) Erase(c *gin.Context) error {
	done, err := s.Subscriptions.Erase(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.owned(c, err)
	}
	s.Pages.HTML(c, http.StatusOK, "public/erase", ErasePage{Frame: page.Frame{Title: "Your data are erased"}, Erasure: done, Done: true})
	return nil
}

// Data answers POST /preferences/TOKEN/data with a file, subscriptions.PersonalData
// as JSON. It changes nothing, but it is a POST all the same: a mail scanner that
// opens every link on a page is not to carry it away.
func (s *Site) Data(c *gin.Context) error {
	data, err := s.Subscriptions.Export(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.owned(c, err)
	}
	b, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	page.Private(c)
	c.Header("Content-Disposition", `attachment; filename="my-data.json"`)
	c.Data(http.StatusOK, "application/json", append(b, '\n'))
	return nil
}
