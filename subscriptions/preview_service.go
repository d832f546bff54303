package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PreviewService shows letters as others get them. A frozen edition is shown as it
// was frozen, one that collects as it would be frozen now; the letter is composed
// and encoded as the worker does it (Letters).
//
// One that is ordered for a moment to come is shown as of that moment: with the days
// left to a deadline, the webinars and the dates as they are when it leaves.
//
// What differs from what will arrive, and cannot be otherwise: the field Date, by the
// time the run takes to come to a letter; the two links by which a person acts, whose
// signatures name when they end; and, while nobody has ordered it, what the letter
// counts from the day it leaves ("closes in 9 days"). The sender puts the
// DKIM-Signature before it. A test holds everything else to be the same bytes.
//
// # Whose letter
//
// Anybody of the desk may look as a variant or a persona: those are nobody, and the
// links in such a letter act for nobody. A letter of a person is for publishers. Who
// looks is written into the audit log first, and the line is what opens the page:
// for the one who looked, for lookFor. The links in it act for the person; so they are
// signed for nobody unless an admin looks, who may do the same at the desk.
type PreviewService struct {
	Store    Store
	Keys     *Keyring
	Editions *EditionService
	Reach    *ReachService
	Letters  Letters
	Now      func() time.Time
}

// lookFor is how long one look at a person's letter lasts.
const lookFor = 2 * time.Hour

// Viewer is as whom an edition is looked at: one of three, in an address
// "variant:1,3", "persona:4" or "look:1207", the line of the audit log.
type Viewer struct {
	Kind string
	Key  string
}

// The kinds of viewers.
const (
	AsVariant = "variant"
	AsPersona = "persona"
	AsPerson  = "look"
)

// ParseViewer reads one from an address.
func ParseViewer(s string) (Viewer, error) {
	kind, key, ok := strings.Cut(s, ":")
	if !ok || !slices.Contains([]string{AsVariant, AsPersona, AsPerson}, kind) || key == "" {
		return Viewer{}, notFound("reader of the name %q", s).hint("Choose one of the list.")
	}
	return Viewer{kind, key}, nil
}

// String writes it as an address has it.
func (v Viewer) String() string { return v.Kind + ":" + v.Key }

// Viewed is a letter with whose it is.
type Viewed struct {
	Viewer  Viewer
	Name    string  // "IoT and Cybersecurity", "A national committee", an address
	Topics  []Topic // that they follow
	People  int     // who get the same letter, their own lines apart
	Nothing string  // why there is no letter; "" when there is one
	Warning string  // there is one, and this person would not get it now
	Muted   bool    // its links act for nobody
	Letter  ComposedLetter
}

// Sight is an edition as it is looked at: what it says, and who gets what.
type Sight struct {
	Edition Edition
	Content Content
	Reach   Reach
	At      time.Time // the moment as of which its letters are composed
}

// Ahead reports whether that is a moment to come, for which it is ordered.
func (s Sight) Ahead() bool {
	return s.Edition.State == EditionApproved && s.At.Equal(s.Edition.SendAt)
}

// Collect gives the edition as it is looked at now.
func (s *PreviewService) Collect(ctx context.Context, editionID int64) (Sight, error) {
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil {
		return Sight{}, err
	}
	c, err := s.Editions.Collect(ctx, editionID)
	if err != nil {
		return Sight{}, err
	}
	r, err := s.Reach.Of(ctx, c)
	return Sight{e, c, r, e.ReadAt(s.Now())}, err
}

// Look notes in the audit log that somebody looks at a person's letter, and gives
// what opens it.
func (s *PreviewService) Look(ctx context.Context, by Actor, editionID int64, address string) (Viewer, error) {
	parsed, err := ParseAddress(address)
	if err != nil {
		return Viewer{}, err
	}
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil {
		return Viewer{}, err
	}
	person, err := s.Store.FindSubscriberByAddress(ctx, parsed)
	if CodeOf(err) == NotFound {
		return Viewer{}, invalid("email", "nobody is subscribed with this address").hint("Look under People.")
	}
	if err != nil {
		return Viewer{}, err
	}
	line := &AuditEvent{At: s.Now(), EditorID: by.EditorID, Actor: by.Name, Action: lookAction, Subject: personSubject(person.ID),
		About: auditText(e.Title), Detail: fmt.Sprintf("edition:%d", e.ID), IP: by.IP}
	if err := s.Store.AddAudit(ctx, line); err != nil {
		return Viewer{}, err
	}
	return Viewer{AsPerson, strconv.FormatInt(line.ID, 10)}, nil
}

const lookAction = "edition.look"

// looked gives the person of a look, to the one who looked and while it lasts.
func (s *PreviewService) looked(ctx context.Context, by Actor, editionID int64, key string) (int64, error) {
	gone := &Error{Code: Expired, Message: "this look at a person’s letter is over", Hint: "Give their address again."}
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil || id < 1 {
		return 0, gone
	}
	lines, err := s.Store.AuditEvents(ctx, AuditFilter{EditorID: by.EditorID, Action: lookAction, BeforeID: id + 1, Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(lines) != 1 || lines[0].ID != id || lines[0].EditorID != by.EditorID || lines[0].Detail != fmt.Sprintf("edition:%d", editionID) ||
		s.Now().Sub(lines[0].At) > lookFor {
		return 0, gone
	}
	return strconv.ParseInt(strings.TrimPrefix(lines[0].Subject, "person:"), 10, 64)
}

// Show composes the letter for the viewer. by is who looks, and acts says that they
// may act for people: then a person's letter has their own links.
func (s *PreviewService) Show(ctx context.Context, by Actor, acts bool, of Sight, v Viewer) (Viewed, error) {
	c, seen := of.Content, Viewed{Viewer: v, Muted: true}
	request := LetterRequest{Content: c, Key: "preview", Mute: true, At: of.At}
	switch v.Kind {
	case AsVariant:
		set, err := ParseTopicSet(v.Key)
		if err != nil {
			return seen, notFound("letter for the topics %q", v.Key)
		}
		request.Recipient = VariantRecipient(set, of.At)
		seen.Name = LetterName(c.Topics, set)
	case AsPersona:
		id, _ := strconv.ParseInt(v.Key, 10, 64) // what is no number is nobody's
		p, err := s.Store.FindPersona(ctx, id)
		if err != nil {
			return seen, err
		}
		request.Recipient, seen.Name = p.Recipient(of.At), p.Name
	default:
		id, err := s.looked(ctx, by, c.EditionID, v.Key)
		if err != nil {
			return seen, err
		}
		person, err := s.person(ctx, id)
		if err != nil {
			return seen, err
		}
		request.Recipient, request.Key, request.Mute = person, DigestKey(c.EditionID, id), !acts
		seen.Name, seen.Muted = person.Subscriber.Address, !acts
		if why := person.Refusal(s.Now()); why != "" {
			seen.Warning = "This person would get nothing now: " + why + "."
		}
	}
	return s.compose(ctx, of, request, seen)
}

// ShowTo composes the letter of a person whom who asks may act for: the command line.
func (s *PreviewService) ShowTo(ctx context.Context, of Sight, address string) (Viewed, error) {
	parsed, err := ParseAddress(address)
	if err != nil {
		return Viewed{}, err
	}
	found, err := s.Store.FindSubscriberByAddress(ctx, parsed)
	if err != nil {
		return Viewed{}, err
	}
	person, err := s.person(ctx, found.ID)
	if err != nil {
		return Viewed{}, err
	}
	seen := Viewed{Viewer: Viewer{AsPerson, ""}, Name: parsed}
	if why := person.Refusal(s.Now()); why != "" {
		seen.Warning = parsed + " would get nothing now: " + why + "."
	}
	return s.compose(ctx, of, LetterRequest{Content: of.Content, Recipient: person, Key: DigestKey(of.Edition.ID, found.ID), At: of.At}, seen)
}

func (s *PreviewService) compose(ctx context.Context, of Sight, request LetterRequest, seen Viewed) (Viewed, error) {
	seen.Topics = topicsIn(of.Content.Topics, request.Recipient.Chosen)
	set, ok := of.Content.LetterFor(request.Recipient.Chosen)
	if !ok {
		seen.Nothing = "Nothing of this edition is in their topics: they get no letter."
		return seen, nil
	}
	if of.Content.Corrected != nil && seen.Viewer.Kind == AsPerson {
		got, err := gotEntry(ctx, s.Store, of.Content, request.Recipient.Subscriber.ID)
		if err != nil {
			return seen, err
		}
		if !got {
			seen.Nothing = "They did not get the entry: they get no correction of it."
			return seen, nil
		}
	}
	for _, variant := range of.Reach.Variants {
		if slices.Equal(variant.Topics, set) {
			seen.People = variant.People
		}
	}
	var err error
	seen.Letter, err = s.Letters.Letter(ctx, request)
	if CodeOf(err) == Refused {
		seen.Nothing = "They have registered for all that this letter would tell of: they get none."
		return seen, nil
	}
	return seen, err
}

// person reads somebody with what decides about mail to them.
func (s *PreviewService) person(ctx context.Context, id int64) (Recipient, error) {
	people, err := s.Store.RecipientsByID(ctx, []int64{id})
	if err != nil {
		return Recipient{}, err
	}
	at := slices.IndexFunc(people, func(r Recipient) bool { return r.Subscriber.ID == id })
	if at < 0 || !people[at].Subscriber.ErasedAt.IsZero() {
		return Recipient{}, &Error{Code: NotFound, Message: "this person is gone"}
	}
	one := people[at : at+1]
	if err = MarkSuppressed(ctx, s.Store, s.Keys, one); err == nil {
		err = MarkSeats(ctx, s.Store, one)
	}
	return one[0], err
}
