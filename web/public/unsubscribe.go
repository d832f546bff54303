package public

import (
	"errors"
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
	Topic   string               // slug of the one preselected; "all" for everything
	Ended   *subscriptions.Topic // the link names it, and it is sent to nobody any more
	PartOf  *subscriptions.Topic // of Ended: the topic that it is part of now
	Faults  page.Faults
	Reasons []Option
	Pause   PauseForm
}

// PausedPage says when letters come again, and offers to take it back.
type PausedPage struct {
	page.Frame
	subscriptions.Paused
	Action string // where the undo goes
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
	p := UnsubscribePage{Frame: page.Frame{Title: "Unsubscribe"}, Leaving: found, Topic: topic, Reasons: reasonOptions(), Pause: pauseForm(found.Today)}
	if topic != "" && topic != "all" {
		named, now, err := s.Subscriptions.TopicNamed(c.Request.Context(), topic)
		switch {
		case err != nil && !errors.Is(err, subscriptions.ErrNotFound):
			return UnsubscribePage{}, err
		case err == nil:
			p.Topic, topic = now.Slug, now.Slug
			if !named.RetiredAt.IsZero() {
				p.Ended = &named
			}
			if named.ID != now.ID {
				p.PartOf = &now
			}
		}
	}
	if !slices.ContainsFunc(found.Topics, func(t subscriptions.Topic) bool { return t.Slug == topic }) {
		p.Topic = "all"
	}
	return p, nil
}

// Unsubscribe answers POST /unsubscribe/TOKEN, which comes from several hands: a
// mail program that sends the one-click (RFC 8058, 3.1), our two forms, and the
// undo button of the page after them.
func (s *Site) Unsubscribe(c *gin.Context) error {
	sent, err := page.Form(c)
	if err != nil {
		return err
	}
	topic := sent.Get("topic")
	switch {
	case sent.Get("List-Unsubscribe") == "One-Click":
		return s.oneClick(c, c.Query("topic"))
	case sent.Has("undo"):
		return s.undo(c, sent.Get("undo"))
	case sent.Has("pause"):
		return s.pause(c, sent.Get("pause"), sent.Get("until"))
	case topic == "all":
		topic = ""
	case topic == "":
		p, err := s.unsubscribePage(c, "")
		if err != nil {
			return err
		}
		p.Title = "Something is missing: " + p.Title
		p.Faults = page.Faults{{Field: "topic", Message: "Choose what to leave."}}
		s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/unsubscribe", p)
		return nil
	}
	left, err := s.Subscriptions.Leave(c.Request.Context(), c.Param("token"), subscriptions.LeaveRequest{Topic: topic,
		Reason: subscriptions.LeaveReason(sent.Get("reason")), Source: "unsubscribe page", IP: page.ClientIP(c)})
	if err != nil {
		return err
	}
	s.Pages.HTML(c, http.StatusOK, "public/unsubscribed",
		UnsubscribedPage{page.Frame{Title: "You are unsubscribed"}, left, c.Request.URL.Path})
	return nil
}

// oneClick ends what the address it comes to stands for. That in a letter's
// List-Unsubscribe header names no topic and is for the list, all of it. The link
// to leave one topic says which in its query, and RFC 8058 has the POST go to the
// address as it stands: somebody's program that posts to it has left that topic
// and no other. A GET of either changes nothing.
//
// The answer is read by a program: 200, no redirect, and the same when it comes
// again.
func (s *Site) oneClick(c *gin.Context, topic string) error {
	if topic == "all" {
		topic = ""
	}
	left, err := s.Subscriptions.Unsubscribe(c.Request.Context(), c.Param("token"), topic, "one-click", page.ClientIP(c))
	if err != nil {
		return err
	}
	page.Private(c)
	if left.All {
		c.String(http.StatusOK, "You are unsubscribed. No letter of %s comes to you any more.\n", s.Pages.Identity().Site)
		return nil
	}
	c.String(http.StatusOK, "You have left this topic. Letters of %s still come, on your other topics.\n", s.Pages.Identity().Site)
	return nil
}

// pause stops letters for a while instead.
func (s *Site) pause(c *gin.Context, choice, day string) error {
	paused, err := s.Subscriptions.Pause(c.Request.Context(), subscriptions.PurposeUnsubscribe, c.Param("token"), choice, day)
	if err == nil {
		s.Pages.HTML(c, http.StatusOK, "public/paused", PausedPage{page.Frame{Title: "Letters pause"}, paused, c.Request.URL.Path})
		return nil
	}
	faults, ok := page.FaultsOf(err)
	if !ok {
		return err
	}
	p, err := s.unsubscribePage(c, "")
	if err != nil {
		return err
	}
	p.Title = "Something is missing: " + p.Title
	p.Pause.Day, p.Pause.Faults = day, faults
	s.Pages.HTML(c, http.StatusUnprocessableEntity, "public/unsubscribe", p)
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
