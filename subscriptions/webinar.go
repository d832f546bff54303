package subscriptions

import (
	"net/url"
	"strings"
	"time"
)

// Webinar is an online event tied to topics.
//
//	draft → announced → live → over;  cancelled from draft, announced or live.
//
// That an announced webinar was moved is no state of its own: it is announced, and
// has Moves. Whatever calendars show of it raises its Sequence (RFC 5545, 3.8.7.4);
// moving it raises Moves too, so that its reminders are derived anew.
type Webinar struct {
	ID              int64        `json:"id"`
	Slug            string       `json:"slug"`
	Title           string       `json:"title"`
	Topics          []int64      `json:"topics"`
	Starts          time.Time    `json:"starts"`
	Ends            time.Time    `json:"ends"`
	Zone            string       `json:"zone"` // IANA zone it was set in
	Language        string       `json:"language,omitempty"`
	Presenters      []Presenter  `json:"presenters,omitempty"`
	Contents        string       `json:"contents,omitempty"`         // Markdown
	RegistrationURL string       `json:"registration_url,omitempty"` // outside; "" for our own form
	JoinURL         string       `json:"-"`                          // only for the registered
	Capacity        int          `json:"capacity,omitempty"`         // 0 for no limit
	RegisterUntil   time.Time    `json:"register_until"`
	RecordingURL    string       `json:"recording_url,omitempty"`
	SlidesURL       string       `json:"slides_url,omitempty"`
	State           WebinarState `json:"state"`
	Sequence        int          `json:"sequence"`
	CreatedAt       time.Time    `json:"-"`
	UpdatedAt       time.Time    `json:"-"`

	Questions   []Question      `json:"-"` // of our own form
	Reminders   []time.Duration `json:"-"` // before the start; nil for the standard ones, empty for none
	Alone       bool            `json:"-"` // its announcement leaves as a letter of its own too
	AnnouncedAt time.Time       `json:"-"`
	Moves       int             `json:"-"` // how often it was moved since it was announced
	MovedAt     time.Time       `json:"-"` // the last time
	WasStarts   time.Time       `json:"-"` // before that; zero where it was not moved
	WasEnds     time.Time       `json:"-"`
	Note        string          `json:"-"` // why it was moved or cancelled, in a sentence for readers
	Version     int             `json:"-"` // rises with every save
}

// Own reports whether people register with us, and not at another service.
func (w Webinar) Own() bool { return w.RegistrationURL == "" }

// Moved reports whether it takes place at another time than was announced.
func (w Webinar) Moved() bool { return w.Moves > 0 }

// Windows are the waits before the start at which its people are reminded.
func (w Webinar) Windows() []time.Duration {
	if w.Reminders == nil {
		return ReminderWindows()
	}
	return w.Reminders
}

// About says what a calendar tells beside the title, a line each.
func (w Webinar) About() []string {
	var lines []string
	for _, p := range w.Presenters {
		line := "Presenter: " + p.Name
		if p.Role != "" {
			line += ", " + p.Role
		}
		lines = append(lines, line)
	}
	if w.Language != "" {
		lines = append(lines, "Language: "+w.Language)
	}
	return lines
}

// Presenter is who speaks.
type Presenter struct {
	Name      string `json:"name"`
	Role      string `json:"role,omitempty"`
	Biography string `json:"biography,omitempty"`
}

// WebinarState is where a webinar stands.
type WebinarState string

// The states of a webinar.
const (
	WebinarDraft     WebinarState = "draft"
	WebinarAnnounced WebinarState = "announced"
	WebinarLive      WebinarState = "live"
	WebinarOver      WebinarState = "over"
	WebinarCancelled WebinarState = "cancelled"
)

// maxWebinar is the longest a webinar may last; more is a typing error.
const maxWebinar = 24 * time.Hour

// Validate wants a title, a time in order and a zone that exists.
func (w Webinar) Validate() error {
	switch {
	case strings.TrimSpace(w.Title) == "" || !oneLine(w.Title) || len(w.Title) > maxTitle:
		return invalid("title", "the webinar needs a title of one line")
	case !ValidSlug(w.Slug):
		return invalid("slug", "the webinar's slug %q is not made of small letters, digits and hyphens", w.Slug)
	case w.Starts.IsZero() || w.Ends.IsZero():
		return invalid("starts", "the webinar needs a start and an end")
	case !w.Ends.After(w.Starts):
		return invalid("ends", "the webinar ends before it starts")
	case w.Ends.Sub(w.Starts) > maxWebinar:
		return invalid("ends", "the webinar lasts longer than a day")
	case w.Capacity < 0:
		return invalid("capacity", "the capacity is below zero")
	case !w.RegisterUntil.IsZero() && w.RegisterUntil.After(w.Starts):
		return invalid("register_until", "registration would close after the start")
	}
	if _, err := LoadZone(w.Zone); err != nil {
		return err
	}
	for _, link := range []struct{ field, url string }{{"registration_url", w.RegistrationURL}, {"join_url", w.JoinURL},
		{"recording_url", w.RecordingURL}, {"slides_url", w.SlidesURL}} {
		if link.url != "" && !httpsLink(link.url) {
			return invalid(link.field, "%q is not an https link", link.url)
		}
	}
	if err := validWindows(w.Reminders); err != nil {
		return err
	}
	return validQuestions(w.Questions)
}

// httpsLink reports whether readers can be sent there: https, a host, one line.
func httpsLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && oneLine(link)
}

// LoadZone finds an IANA time zone; "" and "Local" are refused, because what
// they mean depends on the machine.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, invalid("zone", "name a time zone").hint("Zones are named as in Europe/Brussels or Asia/Shanghai.")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Error{Code: Invalid, Field: "zone", Message: "there is no time zone " + name,
			Hint: "Zones are named as in Europe/Brussels or Asia/Shanghai.", Err: err}
	}
	return loc, nil
}

// ParseLocalTime reads "2019-06-11 09:30" as the wall clock of the zone. A time
// that the clock skips in spring is refused: time.Date would move it silently.
func ParseLocalTime(field, s string, loc *time.Location) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		wall, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, loc)
		if t.Hour() != wall.Hour() || t.Minute() != wall.Minute() {
			return time.Time{}, invalid(field, "%s does not exist in %s: clocks go forward then", s, loc)
		}
		return t, nil
	}
	return time.Time{}, invalid(field, "%q is not a time", s).hint("Write times as 2019-06-11 09:30.")
}

// Upcoming reports whether readers can still take part.
func (w Webinar) Upcoming(now time.Time) bool {
	return (w.State == WebinarAnnounced || w.State == WebinarLive) && now.Before(w.Ends)
}

// Announce makes a draft public.
func (w *Webinar) Announce(now time.Time) error {
	if w.State != WebinarDraft {
		return refused("the webinar %q is %s and cannot be announced", w.Title, w.State)
	}
	if err := w.Validate(); err != nil {
		return err
	}
	w.State, w.UpdatedAt, w.AnnouncedAt = WebinarAnnounced, now, now
	return nil
}

// Move sets a new time. An announced webinar's Sequence rises.
func (w *Webinar) Move(starts, ends, now time.Time) error {
	if w.State != WebinarDraft && w.State != WebinarAnnounced {
		return refused("the webinar %q is %s and cannot be moved", w.Title, w.State)
	}
	moved := *w
	moved.Starts, moved.Ends, moved.UpdatedAt = starts, ends, now
	if err := moved.Validate(); err != nil {
		return err
	}
	if w.State == WebinarAnnounced {
		moved.Sequence++
		moved.Moves++
		moved.MovedAt, moved.WasStarts, moved.WasEnds = now, w.Starts, w.Ends
	}
	*w = moved
	return nil
}

// Cancel calls the webinar off; its Sequence rises so that the CANCEL wins.
func (w *Webinar) Cancel(now time.Time) error {
	if w.State == WebinarOver || w.State == WebinarCancelled {
		return refused("the webinar %q is %s", w.Title, w.State)
	}
	w.State, w.UpdatedAt = WebinarCancelled, now
	w.Sequence++
	return nil
}

// Advance follows the clock: announced → live → over. It reports a change.
func (w *Webinar) Advance(now time.Time) bool {
	was := w.State
	if w.State == WebinarAnnounced && !now.Before(w.Starts) {
		w.State = WebinarLive
	}
	if w.State == WebinarLive && !now.Before(w.Ends) {
		w.State = WebinarOver
	}
	return w.State != was
}
