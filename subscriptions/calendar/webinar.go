package calendar

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// webinarAlarm is when a calendar rings; the mails have their own schedule.
const webinarAlarm = 15 * time.Minute

// Webinar is a webinar as everybody may see it: without the link to join, which
// only the registered get.
func Webinar(w subscriptions.Webinar, id subscriptions.Identity) Event {
	page := id.URL("/webinars/" + w.Slug)
	e := Event{UID: fmt.Sprintf("webinar-%d@%s", w.ID, id.Domain()), Sequence: w.Sequence, Stamp: w.UpdatedAt, Starts: w.Starts, Ends: w.Ends, Zone: w.Zone,
		Title: w.Title, URL: page, Location: "Online", Cancelled: w.State == subscriptions.WebinarCancelled, Alarms: []time.Duration{webinarAlarm}}
	e.Description = strings.Join(w.About(), "\n") + "\n\n" + page
	if e.Cancelled {
		e.Title = "Cancelled: " + e.Title
	}
	return e
}

// Invitation is a webinar for one of its registered: with the link to join and to
// their own page. turns is how often they have left and come back: their SEQUENCE
// lies above the webinar's by it, so that the invitation after a CANCEL is taken.
func Invitation(w subscriptions.Webinar, r subscriptions.Registration, id subscriptions.Identity, own string) Event {
	e := Webinar(w, id)
	e.Sequence += r.Turns
	e.Organizer = id.From
	e.Attendee = subscriptions.Mailbox{Name: r.Name, Address: r.Address}
	e.Description = strings.Join(w.About(), "\n")
	if w.JoinURL != "" && !e.Cancelled && r.State != subscriptions.RegistrationCancelled {
		e.Location = w.JoinURL
		e.Description += "\n\nJoin: " + w.JoinURL
	}
	if own != "" {
		e.Description += "\n\nYour place: " + own
	}
	e.URL = id.URL("/webinars/" + w.Slug)
	return e
}

// GoogleURL leads to a form of Google's calendar that is filled in with the event.
func GoogleURL(e Event) string {
	const stamp = "20060102T150405Z"
	return "https://calendar.google.com/calendar/render?" + url.Values{"action": {"TEMPLATE"}, "text": {e.Title},
		"dates": {e.Starts.UTC().Format(stamp) + "/" + e.Ends.UTC().Format(stamp)}, "ctz": {e.Zone}, "details": {e.Description}, "location": {e.Location}}.Encode()
}

// OutlookURL does the same at Outlook's on the web.
func OutlookURL(e Event) string {
	return "https://outlook.office.com/calendar/0/deeplink/compose?" + url.Values{"path": {"/calendar/action/compose"}, "rru": {"addevent"}, "subject": {e.Title},
		"startdt": {e.Starts.UTC().Format(time.RFC3339)}, "enddt": {e.Ends.UTC().Format(time.RFC3339)}, "body": {e.Description}, "location": {e.Location}}.Encode()
}
