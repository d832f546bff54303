package web_test

import (
	"maps"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// everyDeskPage has the cases of the desk's templates: usual, empty, with faults
// and long. Each noun's are in a file of its own.
func everyDeskPage(now time.Time) map[string][]framed {
	frame := desk.Frame{Title: "A title", Section: "/desk/items", Editor: subscriptions.Editor{ID: 1, Name: "An editor", Role: subscriptions.RoleAdmin}, Said: "Saved."}
	alone := desk.Frame{Title: "A title"}
	all := map[string][]framed{}
	for _, pages := range []map[string][]framed{
		todayPages(now, frame, alone),
		webinarDeskPages(now, frame),
		peoplePages(now, frame),
		returnPages(now, frame),
		peopleImportPages(now, frame),
		deskItemPages(now, frame),
		importPages(now, frame),
		attachmentPages(now, frame),
		accountPages(now, frame, alone),
		editionPages(now),
		preflightPages(now),
		releasePages(now),
		ledgerPages(now, frame),
	} {
		maps.Copy(all, pages)
	}
	return all
}

func todayPages(now time.Time, frame, alone desk.Frame) map[string][]framed {
	day := subscriptions.DateOf(now)
	edition := subscriptions.Edition{ID: 1, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionCollecting, CreatedAt: now,
		Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}}
	waiting, ordered, missed := edition, edition, edition
	waiting.State, waiting.SubmittedAt, waiting.SubmittedBy = subscriptions.EditionFrozen, now, "Wanda Writer"
	ordered.State, ordered.SendAt, ordered.SendBy = subscriptions.EditionApproved, now.Add(26*time.Hour), "Paul Publisher"
	missed.State, missed.Reason = subscriptions.EditionApproved, "It was not sent at the moment ordered: nothing ran here then, and it was found 5 hours later."
	pages := topicPages(now, frame)
	maps.Copy(pages, map[string][]framed{
		"desk/settings": settingsCases(frame, now), "desk/settings-history": historyCases(frame, now), "desk/settings-version": versionCases(frame, now),
		"desk/error": {&desk.ErrorPage{Frame: frame, Message: "M.", Hint: "Do."}, &desk.ErrorPage{Frame: alone, Message: "M."}},
		"desk/today": {&desk.TodayPage{Frame: frame, Today: subscriptions.Today{Date: day, Checks: subscriptions.Health{Now: now}.Checks()}},
			&desk.TodayPage{Frame: frame, Today: subscriptions.Today{Date: day, Since: now.Add(-50 * time.Hour), Items: map[subscriptions.ItemState]int{"draft": 3, "published": 4981},
				Editions:  []subscriptions.EditionToday{{Edition: edition, Entries: 11}, {Edition: waiting, Entries: 40}, {Edition: ordered, Entries: 7}, {Edition: missed, Entries: 7}, {Edition: edition, Entries: 1204, Books: subscriptions.Books{Planned: 2418, Sent: 1200}}},
				Webinars:  []subscriptions.Webinar{{Slug: "w", Title: "China’s AI standardization, and what it asks of European industry", Starts: now.Add(time.Hour), Ends: now.Add(2 * time.Hour), Zone: "Europe/Brussels"}},
				Deadlines: []subscriptions.Deadline{{Item: subscriptions.Item{ID: 2, Title: "Draft on personal information security, open for comments"}, Until: day}, {Item: subscriptions.Item{ID: 3, Title: strings.Repeat("A long title ", 20)}, Until: day, DaysLeft: 17}},
				Checks:    subscriptions.Health{Now: now, Open: 3, OldestDue: now.Add(-time.Hour), Complaint: 2, Drift: time.Hour}.Checks(),
				News: []subscriptions.AuditEvent{{At: now.Add(-time.Hour), Actor: "Another editor", Action: "item.publish", Subject: "item:2", About: "Draft on personal information security", Detail: "state draft → published"},
					{At: now.Add(-30 * time.Hour), Actor: "schedule", Action: "feed-entries.import", About: strings.Repeat("long", 60)}}}}},
	})
	return pages
}
