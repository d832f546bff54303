package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func TestNothingIsPublicBeforeItIsSent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.item(t, "news", day(2019, 2, 1), "iot")
		h.item(t, "never-collected", day(2018, 2, 1), "iot")
		hidden := func(when string) {
			t.Helper()
			home, err := h.archive.Home(ctx)
			must(t, err)
			if home.Latest != nil || len(home.Soon) != 0 {
				t.Errorf("%s the home page shows %+v", when, home.Latest)
			}
			list, err := h.archive.Issues(ctx, 1)
			must(t, err)
			page, err := h.archive.Topic(ctx, "iot", 1)
			must(t, err)
			if len(list.Issues)+len(page.Issues) != 0 {
				t.Errorf("%s the archive shows %d issues, the topic %d", when, len(list.Issues), len(page.Issues))
			}
			_, err = h.archive.Issue(ctx, "first-quarter")
			fails(t, err, subscriptions.NotFound)
			_, err = h.archive.Article(ctx, "news")
			fails(t, err, subscriptions.NotFound)
		}
		e, err := h.editions.Create(ctx, "First quarter", quarter)
		must(t, err)
		hidden("while collecting")
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		hidden("frozen")
		_, err = h.editions.Approve(ctx, e.ID, e.Hash, "publisher")
		must(t, err)
		hidden("approved")
		_, err = h.editions.Start(ctx, e.ID)
		must(t, err)
		issue, err := h.archive.Issue(ctx, "first-quarter")
		must(t, err)
		same(t, "news", contents(issue.Content))
		_, err = h.editions.Pause(ctx, e.ID)
		must(t, err)
		_, err = h.archive.Issue(ctx, "first-quarter") // who has the letter has the link
		must(t, err)
		_, err = h.archive.Article(ctx, "never-collected")
		fails(t, err, subscriptions.NotFound)
		_, err = h.archive.Topic(ctx, "weather", 1)
		fails(t, err, subscriptions.NotFound)
	})
}

func TestThePagesSayWhatTheLetterSaid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		must(t, h.editions.Store.AddWebinar(ctx, func() *subscriptions.Webinar {
			w := webinar06()
			w.ID, w.Topics = 0, []int64{h.topics["iot"].ID}
			return &w
		}()))
		_, err := h.store.PutTerm(ctx, &subscriptions.Term{Abbreviation: "TC260", English: "committee"})
		must(t, err)
		_, err = h.store.PutTerm(ctx, &subscriptions.Term{Abbreviation: "CAC", English: "administration"})
		must(t, err)
		first := h.item(t, "first", day(2019, 2, 1), "iot", "cybersecurity")
		first.Title, first.Comments = "By TC260", &subscriptions.CommentPeriod{Until: day(2019, 4, 20)}
		must(t, h.store.UpdateItem(ctx, first))
		h.item(t, "second", day(2019, 2, 2), "cybersecurity")
		call := h.item(t, "call", day(2019, 2, 3), "iot")
		call.WebinarSlug = "webinar-06"
		must(t, h.store.UpdateItem(ctx, call))
		e := h.sending(t)
		first, err = h.store.FindItem(ctx, first.ID)
		must(t, err)
		first.Title = "Changed afterwards"
		must(t, h.store.UpdateItem(ctx, first))

		a, err := h.archive.Article(ctx, "first")
		must(t, err)
		same(t, "1. By TC260 | iot | cybersecurity | TC260 | next second | first-quarter", fmt.Sprint(a.Entry.Describe(), " | ", a.Entry.Topic.Slug, " | ",
			names(a.Entry.AlsoIn), " | ", a.Terms[0].Abbreviation, " | next ", a.Next.Slug, " | ", a.Issue.Edition.Slug))
		if a.Previous != nil || a.Webinar != nil || len(a.Terms) != 1 {
			t.Errorf("%+v", a)
		}
		a, err = h.archive.Article(ctx, "call")
		must(t, err)
		if a.Webinar == nil || a.Webinar.Slug != "webinar-06" || a.Previous.Slug != "second" || a.Next != nil {
			t.Errorf("%+v", a)
		}
		page, err := h.archive.Topic(ctx, "cybersecurity", 1)
		must(t, err)
		var got []string
		for _, entry := range page.Issues[0].Entries {
			got = append(got, entry.Slug+" in "+entry.Topic.Slug)
		}
		same(t, "first in iot, second in cybersecurity", strings.Join(got, ", "))

		home, err := h.archive.Home(ctx)
		must(t, err)
		counts := map[string]int{}
		for _, topic := range home.Topics {
			counts[topic.Slug] = topic.Last
		}
		same(t, map[string]int{"horizontal": 0, "iot": 2, "blockchain": 0, "communication-networks": 0, "industrial-internet": 0, "cybersecurity": 2}, counts)
		same(t, e.ID, home.Latest.Edition.ID)
		same(t, 19, home.Soon[0].DaysLeft)
		h.wait(20 * 24 * time.Hour)
		home, err = h.archive.Home(ctx)
		must(t, err)
		same(t, 0, len(home.Soon)) // what has closed is left out
	})
}

func TestIssuesComeNewestFirstAndKeepTheirLinks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for n, period := range []subscriptions.Period{quarter, {From: day(2019, 4, 1), To: day(2019, 4, 30)}} {
			h.item(t, fmt.Sprintf("news-%d", n), period.To, "iot")
			e, err := h.editions.Create(ctx, "Newsletter", period)
			must(t, err)
			e, err = h.editions.Freeze(ctx, e.ID)
			must(t, err)
			_, err = h.editions.Approve(ctx, e.ID, e.Hash, "publisher")
			must(t, err)
			_, err = h.editions.Start(ctx, e.ID)
			must(t, err)
		}
		list, err := h.archive.Issues(ctx, 1)
		must(t, err)
		var slugs []string
		for _, i := range list.Issues {
			slugs = append(slugs, i.Edition.Slug)
		}
		same(t, []string{"newsletter-2", "newsletter"}, slugs)
		home, err := h.archive.Home(ctx)
		must(t, err)
		same(t, "newsletter-2", home.Latest.Edition.Slug)
		old, err := h.archive.Article(ctx, "news-0")
		must(t, err)
		same(t, "newsletter", old.Issue.Edition.Slug)
	})
}

func TestWebinarsToComeAndPast(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		for slug, c := range map[string]struct {
			from  time.Duration
			state subscriptions.WebinarState
		}{
			"next": {time.Hour, subscriptions.WebinarAnnounced}, "later": {48 * time.Hour, subscriptions.WebinarAnnounced},
			"running": {-30 * time.Minute, subscriptions.WebinarLive}, "over": {-48 * time.Hour, subscriptions.WebinarOver},
			"older": {-96 * time.Hour, subscriptions.WebinarOver}, "draft": {time.Hour, subscriptions.WebinarDraft},
			"cancelled": {time.Hour, subscriptions.WebinarCancelled}, "forgotten": {-24 * time.Hour, subscriptions.WebinarAnnounced},
		} {
			w := webinar06()
			w.ID, w.Slug, w.State, w.Starts = 0, slug, c.state, h.clock().Add(c.from)
			w.Ends = w.Starts.Add(time.Hour)
			must(t, h.store.AddWebinar(ctx, &w))
		}
		upcoming, past, err := h.archive.Webinars(ctx)
		must(t, err)
		slugs := func(ws []subscriptions.Webinar) (s string) {
			for _, w := range ws {
				s += w.Slug + " "
			}
			return s
		}
		same(t, "running next later | forgotten over older ", slugs(upcoming)+"| "+slugs(past))
		_, err = h.archive.Webinar(ctx, "draft")
		fails(t, err, subscriptions.NotFound)
		w, err := h.archive.Webinar(ctx, "cancelled") // its page says so
		must(t, err)
		same(t, subscriptions.WebinarCancelled, w.State)
	})
}
