package public

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
	"sesec.eu/tidings/web/page"
)

// DeadlinesPage lists until when drafts can be commented on.
type DeadlinesPage struct {
	page.Frame
	subscriptions.DeadlinePage
	Turn     Turn
	Calendar string // the path of the same as a calendar
}

// Of are the topics of an item, its home first.
func (p DeadlinesPage) Of(item subscriptions.Item) (topics []subscriptions.Topic) {
	for _, id := range item.Topics {
		for _, t := range p.Topics {
			if t.ID == id {
				topics = append(topics, t)
			}
		}
	}
	return topics
}

// DueView is a deadline with the topics of its item.
type DueView struct {
	Deadline subscriptions.Deadline
	Topics   []subscriptions.Topic
}

// Due is a row of the list.
func (p DeadlinesPage) Due(d subscriptions.Deadline) DueView { return DueView{d, p.Of(d.Item)} }

// Deadlines answers GET /deadlines?topic=SLUG. An old name of a topic leads to its
// own.
func (s *Site) Deadlines(c *gin.Context) error {
	var topic *subscriptions.Topic
	path := "/deadlines"
	p := DeadlinesPage{Frame: page.Frame{Title: "Deadlines", Section: "/deadlines", Description: "Until when drafts can be commented on."}, Calendar: "/calendar.ics"}
	if slug := c.Query("topic"); slug != "" {
		_, now, err := s.Subscriptions.TopicNamed(c.Request.Context(), slug)
		if err != nil {
			return err
		}
		if now.Slug != slug {
			c.Redirect(http.StatusMovedPermanently, path+"?topic="+url.QueryEscape(now.Slug))
			return nil
		}
		topic = &now
		path += "?topic=" + url.QueryEscape(slug)
		p.Calendar += "?topics=" + url.QueryEscape(slug)
		p.Title += ": " + now.Name
	}
	found, err := s.Archive.Deadlines(c.Request.Context(), topic, pageOf(c))
	if err != nil {
		return err
	}
	p.DeadlinePage, p.Turn, p.Path = found, turn(path, found.Paging), pagePath(path, found.Page)
	s.Pages.HTML(c, http.StatusOK, "public/deadlines", p)
	return nil
}

// deadlineEvents are the deadlines of the topics for a calendar; an empty set means
// all.
func (s *Site) deadlineEvents(ctx context.Context, topics subscriptions.TopicSet) ([]calendar.Event, error) {
	found, err := s.Archive.CalendarDeadlines(ctx, topics)
	if err != nil {
		return nil, err
	}
	all, err := s.Archive.Store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	events := make([]calendar.Event, len(found))
	for i, d := range found {
		events[i] = calendar.Deadline(d, all, s.Pages.Identity())
	}
	return events, nil
}
