package compose

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/calendar"
)

// The letters of a webinar are of one template: a heading, a sentence or two, the
// facts, one button. They are looked at as things are when they leave, so that no
// letter tells a time, or a link to join, that is not right any more.

type webinarView struct {
	frame
	Heading string
	Lead    []string
	Facts   []factView
	Button  *linkView
	After   []string
	Links   []linkView
	Fine    string
}

// seat composes the letters of a registration. RefID is the registration.
func (c *voice) seat(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	place, err := c.store.PeekRegistration(ctx, d.RefID)
	if err != nil {
		return nil, err
	}
	w, err := c.store.FindWebinar(ctx, place.WebinarID)
	if err != nil {
		return nil, err
	}
	if why := subscriptions.RegistrationRefusal(d, w, place, c.now()); why != "" {
		return nil, &mailer.Skip{Reason: why}
	}
	if err := c.barred(ctx, d.Address); err != nil {
		return nil, err
	}
	m, err := c.seatLetter(w, place, d, r)
	if err == nil {
		m.Standing, m.Until = place.Standing(w), subscriptions.TrueUntil(d.Kind, w)
	}
	return m, err
}

// seatLetter composes one that may leave.
func (c *voice) seatLetter(w subscriptions.Webinar, place subscriptions.Registration, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	l := seatLetter{voice: c, w: w, place: place, d: d, zone: place.Zone, now: c.now(),
		own: c.link("registration", c.keys.Issue(subscriptions.PurposeSeat, place.ID, 0, d.CreatedAt))} // signed as of the delivery: every attempt carries the same
	if l.zone == "" {
		l.zone = r.Subscriber.Zone
	}
	v, method, err := l.view()
	if err != nil {
		return nil, err
	}
	v.Facts = append(l.facts(), v.Facts...)
	m, err := c.single("webinar", v.Title, v, d, r)
	if err != nil {
		return nil, err
	}
	// A name stands in To once the person has shown that the mailbox is theirs.
	if m.To.Name = ""; place.State != subscriptions.RegistrationPending {
		m.To.Name = line(place.Name)
	}
	if method != "" {
		e := calendar.Invitation(w, place, c.id, l.own)
		e.Stamp = d.CreatedAt
		data, err := calendar.Calendar{Method: method, Events: []calendar.Event{e}}.Encode()
		if err != nil {
			return nil, err
		}
		m.Body.Invite = &mailer.Invite{Method: string(method), Name: w.Slug + ".ics", Data: data}
	}
	return m, nil
}

// seatLetter is what the letters of a registration are made of.
type seatLetter struct {
	*voice
	w     subscriptions.Webinar
	place subscriptions.Registration
	d     subscriptions.Delivery
	zone  string // the person's
	now   time.Time
	own   string // their page
}

// view gives the words of the letter, and what its calendar says; "" for none.
func (l seatLetter) view() (v webinarView, method calendar.Method, err error) {
	title := line(l.w.Title)
	had := l.place.State != subscriptions.RegistrationWaiting
	v.Button = &linkView{URL: l.own, Label: "Your place"}
	about := func(heading, preheader string, lead ...string) {
		v.Heading, v.Lead = heading, lead
		v.frame = l.frame(heading+": "+title, preheader)
	}
	attached := "The invitation is attached: your calendar takes it, and follows when something changes."
	switch l.d.Kind {
	case subscriptions.KindRegisterConfirm:
		token := l.keys.Issue(subscriptions.PurposeSeatMail, l.place.ID, l.d.CreatedAt.Unix(), l.d.CreatedAt)
		claims, err := l.keys.Parse(subscriptions.PurposeSeatMail, token, l.now)
		if err != nil {
			return v, "", &mailer.Skip{Reason: "the link would have expired before it arrived"}
		}
		about("Confirm your place", "One press, and you are registered. If this was not you, do nothing.",
			"Somebody entered this address at "+line(l.id.Site)+" to take part in this webinar. Was it you?")
		v.Button = &linkView{URL: l.link("attend", token), Label: "Take the place"}
		v.After = []string{"The link works until " + claims.Expires.In(l.voice.zone).Format("Monday 2 January 2006") + "."}
		v.Fine = "If this was not you, do nothing: nothing is kept, and no letter follows. A place in a webinar is no subscription to a newsletter."
	case subscriptions.KindRegistered:
		about("You are registered", "The invitation is attached.", "You have a place.")
		method, v.After = calendar.Request, []string{attached}
	case subscriptions.KindWaiting:
		about("You are on the waiting list", "All places are taken for now.", "All places are taken for now. As soon as one is given back, it is offered in the order of registration, and a letter tells you.")
		v.Button.Label = "See it, or leave the list"
	case subscriptions.KindPromoted:
		about("You have a place", "Somebody gave theirs back.", "A place has become free, and it is yours. If you cannot come any more, give it back: others wait.")
		method, v.After = calendar.Request, []string{attached}
	case subscriptions.KindReminder:
		loc, errZone := subscriptions.LoadZone(l.zone)
		if errZone != nil {
			loc = l.voice.zone // they named none
		}
		soon := untilWords(l.w.Starts, l.now, loc)
		about(soon, l.when()[0], "A reminder: the webinar begins "+strings.ToLower(soon[:1])+soon[1:]+".")
		if l.w.JoinURL != "" {
			v.Button = &linkView{URL: safe(l.w.JoinURL), Label: "Join the webinar"}
			v.Links = []linkView{{URL: l.own, Label: "Your place"}}
		}
	case subscriptions.KindWebinarMoved:
		about("New time", l.when()[0], "The webinar takes place at another time than was announced. "+l.moved())
		if had {
			method, v.After = calendar.Request, []string{"Your place stays. The attached invitation moves it in your calendar. If the new time does not suit you, give the place back."}
		} else {
			v.After = []string{"You stay on the waiting list."}
		}
	case subscriptions.KindWebinarChanged:
		about("Something has changed", "Where or what, at the same time.", "The title of the webinar, or the link to join it, is another one now. Its time stays. Below is what holds.")
		method = calendar.Request
	case subscriptions.KindWebinarCancelled:
		about("Cancelled", "It does not take place.", "This webinar does not take place.")
		if had {
			method, v.After = calendar.Cancel, []string{"The attached message takes it out of your calendar."}
		}
		v.Button = &linkView{URL: l.id.URL("/webinars"), Label: "Other webinars"}
	case subscriptions.KindLeft:
		about("Your place is given back", "You are not registered any more.", "You are not registered for this webinar any more. The attached message takes it out of your calendar.")
		method = calendar.Cancel
		v.Button = &linkView{URL: l.id.URL("/webinars/" + l.w.Slug), Label: "See the webinar"}
	case subscriptions.KindFollowUp:
		v.Button, v.Links = l.after()
		switch l.place.State {
		case subscriptions.RegistrationAttended:
			about("Thank you for taking part", "What there is to see and read.", "Thank you for being there.")
		case subscriptions.RegistrationMissed:
			about("You could not be there", "Here is what you missed.", "You were registered, and it seems that you could not come. Here is what there was.")
		default:
			about("After the webinar", "What there is to see and read.", "The webinar is over. Here is what there was.")
		}
	default:
		return v, "", fmt.Errorf("there is no letter of a webinar called %q", l.d.Kind)
	}
	if note := line(l.w.Note); note != "" && (l.d.Kind == subscriptions.KindWebinarMoved || l.d.Kind == subscriptions.KindWebinarCancelled) {
		v.Lead = append(v.Lead, note)
	}
	if l.d.Kind != subscriptions.KindRegisterConfirm && v.Fine == "" && l.d.Kind != subscriptions.KindWebinarCancelled && l.d.Kind != subscriptions.KindLeft {
		v.Fine = "You get this because you registered for this webinar. Whoever has the link to your place can change it or give it back."
		if v.Button.URL != l.own && len(v.Links) == 0 {
			v.Links = []linkView{{URL: l.own, Label: "Your place"}}
		}
	}
	return v, method, nil
}

// after gives the button and the links to what is left of a webinar.
func (l seatLetter) after() (button *linkView, more []linkView) {
	for _, link := range []linkView{{URL: l.w.RecordingURL, Label: "See the recording"}, {URL: l.w.SlidesURL, Label: "Read the slides"},
		{URL: l.id.URL("/webinars/" + l.w.Slug), Label: "The webinar's page"}} {
		link.URL = safe(link.URL)
		switch {
		case link.URL == "":
		case button == nil:
			button = &link
		default:
			more = append(more, link)
		}
	}
	return button, more
}

// when tells the time in the person's own zone first, and in those of the service.
func (l seatLetter) when() []string { return l.sittings(l.w, l.zone) }

// moved tells the time it had and the one it has.
func (l seatLetter) moved() string {
	was := l.w
	was.Starts, was.Ends = l.w.WasStarts, l.w.WasEnds
	if was.Starts.IsZero() || was.Starts.Equal(l.w.Starts) && was.Ends.Equal(l.w.Ends) {
		return "Below is the new one."
	}
	return "It was " + l.sittings(was, l.zone)[0] + ". It is now " + l.when()[0] + "."
}

func (c *voice) sittings(w subscriptions.Webinar, own string) []string {
	var lines []string
	for _, s := range subscriptions.Sittings(w.Starts, w.Ends, own, c.id.Zone, c.id.Second, w.Zone) {
		lines = append(lines, s.Words())
	}
	return lines
}

func (l seatLetter) facts() []factView {
	facts := []factView{{Label: "Webinar", Lines: []string{line(l.w.Title)}}}
	if l.d.Kind == subscriptions.KindFollowUp {
		return append(facts, l.who(l.w)...)
	}
	facts = append(facts, factView{Label: "When", Lines: oneDay(l.when())})
	joins := l.place.State == subscriptions.RegistrationActive && l.w.State != subscriptions.WebinarCancelled
	if joins && l.w.JoinURL != "" {
		facts = append(facts, factView{Label: "Join", Lines: []string{"With this link, which is for the registered alone:"}, URL: safe(l.w.JoinURL)})
	}
	return append(facts, l.who(l.w)...)
}

// who tells the presenters and the language.
func (c *voice) who(w subscriptions.Webinar) (facts []factView) {
	var lines []string
	for _, p := range w.Presenters {
		name := line(p.Name)
		if role := line(p.Role); role != "" {
			name += ", " + role
		}
		lines = append(lines, name)
	}
	if len(lines) > 0 {
		facts = append(facts, factView{Label: "With", Lines: lines})
	}
	if l := line(w.Language); l != "" {
		facts = append(facts, factView{Label: "Language", Lines: []string{l}})
	}
	return facts
}

// untilWords says how long it is, as one would where the reader is: In a week,
// Tomorrow, In an hour.
func untilWords(starts, now time.Time, loc *time.Location) string {
	left := starts.Sub(now).Round(time.Minute)
	days := subscriptions.DateOf(now.In(loc)).DaysUntil(subscriptions.DateOf(starts.In(loc)))
	switch {
	case left < 2*time.Minute:
		return "Now"
	case left < 50*time.Minute:
		return fmt.Sprintf("In %d minutes", left/time.Minute)
	case left <= 70*time.Minute:
		return "In an hour"
	case days == 0:
		return "Today"
	case days == 1:
		return "Tomorrow"
	case days == 7:
		return "In a week"
	case days%7 == 0:
		return fmt.Sprintf("In %d weeks", days/7)
	}
	return fmt.Sprintf("In %d days", days)
}
