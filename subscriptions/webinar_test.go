package subscriptions_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// webinar06 is on 11 June 2019, 9:30 to 10:30 in Brussels.
func webinar06() subscriptions.Webinar {
	starts := time.Date(2019, 6, 11, 7, 30, 0, 0, time.UTC)
	return subscriptions.Webinar{ID: 6, Slug: "webinar-06", Title: "Webinar 06", Starts: starts, Ends: starts.Add(time.Hour), Zone: "Europe/Brussels",
		State: subscriptions.WebinarAnnounced}
}

func TestWebinarValidate(t *testing.T) {
	t.Parallel()
	must(t, webinar06().Validate())
	for name, change := range map[string]func(w *subscriptions.Webinar){
		"no title":                   func(w *subscriptions.Webinar) { w.Title = " " },
		"a title of two lines":       func(w *subscriptions.Webinar) { w.Title = "a\nb" },
		"no slug":                    func(w *subscriptions.Webinar) { w.Slug = "" },
		"no start":                   func(w *subscriptions.Webinar) { w.Starts = time.Time{} },
		"no end":                     func(w *subscriptions.Webinar) { w.Ends = time.Time{} },
		"an end before the start":    func(w *subscriptions.Webinar) { w.Ends = w.Starts.Add(-time.Hour) },
		"no time between the two":    func(w *subscriptions.Webinar) { w.Ends = w.Starts },
		"more than a day":            func(w *subscriptions.Webinar) { w.Ends = w.Starts.Add(24*time.Hour + time.Minute) },
		"a capacity below zero":      func(w *subscriptions.Webinar) { w.Capacity = -1 },
		"no zone":                    func(w *subscriptions.Webinar) { w.Zone = "" },
		"the machine's zone":         func(w *subscriptions.Webinar) { w.Zone = "Local" },
		"a zone that is not":         func(w *subscriptions.Webinar) { w.Zone = "Europe/Atlantis" },
		"a zone outside its folder":  func(w *subscriptions.Webinar) { w.Zone = "../etc/passwd" },
		"a join link without TLS":    func(w *subscriptions.Webinar) { w.JoinURL = "http://example.org" },
		"a recording that is script": func(w *subscriptions.Webinar) { w.RecordingURL = "javascript:alert(1)" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := webinar06()
			change(&w)
			fails(t, w.Validate(), subscriptions.Invalid)
		})
	}
}

func TestParseLocalTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, in, want string }{
		"summer in Brussels":                      {"Europe/Brussels", "2019-06-11 09:30", "2019-06-11T07:30:00Z"},
		"winter in Brussels":                      {"Europe/Brussels", "2019-01-15T09:30", "2019-01-15T08:30:00Z"},
		"Beijing":                                 {"Asia/Shanghai", "2019-06-11 15:30", "2019-06-11T07:30:00Z"},
		"the last minute before spring's gap":     {"Europe/Brussels", "2019-03-31 01:59", "2019-03-31T00:59:00Z"},
		"in the gap":                              {"Europe/Brussels", "2019-03-31 02:30", ""},
		"the first minute of the gap":             {"Europe/Brussels", "2019-03-31 02:00", ""},
		"the first minute after the gap":          {"Europe/Brussels", "2019-03-31 03:00", "2019-03-31T01:00:00Z"},
		"the same wall clock where there is none": {"Asia/Shanghai", "2019-03-31 02:30", "2019-03-30T18:30:00Z"},
		"a gap of half an hour":                   {"Australia/Lord_Howe", "2019-10-06 02:15", ""},
		"a gap at midnight":                       {"America/Sao_Paulo", "2018-11-04 00:30", ""},
		"a date alone":                            {"Europe/Brussels", "2019-06-11", ""},
		"words":                                   {"Europe/Brussels", "11 June, 9:30", ""},
		"an hour that is not":                     {"Europe/Brussels", "2019-06-11 25:00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc, err := subscriptions.LoadZone(c.zone)
			must(t, err)
			got, err := subscriptions.ParseLocalTime("starts", c.in, loc)
			if c.want == "" {
				fails(t, err, subscriptions.Invalid)
				return
			}
			must(t, err)
			same(t, c.want, got.UTC().Format(time.RFC3339))
		})
	}
}

func TestMovingAnAnnouncedWebinarRaisesItsSequence(t *testing.T) {
	t.Parallel()
	now := storetest.Now()
	w := webinar06()
	later := w.Starts.Add(48 * time.Hour)
	must(t, w.Move(later, later.Add(time.Hour), now))
	same(t, 1, w.Sequence)
	same(t, later, w.Starts)
	same(t, now, w.UpdatedAt)

	was := w
	fails(t, w.Move(later, later.Add(-time.Hour), now), subscriptions.Invalid)
	same(t, was, w)

	draft := webinar06()
	draft.State = subscriptions.WebinarDraft
	must(t, draft.Move(later, later.Add(time.Hour), now))
	same(t, 0, draft.Sequence) // no calendar knows it yet
	must(t, draft.Announce(now))
	fails(t, draft.Announce(now), subscriptions.Refused)

	must(t, w.Cancel(now))
	same(t, 2, w.Sequence) // the CANCEL has to win
	fails(t, w.Cancel(now), subscriptions.Refused)
	fails(t, w.Move(later, later.Add(time.Hour), now), subscriptions.Refused)
}

func TestAWebinarFollowsTheClock(t *testing.T) {
	t.Parallel()
	w := webinar06()
	for _, step := range []struct {
		at       time.Time
		want     subscriptions.WebinarState
		changed  bool
		upcoming bool
	}{
		{w.Starts.Add(-time.Nanosecond), subscriptions.WebinarAnnounced, false, true},
		{w.Starts, subscriptions.WebinarLive, true, true},
		{w.Ends.Add(-time.Nanosecond), subscriptions.WebinarLive, false, true},
		{w.Ends, subscriptions.WebinarOver, true, false},
		{w.Ends.Add(time.Hour), subscriptions.WebinarOver, false, false},
	} {
		same(t, step.changed, w.Advance(step.at))
		same(t, step.want, w.State)
		same(t, step.upcoming, w.Upcoming(step.at))
	}
	slept := webinar06()
	if !slept.Advance(slept.Ends) || slept.State != subscriptions.WebinarOver {
		t.Errorf("a service that slept through it finds it %s", slept.State)
	}
	fails(t, slept.Cancel(slept.Ends), subscriptions.Refused)
}
