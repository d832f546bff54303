package web_test

import (
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
	"sesec.eu/tidings/web/public"
)

// everyWebinarPage has the pages of webinars in each of their states.
func everyWebinarPage(now time.Time) map[string][]framed {
	frame := page.Frame{Title: "A title", Path: "/webinars/a-webinar", Section: "/webinars"}
	own := page.Frame{Title: "A title", Section: "/webinars"}
	topics := subscriptions.StandardTopics()[:2]
	w := subscriptions.Webinar{ID: 1, Slug: "a-webinar", Title: "A webinar", Topics: []int64{1}, Starts: now.Add(48 * time.Hour), Ends: now.Add(49 * time.Hour), Zone: "Europe/Brussels",
		Language: "English", Presenters: []subscriptions.Presenter{{Name: "A speaker", Role: "Expert", Biography: "Speaks."}}, Contents: "What is said.",
		JoinURL: "https://join.example.org/", State: subscriptions.WebinarAnnounced, RegisterUntil: now.Add(24 * time.Hour), Note: "The hall is taken.", Moves: 1,
		Questions: []subscriptions.Question{{ID: "t", Kind: subscriptions.QuestionText, Text: "What?", Required: true}, {ID: "c", Kind: subscriptions.QuestionChoice, Text: "Which?", Choices: []string{"this", "that"}},
			{ID: "y", Kind: subscriptions.QuestionYesNo, Text: "Whether?"}}}
	var questions []public.QuestionField
	for _, q := range w.Questions {
		questions = append(questions, public.QuestionField{Question: q, Answer: "this", Faults: []string{"Answer this."}}, public.QuestionField{Question: q, Answer: "yes"})
	}
	sittings := subscriptions.Sittings(w.Starts, w.Ends, "Asia/Kathmandu", "Europe/Brussels", "Asia/Shanghai")
	faults := page.Faults{{Field: "email", Message: "Enter one."}, {Field: "name", Message: "Long."}, {Field: "organisation", Message: "Long."}, {Field: "zone", Message: "None."}}
	form := &public.RegisterForm{Action: "/webinars/a-webinar/register", Email: "a", Name: "b", Organisation: "c", Zones: []public.Option{{Text: "A"}}, Questions: questions, Topics: topics, Letters: true, Faults: faults}
	add := &public.AddTo{File: "/webinars/a-webinar/calendar.ics", Google: "https://example.org/g", Outlook: "https://example.org/o"}
	var doors []framed
	for _, door := range []subscriptions.Door{subscriptions.DoorOpen, subscriptions.DoorFew, subscriptions.DoorFull, subscriptions.DoorClosed, subscriptions.DoorLive, subscriptions.DoorOver,
		subscriptions.DoorCancelled, subscriptions.DoorOutside, subscriptions.DoorNotYet} {
		p := public.WebinarPage{Frame: frame, Webinar: w, Door: door, Sittings: sittings, Zones: []public.Option{{Text: "A"}}, Calendar: add}
		switch door { //nolint:exhaustive // the others have no form
		case subscriptions.DoorFew:
			p.Left = 3
			p.Form = form
		case subscriptions.DoorOpen:
			p.Form = &public.RegisterForm{Action: "/x"}
		case subscriptions.DoorFull:
			p.Form = &public.RegisterForm{Action: "/x", Waiting: true}
		case subscriptions.DoorOver:
			p.RecordingURL, p.SlidesURL = "https://example.org/r", "https://example.org/s"
		case subscriptions.DoorOutside:
			p.RegistrationURL = "https://example.org/register"
		}
		doors = append(doors, p)
	}
	doors = append(doors, public.WebinarPage{Frame: frame, Webinar: subscriptions.Webinar{Title: "W", Starts: w.Starts, Ends: w.Ends, State: subscriptions.WebinarAnnounced}})
	seat := func(state subscriptions.RegistrationState, door subscriptions.Door, change func(p *public.SeatPage)) framed {
		p := &public.SeatPage{Frame: own, Seat: subscriptions.Seat{Webinar: w, Registration: subscriptions.Registration{State: state, Name: "A reader"}, Door: door, Known: state == subscriptions.RegistrationPending},
			Masked: "a•••@example.org", Sittings: sittings, Questions: questions, Zones: []public.Option{{Text: "A"}}}
		if change != nil {
			change(p)
		}
		return p
	}
	const pending, active = subscriptions.RegistrationPending, subscriptions.RegistrationActive
	return map[string][]framed{
		"public/webinar":       doors,
		"public/register-sent": {public.SentPage{Frame: own, Webinar: w}},
		"public/attend":        {seat(pending, subscriptions.DoorOpen, nil), seat(pending, subscriptions.DoorFull, nil), seat(pending, subscriptions.DoorLive, nil)},
		"public/register": {seat(pending, subscriptions.DoorOpen, func(p *public.SeatPage) { p.Faults = faults }), seat(pending, subscriptions.DoorFull, nil), seat(active, subscriptions.DoorOpen, nil),
			seat(subscriptions.RegistrationWaiting, subscriptions.DoorOpen, nil), seat(pending, subscriptions.DoorCancelled, nil), seat(pending, subscriptions.DoorOver, nil),
			seat(pending, subscriptions.DoorOutside, func(p *public.SeatPage) { p.Webinar.RegistrationURL = "https://example.org/register" })},
		"public/registration": {seat(active, subscriptions.DoorOpen, func(p *public.SeatPage) { p.Join, p.Calendar, p.Said = true, add, "Saved." }),
			seat(active, subscriptions.DoorOpen, func(p *public.SeatPage) { p.Leaving = true }), seat(subscriptions.RegistrationWaiting, subscriptions.DoorFull, func(p *public.SeatPage) { p.Faults = faults }),
			seat(subscriptions.RegistrationWaiting, subscriptions.DoorFull, func(p *public.SeatPage) { p.Leaving = true }), seat(pending, subscriptions.DoorOpen, nil),
			seat(subscriptions.RegistrationCancelled, subscriptions.DoorOpen, nil), seat(subscriptions.RegistrationAttended, subscriptions.DoorOver, func(p *public.SeatPage) {
				p.Webinar.RecordingURL, p.Webinar.SlidesURL = "https://example.org/r", "https://example.org/s"
			}),
			seat(active, subscriptions.DoorCancelled, func(p *public.SeatPage) { p.Webinar.State = subscriptions.WebinarCancelled })},
	}
}
