package web_test

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
	"sesec.eu/tidings/web/static"
)

// framed is what page.Renderer takes.
type framed interface{ Public() bool }

// TestEveryTemplate fills every template there is, whole and as empty as it can
// be. A template without a case here fails the test.
func TestEveryTemplate(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2019, time.February, 14, 9, 0, 0, 0, time.UTC)
	pages, err := page.New(page.Options{Identity: subscriptions.StandardIdentity(), Asset: assets.Path, Demo: true, Inbox: true,
		Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	cases := everyPage(now)
	maps.Copy(cases, everyDeskPage(now))
	maps.Copy(cases, deadlinePages(now))
	maps.Copy(cases, everyWebinarPage(now))
	for _, name := range pages.Names() {
		if len(cases[name]) == 0 {
			t.Errorf("the template %s has no case in this test", name)
		}
	}
	for name, datas := range cases {
		for _, data := range datas {
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
			pages.HTML(c, http.StatusOK, name, data)
			body := w.Body.String()
			if w.Code != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
				t.Errorf("%s: %d\n%s", name, w.Code, body)
			}
			for _, sign := range []string{"<no value>", "ZgotmplZ", `href=""`, "%!", "&lt;nil&gt;", "<nil>"} {
				if strings.Contains(body, sign) {
					t.Errorf("%s holds %q:\n%s", name, sign, body)
				}
			}
			if n := strings.Count(body, "<h1"); n != 1 {
				t.Errorf("%s has %d headings of the first level", name, n)
			}
			for _, hasty := range []string{"! ", "Please", "please"} {
				if strings.Contains(strings.ReplaceAll(body, "<!doctype", ""), hasty) {
					t.Errorf("%s says %q", name, hasty)
				}
			}
		}
	}
}

func everyPage(now time.Time) map[string][]framed {
	frame := page.Frame{Title: "A title", Description: "A description", Path: "/path", Section: "/editions"}
	own := page.Frame{Title: "A title"}
	topics := subscriptions.StandardTopics()
	for i := range topics {
		topics[i].ID = int64(i + 1)
	}
	var news []subscriptions.TopicNews
	var choices []public.TopicChoice
	for i, topic := range topics {
		news = append(news, subscriptions.TopicNews{Topic: topic, Last: i})
		choices = append(choices, public.TopicChoice{TopicNews: news[i], InputID: "topics", Ticked: i == 1, News: true})
	}
	item := subscriptions.Item{Slug: "an-entry", Title: "An entry", Number: 1, Topics: []int64{6, 2}, Date: subscriptions.Date{Year: 2019, Month: 2, Day: 4},
		Issuer: "TC260", Summary: "A summary.", Body: "A **body**.\n\n| A | B |\n|--|--|\n| 1 | 2 |\n",
		Standard: &subscriptions.Standard{Identifier: "GB/T 35273", Title: "A standard", OriginalTitle: "信息安全技术", Committee: "SAC/TC260", Stage: "Draft", Relation: "None"},
		Comments: &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 3, Day: 3}, URL: "https://example.org/draft"},
		Sources:  []subscriptions.Source{{Title: "A notice", URL: "https://example.org/", Language: "zh"}, {URL: "https://example.org/2"}}}
	webinar := subscriptions.Webinar{Slug: "a-webinar", Title: "A webinar", Topics: []int64{1}, Starts: now.Add(48 * time.Hour), Ends: now.Add(49 * time.Hour),
		Zone: "Europe/Brussels", Language: "English", Presenters: []subscriptions.Presenter{{Name: "A Speaker", Role: "Expert", Biography: "Speaks."}},
		Contents: "What is said.", RegistrationURL: "https://example.org/register", RecordingURL: "https://example.org/r", SlidesURL: "https://example.org/s", State: subscriptions.WebinarAnnounced}
	announcing := item
	announcing.Slug, announcing.WebinarSlug = "another", "a-webinar"
	content := subscriptions.Content{Title: "An edition", Slug: "2019-q1", Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}},
		Intro: "An intro.", About: "About us.", Contact: "A line\nAnother", Topics: topics, Entries: []subscriptions.Item{item, announcing}, Webinars: []subscriptions.Webinar{webinar},
		Glossary: []subscriptions.Term{{Abbreviation: "TC260", English: "A committee", Chinese: "标准化技术委员会"}, {Abbreviation: "SAC", Chinese: "国家"}}}
	issue := subscriptions.Issue{Edition: subscriptions.Edition{Slug: "2019-q1"}, Content: content}
	entry := subscriptions.Entry{Item: item, Topic: topics[5], AlsoIn: topics[1:3]}
	filed := subscriptions.ArchiveEntry{Entry: entry, Edition: subscriptions.EditionRef{ID: 1, Slug: "2019-q1", Title: "An edition", StartedAt: now}}
	marked := []subscriptions.Fragment{{Text: "<b>before"}, {Text: "hit", Hit: true}, {Text: " after"}}
	digest := subscriptions.BuildDigest(content, subscriptions.NewTopicSet(1, 2, 3, 4, 5, 6), subscriptions.DateOf(now))
	faults := page.Faults{{Field: "topics", Message: "Choose one."}, {Field: "email", Message: "Enter one."}, {Field: "name", Message: "Long."}, {Field: "organisation", Message: "Long."}}
	form := public.SubscribeForm{Email: "a", Name: "b", Organisation: "c", Topics: choices, Faults: faults, Offer: true, Newest: true}
	preferenceFaults := page.Faults{{Field: "dates", Message: "Choose one."}, {Field: "zone", Message: "None."}, {Field: "zone-other", Message: "None."}}
	pause := public.PauseForm{Day: "x", Min: "2019-02-15", Max: "2020-02-14", Faults: page.Faults{{Field: "until", Message: "Enter one."}}}
	past := webinar
	past.Starts, past.Ends, past.RegistrationURL, past.Language = now.Add(-49*time.Hour), now.Add(-48*time.Hour), "", ""
	letter := func(view string) framed {
		return public.InboxPage{Frame: own, To: "a@example.org", Total: 60, Newer: "/inbox", Older: "/inbox?page=3", Reading: true,
			Rows:   []public.InboxRow{{InboxMessage: public.InboxMessage{N: 1, To: "a@example.org"}, Link: "/inbox/1", Open: true}, {Subject: "S", Link: "/inbox/2"}},
			Letter: public.NewLetter(public.InboxMessage{N: 1, Data: []byte("Subject: S\r\n\r\nText\r\n")}, view, view == "")}
	}
	leaving := subscriptions.Leaving{Masked: "a•••@example.org", Topics: topics[1:3]}
	return map[string][]framed{
		"public/home": {public.HomePage{Frame: page.Frame{Path: "/"}, Form: public.SubscribeForm{Topics: choices}},
			public.HomePage{Frame: page.Frame{Path: "/"}, Latest: &issue, Entries: []subscriptions.Entry{entry, {Item: item}}, Webinar: &webinar,
				Soon: []subscriptions.Deadline{{Item: item, Until: item.Comments.Until, DaysLeft: 17}}, Form: form}},
		"public/subscribe": {public.SubscribePage{Frame: frame, Form: form}},
		"public/check": {public.CheckPage{Frame: own, Action: "/manage", Contact: "a@example.org"},
			public.CheckPage{Frame: own, Action: "/subscribe", Words: []public.Word{{Name: "email", Value: "a"}, {Name: "topics", Value: "iot"}},
				Ask: subscriptions.Challenge{Token: "c", Pieces: 8, Bits: 16, Wait: "w", WaitFor: 70 * time.Second, TooSoon: true}, Contact: "a@example.org"}},
		"public/subscribe-sent": {public.PlainPage{Frame: own}},
		"public/confirm": {public.ConfirmPage{Frame: own, Confirmation: subscriptions.Confirmation{Address: "a•••@example.org", Topics: topics[:3]}},
			public.ConfirmPage{Frame: own, Confirmation: subscriptions.Confirmation{Topics: topics[:1], Already: true}, Done: true},
			public.ConfirmPage{Frame: own, Confirmation: subscriptions.Confirmation{Address: "a•••@example.org", Topics: topics[:3], Added: topics[1:3]}},
			public.ConfirmPage{Frame: own, Confirmation: subscriptions.Confirmation{Topics: topics[:1], Newest: true, Welcome: subscriptions.WelcomeDigest}, Done: true}},
		"public/preferences": {public.PreferencesPage{Frame: own, Topics: choices, Faults: preferenceFaults, OtherZone: "x", Own: "/preferences/x"},
			public.PreferencesPage{Frame: own, Masked: "a•••", Topics: choices, Active: true, Saved: "Saved.", Fresh: true, Leave: "/unsubscribe/x", Own: "/preferences/x",
				Pause: pause, Move: public.MoveForm{Email: "x", Faults: faults}, Dates: []public.Option{{Value: "", Text: "A", Chosen: true}}},
			public.PreferencesPage{Frame: own, Masked: "a•••", Topics: choices, Active: true, Leave: "/unsubscribe/x", Own: "/preferences/x", Resumes: item.Date},
			public.PreferencesPage{Frame: own, Masked: "a•••", Topics: choices, Barred: subscriptions.SuppressedBounce},
			public.PreferencesPage{Frame: own, Masked: "a•••", Topics: choices, Barred: subscriptions.SuppressedComplaint}},
		"public/own":    {public.OwnPage{Frame: own, Masked: "a•••@example.org", Action: "/preferences/x"}},
		"public/paused": {public.PausedPage{Frame: own, Paused: subscriptions.Paused{Masked: "a•••", Until: item.Date, Undo: "x"}, Action: "/unsubscribe/x"}},
		"public/alive":  {public.AlivePage{Frame: own, Alive: subscriptions.Alive{Masked: "a•••"}}, public.AlivePage{Frame: own, Alive: subscriptions.Alive{Masked: "a•••", Done: true}}},
		"public/address": {public.AddressPage{Frame: own, Moving: subscriptions.Moving{Masked: "a•••"}},
			public.AddressPage{Frame: own, Moving: subscriptions.Moving{Masked: "a•••"}, Back: true},
			public.AddressPage{Frame: own, Moving: subscriptions.Moving{Masked: "a•••", Done: true}, Back: true}},
		"public/manage":      {public.ManagePage{Frame: frame}, public.ManagePage{Frame: frame, Email: "x", Faults: faults}},
		"public/manage-sent": {public.PlainPage{Frame: own}},
		"public/unsubscribe": {public.UnsubscribePage{Frame: own, Leaving: leaving, Topic: "iot", Faults: faults, Ended: &topics[4], Pause: pause,
			Reasons: []public.Option{{Value: "", Text: "A", Chosen: true}, {Value: "x", Text: "B"}}}, public.UnsubscribePage{Frame: own},
			public.UnsubscribePage{Frame: own, Leaving: subscriptions.Leaving{Masked: "a•••", Topics: topics[:1]}},
			public.UnsubscribePage{Frame: own, Leaving: subscriptions.Leaving{Masked: "a•••", Undo: "x"}}, public.UnsubscribePage{Frame: own, Leaving: subscriptions.Leaving{Masked: "a•••"}}},
		"public/unsubscribed": {public.UnsubscribedPage{Frame: own, Left: subscriptions.Left{All: true}},
			public.UnsubscribedPage{Frame: own, Left: subscriptions.Left{Masked: "a•••", Topics: topics[:1], Remaining: topics[1:], Undo: "x"}, Action: "/unsubscribe/x"},
			public.UnsubscribedPage{Frame: own, Left: subscriptions.Left{Masked: "a•••", Remaining: topics[1:]}}},
		"public/undone": {public.UndonePage{Frame: own, Topics: topics[:2]}},
		"public/error": {page.ErrorPage{Frame: own, Heading: "H", Message: "M.", Hint: "Do.", Ways: []page.Way{{Path: "/", Text: "Home"}}},
			page.ErrorPage{Frame: own, Heading: "H", Message: "M.", Fresh: true}, page.ErrorPage{Heading: "H"}},
		"public/editions": {public.EditionsPage{Frame: frame}, public.EditionsPage{Frame: frame, Issues: []public.IssueSummary{{Issue: issue, Counts: news}}}},
		"public/edition": {public.EditionPage{Frame: frame, Issue: issue, Entries: []subscriptions.Entry{entry}, Digest: digest},
			public.EditionPage{Frame: frame, Issue: subscriptions.Issue{Content: subscriptions.Content{Title: "Nothing"}}}},
		"public/item": {public.ItemPage{Frame: frame, Article: subscriptions.Article{Entry: entry, Issue: issue, Previous: &item, Next: &announcing, Webinar: &webinar, Terms: content.Glossary,
			Attachments: []subscriptions.Attachment{{Name: "a.pdf", Type: "application/pdf", Kind: subscriptions.AttachmentOriginal, Size: 1204, Hash: strings.Repeat("a", 64)}, {Name: "b.docx", Type: "x"}}}},
			public.ItemPage{Frame: frame, Article: subscriptions.Article{Entry: subscriptions.Entry{Item: subscriptions.Item{Slug: "x", Title: "X"}, Topic: topics[0]}, Issue: issue}}},
		"public/topics": {public.TopicsPage{Frame: frame, Topics: news}, public.TopicsPage{Frame: frame}},
		"public/topic": {public.TopicPage{Frame: frame, TopicPage: subscriptions.TopicPage{Topic: topics[1]}},
			public.TopicPage{Frame: frame, TopicPage: subscriptions.TopicPage{Topic: topics[1], Issues: []subscriptions.TopicIssue{{Edition: filed.Edition, Entries: []subscriptions.Entry{entry}}}},
				Turn: public.Turn{Paging: subscriptions.Paging{Page: 2, Pages: 3}, Back: "/topics/iot", On: "/topics/iot?page=3"}}},
		"public/search": {public.SearchPage{Frame: frame}, public.SearchPage{Frame: frame, Found: subscriptions.Found{Query: subscriptions.ParseSearch("§"), Topics: topics}},
			public.SearchPage{Frame: frame, Found: subscriptions.Found{Query: subscriptions.ParseSearch("two words"), Topics: topics, Topic: &topics[1], Elsewhere: 3}},
			public.SearchPage{Frame: frame, Found: subscriptions.Found{Query: subscriptions.ParseSearch(strings.Repeat("word ", 60)), Topics: topics, Topic: &topics[1],
				Hits:   []subscriptions.Hit{{ArchiveEntry: filed, Heading: marked, Standard: marked, Excerpt: marked}, {ArchiveEntry: subscriptions.ArchiveEntry{Edition: subscriptions.EditionRef{Title: "E"}}, Heading: marked}},
				Paging: subscriptions.Paging{Page: 1, Pages: 2, Total: 21}}, Turn: public.Turn{Paging: subscriptions.Paging{Page: 1, Pages: 2}, On: "/search?page=2&q=x"}}},
		"public/webinars": {public.WebinarsPage{Frame: frame}, public.WebinarsPage{Frame: frame, Upcoming: []subscriptions.Webinar{webinar}, Past: []subscriptions.Webinar{past}}},
		"public/glossary": {public.GlossaryPage{Frame: frame, Terms: content.Glossary}, public.GlossaryPage{Frame: frame}},
		"public/privacy":  {public.PrivacyPage{Frame: frame, Keep: subscriptions.Keep{}.Table()}, public.PrivacyPage{Frame: frame}},
		"public/erase": {public.ErasePage{Frame: own, Erasure: subscriptions.Erasure{Masked: "a•••"}, Back: "/preferences/x"},
			public.ErasePage{Frame: own, Erasure: subscriptions.Erasure{Masked: "a•••", Letters: 1, Registrations: 2}, Done: true},
			public.ErasePage{Frame: own, Erasure: subscriptions.Erasure{Already: true}, Done: true}},
		"public/inbox": slices.Concat([]framed{public.InboxPage{Frame: own}}, []framed{letter(""), letter("text"), letter("source"), letter("headers")}),
	}
}
