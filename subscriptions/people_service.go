package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// PeopleService is what editors do about subscribers. What a reader can do by a
// link stays the reader's; an editor acts where somebody asked in another way, and
// says who and why.
type PeopleService struct {
	Store   Store
	Keys    *Keyring
	Readers *SubscriptionService
	Imports *ImportService
	Now     func() time.Time
}

// People lists subscribers with their topics, and reports whether there are more.
func (s *PeopleService) People(ctx context.Context, f PeopleFilter) (people []Person, more bool, err error) {
	f.Text = CleanSearch(f.Text)
	limit := f.Limit
	f.Limit++
	found, err := s.Store.People(ctx, f, s.Now())
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	if more = len(found) > limit; more {
		found = found[:limit]
	}
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return nil, false, err
	}
	ids := make([]int64, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	rows, err := s.Store.Subscriptions(ctx, ids...)
	if err != nil {
		return nil, false, err
	}
	active := map[int64]TopicSet{}
	for _, r := range rows {
		if r.State == SubscriptionActive {
			active[r.SubscriberID] = active[r.SubscriberID].With(r.TopicID)
		}
	}
	recipients := make([]Recipient, len(found))
	for i, p := range found {
		recipients[i].Subscriber = p
	}
	if err := MarkSuppressed(ctx, s.Store, s.Keys, recipients); err != nil {
		return nil, false, err
	}
	for i, p := range found {
		one := Person{Subscriber: p, Status: p.Status(s.Now()), Topics: topicsIn(topics, active[p.ID])}
		if p.Address != "" { // who was erased has none that could be
			one.Suppressed = recipients[i].Suppressed
		}
		people = append(people, one)
	}
	return people, more, nil
}

// Person gives somebody's whole story.
func (s *PeopleService) Person(ctx context.Context, id int64) (History, error) {
	person, err := s.Store.FindSubscriber(ctx, id)
	if err != nil {
		return History{}, err
	}
	return s.Readers.historyOf(ctx, person)
}

func personSubject(id int64) string { return fmt.Sprintf("person:%d", id) }

// errNoReason asks for the words that prove a step later.
func errNoReason(field, message string) *Error {
	return invalid(field, "%s", message).hint("A year from now this is the only proof.")
}

// Add takes somebody in by the rules of an import: who has left, or is suppressed,
// stays as they are, and the answer says so.
func (s *PeopleService) Add(ctx context.Context, a AddPerson, by Actor) (Subscriber, error) {
	source, err := CleanName("source", a.Source)
	if err == nil && source == "" {
		err = errNoReason("source", "say where the consent lies")
	}
	address, errAddress := ParseAddress(a.Email)
	_, errName := CleanName("name", a.Name)
	topics, errStore := s.Store.Topics(ctx)
	if errStore != nil {
		return Subscriber{}, errStore
	}
	_, errTopics := pickTopics(topics, a.Topics)
	if err := errors.Join(errAddress, errName, errTopics, err); err != nil {
		return Subscriber{}, err
	}
	var person Subscriber
	err = s.Store.InTx(ctx, func(tx Store) error {
		imports := *s.Imports
		imports.Store = tx
		var one iter.Seq[SubscriberRow] = func(yield func(SubscriberRow) bool) {
			yield(SubscriberRow{Line: 1, Email: a.Email, Name: a.Name, Topics: a.Topics})
		}
		report, err := imports.Subscribers(ctx, one, SubscriberOptions{Confirmed: a.Confirmed, Source: "desk: " + source})
		if err != nil {
			return err
		}
		switch {
		case report.Suppressed > 0:
			return refused("this address gets no letters").hint("It is suppressed: lift that first, if the person asks for it in writing.")
		case report.Ended > 0:
			return refused("this person has left, or left one of these topics").hint("They come back by the form on the site, and by nobody else's hand.")
		}
		if person, err = tx.FindSubscriberByAddress(ctx, address); err != nil {
			return err
		}
		if report.Unchanged > 0 {
			return nil
		}
		how := "a letter asks them to confirm"
		if a.Confirmed {
			how = "consent: " + source
		}
		return audit(ctx, tx, by, s.Now(), "person.add", personSubject(person.ID), MaskAddress(address), how)
	})
	return person, err
}

// End ends all of a person's subscriptions because they asked for it in another
// way, or bars the address for good.
func (s *PeopleService) End(ctx context.Context, id int64, e EndPerson, by Actor) error {
	note, err := CleanName("note", e.Note)
	if err == nil && note == "" {
		err = errNoReason("note", "say who asked for it, and how")
	}
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriber(ctx, id)
		if err != nil {
			return err
		}
		if !person.ErasedAt.IsZero() {
			return refused("this person was erased; nothing is left to end")
		}
		now := s.Now()
		if e.Bar {
			err := tx.PutSuppression(ctx, Suppression{Hash: s.Keys.HashAddress(person.Address), Reason: SuppressedByEditor, Note: note, CreatedAt: now})
			if err != nil {
				return err
			}
		}
		if err := endAll(ctx, tx, &person, EndByEditor, "desk: "+note, now); err != nil {
			return err
		}
		// Also of somebody who had left: what is in flight is looked at again.
		person.Revision++
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		action := "person.end"
		if e.Bar {
			action = "person.bar"
		}
		return audit(ctx, tx, by, now, action, personSubject(id), MaskAddress(person.Address), note)
	})
}

// endAll ends the person and every open subscription, with the event that proves
// it.
func endAll(ctx context.Context, tx Store, person *Subscriber, why EndReason, source string, now time.Time) error {
	topics, err := tx.AllTopics(ctx)
	if err != nil {
		return err
	}
	rows, err := tx.Subscriptions(ctx, person.ID)
	if err != nil {
		return err
	}
	var ended TopicSet
	for _, r := range rows {
		if r.State == SubscriptionEnded {
			continue
		}
		r.End(now, why)
		if err := tx.UpdateSubscription(ctx, r); err != nil {
			return err
		}
		ended = ended.With(r.TopicID)
	}
	person.End(now, why)
	// A wish ends with what it was about: who comes back is asked again.
	if err := endWish(ctx, tx, person.ID, topicsIn(topics, ended), now); err != nil {
		return err
	}
	if len(ended) == 0 {
		return nil
	}
	return tx.AddConsents(ctx, []*Consent{{SubscriberID: person.ID, Kind: ConsentWithdrawn, Topics: slugsOf(topicsIn(topics, ended)), Source: source, At: now}})
}

// Erase forgets a person who asked for it in another way than by their link.
func (s *PeopleService) Erase(ctx context.Context, id int64, note string, by Actor) (Erasure, error) {
	note, err := CleanName("note", note)
	if err == nil && note == "" {
		err = errNoReason("note", "say how they asked for it")
	}
	if err != nil {
		return Erasure{}, err
	}
	var done Erasure
	err = s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriber(ctx, id)
		if err != nil {
			return err
		}
		if !person.ErasedAt.IsZero() {
			done.Already = true
			return nil
		}
		readers := *s.Readers
		readers.Store = tx
		if done, err = readers.EraseAddress(ctx, person.Address, "desk: "+note); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "person.erase", personSubject(id), "a person who asked", note)
	})
	return done, err
}

// Export gives everything kept about the person, and writes down who took it.
func (s *PeopleService) Export(ctx context.Context, id int64, by Actor) (data PersonalData, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		person, err := tx.FindSubscriber(ctx, id)
		if err != nil {
			return err
		}
		if !person.ErasedAt.IsZero() {
			return refused("this person was erased; nothing is left to export")
		}
		readers := *s.Readers
		readers.Store = tx
		if data, err = readers.ExportAddress(ctx, person.Address); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "person.export", personSubject(id), MaskAddress(person.Address), "")
	})
	return data, err
}

// Suppress bars an address because somebody asked for it, whether or not it is
// known here.
func (s *PeopleService) Suppress(ctx context.Context, email, note string, by Actor) error {
	address, errAddress := ParseAddress(email)
	note, err := CleanName("note", note)
	if err == nil && note == "" {
		err = errNoReason("note", "say who asked for it, and how")
	}
	if err := errors.Join(errAddress, err); err != nil {
		return err
	}
	person, err := s.Store.FindSubscriberByAddress(ctx, address)
	if err == nil {
		return s.End(ctx, person.ID, EndPerson{Note: note, Bar: true}, by)
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		if err := tx.PutSuppression(ctx, Suppression{Hash: s.Keys.HashAddress(address), Reason: SuppressedByEditor, Note: note, CreatedAt: now}); err != nil {
			return err
		}
		return audit(ctx, tx, by, now, "person.bar", "", MaskAddress(address), note)
	})
}

// Suppressed tells why an address gets no letters.
func (s *PeopleService) Suppressed(ctx context.Context, email string) (Suppression, bool, error) {
	address, err := ParseAddress(email)
	if err != nil {
		return Suppression{}, false, err
	}
	hash := s.Keys.HashAddress(address)
	found, err := s.Store.Suppressions(ctx, []string{hash})
	sup, ok := found[hash]
	return sup, ok, err
}

// Lift lets an address be mailed again. It subscribes nobody: the person comes
// back by the form. Somebody who was erased, or has complained, does so by their
// own hand alone.
func (s *PeopleService) Lift(ctx context.Context, email, note string, by Actor) error {
	note, err := CleanName("note", note)
	if err == nil && note == "" {
		err = errNoReason("note", "say why it is lifted")
	}
	sup, ok, errFind := s.Suppressed(ctx, email)
	if err := errors.Join(errFind, err); err != nil {
		return err
	}
	switch {
	case !ok:
		return refused("this address is not suppressed")
	case sup.Reason == SuppressedErased:
		return refused("this person asked to be forgotten").hint("They come back by the form on the site, and by nobody else's hand.")
	}
	return s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		sup.LiftedAt = now
		sup.Note = strings.TrimSpace(sup.Note + "; lifted: " + note)
		if err := tx.PutSuppression(ctx, sup); err != nil {
			return err
		}
		address, _ := ParseAddress(email)
		if _, err := mark(ctx, tx, ReturnLifted, sup.Hash, address, 0, note, now); err != nil {
			return err
		}
		subject := ""
		person, err := tx.FindSubscriberByAddress(ctx, address)
		switch {
		case err == nil:
			subject = personSubject(person.ID)
			person.Revision++
			if err := tx.UpdateSubscriber(ctx, person); err != nil {
				return err
			}
		case !errors.Is(err, ErrNotFound):
			return err
		}
		return audit(ctx, tx, by, now, "suppression.lift", subject, MaskAddress(address), string(sup.Reason)+": "+note)
	})
}
