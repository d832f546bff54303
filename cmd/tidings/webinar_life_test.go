package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// A reader registers for Webinar 06, is reminded on 4, 10 and 11 June 2019, hears that
// it moves, and is reminded by the new time: with the real site, worker, mail server
// and database, over jumps of the clock.
func TestTheLifeOfARegistration(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole service")
	}
	t.Parallel()
	l := newLife(t)
	ctx := t.Context()
	if err := l.app.demoWebinar(ctx); err != nil {
		t.Fatal(err)
	}
	const reader = "newcomer@example.org"
	seats := &subscriptions.RegistrationService{Store: l.app.store, Keys: l.app.keys, Now: l.app.now}
	if err := seats.Register(ctx, "sesec-webinar-06", subscriptions.RegisterRequest{Email: reader, Name: "A newcomer", Zone: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	asked := l.letter(reader, "Confirm your place")
	if status := l.ask(http.MethodPost, l.link(asked, "/attend/"), url.Values{}); status != http.StatusSeeOther {
		t.Fatalf("the button is answered with %d", status)
	}
	placed := l.letter(reader, "You are registered")
	if len(placed.Attachments) != 1 || !strings.Contains(placed.Text, "16:30–17:30 in Tokyo") || !strings.Contains(placed.Text, "attendee.gotowebinar.com") {
		t.Errorf("%d attachments:\n%s", len(placed.Attachments), placed.Text)
	}
	at := func(when string) {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, when)
		if err != nil {
			t.Fatal(err)
		}
		l.waits(moment.Sub(l.app.now()))
	}
	at("2019-06-04T07:30:05Z")
	l.letter(reader, "In a week")
	at("2019-06-10T07:30:05Z")
	l.letter(reader, "Tomorrow")
	at("2019-06-11T06:30:05Z")
	l.letter(reader, "In an hour")
	// It moves to the next week, and the reminders follow.
	w, err := l.app.webinars.FindBySlug(ctx, "sesec-webinar-06")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.app.webinars.Move(ctx, w.ID, subscriptions.WebinarMove{Starts: "2019-06-18 15:00", Ends: "2019-06-18 16:00", Zone: "Asia/Shanghai", Note: "The speaker is delayed."}, subscriptions.AtCommandLine); err != nil {
		t.Fatal(err)
	}
	moved := l.letter(reader, "New time")
	if !strings.Contains(moved.Text, "16:00–17:00 in Tokyo") || !strings.Contains(moved.Text, "The speaker is delayed.") {
		t.Errorf("the letter says\n%s", moved.Text)
	}
	at("2019-06-11T07:30:05Z") // the old time comes: nothing
	at("2019-06-17T07:00:05Z")
	l.letter(reader, "Tomorrow")
	at("2019-06-18T06:00:05Z")
	l.letter(reader, "In an hour")
	at("2019-06-18T08:30:00Z")
	deadline := time.Now().Add(20 * time.Second)
	for w.State != subscriptions.WebinarOver && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		if w, err = l.app.webinars.Find(ctx, w.ID); err != nil {
			t.Fatal(err)
		}
	}
	if w.State != subscriptions.WebinarOver {
		t.Errorf("an hour after its end the webinar is %s", w.State)
	}
	if more := l.unread(reader); len(more) != 0 {
		t.Errorf("more came: %q", more)
	}
}
