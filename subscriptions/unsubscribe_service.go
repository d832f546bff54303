package subscriptions

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Leaving is what an unsubscribe page offers.
type Leaving struct {
	Masked  string
	Topics  []Topic // active now
	Retired []Topic // that are sent to nobody any more; an old letter may name one
	Resumes Date    // the day a pause ends, if there is one
	Today   Date    // where the person is
	Dates   DateStyle
	Undo    string // of who has left everything within a day, by whatever hand: token for Undo
}

// Leaving shows what the person can leave. It changes nothing. The link works
// for as long as its key is kept; a person who is gone sees that nothing is left.
func (s *SubscriptionService) Leaving(ctx context.Context, token string) (Leaving, error) {
	_, person, err := s.holder(ctx, s.Store, PurposeUnsubscribe, token)
	if err != nil {
		return Leaving{}, goneIsLeft(err)
	}
	ever, rows, err := s.topicsAndRows(ctx, s.Store, person.ID)
	if err != nil {
		return Leaving{}, err
	}
	now := s.Now()
	l := Leaving{Masked: MaskAddress(person.Address), Dates: person.Dates, Resumes: person.Resumes(now), Today: DateOf(now.In(person.Location()))}
	for _, t := range ever {
		if !t.RetiredAt.IsZero() {
			l.Retired = append(l.Retired, t)
		}
	}
	if l.Topics = running(topicsIn(ever, activeSet(rows))); len(l.Topics) > 0 {
		return l, nil
	}
	// A mail program's one-click shows nobody an undo: it is here that people look.
	past, err := s.Store.Consents(ctx, person.ID)
	if n := len(past); n > 0 && past[n-1].Kind == ConsentWithdrawn && len(past[n-1].Topics) > 0 && now.Sub(past[n-1].At) < lifetimes[PurposeUndo] {
		l.Undo = s.Keys.Issue(PurposeUndo, person.ID, past[n-1].ID, past[n-1].At)
	}
	return l, err
}

// running leaves out the retired.
func running(topics []Topic) []Topic {
	return slices.DeleteFunc(slices.Clone(topics), func(t Topic) bool { return !t.RetiredAt.IsZero() })
}

// goneIsLeft turns "belongs to nobody any more" into success: whoever wanted
// to leave has left.
func goneIsLeft(err error) error {
	if errors.Is(err, ErrExpired) {
		return nil
	}
	return err
}

// Left is what leaving did.
type Left struct {
	Masked    string
	Topics    []Topic // ended now; none when the link was used before
	All       bool    // nothing is left
	Remaining []Topic
	Undo      string // token for Undo; "" when nothing changed
}

// LeaveRequest is what a person leaves, and how.
type LeaveRequest struct {
	Topic  string      // slug; "" for everything
	Reason LeaveReason // "" when they gave none; one we do not know is none
	Source string      // "unsubscribe page", "one-click"
	IP     string
}

// Unsubscribe is Leave without a reason.
func (s *SubscriptionService) Unsubscribe(ctx context.Context, token, topicSlug, source, ip string) (Left, error) {
	return s.Leave(ctx, token, LeaveRequest{Topic: topicSlug, Source: source, IP: ip})
}

// Leave ends the person's subscription to the topic, or all of them. It takes
// effect before the next message leaves, needs nothing but the link, and can be
// repeated (RFC 8058, MAIL 10 and 12). A topic that was retired can be left like
// any other.
func (s *SubscriptionService) Leave(ctx context.Context, token string, r LeaveRequest) (Left, error) {
	var left Left
	if r.Reason.Words() == "" {
		r.Reason = ""
	}
	topicSlug := r.Topic
	err := s.Store.InTx(ctx, func(tx Store) error {
		_, person, err := s.holder(ctx, tx, PurposeUnsubscribe, token)
		if err != nil {
			left.All = true
			return goneIsLeft(err)
		}
		all, rows, err := s.topicsAndRows(ctx, tx, person.ID)
		if err != nil {
			return err
		}
		var which TopicSet // of one topic: what it became too
		if topicSlug != "" {
			if which, err = leaves(ctx, tx, all, topicSlug); err != nil {
				return err
			}
		}
		now := s.Now()
		left.Masked = MaskAddress(person.Address)
		var ended, remaining []int64
		open := 0
		for _, row := range rows {
			if row.State == SubscriptionEnded {
				continue
			}
			if topicSlug != "" && !which.Has(row.TopicID) {
				open++
				if row.State == SubscriptionActive {
					remaining = append(remaining, row.TopicID)
				}
				continue
			}
			if row.State == SubscriptionActive {
				ended = append(ended, row.TopicID)
			}
			row.End(now, EndUnsubscribed)
			if err := tx.UpdateSubscription(ctx, row); err != nil {
				return err
			}
		}
		left.Topics, left.Remaining = topicsIn(all, NewTopicSet(ended...)), running(topicsIn(all, NewTopicSet(remaining...)))
		left.All = len(left.Remaining) == 0
		// Who had nothing any more, because all of it was retired, says with this that
		// they do not want it back.
		ends := open == 0 && person.EndedAt.IsZero() && !person.ConfirmedAt.IsZero()
		if open == 0 {
			person.End(now, EndUnsubscribed)
			if err := endWish(ctx, tx, person.ID, left.Topics, now); err != nil {
				return err
			}
		}
		if len(ended) == 0 && !ends {
			return tx.UpdateSubscriber(ctx, person)
		}
		person.Revision++
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		consent := &Consent{SubscriberID: person.ID, Kind: ConsentWithdrawn, Topics: slugsOf(left.Topics),
			Source: r.Source, IP: r.IP, At: now, Reason: r.Reason}
		if err := tx.AddConsents(ctx, []*Consent{consent}); err != nil {
			return err
		}
		if len(ended) > 0 {
			left.Undo = s.Keys.Issue(PurposeUndo, person.ID, consent.ID, now)
		}
		return nil
	})
	return left, err
}

// leaves gives the topic of that name, and all it has become part of since: a letter
// goes on saying "leave IoT" when IoT is part of another topic, and whoever leaves
// it must not go on getting it there.
func leaves(ctx context.Context, store Store, all []Topic, slug string) (TopicSet, error) {
	named, _, err := topicByName(ctx, store, all, slug)
	if errors.Is(err, ErrNotFound) {
		return nil, unknownTopic(slug, running(all))
	}
	if err != nil {
		return nil, err
	}
	set := NewTopicSet(named.ID)
	for into := named.MergedInto; into != 0 && !set.Has(into); {
		set = set.With(into)
		next := topicsIn(all, TopicSet{into})
		into = 0
		if len(next) > 0 {
			into = next[0].MergedInto
		}
	}
	return set, nil
}

// TopicNamed finds the topic that a letter calls so, and what it is part of now:
// itself, where it was merged into no other.
func (s *SubscriptionService) TopicNamed(ctx context.Context, slug string) (named, now Topic, err error) {
	all, err := s.Store.AllTopics(ctx)
	if err != nil {
		return named, now, err
	}
	return topicByName(ctx, s.Store, all, slug)
}

// Undo takes a withdrawal back, within a day: the topics that ended with it are
// active again. The token of a pause ends the pause. It may be called twice.
func (s *SubscriptionService) Undo(ctx context.Context, undoToken, ip string) ([]Topic, error) {
	var topics []Topic
	err := s.Store.InTx(ctx, func(tx Store) error {
		claims, person, err := s.holder(ctx, tx, PurposeUndo, undoToken)
		if err != nil {
			return err
		}
		if claims.Ref == 0 {
			all, rows, err := s.topicsAndRows(ctx, tx, person.ID)
			if err != nil {
				return err
			}
			topics = running(topicsIn(all, activeSet(rows)))
			return pauseUntil(ctx, tx, person, time.Time{})
		}
		withdrawn, err := tx.FindConsent(ctx, claims.Ref)
		if err != nil {
			return err
		}
		if withdrawn.SubscriberID != person.ID || withdrawn.Kind != ConsentWithdrawn {
			return &Error{Code: Forged, Message: "this link is not for undoing"}
		}
		all, rows, err := s.topicsAndRows(ctx, tx, person.ID)
		if err != nil {
			return err
		}
		if topics, err = s.stillThere(ctx, tx, all, withdrawn.Topics); err != nil {
			return err
		}
		chosen := activeSet(rows)
		wanted := chosen.With(idsOf(topics)...)
		if wanted.Key() == chosen.Key() {
			return nil
		}
		if barred, err := s.barred(ctx, tx, person.Address); err != nil || barred {
			if err == nil {
				err = refused("no letter is sent to this address any more, so that nothing can be brought back").hint("If you want letters again, write to us.")
			}
			return err
		}
		now := s.Now()
		if err := openTopics(ctx, tx, person.ID, rows, wanted, now); err != nil {
			return err
		}
		person.Confirm(now)
		if err := tx.UpdateSubscriber(ctx, person); err != nil {
			return err
		}
		wording, err := CurrentWording(ctx, tx)
		if err != nil {
			return err
		}
		back := Consent{SubscriberID: person.ID, Kind: ConsentChanged, Topics: slugsOf(topicsIn(all, wanted)), Wording: wording.Version, Source: "undo", IP: ip, At: now}
		again := back
		if err := tx.AddConsents(ctx, []*Consent{&back}); err != nil {
			return err
		}
		return undoEndWish(ctx, tx, withdrawn, again)
	})
	return topics, err
}

// stillThere gives the topics of these names that run, as what they are part of
// now.
func (s *SubscriptionService) stillThere(ctx context.Context, store Store, all []Topic, slugs []string) ([]Topic, error) {
	var ids []int64
	for _, slug := range slugs {
		_, now, err := topicByName(ctx, store, all, slug)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		ids = append(ids, now.ID)
	}
	return topicsIn(running(all), NewTopicSet(ids...)), nil
}
