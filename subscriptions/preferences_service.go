package subscriptions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Preferences are what a person chose.
//
// The link of a letter may have been passed on with it. It is good for topics,
// pauses and days: Own is false, and who the person is, where they read and what is
// kept about them wants a link that they ask for (SendOwnLink).
type Preferences struct {
	Subscriber Subscriber
	Masked     string
	Own        bool    // the link was asked for, and lately
	Topics     []Topic // all there are
	Chosen     TopicSet
	Barred     SuppressionReason // no letter may go to the address; "" when it may
	Deadlines  bool              // they want to be reminded a week before comments close
}

// ErrLetterLink answers what the link of a letter is not good for.
var ErrLetterLink = &Error{Code: Refused, Message: "this link came with a letter, and letters are passed on",
	Hint: "For this, have a link mailed to your own address."}

// Preferences shows them. It changes nothing.
func (s *SubscriptionService) Preferences(ctx context.Context, token string) (Preferences, error) {
	return s.preferences(ctx, s.Store, token)
}

func (s *SubscriptionService) preferences(ctx context.Context, store Store, token string) (Preferences, error) {
	claims, person, err := s.holder(ctx, store, PurposePreferences, token)
	if err != nil {
		return Preferences{}, err
	}
	barred, err := s.suppression(ctx, store, person.Address)
	if err != nil {
		return Preferences{}, err
	}
	all, rows, err := s.topicsAndRows(ctx, store, person.ID)
	if err != nil {
		return Preferences{}, err
	}
	wish, err := store.WantsDeadlines(ctx, person.ID)
	if err != nil {
		return Preferences{}, err
	}
	return Preferences{Deadlines: wish, Subscriber: person, Masked: MaskAddress(person.Address), Own: claims.Own(s.Now()),
		Topics: running(all), Chosen: activeSet(rows), Barred: barred}, nil
}

// owner is the holder of a link that was asked for.
func (s *SubscriptionService) owner(ctx context.Context, store Store, token string) (Subscriber, error) {
	claims, person, err := s.holder(ctx, store, PurposePreferences, token)
	if err == nil && !claims.Own(s.Now()) {
		err = ErrLetterLink
	}
	return person, err
}

// SendOwnLink mails the holder of a letter's link one of their own, to the address
// that letters go to. Pressed again within a quarter of an hour, it sends nothing.
func (s *SubscriptionService) SendOwnLink(ctx context.Context, token string) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		p, err := s.preferences(ctx, tx, token)
		if err != nil {
			return err
		}
		if p.Barred != "" {
			return invalid("own", "no letter can be sent to this address, so that no link can").hint("Write to us.")
		}
		return queueManage(ctx, tx, p.Subscriber, ManageAsked, s.Now())
	})
}

// PreferencesChange is what a person sends of their preferences; nil stays as it
// is.
type PreferencesChange struct {
	Topics       *[]string // slugs: exactly these
	Name         *string
	Organisation *string
	Dates        *string // a DateStyle
	Zone         *string // IANA name; "" for the service's own
	Deadlines    *bool   // to be reminded a week before comments close
}

// Saved is what a change did.
type Saved struct {
	Preferences
	Fields []string // what is different now, as the fields are called: "topics", "zone"
}

// ChangePreferences sets what the person sends. The link proves the mailbox, so
// new topics are active at once, and a person who had left is back. What is as it
// was writes nothing.
func (s *SubscriptionService) ChangePreferences(ctx context.Context, token string, c PreferencesChange, ip string) (Saved, error) {
	var saved Saved
	err := s.Store.InTx(ctx, func(tx Store) error {
		p, err := s.preferences(ctx, tx, token)
		if err != nil {
			return err
		}
		person := p.Subscriber
		details, errDetails := c.apply(&person)
		if !p.Own && slices.ContainsFunc(details, func(f string) bool { return f == "name" || f == "organisation" }) {
			errDetails = errors.Join(errDetails, invalid("own", "your name and organisation are changed with a link of your own").hint("Have it mailed below."))
		}
		topics, errTopics := c.pick(p)
		if err := errors.Join(errTopics, errDetails); err != nil {
			return err
		}
		saved = Saved{Preferences: p, Fields: details}
		now := s.Now()
		switch {
		case topics == nil:
		case p.Barred != "" && (!person.EndedAt.IsZero() || slices.ContainsFunc(idsOf(topics), func(id int64) bool { return !p.Chosen.Has(id) })):
			if err := s.askBarred(ctx, tx, p, topics, ip, now); err != nil {
				return err
			}
			saved.Fields = append([]string{"confirm"}, details...)
		default:
			saved.Chosen, saved.Fields = idsOf(topics), append([]string{"topics"}, details...)
			if err := setTopics(ctx, tx, person.ID, saved.Chosen, now); err != nil {
				return err
			}
			person.Confirm(now)
			wording, err := CurrentWording(ctx, tx)
			if err != nil {
				return err
			}
			if err := tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentChanged, Topics: slugsOf(topics),
				Wording: wording.Version, Source: "preferences link", IP: ip, At: now}}); err != nil {
				return err
			}
		}
		if c.Deadlines != nil && *c.Deadlines != p.Deadlines {
			if err := wish(ctx, tx, &person, *c.Deadlines, saved.Chosen, p.Topics, ip, now); err != nil {
				return err
			}
			saved.Deadlines, saved.Fields = *c.Deadlines, append(saved.Fields, "deadlines")
		}
		if saved.Subscriber = person; len(saved.Fields) == 0 {
			return nil
		}
		return tx.UpdateSubscriber(ctx, person)
	})
	return saved, err
}

// SourceDeadlines begins the source of the event that says whether somebody wants to
// be reminded of deadlines.
const SourceDeadlines = "preferences link, reminders of deadlines: "

// wish sets whether somebody wants to be reminded, and keeps the proof.
func wish(ctx context.Context, tx Store, person *Subscriber, on bool, chosen TopicSet, topics []Topic, ip string, now time.Time) error {
	if err := tx.WishDeadlines(ctx, person.ID, on, now); err != nil {
		return err
	}
	wording, err := CurrentWording(ctx, tx)
	if err != nil {
		return err
	}
	said := "no"
	if on {
		said = "yes"
	}
	person.Revision++
	return tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentChanged, Topics: slugsOf(topicsIn(topics, chosen)),
		Wording: wording.Version, Source: SourceDeadlines + said, IP: ip, At: now}})
}

// ChangeTopics sets the person's topics to exactly these.
func (s *SubscriptionService) ChangeTopics(ctx context.Context, token string, slugs []string, ip string) (Preferences, error) {
	saved, err := s.ChangePreferences(ctx, token, PreferencesChange{Topics: &slugs}, ip)
	return saved.Preferences, err
}

// pick gives the topics to set, nil when they are as they were. Topics that were
// retired since they were chosen do not count.
func (c PreferencesChange) pick(p Preferences) ([]Topic, error) {
	if c.Topics == nil {
		return nil, nil
	}
	now := idsOf(topicsIn(p.Topics, p.Chosen))
	gets := len(now) > 0 && p.Subscriber.EndedAt.IsZero()
	if len(*c.Topics) == 0 {
		if gets {
			return nil, invalid("topics", "choose at least one topic").hint("To get no more letters, unsubscribe instead.")
		}
		return nil, nil
	}
	topics, err := pickTopics(p.Topics, *c.Topics)
	if err != nil || gets && idsOf(topics).Key() == now.Key() {
		return nil, err
	}
	return topics, nil
}

// apply sets the details and names those that are different. What letters show
// raises the revision.
func (c PreferencesChange) apply(s *Subscriber) (changed []string, err error) {
	var faults []error
	set := func(field string, was *string, sent *string, clean func(string) (string, error)) {
		if sent == nil {
			return
		}
		value, err := clean(*sent)
		if err != nil {
			faults = append(faults, err)
			return
		}
		if value != *was {
			*was = value
			changed = append(changed, field)
		}
	}
	set("name", &s.Name, c.Name, func(v string) (string, error) { return CleanName("name", v) })
	set("organisation", &s.Organisation, c.Organisation, func(v string) (string, error) { return CleanName("organisation", v) })
	set("dates", (*string)(&s.Dates), c.Dates, func(v string) (string, error) {
		style, err := ParseDateStyle(v)
		return string(style), err
	})
	set("zone", &s.Zone, c.Zone, func(v string) (string, error) {
		if v = strings.TrimSpace(v); v == "" {
			return "", nil
		}
		zone, err := LoadZone(v)
		if err != nil {
			return "", err
		}
		return zone.String(), nil
	})
	if len(changed) > 0 {
		s.Revision++
	}
	return changed, errors.Join(faults...)
}

// setTopics ends what is not wanted and opens what is.
func setTopics(ctx context.Context, tx Store, subscriberID int64, wanted TopicSet, now time.Time) error {
	rows, err := tx.Subscriptions(ctx, subscriberID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State == SubscriptionEnded || wanted.Has(row.TopicID) {
			continue
		}
		row.End(now, EndUnsubscribed)
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	return openTopics(ctx, tx, subscriberID, rows, wanted, now)
}

// openTopics makes the wanted topics active, given the person's rows, and leaves
// the others as they are.
func openTopics(ctx context.Context, tx Store, subscriberID int64, rows []Subscription, wanted TopicSet, now time.Time) error {
	have := map[int64]bool{}
	for _, row := range rows {
		if row.State == SubscriptionEnded || !wanted.Has(row.TopicID) {
			continue
		}
		have[row.TopicID] = true
		if row.State == SubscriptionActive {
			continue
		}
		if err := row.Confirm(now); err != nil {
			return err
		}
		if err := tx.UpdateSubscription(ctx, row); err != nil {
			return err
		}
	}
	var add []*Subscription
	for _, id := range wanted {
		if !have[id] {
			add = append(add, &Subscription{SubscriberID: subscriberID, TopicID: id, State: SubscriptionActive, CreatedAt: now, ConfirmedAt: now})
		}
	}
	return tx.AddSubscriptions(ctx, add)
}
