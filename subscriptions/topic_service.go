package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TopicService is what editors do with topics. Few rows change at once, in the
// transaction that logs it; what concerns many people is a TopicMove, worked off
// by Work.
type TopicService struct {
	Store      Store
	Now        func() time.Time
	Batch      int // people of one transaction; 0 means 1,000
	SmallHouse int // up to so many people are counted while somebody waits; 0 means 20,000

	people peopleCount
}

// TopicRow is a topic with what there is of it.
type TopicRow struct {
	Topic
	TopicFigures
	People int
	Into   Topic     // of a merged one: what it is part of in the end
	Move   TopicMove // that runs; no ID when none does
}

// TopicList is all topics: those that run, in order, and the others, the latest
// first.
type TopicList struct {
	AsOf    time.Time // of the people
	Running []TopicRow
	Retired []TopicRow
}

// List reads it.
func (s *TopicService) List(ctx context.Context) (TopicList, error) {
	all, err := s.Store.AllTopics(ctx)
	if err != nil {
		return TopicList{}, err
	}
	figures, err := s.Store.TopicFigures(ctx)
	if err != nil {
		return TopicList{}, err
	}
	people, err := s.People(ctx)
	if err != nil {
		return TopicList{}, err
	}
	move, err := s.Store.RunningTopicMove(ctx)
	if err != nil && CodeOf(err) != NotFound {
		return TopicList{}, err
	}
	l := TopicList{AsOf: people.AsOf}
	for _, t := range all {
		row := TopicRow{Topic: t, TopicFigures: figures[t.ID], People: people.Have(t.ID)}
		if t.MergedInto != 0 {
			row.Into, _ = successor(all, t)
		}
		if move.TopicID == t.ID {
			row.Move = move
		}
		if t.RetiredAt.IsZero() {
			l.Running = append(l.Running, row)
		} else {
			l.Retired = append(l.Retired, row)
		}
	}
	slices.SortStableFunc(l.Retired, func(a, b TopicRow) int { return b.RetiredAt.Compare(a.RetiredAt) })
	return l, nil
}

// Find reads one of them.
func (s *TopicService) Find(ctx context.Context, id int64) (TopicRow, error) {
	l, err := s.List(ctx)
	if err != nil {
		return TopicRow{}, err
	}
	for _, row := range append(l.Running, l.Retired...) {
		if row.ID == id {
			return row, nil
		}
	}
	return TopicRow{}, notFound("there is no such topic")
}

// Moves tells what was done to a topic, the latest first.
func (s *TopicService) Moves(ctx context.Context, id int64) ([]TopicMove, error) {
	return s.Store.TopicMoves(ctx, id)
}

// TopicChange is what an editor sends; nil stays as it is.
type TopicChange struct {
	Name, ShortName, Description *string
	Slug                         *string // "" makes one of the name
	Accent                       *string // "" takes one that is free
	ForEveryone                  *bool
}

// Create adds a topic behind the others.
func (s *TopicService) Create(ctx context.Context, c TopicChange, by Actor) (Topic, error) {
	t := Topic{CreatedAt: s.Now()}
	err := s.Store.InTx(ctx, func(tx Store) error {
		all, err := tx.AllTopics(ctx)
		if err != nil {
			return err
		}
		if len(all) >= maxTopics {
			return refused("there are %d topics already, and a form with more would be read by nobody", len(all)).hint("Merge or change one.")
		}
		t = Topic{CreatedAt: s.Now()}
		for _, other := range all {
			t.Position = max(t.Position, other.Position+1)
		}
		empty := ""
		if c.Slug == nil {
			c.Slug = &empty
		}
		if c.Accent == nil {
			c.Accent = &empty
		}
		if err := s.apply(ctx, tx, &t, c, all); err != nil {
			return err
		}
		if err := tx.AddTopic(ctx, &t); err != nil {
			return err
		}
		return audit(ctx, tx, by, s.Now(), "topic.create", topicSubject(t.ID), t.Name, topicWords(Topic{}, t))
	})
	return t, err
}

// Change changes a topic, as it was when the editor read it.
func (s *TopicService) Change(ctx context.Context, id int64, version int, c TopicChange, by Actor) (Topic, error) {
	var t Topic
	err := s.Store.InTx(ctx, func(tx Store) (err error) {
		if t, err = tx.FindTopic(ctx, id); err != nil {
			return err
		}
		was := t
		all, err := tx.AllTopics(ctx)
		if err != nil {
			return err
		}
		if err := s.apply(ctx, tx, &t, c, all); err != nil {
			return err
		}
		words := topicWords(was, t)
		if words == "" {
			return nil
		}
		t.Version = version
		if err := tx.UpdateTopic(ctx, &t); err != nil {
			return err
		}
		if t.Slug != was.Slug {
			if err := tx.PutOldSlug(ctx, was.Slug, t.ID); err != nil {
				return err
			}
			if err := tx.DropOldSlug(ctx, t.Slug); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, s.Now(), "topic.change", topicSubject(t.ID), t.Name, words)
	})
	return t, err
}

// apply sets what is sent and tells every fault.
func (s *TopicService) apply(ctx context.Context, tx Store, t *Topic, c TopicChange, all []Topic) error {
	for _, f := range []struct{ to, from *string }{{&t.Name, c.Name}, {&t.ShortName, c.ShortName}, {&t.Description, c.Description}, {&t.Slug, c.Slug}, {&t.Accent, c.Accent}} {
		if f.from != nil {
			*f.to = strings.TrimSpace(*f.from)
		}
	}
	if c.ForEveryone != nil {
		t.ForEveryone = *c.ForEveryone
	}
	if t.ShortName == "" && len(t.Name) <= maxShortName {
		t.ShortName = t.Name
	}
	if t.Slug == "" {
		t.Slug = Slugify(t.Name)
	}
	if t.Accent == "" {
		t.Accent = freeAccent(all)
	}
	if t.Name == "" {
		return invalid("name", "the topic needs a name")
	}
	faults := []error{t.Validate()}
	if t.ShortName == "" {
		faults = append(faults, invalid("short_name", "a name of more than %d characters needs a short one beside it", maxShortName))
	}
	old, err := tx.OldSlugs(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		switch {
		case other.ID == t.ID:
		case other.Slug == t.Slug || old[t.Slug] == other.ID:
			faults = append(faults, invalid("slug", "%q is or was the name of the topic %s in addresses", t.Slug, other.Name).hint("Links to it are out in letters. Take another."))
		case other.RetiredAt.IsZero() && strings.EqualFold(other.Name, t.Name):
			faults = append(faults, invalid("name", "there is a topic %s already", other.Name))
		}
	}
	return errors.Join(faults...)
}

// freeAccent is the first colour that no running topic has, or the one that the
// fewest have.
func freeAccent(all []Topic) string {
	used := map[string]int{}
	for _, t := range all {
		if t.RetiredAt.IsZero() {
			used[t.Accent]++
		}
	}
	return slices.MinFunc(Accents(), func(a, b string) int { return used[a] - used[b] })
}

// Order puts the running topics into this order: all of them.
func (s *TopicService) Order(ctx context.Context, ids []int64, by Actor) error {
	return s.Store.InTx(ctx, func(tx Store) error {
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		if NewTopicSet(ids...).Key() != idsOf(topics).Key() || len(ids) != len(topics) {
			return &Error{Code: Conflict, Message: "the topics have changed since this order was made", Hint: "Look at them again, and order them anew."}
		}
		was := slugsOf(topics)
		at := func(t Topic) int { return slices.Index(ids, t.ID) }
		slices.SortFunc(topics, func(a, b Topic) int { return at(a) - at(b) })
		if now := slugsOf(topics); !slices.Equal(was, now) {
			if err := tx.PlaceTopics(ctx, ids); err != nil {
				return err
			}
			return audit(ctx, tx, by, s.Now(), "topic.order", "", "the order of topics", strings.Join(now, ", "))
		}
		return nil
	})
}

func topicSubject(id int64) string { return fmt.Sprintf("topic:%d", id) }

// topicWords says what is different, "" for nothing.
func topicWords(was, t Topic) string {
	var words []string
	for _, f := range []struct{ what, was, now string }{{"name", was.Name, t.Name}, {"short name", was.ShortName, t.ShortName}, {"description", was.Description, t.Description},
		{"address", was.Slug, t.Slug}, {"colour", was.Accent, t.Accent}, {"for everyone", yesNo(was.ForEveryone), yesNo(t.ForEveryone)}} {
		switch {
		case f.was == f.now:
		case f.was == "":
			words = append(words, f.what+" "+f.now)
		default:
			words = append(words, f.what+" "+f.was+" → "+f.now)
		}
	}
	return strings.Join(words, "; ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
