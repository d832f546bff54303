package web_test

import (
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
	"sesec.eu/tidings/web/page"
)

// webinarDeskPages are the cases of the pages of webinars at the desk.
func webinarDeskPages(now time.Time, frame desk.Frame) map[string][]framed {
	frame.Section = "/desk/webinars"
	reader := frame
	reader.Editor.Role = subscriptions.RoleEditor
	long := strings.Repeat("A very long name ", 12)
	topics := subscriptions.StandardTopics()
	w := subscriptions.Webinar{ID: 1, Slug: "a-webinar", Title: "A webinar", Topics: []int64{1}, Starts: now.Add(48 * time.Hour), Ends: now.Add(49 * time.Hour), Zone: "Europe/Brussels",
		Language: "English", Presenters: []subscriptions.Presenter{{Name: "A speaker", Role: "Expert", Biography: "Speaks."}}, Contents: "What is said.", Capacity: 100,
		JoinURL: "https://join.example.org/", State: subscriptions.WebinarAnnounced, AnnouncedAt: now, RegisterUntil: now.Add(24 * time.Hour), Moves: 1, Reminders: []time.Duration{90 * time.Minute},
		Questions: []subscriptions.Question{{ID: "t", Kind: subscriptions.QuestionText, Text: "What?"}}}
	counts := subscriptions.RegistrationCounts{subscriptions.RegistrationActive: 100, subscriptions.RegistrationWaiting: 3, subscriptions.RegistrationPending: 1}
	row := func(change func(w *subscriptions.Webinar)) subscriptions.WebinarRow {
		other := w
		change(&other)
		return subscriptions.WebinarRow{Webinar: other, Counts: counts}
	}
	draft := row(func(w *subscriptions.Webinar) {
		w.State, w.JoinURL, w.Moves, w.Title = subscriptions.WebinarDraft, "", 0, long
	})
	over := row(func(w *subscriptions.Webinar) {
		w.State, w.RecordingURL, w.SlidesURL = subscriptions.WebinarOver, "https://example.org/r", "https://example.org/s"
	})
	over.Counts = subscriptions.RegistrationCounts{subscriptions.RegistrationAttended: 80, subscriptions.RegistrationMissed: 20}
	outside := row(func(w *subscriptions.Webinar) { w.RegistrationURL, w.Moves = "https://example.org/register", 0 })
	cancelled := row(func(w *subscriptions.Webinar) { w.State = subscriptions.WebinarCancelled })
	announced := row(func(*subscriptions.Webinar) {})
	sittings := subscriptions.Sittings(w.Starts, w.Ends, "Europe/Brussels", "Asia/Shanghai")
	faults := page.Faults{{Field: "title", Message: "The webinar needs a title of one line."}, {Field: "ends", Message: "The webinar ends before it starts."}, {Field: "zone", Message: "There is no time zone Europe/Atlantis."},
		{Field: "question-1", Message: "No text."}, {Field: "join_url", Message: "Not https."}, {Field: "email", Message: "No address."}, {Field: "source", Message: "Say how."}, {Field: "note", Message: "Long."}, {Field: "file", Message: "Choose one."}}
	steps := []desk.Step{{Name: "Draft", Done: true}, {Name: "Announced", Done: true}, {Name: "Moved", Now: true}, {Name: "Live"}, {Name: "Over"}}
	runs := []desk.RunRow{{WebinarRun: subscriptions.WebinarRun{StartedAt: now, Queued: 1204, FinishedAt: now}, Words: "New time"}, {WebinarRun: subscriptions.WebinarRun{StartedAt: now}, Words: "Reminder, 1 day before"}}
	letters := []desk.LetterName{{Kind: "webinar-registered", Name: "Registered"}}
	page1 := func(f desk.Frame, r subscriptions.WebinarRow, change func(p *desk.WebinarDeskPage)) framed {
		p := &desk.WebinarDeskPage{Frame: f, Row: r, Topics: topics[:2], Steps: steps, Sittings: sittings, Letters: letters}
		if change != nil {
			change(p)
		}
		return p
	}
	edit := subscriptions.EditOfWebinar(w, topics)
	form := func(change func(p *desk.WebinarForm)) framed {
		p := &desk.WebinarForm{Frame: frame, Action: "/desk/webinars/new", Draft: true, Edit: edit, Topics: topics, Presenters: append(w.Presenters, subscriptions.Presenter{}),
			Questions: []desk.QuestionForm{{N: 1, ID: "q1", Kind: "choice", Text: long, Choices: "one\ntwo", Required: true}, {N: 2, Kind: "text"}}, Zones: []string{"Europe/Brussels"}}
		if change != nil {
			change(p)
		}
		return p
	}
	move := subscriptions.WebinarMove{Starts: edit.Starts, Ends: edit.Ends, Zone: edit.Zone, Note: "x"}
	nobody := announced
	nobody.Counts = nil
	people := []subscriptions.Registration{{ID: 1, WebinarID: 1, Address: "reader@example.org", Name: long, Organisation: long, State: subscriptions.RegistrationActive, CreatedAt: now, Source: "web form", Answers: map[string]string{"t": "This."}},
		{ID: 2, State: subscriptions.RegistrationCancelled, CreatedAt: now}}
	return map[string][]framed{
		"desk/webinars": {&desk.WebinarsPage{Frame: frame, Webinars: []subscriptions.WebinarRow{announced, draft, outside, over}, Pager: desk.Pager{On: "/b", Words: "1 to 50 of 60 webinars"}}, &desk.WebinarsPage{Frame: reader}},
		"desk/webinar": {page1(frame, announced, func(p *desk.WebinarDeskPage) { p.Runs = runs }), page1(frame, draft, nil), page1(reader, draft, nil), page1(frame, outside, nil), page1(frame, cancelled, nil), page1(reader, announced, nil),
			page1(frame, over, func(p *desk.WebinarDeskPage) {
				p.Begun, p.Came = true, &subscriptions.Attendance{Read: 90, Attended: 80, Missed: 20, Unknown: []string{"guest@example.org", "b@example.org"}}
			}), page1(frame, over, func(p *desk.WebinarDeskPage) { p.Begun, p.Faults = true, faults })},
		"desk/webinar-form":   {form(nil), form(func(p *desk.WebinarForm) { p.Faults = faults }), form(func(p *desk.WebinarForm) { p.ID, p.Draft, p.Registered, p.Conflict = 1, false, 100, "x" })},
		"desk/webinar-move":   {&desk.WebinarMovePage{Frame: frame, Row: announced, Move: move, Zones: []string{"UTC"}}, &desk.WebinarMovePage{Frame: frame, Row: nobody, Move: move, Faults: faults}},
		"desk/webinar-cancel": {&desk.WebinarCancelPage{Frame: frame, Row: announced}, &desk.WebinarCancelPage{Frame: frame, Row: nobody, Note: "x", Faults: faults}},
		"desk/webinar-registrations": {&desk.RegistrationsPage{Frame: frame, RegistrationList: subscriptions.RegistrationList{Webinar: announced, Found: people, Total: 2}, States: []subscriptions.RegistrationState{subscriptions.RegistrationActive}, Faults: faults},
			&desk.RegistrationsPage{Frame: frame, RegistrationList: subscriptions.RegistrationList{Webinar: announced}}, &desk.RegistrationsPage{Frame: frame, RegistrationList: subscriptions.RegistrationList{Webinar: over}, Query: "x"}},
		"desk/webinar-letter": {&desk.WebinarLetterPage{Frame: frame, Row: announced, Name: "Registered", Subject: "S", Text: "T", Source: "/desk/webinars/1/letters/webinar-registered?view=html", Invite: "BEGIN:VCALENDAR"},
			&desk.WebinarLetterPage{Frame: frame, Row: announced, Name: "Waiting", Subject: "S", Text: "T", Source: "/x"}},
	}
}
