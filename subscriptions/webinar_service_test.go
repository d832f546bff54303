package subscriptions_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestAWebinarFromDraftToOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		same(t, subscriptions.WebinarAnnounced, made.State)
		same(t, "ai-standardization-in-china", made.Slug)
		same(t, time.Date(2019, 6, 11, 7, 30, 0, 0, time.UTC), made.Starts)
		h.wait(made.Starts.Sub(h.clock()))
		w.work(t)
		row, err := w.desk.Find(t.Context(), made.ID)
		must(t, err)
		same(t, subscriptions.WebinarLive, row.State)
		h.wait(time.Hour)
		w.work(t)
		row, err = w.desk.Find(t.Context(), made.ID)
		must(t, err)
		same(t, subscriptions.WebinarOver, row.State)
		log, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: "webinar."})
		must(t, err)
		same(t, 2, len(log))
	})
}

// Each fault of the issue is a sentence at its field.
func TestWhatAWebinarMustNotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field, says string
		change      func(e *subscriptions.WebinarEdit)
	}{
		"an end before the start":  {"ends", "ends before it starts", func(e *subscriptions.WebinarEdit) { e.Ends = "2019-06-11 08:30" }},
		"a zone that is not":       {"zone", "no time zone Europe/Atlantis", func(e *subscriptions.WebinarEdit) { e.Zone = "Europe/Atlantis" }},
		"the spring gap":           {"starts", "does not exist in Europe/Brussels", func(e *subscriptions.WebinarEdit) { e.Starts, e.Ends = "2019-03-31 02:30", "2019-03-31 04:00" }},
		"no link with http":        {"join_url", "is not an https link", func(e *subscriptions.WebinarEdit) { e.JoinURL = "http://join.example.org/06" }},
		"no link with a password":  {"recording_url", "is not an https link", func(e *subscriptions.WebinarEdit) { e.RecordingURL = "https://a:b@example.org/" }},
		"no script for a link":     {"slides_url", "is not an https link", func(e *subscriptions.WebinarEdit) { e.SlidesURL = "javascript:alert(1)" }},
		"a deadline after it":      {"register_until", "close after the start", func(e *subscriptions.WebinarEdit) { e.RegisterUntil = "2019-06-12 09:00" }},
		"a capacity in words":      {"capacity", "number of people", func(e *subscriptions.WebinarEdit) { e.Capacity = "many" }},
		"a reminder in a minute":   {"reminders", "from ten minutes", func(e *subscriptions.WebinarEdit) { e.Reminders = "1m" }},
		"a reminder in words":      {"reminders", "is not a time before the start", func(e *subscriptions.WebinarEdit) { e.Reminders = "soon" }},
		"no topic":                 {"topics", "at least one topic", func(e *subscriptions.WebinarEdit) { e.Topics = nil }},
		"a presenter without name": {"presenters", "needs a name", func(e *subscriptions.WebinarEdit) { e.Presenters = []subscriptions.Presenter{{Role: "expert"}} }},
		"a choice of one": {"question-1", "from 2 to", func(e *subscriptions.WebinarEdit) {
			e.Questions = []subscriptions.Question{{ID: "a", Kind: subscriptions.QuestionChoice, Text: "Which?", Choices: []string{"this"}}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, storetest.New(t)).webinars()
			e := webinarEdit()
			c.change(&e)
			_, err := w.desk.Create(t.Context(), e, w.by)
			fails(t, err, subscriptions.Invalid)
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %q, want %q", err, c.says)
			}
		})
	}
}

func TestMovingTellsEverybodyAndTheirReminders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity, e.RegisterUntil = "1", "2019-06-10 18:00" })
		for _, email := range []string{"first@example.org", "second@example.org"} {
			w.register(t, made.Slug, email)
			w.confirm(t, made.ID, email)
		}
		w.register(t, made.Slug, "never@example.org")
		h.wait(time.Hour)
		moved, err := w.desk.Move(t.Context(), made.ID, subscriptions.WebinarMove{Starts: "2019-06-12 15:00", Ends: "2019-06-12 16:00", Zone: "Asia/Shanghai", Note: "The hall is taken."}, w.by)
		must(t, err)
		same(t, 1, moved.Sequence)
		same(t, made.RegisterUntil.Add(moved.Starts.Sub(made.Starts)), moved.RegisterUntil)
		w.work(t)
		w.work(t)
		same(t, "confirm registered moved", w.queued(t, "first@example.org"))
		same(t, "confirm waiting moved", w.queued(t, "second@example.org"))
		same(t, "confirm", w.queued(t, "never@example.org"))
		_, err = w.desk.Move(t.Context(), made.ID, subscriptions.WebinarMove{Starts: "2019-03-12 15:00", Ends: "2019-03-12 16:00", Zone: "Asia/Shanghai"}, w.by)
		fails(t, err, subscriptions.Invalid)
	})
}

func TestWhatCannotBeChangedAnyMore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, func(e *subscriptions.WebinarEdit) { e.Capacity = "2" })
		for _, email := range []string{"first@example.org", "second@example.org"} {
			w.register(t, made.Slug, email)
			w.confirm(t, made.ID, email)
		}
		e := subscriptions.EditOfWebinar(made, nil)
		e.Topics, e.Capacity = []string{"iot"}, "1"
		_, err := w.desk.Edit(t.Context(), made.ID, e, w.by)
		fails(t, err, subscriptions.Invalid)
		if !strings.Contains(err.Error(), "2 people have a place already") {
			t.Error(err)
		}
		e.Capacity, e.RegistrationURL = "2", "https://other.example.org/"
		_, err = w.desk.Edit(t.Context(), made.ID, e, w.by)
		fails(t, err, subscriptions.Invalid)
		e.RegistrationURL, e.Version = "", e.Version+7
		_, err = w.desk.Edit(t.Context(), made.ID, e, w.by)
		fails(t, err, subscriptions.Conflict)
	})
}

// Another link to join reaches those who have the old one, and gives no second
// reminder.
func TestAnotherLinkToJoin(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		w.register(t, made.Slug, "a@example.org")
		w.confirm(t, made.ID, "a@example.org")
		h.wait(made.Starts.Add(-24 * time.Hour).Sub(h.clock()))
		w.work(t)
		e := subscriptions.EditOfWebinar(made, nil)
		e.Version, e.Topics, e.JoinURL = 0, []string{"iot"}, "https://join.example.org/other"
		_, err := w.desk.Edit(t.Context(), made.ID, e, w.by)
		fails(t, err, subscriptions.Refused) // an editor alone writes to nobody
		w.work(t)
		same(t, "confirm registered reminder", w.queued(t, "a@example.org"))
		e.Tells = true
		changed, err := w.desk.Edit(t.Context(), made.ID, e, w.by)
		must(t, err)
		same(t, 1, changed.Sequence)
		same(t, 0, changed.Moves)
		w.work(t)
		w.work(t)
		same(t, "confirm registered reminder changed", w.queued(t, "a@example.org"))
	})
}

func TestTheAnnouncementGoesToWhoWantsItAndHasNoPlace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		h.reader(t, "iot@example.org", "iot")
		h.reader(t, "other@example.org", "blockchain")
		h.reader(t, "there@example.org", "iot")
		h.reader(t, "left@example.org", "iot")
		h.suppress(t, "left@example.org", subscriptions.SuppressedBounce)
		made, err := w.desk.Create(t.Context(), webinarEdit(), w.by)
		must(t, err)
		_, err = w.desk.Announce(t.Context(), made.ID, true, w.by)
		must(t, err)
		w.register(t, made.Slug, "there@example.org")
		w.desk.Batch = 1 // and a restart after each
		w.work(t)
		w.work(t)
		same(t, "announcement", w.queued(t, "iot@example.org"))
		same(t, "", w.queued(t, "other@example.org"))
		same(t, "confirm", w.queued(t, "there@example.org"))
		same(t, "", w.queued(t, "left@example.org"))
	})
}

func TestCancellingEndsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		w.register(t, made.Slug, "a@example.org")
		w.confirm(t, made.ID, "a@example.org")
		h.wait(time.Minute)
		_, err := w.desk.Cancel(t.Context(), made.ID, "The speaker is ill.", w.by)
		must(t, err)
		w.work(t)
		w.work(t)
		same(t, "confirm registered cancelled", w.queued(t, "a@example.org"))
		err = w.seats.Register(t.Context(), made.Slug, subscriptions.RegisterRequest{Email: "b@example.org"})
		fails(t, err, subscriptions.Refused)
		h.wait(90 * 24 * time.Hour)
		w.work(t)
		same(t, "confirm registered cancelled", w.queued(t, "a@example.org"))
	})
}

func TestAttendanceAndWhatFollows(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.webinars()
		made := w.announced(t, nil)
		for _, email := range []string{"there@example.org", "absent@example.org", "gone@example.org"} {
			w.register(t, made.Slug, email)
			w.confirm(t, made.ID, email)
		}
		_, err := w.seats.Leave(t.Context(), w.own(t, made.ID, "gone@example.org"))
		must(t, err)
		rows := []subscriptions.Attendee{{Address: "THERE@example.org", Attended: true}, {Address: "guest@example.org", Attended: true}, {Address: "there@example.org"}}
		_, err = w.desk.TakeAttendance(t.Context(), made.ID, rows, w.by)
		fails(t, err, subscriptions.Refused)
		h.wait(made.Ends.Sub(h.clock()))
		w.work(t)
		a, err := w.desk.TakeAttendance(t.Context(), made.ID, rows, w.by)
		must(t, err)
		same(t, subscriptions.Attendance{Read: 3, Attended: 1, Missed: 1, Unknown: []string{"guest@example.org"}}, a)
		_, err = w.desk.FollowUp(t.Context(), made.ID, w.by)
		must(t, err)
		_, err = w.desk.FollowUp(t.Context(), made.ID, w.by)
		fails(t, err, subscriptions.Refused)
		w.work(t)
		same(t, "confirm registered followup", w.queued(t, "there@example.org"))
		same(t, "confirm registered followup", w.queued(t, "absent@example.org"))
		same(t, "confirm registered left", w.queued(t, "gone@example.org"))
	})
}
