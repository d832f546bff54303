package subscriptions

import (
	"context"
	"slices"
	"sync"
	"time"
)

// PeopleOfTopics says who has which topics, as of a moment: everything the desk
// says about people follows from it. To count a million people takes a second, so
// in a large house Recount does it, and pages show the last count with its moment.
type PeopleOfTopics struct {
	AsOf time.Time
	Sets []TopicPeople
}

// Have counts the people who have the topic.
func (p PeopleOfTopics) Have(id int64) int {
	return p.count(func(s TopicSet) bool { return s.Has(id) })
}

// Alone counts those of them who have nothing else.
func (p PeopleOfTopics) Alone(id int64) int {
	return p.count(func(s TopicSet) bool { return len(s) == 1 && s[0] == id })
}

// Both counts the people who have one and the other.
func (p PeopleOfTopics) Both(a, b int64) int {
	return p.count(func(s TopicSet) bool { return s.Has(a) && s.Has(b) })
}

// All counts the people who have anything.
func (p PeopleOfTopics) All() int { return p.count(func(TopicSet) bool { return true }) }

func (p PeopleOfTopics) count(which func(TopicSet) bool) int {
	n := 0
	for _, s := range p.Sets {
		if which(s.Topics) {
			n += s.People
		}
	}
	return n
}

// smallHouse is how many people are counted while somebody waits.
const smallHouse = 20_000

// countAgain is how long a count of a large house is good.
const countAgain = 30 * time.Second

type peopleCount struct {
	mu    sync.Mutex
	last  PeopleOfTopics
	small bool
	asked bool // since it was counted
}

// People gives the latest count.
func (s *TopicService) People(ctx context.Context) (PeopleOfTopics, error) {
	c := &s.people
	c.mu.Lock()
	last, fresh := c.last, !c.last.AsOf.IsZero() && !c.small
	c.asked = true
	c.mu.Unlock()
	if fresh {
		return last, nil
	}
	return s.countPeople(ctx)
}

func (s *TopicService) countPeople(ctx context.Context) (PeopleOfTopics, error) {
	now := s.Now()
	sets, err := s.Store.CountTopicSets(ctx)
	if err != nil {
		return PeopleOfTopics{}, err
	}
	p := PeopleOfTopics{AsOf: now, Sets: sets}
	c := &s.people
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.asked, c.small = p, false, p.All() <= s.small()
	return p, nil
}

func (s *TopicService) small() int {
	if s.SmallHouse != 0 {
		return s.SmallHouse
	}
	return smallHouse
}

// Recount counts a large house anew when a page was asked for and the count is old.
func (s *TopicService) Recount(ctx context.Context) error {
	c := &s.people
	c.mu.Lock()
	due := c.last.AsOf.IsZero() || c.asked && !c.small && s.Now().Sub(c.last.AsOf) >= countAgain
	c.mu.Unlock()
	if !due {
		return nil
	}
	_, err := s.countPeople(ctx)
	return err
}

// TopicEffect says whom a change would touch, before it is made.
type TopicEffect struct {
	AsOf   time.Time
	People int    // have the topic
	Alone  int    // of them, have nothing else
	More   int    // would get more, were it for everyone
	Both   int    // have the other topic too: of a merge
	Busy   string // why no topic can be merged or retired now, "" when it can
	Hint   string
}

// Effect tells it for the topic, and for a merge into another one, 0 for none.
func (s *TopicService) Effect(ctx context.Context, id, into int64) (TopicEffect, error) {
	p, err := s.People(ctx)
	if err != nil {
		return TopicEffect{}, err
	}
	e := TopicEffect{AsOf: p.AsOf, People: p.Have(id), Alone: p.Alone(id), Both: p.Both(id, into)}
	e.More = p.All() - e.People
	if err := s.free(ctx, s.Store); CodeOf(err) == Refused {
		e.Busy, e.Hint = err.Error(), HintOf(err)
	} else if err != nil {
		return e, err
	}
	return e, nil
}

// free answers Refused while a move runs or an edition is between its freezing and
// its end. Inside a transaction nothing of it changes until that ends.
func (s *TopicService) free(ctx context.Context, tx Store) error {
	if m, err := tx.RunningTopicMove(ctx); err == nil {
		return refused("another change of topics is being carried out, for %d people of about %d so far", m.Done(), m.People).hint("Try again in a minute.")
	} else if CodeOf(err) != NotFound {
		return err
	}
	editions, err := tx.Editions(ctx)
	if err != nil {
		return err
	}
	for _, e := range editions {
		if e.State == EditionCollecting {
			if e, err = tx.FindEdition(ctx, e.ID); err != nil {
				return err
			}
		}
		if slices.Contains([]EditionState{EditionFrozen, EditionApproved, EditionSending, EditionPaused}, e.State) {
			return refused("the edition %s is %s; its letters are sent by the topics people have", e.Title, e.State).
				hint("Wait until it is sent, or take it back to collecting.")
		}
	}
	return nil
}
