package compose

import (
	"strings"
	"time"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// The door of a webinar is what its block in a digest ends with. A body is shared by
// all with its topics; whether the reader may register, and by which link, is each
// one's own. So the body is rendered with all the faces a door can have, each after a
// made-up word; the faces are cut out, and a slot stays, which a letter fills with the
// face that its reader sees:
//
//	Register        by one press: the link is signed for the reader (PurposeRegister).
//	                Whoever the letter is passed on to can register the reader with it,
//	                as with an announcement, and can do nothing else.
//	You are …       registered, or on the waiting list: it is announced to nobody
//	                twice. There is no link to the place, which shows a name and can
//	                give it back: digests are passed on.
//	Registration is closed.
//
// A webinar at another service has one face for all, and no slot.

// face is one of those.
type face int

const (
	faceOpen face = iota
	faceRegistered
	faceWaiting
	faceClosed
	faces
)

// faceOf is the one that a person with these seats sees.
func faceOf(w subscriptions.Webinar, seats subscriptions.Seats, now time.Time) face {
	switch {
	case seats[w.ID] == subscriptions.RegistrationActive:
		return faceRegistered
	case seats[w.ID] == subscriptions.RegistrationWaiting:
		return faceWaiting
	case !w.TakesRegistrations(now):
		return faceClosed
	}
	return faceOpen
}

// said are the words of a face that has no button.
func (f face) said() (said, more string) {
	switch f {
	case faceRegistered:
		return "You are registered.", "The mail that said so has the link to your place."
	case faceWaiting:
		return "You are on the waiting list.", "The mail that said so has the link to leave it."
	case faceClosed:
		return "Registration is closed.", ""
	}
	return "", ""
}

// doorView is a face as the templates see it.
type doorView struct {
	Word        string // that stands before it
	Said, More  string
	RegisterURL string
	PageURL     string
	Button      bool
}

// Door is the one face of an event without slots.
func (e eventView) Door() doorView {
	return doorView{RegisterURL: e.RegisterURL, PageURL: e.PageURL, Button: e.Button}
}

// doorWords stand before the faces of a door, and after the last.
type doorWords [faces + 1]string

// doorViews are the faces of an event's door.
func doorViews(e eventView, register string, words doorWords) []doorView {
	views := make([]doorView, faces)
	for f := range faces {
		views[f] = doorView{Word: words[f], PageURL: e.PageURL}
		views[f].Said, views[f].More = f.said()
	}
	views[faceOpen].RegisterURL, views[faceOpen].Button = register, e.Button
	return views
}

// hasDoor reports whether one registers here, and there is something to register for.
func hasDoor(w subscriptions.Webinar, now time.Time) bool { return w.Own() && now.Before(w.Ends) }

// door is one of a variant.
type door struct {
	webinar subscriptions.Webinar
	faces   [faces]mailer.Fill
	token   string // stands for the reader's in the first of them
}

// fill gives the face that the person sees.
func (d door) fill(c *voice, r subscriptions.Recipient, now time.Time) mailer.Fill {
	f := faceOf(d.webinar, r.Seats, now)
	fill := d.faces[f]
	if f == faceOpen {
		token := c.keys.Issue(subscriptions.PurposeRegister, r.Subscriber.ID, d.webinar.ID, now)
		fill = mailer.Fill{Text: strings.Replace(fill.Text, d.token, token, 1), HTML: strings.Replace(fill.HTML, d.token, token, 1)}
	}
	return fill
}

// cut takes the faces of the doors out of a text or a page and leaves the slots'
// words. A door that did not fit has none.
func (p person) cut(part string, end string, set func(door int, f face, s string)) string {
	for i, d := range p.doors {
		before, rest, found := strings.Cut(part, d.words[0]+end)
		if !found {
			continue
		}
		for f := range faces {
			var shown string
			shown, rest, _ = strings.Cut(rest, d.words[f+1]+end)
			set(i, f, shown)
		}
		part = before + d.slot + rest
	}
	return part
}
