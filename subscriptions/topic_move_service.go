package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Merge makes the topic part of another: what is filed under it is filed under
// that one from now on, and its people follow (see TopicMove). It is the topic as
// the editor read it.
func (s *TopicService) Merge(ctx context.Context, id int64, version int, into int64, by Actor) (TopicMove, error) {
	if id == into {
		return TopicMove{}, invalid("into", "a topic cannot become part of itself")
	}
	return s.begin(ctx, TopicMove{Kind: MoveMerge, TopicID: id, IntoID: into}, version, by, func(tx Store, t *Topic) (string, error) {
		other, err := tx.FindTopic(ctx, into)
		if err != nil {
			return "", err
		}
		if !t.RetiredAt.IsZero() || !other.RetiredAt.IsZero() {
			return "", refused("one of the two topics has ended").hint("Bring it back first.")
		}
		items, webinars, err := tx.Refile(ctx, id, into)
		if err != nil {
			return "", err
		}
		t.RetiredAt, t.MergedInto = s.Now(), into
		return fmt.Sprintf("into %s; items moved: %d, webinars: %d", other.Name, items, webinars), nil
	})
}

// Retire ends the topic: nothing is filed under it any more, and nobody gets it.
// What is filed and sent stays.
func (s *TopicService) Retire(ctx context.Context, id int64, version int, by Actor) (TopicMove, error) {
	return s.begin(ctx, TopicMove{Kind: MoveRetire, TopicID: id}, version, by, func(tx Store, t *Topic) (string, error) {
		if !t.RetiredAt.IsZero() {
			return "", refused("the topic %s has ended already", t.Name)
		}
		topics, err := tx.Topics(ctx)
		if err == nil && len(topics) == 1 {
			err = refused("%s is the only topic there is", t.Name).hint("Make another one first.")
		}
		t.RetiredAt = s.Now()
		return "", err
	})
}

// BringBack makes a retired topic run again, at the end of the list, and gives it
// back to those who lost it. A merged one stays what it is: its people have the
// other one now.
func (s *TopicService) BringBack(ctx context.Context, id int64, version int, by Actor) (TopicMove, error) {
	return s.begin(ctx, TopicMove{Kind: MoveReturn, TopicID: id}, version, by, func(tx Store, t *Topic) (string, error) {
		switch {
		case t.RetiredAt.IsZero():
			return "", refused("the topic %s has not ended", t.Name)
		case t.MergedInto != 0:
			return "", refused("the topic %s is part of another now", t.Name).hint("Make a new topic; people choose it for themselves.")
		}
		t.RetiredAt = time.Time{}
		topics, err := tx.Topics(ctx)
		if err != nil {
			return "", err
		}
		order := make([]int64, 0, len(topics)+1)
		for _, other := range topics {
			order = append(order, other.ID)
		}
		return "", tx.PlaceTopics(ctx, append(order, id))
	})
}

// begin decides a move: change does what few rows tell, and says it for the log.
func (s *TopicService) begin(ctx context.Context, m TopicMove, version int, by Actor, change func(tx Store, t *Topic) (string, error)) (TopicMove, error) {
	p, err := s.People(ctx)
	if err != nil {
		return m, err
	}
	m.People, m.Actor, m.StartedAt = p.Have(m.TopicID), by.Name, s.Now()
	err = s.Store.InTx(ctx, func(tx Store) error {
		// In order of id: two that lock the same two wait for each other in turn.
		for _, id := range NewTopicSet(m.TopicID, m.IntoID) {
			if _, err := tx.FindTopic(ctx, id); id != 0 && err != nil {
				return err
			}
		}
		t, err := tx.FindTopic(ctx, m.TopicID)
		if err != nil {
			return err
		}
		if err := s.free(ctx, tx); err != nil {
			return err
		}
		detail, err := change(tx, &t)
		if err != nil {
			return err
		}
		t.Version = version
		if err := tx.UpdateTopic(ctx, &t); err != nil {
			return err
		}
		if err := tx.AddTopicMove(ctx, &m); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "topic."+string(m.Kind), topicSubject(t.ID), t.Name, detail)
	})
	return m, err
}

// Work does what waits: people of a move that runs, all of them. It stops when the
// context ends; the next goes on where it was. It may run in several processes at
// once.
func (s *TopicService) Work(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.Step(ctx); err != nil {
			return fmt.Errorf("carry out a change of topics: %w", err)
		}
	}
	return ctx.Err()
}

// Step does the next batch of the move that runs, in one transaction, and reports
// whether there is more to do. When none runs, it looks for people who were left
// behind: a sign-up that began before a topic ended and was stored after.
func (s *TopicService) Step(ctx context.Context) (more bool, err error) {
	if waits, err := s.waits(ctx); err != nil || !waits {
		return false, err
	}
	err = s.Store.InTx(ctx, func(tx Store) error {
		m, err := tx.RunningTopicMove(ctx)
		if errors.Is(err, ErrNotFound) {
			more, err = s.sweep(ctx, tx)
			return err
		}
		if err != nil {
			return err
		}
		if more, err = s.batch(ctx, tx, &m); err != nil {
			return err
		}
		if !more {
			m.FinishedAt = s.Now()
			t, err := tx.FindTopic(ctx, m.TopicID)
			if err != nil {
				return err
			}
			if err := audit(ctx, tx, BySchedule, s.Now(), "topic."+string(m.Kind)+"-done", topicSubject(t.ID), t.Name,
				fmt.Sprintf("subscriptions ended: %d, opened: %d; had it already: %d; left out: %d", m.Ended, m.Opened, m.Had, m.KeptOut)); err != nil {
				return err
			}
		}
		return tx.UpdateTopicMove(ctx, m)
	})
	return more, err
}

// waits looks without holding anything: most of the time there is nothing to do.
func (s *TopicService) waits(ctx context.Context) (bool, error) {
	if _, err := s.Store.RunningTopicMove(ctx); err == nil || CodeOf(err) != NotFound {
		return err == nil, err
	}
	left, err := s.Store.LeftBehind(ctx)
	return len(left) > 0, err
}

func (s *TopicService) sweep(ctx context.Context, tx Store) (more bool, err error) {
	left, err := tx.LeftBehind(ctx)
	if err != nil || len(left) == 0 {
		return false, err
	}
	m := TopicMove{Kind: MoveRetire, TopicID: left[0].ID, Actor: BySchedule.Name, StartedAt: s.Now()}
	if left[0].MergedInto != 0 {
		m.Kind, m.IntoID = MoveMerge, left[0].MergedInto
	}
	return true, tx.AddTopicMove(ctx, &m)
}

// batch does the next people of the move and moves its cursor.
func (s *TopicService) batch(ctx context.Context, tx Store, m *TopicMove) (more bool, err error) {
	size := s.Batch
	if size <= 0 {
		size = 1000
	}
	next := tx.OpenSubscriptions
	if m.Kind == MoveReturn {
		next = tx.RetiredSubscriptions
	}
	rows, err := next(ctx, m.TopicID, m.DoneTo, size)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	m.DoneTo = rows[len(rows)-1].ID
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.SubscriberID)
	}
	slices.Sort(ids)
	b := moving{TopicMove: m, now: s.Now(), rows: map[int64][]Subscription{}, consents: map[int64][]Consent{}}
	// Held first and read after: who acts at this moment has done so, or waits.
	if b.people, err = tx.HoldSubscribers(ctx, ids); err != nil {
		return false, err
	}
	if err := b.read(ctx, tx, slices.Compact(ids)); err != nil {
		return false, err
	}
	for _, r := range rows {
		b.one(r)
	}
	return len(rows) == size, b.write(ctx, tx)
}
