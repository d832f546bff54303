package public

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// Clock is that of a demo, which can be moved on.
type Clock interface {
	Move(to time.Time) error
}

// MoveClock answers POST /demo/clock, which only a demo has: to a moment of the site's
// zone, or on by a while.
func (s *Site) MoveClock(c *gin.Context) error {
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	to := s.Now()
	if by := sent.Get("by"); by != "" {
		while, err := time.ParseDuration(by)
		if err != nil || while < 0 {
			return &subscriptions.Error{Code: subscriptions.Invalid, Field: "by", Message: "this is no while", Hint: "Use the buttons of the bar."}
		}
		to = to.Add(while)
	} else {
		loc, err := subscriptions.LoadZone(s.Pages.Identity().Zone)
		if err != nil {
			return err
		}
		if to, err = subscriptions.ParseLocalTime("to", strings.TrimSpace(sent.Get("to")), loc); err != nil {
			return err
		}
	}
	if err := s.Clock.Move(to); err != nil {
		return err
	}
	page.SeeOther(c, backTo(c.Request))
	return nil
}

// backTo is the page of ours from which a form came.
func backTo(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return u.RequestURI()
}
