package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
)

// deadlinePages are the cases of the page of deadlines.
func deadlinePages(now time.Time) map[string][]framed {
	frame := page.Frame{Title: "Deadlines", Path: "/deadlines", Section: "/deadlines", Description: "Until when drafts can be commented on."}
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	today := subscriptions.DateOf(now)
	item := func(title string, left int, of ...int64) subscriptions.Deadline {
		until := today.AddDays(left)
		return subscriptions.Deadline{Until: until, DaysLeft: left, Item: subscriptions.Item{ID: 8, Slug: "x", Title: title, Issuer: "TC260", Topics: of,
			Standard: &subscriptions.Standard{Identifier: "GB/T 35273"}, Comments: &subscriptions.CommentPeriod{Until: until, URL: "https://example.org/draft"}}}
	}
	plain := subscriptions.Deadline{Until: today.AddDays(-400), DaysLeft: -400, Item: subscriptions.Item{Slug: "y", Title: "Old"}}
	open := []subscriptions.Deadline{item("Personal information security specification, third draft", 0, 2, 6), item(strings.Repeat("A very long title of a draft ", 6), 6, 1), item("A draft", 41, 3)}
	closed := []subscriptions.Deadline{item("A draft that was open", -3, 2), plain}
	all := subscriptions.DeadlinePage{Topics: topics, Open: open, Closed: closed, Paging: subscriptions.Paging{Page: 1, Pages: 2, Total: 30}}
	one := all
	one.Topic, one.Open = &topics[2], nil
	later := all
	later.Open, later.Page = nil, 2
	return map[string][]framed{"public/deadlines": {public.DeadlinesPage{Frame: frame, DeadlinePage: all, Turn: public.Turn{Paging: all.Paging, On: "/deadlines?page=2"}, Calendar: "/calendar.ics"},
		public.DeadlinesPage{Frame: frame, DeadlinePage: one, Turn: public.Turn{Paging: one.Paging}}, public.DeadlinesPage{Frame: frame, DeadlinePage: later, Turn: public.Turn{Paging: later.Paging, Back: "/deadlines"}},
		public.DeadlinesPage{Frame: frame, DeadlinePage: subscriptions.DeadlinePage{Topics: topics, Paging: subscriptions.Paging{Page: 1, Pages: 1}}, Turn: public.Turn{Paging: subscriptions.Paging{Page: 1, Pages: 1}}}}}
}

func TestDeadlinesAreToldAsTheyAreNow(t *testing.T) {
	t.Parallel()
	newSite(t).get("/deadlines").want(t, http.StatusOK, "No draft is open for comments now")
	s := newSampleSite(t, atBase)
	home := s.get("/")
	home.want(t, http.StatusOK, `href="/deadlines"`)
	open := s.get("/deadlines")
	open.want(t, http.StatusOK, `aria-current="page"`, "Closed", "Open")
	items, err := s.store.PublicDeadlines(t.Context(), subscriptions.DeadlineFilter{From: subscriptions.Date{Year: 1990, Month: 1, Day: 1}})
	if err != nil || len(items) == 0 {
		t.Fatalf("the sample has %d deadlines: %v", len(items), err)
	}
	item := items[0]
	topic := s.topicOf(item.Topics[0])
	s.get("/deadlines?topic="+topic.Slug).want(t, http.StatusOK, item.Title, topic.Name)
	s.get("/deadlines?topic=telex").want(t, http.StatusNotFound)
	s.get("/deadlines?page=99").want(t, http.StatusOK)

	// As a calendar, of a topic too; asked again it is the same.
	all := s.get("/calendar.ics")
	all.want(t, http.StatusOK, "METHOD:PUBLISH", fmt.Sprintf("UID:deadline-%d@", item.ID), "DTSTART;VALUE=DATE:"+strings.ReplaceAll(item.Comments.Until.String(), "-", ""), "BEGIN:VALARM", "STATUS:CONFIRMED")
	if strings.Contains(all.body, "ATTENDEE") {
		t.Error("a feed invites somebody")
	}
	s.get("/deadlines?topic="+topic.Slug).want(t, http.StatusOK, `href="/calendar.ics?topics=`+topic.Slug+`"`)
	s.get("/calendar.ics?topics="+topic.Slug).want(t, http.StatusOK, fmt.Sprintf("UID:deadline-%d@", item.ID))
	again := httptest.NewRequest(http.MethodGet, "/calendar.ics", nil)
	again.Header.Set("If-None-Match", all.Header.Get("ETag"))
	s.do(again).want(t, http.StatusNotModified)

	// Extended, it moves to the open ones; withdrawn, it is gone.
	item.Comments.Until = subscriptions.DateOf(s.now).AddDays(3)
	if err := s.store.UpdateItem(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	s.get("/deadlines").want(t, http.StatusOK, "3 days left", item.Title)
	s.get("/calendar.ics").want(t, http.StatusOK, fmt.Sprintf("UID:deadline-%d@", item.ID), "DTSTART;VALUE=DATE:"+strings.ReplaceAll(item.Comments.Until.String(), "-", ""))
	item.State = subscriptions.ItemWithdrawn
	if err := s.store.UpdateItem(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/deadlines"); strings.Contains(a.body, item.Title) {
		t.Error("a withdrawn item has a deadline")
	}
	s.get("/calendar.ics").want(t, http.StatusOK, "STATUS:CANCELLED", "SUMMARY:Withdrawn: ")
}

func (s *site) topicOf(id int64) subscriptions.Topic {
	s.t.Helper()
	all, err := s.store.AllTopics(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, t := range all {
		if t.ID == id {
			return t
		}
	}
	s.t.Fatalf("there is no topic %d", id)
	return subscriptions.Topic{}
}
