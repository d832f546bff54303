package subscriptions

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// StoryEvent is one thing that happened to a person, as the desk tells it.
type StoryEvent struct {
	At     time.Time `json:"at"`
	Kind   StoryKind `json:"kind"`
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	Bad    bool      `json:"bad,omitempty"`  // it wants a look
	Link   string    `json:"link,omitempty"` // a path of the desk with more of it
}

// StoryKind is what an event is about.
type StoryKind string

// The kinds.
const (
	StoryConsent StoryKind = "consent"
	StoryTopic   StoryKind = "topic"
	StoryLetter  StoryKind = "letter"
	StoryReturn  StoryKind = "return"
	StoryWebinar StoryKind = "webinar"
	StoryBarred  StoryKind = "suppression"
	StoryDesk    StoryKind = "desk" // what an editor did
)

// RegistrationStory is a registration with its webinar.
type RegistrationStory struct {
	Registration
	Webinar Webinar
}

// Story tells a person's history in one order, the newest first: what they agreed
// to, which topics ended without them, which letters went to them and what came
// back, where they took part.
func (h History) Story() []StoryEvent {
	var all []StoryEvent
	for _, c := range h.Consents {
		all = append(all, consentEvent(c, h.Names))
	}
	for _, r := range h.Rows {
		// What they had end stands among the consents.
		if r.State == SubscriptionEnded && !r.EndReason.Declined() {
			all = append(all, StoryEvent{At: r.EndedAt, Kind: StoryTopic, What: h.TopicName(r.TopicID) + " ended", Detail: r.EndReason.words()})
		}
	}
	for _, d := range h.Deliveries {
		all = append(all, letterEvent(d, h.Editions))
	}
	for _, r := range h.Registrations {
		all = append(all, r.events()...)
	}
	if s := h.Suppression; s.Reason != "" {
		all = append(all, StoryEvent{At: s.CreatedAt, Kind: StoryBarred, What: "The address gets no letters any more", Detail: join(suppressionWords(s.Reason), s.Note), Bad: true})
	}
	for _, b := range h.Bounces {
		all = append(all, returnEvent(b))
	}
	for _, e := range h.Acts {
		if words := deskActs[e.Action]; words != "" {
			all = append(all, StoryEvent{At: e.At, Kind: StoryDesk, What: e.Actor + " " + words, Detail: e.Detail})
		}
	}
	slices.SortStableFunc(all, func(a, b StoryEvent) int { return b.At.Compare(a.At) })
	return all
}

// deskActs are the words of what editors do about a person.
var deskActs = map[string]string{"person.add": "added them", "person.end": "ended all their topics", "person.bar": "barred the address",
	"person.erase": "erased them", "person.export": "took their data out", "suppression.lift": "lifted the suppression"}

// TopicName names a topic, gone ones too.
func (h History) TopicName(id int64) string {
	for _, t := range h.AllTopics {
		if t.ID == id {
			return t.Name
		}
	}
	return "Topic " + strconv.FormatInt(id, 10)
}

// Names gives the names of topics, by slug.
func (h History) Names(slugs []string) string {
	names := make([]string, len(slugs))
	for i, slug := range slugs {
		names[i] = slug
		for _, t := range h.AllTopics {
			if t.Slug == slug {
				names[i] = t.Name
			}
		}
	}
	return strings.Join(names, ", ")
}

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func consentEvent(c Consent, names func([]string) string) StoryEvent {
	e := StoryEvent{At: c.At, Kind: StoryConsent}
	switch c.Kind {
	case ConsentGiven:
		e.What = "Asked for"
	case ConsentConfirmed:
		e.What = "Confirmed"
	case ConsentImported:
		e.What = "Brought in with a proof, for"
	case ConsentChanged:
		e.What = "Changed to"
	case ConsentWithdrawn:
		e.What = "Left"
	case ConsentErased:
		e.What = "Asked to be forgotten, and lost"
	default:
		e.What = string(c.Kind)
	}
	if len(c.Topics) > 0 {
		e.What += " " + names(c.Topics)
	} else if c.Kind != ConsentConfirmed {
		e.What += " all"
	}
	wording := ""
	if c.Wording != "" {
		wording = "wording " + c.Wording
	}
	e.Detail = join(c.Source, wording, c.IP, c.Reason.Words())
	if c.ImportID > 0 {
		e.Link = "/desk/people/import/" + strconv.FormatInt(c.ImportID, 10)
	}
	return e
}

func letterEvent(d Delivery, editions map[int64]string) StoryEvent {
	e := StoryEvent{At: d.UpdatedAt, Kind: StoryLetter, Detail: d.Detail}
	if e.At.IsZero() {
		e.At = d.CreatedAt
	}
	name := d.Kind.letter()
	if title := editions[d.EditionID]; title != "" {
		name = title
		e.Link = "/desk/editions/" + strconv.FormatInt(d.EditionID, 10)
	}
	e.What = name + ": " + string(d.State)
	if d.Attempts > 1 {
		e.Detail = join(strconv.Itoa(d.Attempts)+" tries", e.Detail)
	}
	e.Bad = d.State == DeliveryFailed || d.State == DeliveryUncertain
	return e
}

// letter is what the desk calls a letter of the kind.
func (k Kind) letter() string {
	s := strings.ReplaceAll(string(k), "-", " ")
	return "Letter, " + s
}

// returnWords say what came back.
var returnWords = map[ReturnKind]string{ReturnBounce: "A letter came back", ReturnDelay: "A letter is late", ReturnComplaint: "They reported a letter as unwanted",
	ReturnAutoreply: "A machine answered", ReturnChallenge: "A filter asked for a proof of a person", ReturnDelivered: "A letter was reported as delivered",
	ReturnUnsubscribe: "They asked by mail to leave", ReturnOther: "Something came back", ReturnProbe: "The address was asked whether it works",
	ReturnAlive: "The address answered", ReturnLifted: "What had come back was lifted"}

func returnEvent(b Bounce) StoryEvent {
	e := StoryEvent{At: b.At, Kind: StoryReturn, What: returnWords[b.Kind], Bad: b.Class == ReturnHard || b.Class == ReturnComplains}
	reason := strings.ReplaceAll(string(b.Reason), "-", " ")
	if b.Class == ReturnNone {
		reason = ""
	}
	e.Detail = join(reason, b.Status, b.Diagnostic, string(b.Effect))
	return e
}

func (r RegistrationStory) events() []StoryEvent {
	at := func(when time.Time, what string) StoryEvent {
		return StoryEvent{At: when, Kind: StoryWebinar, What: what + ": " + r.Webinar.Title}
	}
	events := []StoryEvent{at(r.CreatedAt, "Registered")}
	if !r.ConfirmedAt.IsZero() && !r.ConfirmedAt.Equal(r.CreatedAt) {
		events = append(events, at(r.ConfirmedAt, "Confirmed the registration"))
	}
	switch r.State {
	case RegistrationWaiting:
		events[len(events)-1].Detail = "on the waiting list"
	case RegistrationCancelled:
		events = append(events, at(r.EndedAt, "Gave the place back"))
	case RegistrationAttended:
		events = append(events, at(r.Webinar.Ends, "Took part"))
	case RegistrationMissed:
		events = append(events, at(r.Webinar.Ends, "Did not come"))
	}
	return events
}

// words say a reason within a sentence.
func (r EndReason) words() string {
	switch r {
	case EndUnconfirmed:
		return "never confirmed"
	case EndBounced:
		return "letters came back"
	case EndComplained:
		return "a letter was reported as unwanted"
	case EndMerged:
		return "the topic is part of another now"
	case EndRetired:
		return "the topic is sent to nobody any more"
	case EndTakenBack:
		return "the list it came by was taken back"
	}
	return string(r)
}
