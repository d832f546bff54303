package subscriptions

import (
	"context"
	"fmt"
	"time"
)

// TestSendService keeps the groups that get tests, and sends tests to them: through
// the same outbox and the same composer as the letters themselves, marked, and counted
// in no book.
type TestSendService struct {
	Store    Store
	Editions *EditionService
	Reach    *ReachService
	Now      func() time.Time
	By       Actor
}

// As gives the service in the hands of somebody.
func (s *TestSendService) As(by Actor) *TestSendService {
	theirs := *s
	theirs.By = by
	return &theirs
}

// Bounds of tests: one is looked at by people, and the outbox is not there to write
// to everybody before the release.
const (
	maxTestLetters = 64  // different letters of one test
	maxTestMail    = 200 // messages of one test
	maxTestsAnHour = 400 // messages of all tests
)

// SaveGroup makes a group, or changes the one of the id.
func (s *TestSendService) SaveGroup(ctx context.Context, id int64, name, addresses string) (SeedGroup, error) {
	g, err := NewSeedGroup(name, addresses, s.Now())
	if err != nil {
		return g, err
	}
	g.ID = id
	return g, s.Store.InTx(ctx, func(tx Store) error {
		all, err := tx.SeedGroups(ctx)
		if err != nil {
			return err
		}
		action := "test-group.create"
		for _, other := range all {
			if other.ID == id {
				action, g.CreatedAt = "test-group.change", other.CreatedAt
			} else if other.Name == g.Name {
				return invalid("name", "there is a group of this name").hint("Choose another name, or change that one.")
			}
		}
		if action == "test-group.create" {
			if id != 0 {
				return notFound("test group %d", id)
			}
			if len(all) >= maxPersonas {
				return refused("there are %d test groups already", len(all)).hint("Delete one that nobody uses.")
			}
		}
		if err := tx.PutSeedGroup(ctx, &g); err != nil {
			return err
		}
		return audit(ctx, tx, s.By, s.Now(), action, fmt.Sprintf("test-group:%d", g.ID), g.Name, countOf(len(g.Addresses), "address", "addresses"))
	})
}

// DropGroup deletes a group with its addresses. What was sent to it stays sent.
func (s *TestSendService) DropGroup(ctx context.Context, id int64) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		g, err := tx.FindSeedGroup(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DropSeedGroup(ctx, id); err != nil {
			return err
		}
		return audit(ctx, tx, s.By, s.Now(), "test-group.delete", fmt.Sprintf("test-group:%d", id), g.Name, "")
	})
}

// Send queues a test of the edition, as it is now, to a group: the letters of these
// sets of topics, or all different ones when there is none.
func (s *TestSendService) Send(ctx context.Context, editionID, groupID int64, sets []TopicSet) (TestSend, error) {
	e, err := s.Store.FindEdition(ctx, editionID)
	if err != nil {
		return TestSend{}, err
	}
	if e.State == EditionCancelled {
		return TestSend{}, e.wrong("tested", "What was cancelled stays cancelled.")
	}
	c, err := s.Editions.Collect(ctx, editionID)
	if err != nil {
		return TestSend{}, err
	}
	if sets, err = s.chosen(ctx, c, sets); err != nil {
		return TestSend{}, err
	}
	t := TestSend{EditionID: editionID, Content: c, Letters: len(sets), Actor: s.By.Name, CreatedAt: s.Now()}
	if t.Hash, err = c.Hash(); err != nil {
		return t, err
	}
	return t, s.Store.InTx(ctx, func(tx Store) error {
		g, err := tx.FindSeedGroup(ctx, groupID)
		if err != nil {
			return err
		}
		t.Group, t.Addresses = g.Name, len(g.Addresses)
		if n := t.Letters * t.Addresses; n > maxTestMail {
			return refused("that would be %d messages; a test has at most %d", n, maxTestMail).hint("Choose fewer letters, or a smaller group.")
		}
		lately, err := tx.TestsSince(ctx, s.Now().Add(-time.Hour))
		if err != nil {
			return err
		}
		if lately+t.Letters*t.Addresses > maxTestsAnHour {
			return &Error{Code: Limited, Message: fmt.Sprintf("%d test messages left within the last hour", lately), Hint: "Wait a while, or look at the letters here."}
		}
		letters := make([]*TestLetter, len(sets))
		for n, set := range sets {
			letters[n] = &TestLetter{Topics: set}
		}
		if err := tx.AddTestSend(ctx, &t, letters); err != nil {
			return err
		}
		var queue []Delivery
		for _, l := range letters {
			for n, address := range g.Addresses {
				queue = append(queue, Delivery{Kind: KindTest, Key: fmt.Sprintf("test:%d:%d", l.ID, n), RefID: l.ID, Address: address,
					Priority: PriorityPerson, NotBefore: s.Now(), CreatedAt: s.Now()})
			}
		}
		if _, err := tx.QueueDeliveries(ctx, queue); err != nil {
			return err
		}
		g.UsedAt = s.Now()
		if err := tx.PutSeedGroup(ctx, &g); err != nil {
			return err
		}
		return audit(ctx, tx, s.By, s.Now(), "edition.test", fmt.Sprintf("edition:%d", e.ID), e.Title,
			fmt.Sprintf("%s to %s, %s", countOf(t.Letters, "letter", "letters"), g.Name, countOf(t.Addresses, "address", "addresses")))
	})
}

// chosen are the different letters that the sets name, each once.
func (s *TestSendService) chosen(ctx context.Context, c Content, sets []TopicSet) ([]TopicSet, error) {
	if len(sets) == 0 {
		r, err := s.Reach.Of(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, v := range r.Variants {
			sets = append(sets, v.Topics)
		}
	}
	audience := NewAudience(c)
	var letters []TopicSet
	seen := map[string]bool{}
	for _, set := range sets {
		variant, ok := audience.VariantFor(set)
		if !ok || seen[variant.Key()] {
			continue
		}
		seen[variant.Key()] = true
		letters = append(letters, variant)
	}
	switch {
	case len(letters) == 0:
		return nil, refused("there is no letter to test").hint("Choose topics in which the edition has an entry.")
	case len(letters) > maxTestLetters:
		return nil, refused("the edition has %d different letters; a test has at most %d", len(letters), maxTestLetters).hint("Choose those to look at.")
	}
	return letters, nil
}
