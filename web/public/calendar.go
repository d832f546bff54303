package public

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
	"sesec.eu/tidings/web/page"
)

// WebinarCalendar answers GET /webinars/SLUG/calendar.ics: the webinar as a file,
// without the link to join.
func (s *Site) WebinarCalendar(c *gin.Context) error {
	w, err := s.Archive.Webinar(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	s.cached(c)
	return s.sendCalendar(c, w.Slug, w.UpdatedAt, calendar.Calendar{Method: calendar.Publish, Events: []calendar.Event{calendar.Webinar(w, s.Pages.Identity())}})
}

// feedRefresh is how often the feed is worth reading.
const feedRefresh = 6 * time.Hour

// Calendar answers GET /calendar.ics?topics=iot,blockchain: all webinars and
// deadlines for comments, or those of the topics. A cancelled or withdrawn one stays
// in it, as cancelled: that is how it leaves the calendars that have it.
func (s *Site) Calendar(c *gin.Context) error {
	ctx := c.Request.Context()
	id := s.Pages.Identity()
	topics, err := s.calendarTopics(c)
	if err != nil {
		return err
	}
	feed := calendar.Calendar{Method: calendar.Publish, Name: id.Site, About: "Webinars, and until when drafts can be commented on.", Refresh: feedRefresh}
	var names []string
	var set subscriptions.TopicSet
	for _, t := range topics {
		names, set = append(names, t.Name), set.With(t.ID)
	}
	if len(names) > 0 {
		feed.Name += ": " + page.List(names)
	}
	var updated time.Time
	add := func(events []calendar.Event, err error) error {
		for _, e := range events {
			if e.Stamp.After(updated) {
				updated = e.Stamp
			}
		}
		feed.Events = append(feed.Events, events...)
		return err
	}
	if err := add(s.webinarEvents(ctx, set)); err != nil {
		return err
	}
	if err := add(s.deadlineEvents(ctx, set)); err != nil {
		return err
	}
	s.cached(c)
	return s.sendCalendar(c, "calendar", updated, feed)
}

// calendarTopics reads the topics that are asked for, by their names in addresses,
// old ones too; none means all.
func (s *Site) calendarTopics(c *gin.Context) ([]subscriptions.Topic, error) {
	var topics []subscriptions.Topic
	var seen subscriptions.TopicSet
	for _, given := range c.QueryArray("topics") {
		for _, slug := range strings.FieldsFunc(given, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
			_, now, err := s.Subscriptions.TopicNamed(c.Request.Context(), slug)
			if err != nil {
				return nil, err
			}
			if !seen.Has(now.ID) {
				seen, topics = seen.With(now.ID), append(topics, now)
			}
		}
	}
	return topics, nil
}

// webinarEvents are the announced webinars of the topics; an empty set means all.
func (s *Site) webinarEvents(ctx context.Context, topics subscriptions.TopicSet) ([]calendar.Event, error) {
	all, err := s.Archive.Store.Webinars(ctx)
	if err != nil {
		return nil, err
	}
	var events []calendar.Event
	for _, w := range all {
		if w.State == subscriptions.WebinarDraft || w.State == subscriptions.WebinarCancelled && w.AnnouncedAt.IsZero() || len(topics) > 0 && !topics.HasAny(w.Topics) {
			continue
		}
		events = append(events, calendar.Webinar(w, s.Pages.Identity()))
	}
	return events, nil
}

// cached lets caches and pages in browsers have the calendar.
func (s *Site) cached(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "public, max-age=600")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// sendCalendar answers with a calendar. Who asks again with an ETag or a
// Last-Modified that still holds gets a 304.
func (s *Site) sendCalendar(c *gin.Context, name string, updated time.Time, cal calendar.Calendar) error {
	body, err := cal.Encode()
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	h.Set("Content-Type", "text/calendar; charset=utf-8; method="+string(cal.Method))
	h.Set("Content-Disposition", `inline; filename="`+name+`.ics"`)
	http.ServeContent(c.Writer, c.Request, "", updated, bytes.NewReader(body))
	return nil
}
