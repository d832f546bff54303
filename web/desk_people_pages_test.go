package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// peoplePages has the cases of the pages about subscribers.
func peoplePages(now time.Time, frame desk.Frame) map[string][]framed {
	person := subscriptions.Subscriber{ID: 4, Address: "anna@xn--mller-kva.example.org", Name: "Anna", Organisation: "A standards office", Zone: "Europe/Rome", CreatedAt: now, ConfirmedAt: now, PausedUntil: now.Add(time.Hour)}
	people := []subscriptions.Person{{Subscriber: person, Status: subscriptions.SubscriberPaused, Topics: subscriptions.StandardTopics()},
		{Subscriber: subscriptions.Subscriber{ID: 5, Address: strings.Repeat("long", 15) + "@example.org", CreatedAt: now.Add(-90 * 24 * time.Hour)}, Status: subscriptions.SubscriberPending},
		{Subscriber: subscriptions.Subscriber{ID: 6, CreatedAt: now, ErasedAt: now}, Status: subscriptions.SubscriberErased}}
	story := subscriptions.History{Subscriber: person, Status: subscriptions.SubscriberPaused, Suppressed: subscriptions.SuppressedBounce, Topics: subscriptions.StandardTopics()[:2],
		Rows:        []subscriptions.Subscription{{TopicID: 1, State: subscriptions.SubscriptionActive, CreatedAt: now}, {TopicID: 9, State: subscriptions.SubscriptionEnded, CreatedAt: now, EndedAt: now, EndReason: subscriptions.EndUnsubscribed}},
		Consents:    []subscriptions.Consent{{Kind: subscriptions.ConsentGiven, Topics: []string{"iot", "blockchain"}, Wording: "2019-04", Source: "web form", IP: "192.0.2.1", At: now}, {Kind: subscriptions.ConsentConfirmed, At: now}},
		Deliveries:  []subscriptions.Delivery{{Kind: subscriptions.KindDigest, State: subscriptions.DeliveryFailed, Detail: "550 5.1.1 no such user", Attempts: 2, CreatedAt: now}, {Kind: subscriptions.KindDigest, EditionID: 3, State: subscriptions.DeliverySent, UpdatedAt: now}},
		Suppression: subscriptions.Suppression{Reason: subscriptions.SuppressedBounce, Note: "550 5.1.1", CreatedAt: now}, AllTopics: subscriptions.StandardTopics(), Editions: map[int64]string{3: "January–March 2019"},
		Bounces: []subscriptions.Bounce{{At: now, Kind: subscriptions.ReturnBounce, Class: subscriptions.ReturnHard, Reason: subscriptions.ReasonUserUnknown, Status: "5.1.1", Diagnostic: "550 5.1.1 no such user", Effect: subscriptions.EffectEnded}},
		Acts:    []subscriptions.AuditEvent{{At: now, Actor: "Another editor", Action: "person.export"}},
		Registrations: []subscriptions.RegistrationStory{{Registration: subscriptions.Registration{State: subscriptions.RegistrationAttended, CreatedAt: now, ConfirmedAt: now.Add(time.Minute)},
			Webinar: subscriptions.Webinar{Title: "China’s AI standardization, and what it asks of European industry", Ends: now.Add(time.Hour)}}}}
	faults := page.Faults{{Field: "email", Message: "Wrong."}, {Field: "name", Message: "Long."}, {Field: "topics", Message: "Choose one."}, {Field: "source", Message: "Say where."}, {Field: "note", Message: "Say why."}, {Field: "sure", Message: "Tick."}}
	sup := subscriptions.Suppression{Hash: strings.Repeat("0f", 32), Reason: subscriptions.SuppressedBounce, Note: "550 5.1.1", CreatedAt: now}
	return map[string][]framed{
		"desk/people": {&desk.PeoplePage{Frame: frame}, &desk.PeoplePage{Frame: frame, Query: "nobody", Status: subscriptions.SubscriberEnded},
			&desk.PeoplePage{Frame: frame, People: people, On: "/desk/people?before=4"}, &desk.PeoplePage{Frame: frame, Query: "a", People: people, More: true}},
		"desk/person": {&desk.PersonPage{Frame: frame, History: story}, &desk.PersonPage{Frame: frame, History: story, Note: "x", Faults: faults[4:]},
			&desk.PersonPage{Frame: frame, History: subscriptions.History{Subscriber: people[2].Subscriber, Status: subscriptions.SubscriberErased}}},
		"desk/person-new": {&desk.PersonForm{Frame: frame, Topics: subscriptions.StandardTopics(), Asks: true},
			&desk.PersonForm{Frame: frame, Topics: subscriptions.StandardTopics(), Chosen: map[string]bool{"iot": true}, Email: "a", Name: "b", Source: "c", Faults: faults[:4]}},
		"desk/suppressions": {&desk.SuppressionsPage{Frame: frame}, &desk.SuppressionsPage{Frame: frame, Reason: "bounce", Counts: map[subscriptions.SuppressionReason]int{"bounce": 1204}, All: []subscriptions.Suppression{sup, sup}, On: "/desk/people/suppressions?before=x"},
			&desk.SuppressionsPage{Frame: frame, Email: "a@example.org", Found: &sup, Asked: true, Faults: faults[4:5]}, &desk.SuppressionsPage{Frame: frame, Email: "a", Asked: true, Faults: faults[:1]}},
	}
}
