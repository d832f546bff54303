package public

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// UnsubscribePage offers what can be left.
type UnsubscribePage struct {
	page.Frame
	subscriptions.Leaving
	Topic  string // slug of the one preselected; "all" for everything
	Faults page.Faults
}

// UnsubscribedPage says what ended, and offers to take it back.
type UnsubscribedPage struct {
	page.Frame
	subscriptions.Left
	Action string // where the undo goes
}

// UndonePage says what is back.
type UndonePage struct {
	page.Frame
	Topics []subscriptions.Topic
}

// UnsubscribeForm answers GET /unsubscribe/TOKEN. It changes nothing. The link
// may have been forwarded with a letter: the address is masked.
func (s *Site) UnsubscribeForm(c *gin.Context) error {
	p, err := s.unsubscribePage(c, c.Query("topic"))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/unsubscribe", p)
	return nil
}

func (s *Site) unsubscribePage(c *gin.Context, topic string) (UnsubscribePage, error) {
	found, err := s.Subscriptions.Leaving(c.Request.Context(), c.Param("token"))
	if err != nil {
		return UnsubscribePage{}, err
	}
	if !slices.ContainsFunc(found.Topics, func(t subscriptions.Topic) bool { return t.Slug == topic }) {
		topic = "all"
	}
	return UnsubscribePage{Frame: page.Frame{Title: "Unsubscribe"}, Leaving: found, Topic: topic}, nil
}

// Unsubscribe answers POST /unsubscribe/TOKEN, which comes from three hands: a
// mail program that sends the one-click (RFC 8058, 3.1), our form, and the undo
// button of the page after it.
func (s *Site) Unsubscribe(c *gin.Context) error {
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	topic := sent.Get("topic")
	switch {
	case sent.Get("List-Unsubscribe") == "One-Click":
		return s.oneClick(c)
	case sent.Has("undo"):
		return s.undo(c, sent.Get("undo"))
	case topic == "all":
		topic = ""
	case topic == "":
		p, err := s.unsubscribePage(c, "")
		if err != nil {
			return err
		}
		p.Faults = page.Faults{{Field: "topic", Message: "Choose what to leave."}}
		s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/unsubscribe", p)
		return nil
	}
	left, err := s.Subscriptions.Unsubscribe(c.Request.Context(), c.Param("token"), topic, "unsubscribe page", page.ClientIP(c))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/unsubscribed",
		UnsubscribedPage{page.Frame{Title: "You are unsubscribed"}, left, c.Request.URL.Path})
	return nil
}

// oneClick ends everything the letter's List-Unsubscribe header stands for,
// which is the list. The answer is read by a program: 200, no redirect, and the
// same when it comes again.
func (s *Site) oneClick(c *gin.Context) error {
	if _, err := s.Subscriptions.Unsubscribe(c.Request.Context(), c.Param("token"), "", "one-click", page.ClientIP(c)); err != nil {
		return err
	}
	page.Private(c)
	c.String(http.StatusOK, "You are unsubscribed. No letter of %s comes to you any more.\n", s.Pages.Identity.Site)
	return nil
}

func (s *Site) undo(c *gin.Context, token string) error {
	topics, err := s.Subscriptions.Undo(c.Request.Context(), token, page.ClientIP(c))
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/undone", UndonePage{page.Frame{Title: "You are back"}, topics})
	return nil
}
