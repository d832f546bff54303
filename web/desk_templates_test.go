package web_test

import (
	"maps"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// everyDeskPage has the cases of the desk's templates: usual, empty, with faults
// and long.
func everyDeskPage(now time.Time) map[string][]framed {
	frame := desk.Frame{Title: "A title", Section: "/desk/items", Editor: subscriptions.Editor{ID: 1, Name: "An editor", Role: subscriptions.RoleAdmin}, Said: "Saved."}
	alone := desk.Frame{Title: "A title"}
	day := subscriptions.DateOf(now)
	edition := subscriptions.Edition{ID: 1, Slug: "2019-q1", Title: "January–March 2019", State: subscriptions.EditionCollecting, CreatedAt: now,
		Period: subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 1, Day: 1}, To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}}
	person := subscriptions.Subscriber{ID: 4, Address: "anna@xn--mller-kva.example.org", Name: "Anna", Organisation: "A standards office", Zone: "Europe/Rome", CreatedAt: now, ConfirmedAt: now, PausedUntil: now.Add(time.Hour)}
	people := []subscriptions.Person{{Subscriber: person, Status: subscriptions.SubscriberPaused, Topics: subscriptions.StandardTopics()},
		{Subscriber: subscriptions.Subscriber{ID: 5, Address: strings.Repeat("long", 15) + "@example.org", CreatedAt: now.Add(-90 * 24 * time.Hour)}, Status: subscriptions.SubscriberPending},
		{Subscriber: subscriptions.Subscriber{ID: 6, CreatedAt: now, ErasedAt: now}, Status: subscriptions.SubscriberErased}}
	story := subscriptions.History{Subscriber: person, Status: subscriptions.SubscriberPaused, Suppressed: subscriptions.SuppressedBounce, Topics: subscriptions.StandardTopics()[:2],
		Rows:       []subscriptions.Subscription{{TopicID: 1, State: subscriptions.SubscriptionActive, CreatedAt: now}, {TopicID: 9, State: subscriptions.SubscriptionEnded, CreatedAt: now, EndedAt: now, EndReason: subscriptions.EndUnsubscribed}},
		Consents:   []subscriptions.Consent{{Kind: subscriptions.ConsentGiven, Topics: []string{"iot", "blockchain"}, Wording: "2019-04", Source: "web form", IP: "192.0.2.1", At: now}, {Kind: subscriptions.ConsentConfirmed, At: now}},
		Deliveries: []subscriptions.Delivery{{Kind: subscriptions.KindDigest, State: subscriptions.DeliveryFailed, Detail: "550 5.1.1 no such user", Attempts: 2, CreatedAt: now}}}
	faults := page.Faults{{Field: "email", Message: "Wrong."}, {Field: "name", Message: "Long."}, {Field: "topics", Message: "Choose one."}, {Field: "source", Message: "Say where."}, {Field: "note", Message: "Say why."}, {Field: "sure", Message: "Tick."}}
	sup := subscriptions.Suppression{Hash: strings.Repeat("0f", 32), Reason: subscriptions.SuppressedBounce, Note: "550 5.1.1", CreatedAt: now}
	pages := map[string][]framed{
		"desk/people": {&desk.PeoplePage{Frame: frame}, &desk.PeoplePage{Frame: frame, Query: "nobody", Status: subscriptions.SubscriberEnded},
			&desk.PeoplePage{Frame: frame, People: people, On: "/desk/people?before=4"}, &desk.PeoplePage{Frame: frame, Query: "a", People: people, More: true}},
		"desk/person": {&desk.PersonPage{Frame: frame, History: story, Names: map[int64]string{1: "IoT"}}, &desk.PersonPage{Frame: frame, History: story, Note: "x", Faults: faults[4:]},
			&desk.PersonPage{Frame: frame, History: subscriptions.History{Subscriber: people[2].Subscriber, Status: subscriptions.SubscriberErased}}},
		"desk/person-new": {&desk.PersonForm{Frame: frame, Topics: subscriptions.StandardTopics(), Asks: true},
			&desk.PersonForm{Frame: frame, Topics: subscriptions.StandardTopics(), Chosen: map[string]bool{"iot": true}, Email: "a", Name: "b", Source: "c", Faults: faults[:4]}},
		"desk/suppressions": {&desk.SuppressionsPage{Frame: frame}, &desk.SuppressionsPage{Frame: frame, Reason: "bounce", Counts: map[subscriptions.SuppressionReason]int{"bounce": 1204}, All: []subscriptions.Suppression{sup, sup}, On: "/desk/people/suppressions?before=x"},
			&desk.SuppressionsPage{Frame: frame, Email: "a@example.org", Found: &sup, Asked: true, Faults: faults[4:5]}, &desk.SuppressionsPage{Frame: frame, Email: "a", Asked: true, Faults: faults[:1]}},
		"desk/error": {&desk.ErrorPage{Frame: frame, Message: "M.", Hint: "Do."}, &desk.ErrorPage{Frame: alone, Message: "M."}},
		"desk/today": {&desk.TodayPage{Frame: frame, Today: subscriptions.Today{Date: day, Checks: subscriptions.Health{Now: now}.Checks()}},
			&desk.TodayPage{Frame: frame, Today: subscriptions.Today{Date: day, Since: now.Add(-50 * time.Hour), Items: map[subscriptions.ItemState]int{"draft": 3, "published": 4981},
				Editions:  []subscriptions.EditionToday{{Edition: edition, Entries: 11}, {Edition: edition, Entries: 1204, Books: subscriptions.Books{Planned: 2418, Sent: 1200}}},
				Webinars:  []subscriptions.Webinar{{Slug: "w", Title: "China’s AI standardization, and what it asks of European industry", Starts: now.Add(time.Hour), Ends: now.Add(2 * time.Hour), Zone: "Europe/Brussels"}},
				Deadlines: []subscriptions.Deadline{{Item: subscriptions.Item{ID: 2, Title: "Draft on personal information security, open for comments"}, Until: day}, {Item: subscriptions.Item{ID: 3, Title: strings.Repeat("A long title ", 20)}, Until: day, DaysLeft: 17}},
				Checks:    subscriptions.Health{Now: now, Open: 3, OldestDue: now.Add(-time.Hour), Complaint: 2, Drift: time.Hour}.Checks(),
				News: []subscriptions.AuditEvent{{At: now.Add(-time.Hour), Actor: "Another editor", Action: "item.publish", Subject: "item:2", About: "Draft on personal information security", Detail: "state draft → published"},
					{At: now.Add(-30 * time.Hour), Actor: "schedule", Action: "feed-entries.import", About: strings.Repeat("long", 60)}}}}},
	}
	maps.Copy(pages, editionPages(now))
	return pages
}
