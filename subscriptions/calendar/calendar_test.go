package calendar_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("there is no %s; write it with: go test ./subscriptions/calendar -update", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant: go test ./subscriptions/calendar -update\n%s", path, diff)
	}
}

func at(t *testing.T, zone, wall string) time.Time {
	t.Helper()
	loc, err := subscriptions.LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := subscriptions.ParseLocalTime("starts", wall, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func identity() subscriptions.Identity {
	id := subscriptions.StandardIdentity()
	id.BaseURL = "https://tidings.example.org"
	return id
}

func webinar(t *testing.T, zone, starts, ends string) subscriptions.Webinar {
	return subscriptions.Webinar{ID: 6, Slug: "sesec-webinar-06", Title: "China AI standardization and regulations", Zone: zone,
		Starts: at(t, zone, starts), Ends: at(t, zone, ends), Language: "English", State: subscriptions.WebinarAnnounced,
		Presenters: []subscriptions.Presenter{{Name: "The expert", Role: "SESEC"}}, JoinURL: "https://join.example.org/06?key=1;2,3",
		UpdatedAt: time.Date(2019, 4, 1, 8, 0, 0, 0, time.UTC)}
}

// registered is somebody whose name tries what a parameter cannot hold.
var registered = subscriptions.Registration{ID: 9, Name: `Åsa "Ace" O'Neil; Berg, Ltd.`, Address: "reader@example.org"}

const own = "https://tidings.example.org/registration/TOKEN"

// cases are the calendars of the golden files, by name.
func cases(t *testing.T) map[string]calendar.Calendar {
	t.Helper()
	first := webinar(t, "Europe/Brussels", "2019-06-11 09:30", "2019-06-11 10:30")
	moved := first
	must(t, moved.Move(first.Starts.AddDate(0, 0, 2), first.Ends.AddDate(0, 0, 2), time.Date(2019, 6, 5, 9, 0, 0, 0, time.UTC)))
	cancelled := moved
	must(t, cancelled.Cancel(time.Date(2019, 6, 6, 9, 0, 0, 0, time.UTC)))
	invite := func(m calendar.Method, w subscriptions.Webinar) calendar.Calendar {
		return calendar.Calendar{Method: m, Events: []calendar.Event{calendar.Invitation(w, registered, identity(), own)}}
	}
	publish := func(webinars ...subscriptions.Webinar) calendar.Calendar {
		c := calendar.Calendar{Method: calendar.Publish, Name: "SESEC Tidings: webinars", About: "Webinars to come, and those held.", Refresh: 6 * time.Hour}
		for i, w := range webinars {
			w.ID += int64(i)
			c.Events = append(c.Events, calendar.Webinar(w, identity()))
		}
		return c
	}
	long := first
	long.Title = strings.Repeat("标准化会议 ", 12) + "with a line\nbreak, a comma; a semicolon and a \\"
	return map[string]calendar.Calendar{
		"request": invite(calendar.Request, first), "moved": invite(calendar.Request, moved), "cancelled": invite(calendar.Cancel, cancelled),
		"spring-brussels": invite(calendar.Request, webinar(t, "Europe/Brussels", "2019-03-31 01:30", "2019-03-31 03:30")),
		"autumn-brussels": invite(calendar.Request, webinar(t, "Europe/Brussels", "2019-10-27 01:30", "2019-10-27 03:30")),
		"spring-beijing":  invite(calendar.Request, webinar(t, "Asia/Shanghai", "2019-03-31 08:30", "2019-03-31 09:30")),
		"autumn-beijing":  invite(calendar.Request, webinar(t, "Asia/Shanghai", "2019-10-27 08:30", "2019-10-27 09:30")),
		"utc":             invite(calendar.Request, webinar(t, "UTC", "2019-06-11 07:30", "2019-06-11 08:30")),
		"feed":            publish(first, webinar(t, "Asia/Shanghai", "2019-07-02 15:00", "2019-07-02 16:00"), cancelled),
		"empty":           publish(),
		"long":            publish(long),
		"deadlines":       deadlines(),
		"deadline": {Method: calendar.Publish, Events: []calendar.Event{{UID: "deadline-8@example.org", Stamp: first.UpdatedAt, AllDay: true,
			Starts: time.Date(2019, 4, 15, 0, 0, 0, 0, time.UTC), Title: "Comments close: GB/T 35273", URL: "https://tidings.example.org/items/x"}}},
	}
}

// deadlines are one that was extended and one that was withdrawn.
func deadlines() calendar.Calendar {
	topics := []subscriptions.Topic{{ID: 1, Name: "IoT"}, {ID: 2, Name: "Cybersecurity and digital identity"}}
	item := subscriptions.Item{ID: 8, Slug: "personal-information", Title: "Personal information security specification; third draft, for comments", Issuer: "TC260", Topics: []int64{2, 1}, Version: 3,
		State: subscriptions.ItemPublished, UpdatedAt: time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC), Standard: &subscriptions.Standard{Identifier: "GB/T 35273"},
		Comments: &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 3, Day: 31}, URL: "https://example.org/draft?a=1;2"}}
	gone := item
	gone.ID, gone.Slug, gone.State, gone.Standard, gone.Issuer = 9, "gone", subscriptions.ItemWithdrawn, nil, ""
	c := calendar.Calendar{Method: calendar.Publish, Name: "Deadlines"}
	for _, i := range []subscriptions.Item{item, gone} {
		c.Events = append(c.Events, calendar.Deadline(subscriptions.Deadline{Item: i, Until: i.Comments.Until}, topics, identity()))
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, c calendar.Calendar) []byte {
	t.Helper()
	b, err := c.Encode()
	must(t, err)
	return b
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range cases(t) {
		golden(t, name+".ics", encode(t, c))
	}
}

func TestAnUpdateIsTakenForOne(t *testing.T) {
	t.Parallel()
	all := cases(t)
	request, moved, cancelled := all["request"].Events[0], all["moved"].Events[0], all["cancelled"].Events[0]
	if request.UID != moved.UID || moved.UID != cancelled.UID {
		t.Error("the UID changes")
	}
	if !(request.Sequence < moved.Sequence && moved.Sequence < cancelled.Sequence) {
		t.Errorf("SEQUENCE is %d, %d, %d", request.Sequence, moved.Sequence, cancelled.Sequence)
	}
}

// Who leaves and comes back gets an invitation that lies above the CANCEL.
func TestSomebodyComesBack(t *testing.T) {
	t.Parallel()
	w := webinar(t, "Europe/Brussels", "2019-06-11 09:30", "2019-06-11 10:30")
	r := subscriptions.Registration{State: subscriptions.RegistrationActive, Address: "reader@example.org"}
	invited := calendar.Invitation(w, r, identity(), own)
	must(t, r.Cancel(w.UpdatedAt))
	left := calendar.Invitation(w, r, identity(), own)
	again := calendar.Invitation(w, subscriptions.Registration{Address: r.Address, Turns: r.Turns + 1}, identity(), own)
	if !(invited.Sequence < left.Sequence && left.Sequence < again.Sequence) {
		t.Errorf("SEQUENCE is %d, %d, %d", invited.Sequence, left.Sequence, again.Sequence)
	}
}

func TestOnlyTheInvitedIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range cases(t) {
		attendees := bytes.Count(encode(t, c), []byte("ATTENDEE"))
		if want := map[bool]int{true: 0, false: 1}[c.Method == calendar.Publish]; attendees != want {
			t.Errorf("%s names %d attendees, want %d", name, attendees, want)
		}
		if c.Method == calendar.Publish && bytes.Contains(encode(t, c), []byte("join.example.org")) {
			t.Errorf("%s tells everybody the link to join", name)
		}
	}
}

func TestAnEventThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	good := cases(t)["request"].Events[0]
	for name, change := range map[string]func(e *calendar.Event){
		"no UID":                func(e *calendar.Event) { e.UID = "" },
		"no stamp":              func(e *calendar.Event) { e.Stamp = time.Time{} },
		"no attendee":           func(e *calendar.Event) { e.Attendee.Address = "" },
		"a zone that is not":    func(e *calendar.Event) { e.Zone = "Europe/Atlantis" },
		"the zone of a machine": func(e *calendar.Event) { e.Zone = "Local" },
	} {
		e := good
		change(&e)
		if _, err := (calendar.Calendar{Method: calendar.Request, Events: []calendar.Event{e}}).Encode(); err == nil {
			t.Errorf("%s: it is written", name)
		}
	}
}

// Whatever is in it: lines of at most 75 octets that end in CRLF, no character cut
// in two, no line that somebody's words made.
func TestTheLinesOfAnyCalendar(t *testing.T) {
	t.Parallel()
	good := cases(t)["request"].Events[0]
	rapid.Check(t, func(t *rapid.T) {
		e := good
		e.Title, e.Description = rapid.String().Draw(t, "title"), rapid.StringN(0, 400, -1).Draw(t, "description")
		e.Location, e.Attendee.Name = rapid.String().Draw(t, "location"), rapid.String().Draw(t, "name")
		e.Categories = []string{rapid.String().Draw(t, "category")}
		b, err := calendar.Calendar{Method: calendar.Request, Events: []calendar.Event{e}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(b), "\r\n")
		if lines[len(lines)-1] != "" {
			t.Fatal("the last line does not end")
		}
		events := 0
		for _, line := range lines {
			switch {
			case len(line) > 75:
				t.Fatalf("%d octets: %q", len(line), line)
			case strings.ContainsAny(line, "\r\n\x00"):
				t.Fatalf("a control character: %q", line)
			case !utf8.ValidString(line):
				t.Fatalf("a character is cut in two: %q", line)
			case line == "BEGIN:VEVENT":
				events++
			}
		}
		if events != 1 {
			t.Fatalf("%d events", events)
		}
	})
}

// The steps of a zone lead from its wall clock to the same instants as Go does,
// whatever the zone and the moment.
func TestTheZoneTellsTheSameInstant(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Brussels", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca",
		"Pacific/Apia", "Europe/Dublin", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		loc, err := subscriptions.LoadZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		starts := time.Unix(rapid.Int64Range(1_400_000_000, 1_900_000_000).Draw(t, "starts")/60*60, 0)
		e := good(zone, starts)
		b, err := calendar.Calendar{Method: calendar.Publish, Events: []calendar.Event{e}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := offsetAt(string(b), starts), starts.In(loc).Format("-0700"); got != want {
			t.Fatalf("%s at %s: the calendar says %s, the tz database %s\n%s", zone, starts.UTC(), got, want, b)
		}
	})
}

func good(zone string, starts time.Time) calendar.Event {
	return calendar.Event{UID: "1@example.org", Stamp: starts, Starts: starts, Ends: starts.Add(time.Hour), Zone: zone, Title: "x"}
}

// offsetAt reads the offset that the calendar gives a moment: that of the last step
// before it.
func offsetAt(ics string, when time.Time) string {
	var onset time.Time
	var from, best string
	var bestAt time.Time
	var local string
	for line := range strings.SplitSeq(ics, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "DTSTART":
			local = value
		case "TZOFFSETFROM":
			from = value
		case "TZOFFSETTO":
			onset, _ = time.Parse("20060102T150405-0700", local+from)
			if !onset.After(when) && !onset.Before(bestAt) {
				best, bestAt = value, onset
			}
		case "BEGIN":
			if value == "VEVENT" {
				return best
			}
		}
	}
	return best
}

func TestLinksToCalendarsOnTheWeb(t *testing.T) {
	t.Parallel()
	e := cases(t)["feed"].Events[0]
	for link, want := range map[string]string{calendar.GoogleURL(e): "dates=20190611T073000Z%2F20190611T083000Z", calendar.OutlookURL(e): "startdt=2019-06-11T07%3A30%3A00Z"} {
		if !strings.HasPrefix(link, "https://") || !strings.Contains(link, want) || strings.Contains(link, "join.example.org") {
			t.Errorf("%s lacks %s", link, want)
		}
	}
}
