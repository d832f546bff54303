package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

var errCrash = errors.New("the process died")

// crashing is a store whose process dies before a transaction is committed.
type crashing struct{ subscriptions.Store }

func (c crashing) InTx(ctx context.Context, f func(tx subscriptions.Store) error) error {
	return c.Store.InTx(ctx, func(tx subscriptions.Store) error {
		if err := f(tx); err != nil {
			return err
		}
		return errCrash
	})
}

// People come and go while editors merge topics, retire them and bring them back,
// a few people a batch and with crashes. Whatever happens: nobody gets a topic they
// did not agree to, nobody loses one without a reason, and nothing that changed
// what a person gets leaves their revision as it was.
func TestNobodyGetsOrLosesATopicByItsMoves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, storetest.New(t))
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		w := newTopicWorld(t, h, round)
		ops := []func(*rapid.T){w.signUp, w.signUp, w.confirm, w.change, w.leave, w.merge, w.retire, w.bringBack, w.step, w.step, w.crash}
		for range rapid.IntRange(5, 50).Draw(rt, "length") {
			h.wait(time.Second)
			ops[rapid.IntRange(0, len(ops)-1).Draw(rt, "what")](rt)
			w.checkRevisions(rt)
		}
		must(t, h.subjects.Work(t.Context()))
		w.checkRevisions(rt)
		w.check(rt)
	})
}

// topicWorld is what the test knows: what each person asked for and did not leave.
type topicWorld struct {
	t      *testing.T
	h      *house
	topics []int64
	slugs  map[int64]string
	emails []string
	wants  map[string]map[int64]bool  // chosen by their own hand and not left
	asked  map[string]map[int64]bool  // waits to be confirmed
	left   map[string]map[int64]int64 // the last event when they left it
	seen   map[string]string          // active set and revision
	revs   map[string]int64
}

func newTopicWorld(t *testing.T, h *house, round int) *topicWorld {
	w := &topicWorld{t: t, h: h, slugs: map[int64]string{}, wants: map[string]map[int64]bool{}, asked: map[string]map[int64]bool{},
		left: map[string]map[int64]int64{}, seen: map[string]string{}, revs: map[string]int64{}}
	for n := range 4 {
		topic := subscriptions.Topic{Slug: fmt.Sprintf("t%d-%d", round, n), Name: fmt.Sprintf("T%d-%d", round, n), ShortName: "T", CreatedAt: h.clock()}
		must(t, h.store.AddTopic(t.Context(), &topic))
		w.topics, w.slugs[topic.ID] = append(w.topics, topic.ID), topic.Slug
	}
	for n := range 5 {
		email := fmt.Sprintf("p%d-%d@example.org", round, n)
		w.emails = append(w.emails, email)
		w.wants[email], w.asked[email], w.left[email] = map[int64]bool{}, map[int64]bool{}, map[int64]int64{}
	}
	return w
}

func (w *topicWorld) topic(id int64) subscriptions.Topic {
	all, err := w.h.store.AllTopics(w.t.Context())
	must(w.t, err)
	return all[slices.IndexFunc(all, func(t subscriptions.Topic) bool { return t.ID == id })]
}

func (w *topicWorld) running() (ids []int64) {
	for _, id := range w.topics {
		if w.topic(id).RetiredAt.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

// pick draws a person and some of the topics that run.
func (w *topicWorld) pick(rt *rapid.T) (email string, ids []int64, slugs []string) {
	email = rapid.SampledFrom(w.emails).Draw(rt, "who")
	for _, id := range w.running() {
		if rapid.Bool().Draw(rt, w.slugs[id]) {
			ids, slugs = append(ids, id), append(slugs, w.slugs[id])
		}
	}
	return email, ids, slugs
}

func (w *topicWorld) known(email string) bool {
	_, err := w.h.store.FindSubscriberByAddress(w.t.Context(), email)
	return err == nil
}

func (w *topicWorld) active(email string) map[int64]bool {
	active := map[int64]bool{}
	if !w.known(email) {
		return active
	}
	rows, err := w.h.store.Subscriptions(w.t.Context(), w.h.find(w.t, email).ID)
	must(w.t, err)
	for _, r := range rows {
		if r.State == subscriptions.SubscriptionActive {
			active[r.TopicID] = true
		}
	}
	return active
}

func (w *topicWorld) signUp(rt *rapid.T) {
	email, ids, slugs := w.pick(rt)
	if len(ids) == 0 {
		return
	}
	w.h.signUp(w.t, email, slugs...)
	for _, id := range ids {
		w.asked[email][id] = true
	}
	if rapid.Bool().Draw(rt, "at once") {
		w.confirmed(email)
	}
}

func (w *topicWorld) confirm(rt *rapid.T) { w.confirmed(rapid.SampledFrom(w.emails).Draw(rt, "who")) }

func (w *topicWorld) confirmed(email string) {
	if !w.known(email) {
		return
	}
	if _, err := w.h.people.Confirm(w.t.Context(), w.h.link(w.t, subscriptions.PurposeConfirm, email), ""); err != nil {
		return // nothing is left to confirm
	}
	for id := range w.asked[email] {
		w.wants[email][id] = true
	}
	w.asked[email] = map[int64]bool{}
}

func (w *topicWorld) change(rt *rapid.T) {
	email, ids, slugs := w.pick(rt)
	if len(ids) == 0 || !w.known(email) {
		return
	}
	was := w.active(email)
	w.marks(email, func() bool {
		_, err := w.h.people.ChangeTopics(w.t.Context(), w.h.link(w.t, subscriptions.PurposePreferences, email), slugs, "")
		must(w.t, err)
		now := w.active(email)
		for _, id := range w.topics {
			if was[id] && !now[id] {
				w.left[email][id] = -1
			}
		}
		return true
	})
	if now := w.active(email); fmt.Sprint(now) != fmt.Sprint(was) {
		w.asked[email] = map[int64]bool{}
		w.wants[email] = now
	}
}

func (w *topicWorld) leave(rt *rapid.T) {
	email := rapid.SampledFrom(w.emails).Draw(rt, "who")
	if !w.known(email) {
		return
	}
	slug, one := "", int64(0)
	if rapid.Bool().Draw(rt, "one") {
		one = rapid.SampledFrom(w.topics).Draw(rt, "which")
		slug = w.slugs[one]
	}
	was := w.active(email)
	w.marks(email, func() bool {
		_, err := w.h.people.Unsubscribe(w.t.Context(), w.h.link(w.t, subscriptions.PurposeUnsubscribe, email), slug, "test", "")
		must(w.t, err)
		now := w.active(email)
		for _, id := range w.topics {
			gone := slug == "" || id == one
			if was[id] && !now[id] {
				gone = true
			}
			if gone {
				delete(w.wants[email], id)
				delete(w.asked[email], id)
			}
			if was[id] && !now[id] {
				w.left[email][id] = -1
			}
		}
		return true
	})
}

// marks notes the last event of the person for what act made them leave.
func (w *topicWorld) marks(email string, act func() bool) {
	act()
	all, err := w.h.store.Consents(w.t.Context(), w.h.find(w.t, email).ID)
	must(w.t, err)
	last := int64(0)
	if len(all) > 0 {
		last = all[len(all)-1].ID
	}
	for id, at := range w.left[email] {
		if at == -1 {
			w.left[email][id] = last
		}
	}
}

var deskEditor = subscriptions.Actor{Name: "editor"}

func (w *topicWorld) refusable(err error) {
	w.t.Helper()
	if err != nil && !errors.Is(err, subscriptions.ErrRefused) {
		w.t.Fatal(err)
	}
}

func (w *topicWorld) merge(rt *rapid.T) {
	ids := w.running()
	if len(ids) < 2 {
		return
	}
	from := rapid.SampledFrom(ids).Draw(rt, "from")
	into := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == from })).Draw(rt, "into")
	_, err := w.h.subjects.Merge(w.t.Context(), from, w.topic(from).Version, into, deskEditor)
	w.refusable(err)
}

func (w *topicWorld) retire(rt *rapid.T) {
	id := rapid.SampledFrom(w.topics).Draw(rt, "which")
	_, err := w.h.subjects.Retire(w.t.Context(), id, w.topic(id).Version, deskEditor)
	w.refusable(err)
}

func (w *topicWorld) bringBack(rt *rapid.T) {
	id := rapid.SampledFrom(w.topics).Draw(rt, "which")
	_, err := w.h.subjects.BringBack(w.t.Context(), id, w.topic(id).Version, deskEditor)
	w.refusable(err)
}

// step is a process of its own that does two people and is gone.
func (w *topicWorld) step(*rapid.T) {
	_, err := (&subscriptions.TopicService{Store: w.h.store, Now: w.h.clock, Batch: 2}).Step(w.t.Context())
	must(w.t, err)
}

func (w *topicWorld) crash(*rapid.T) {
	if _, err := (&subscriptions.TopicService{Store: crashing{w.h.store}, Now: w.h.clock, Batch: 2}).Step(w.t.Context()); err != nil && !errors.Is(err, errCrash) {
		w.t.Fatal(err)
	}
}

// checkRevisions wants a higher revision wherever the topics are others.
func (w *topicWorld) checkRevisions(rt *rapid.T) {
	for _, email := range w.emails {
		if !w.known(email) {
			continue
		}
		now, revision := fmt.Sprint(w.active(email)), w.h.find(w.t, email).Revision
		if was, ok := w.seen[email]; ok && was != now && revision <= w.revs[email] {
			rt.Fatalf("%s had %s and has %s, and the revision is still %d", email, was, now, revision)
		}
		w.seen[email], w.revs[email] = now, revision
	}
}

func (w *topicWorld) check(rt *rapid.T) {
	for _, email := range w.emails {
		if !w.known(email) {
			continue
		}
		person := w.h.find(w.t, email)
		rows, err := w.h.store.Subscriptions(w.t.Context(), person.ID)
		must(w.t, err)
		events, err := w.h.store.Consents(w.t.Context(), person.ID)
		must(w.t, err)
		last := map[int64]subscriptions.Subscription{}
		for _, r := range rows {
			last[r.TopicID] = r
			if r.State == subscriptions.SubscriptionEnded {
				continue
			}
			if !w.topic(r.TopicID).RetiredAt.IsZero() {
				rt.Fatalf("%s has %s open, which has ended", email, w.slugs[r.TopicID])
			}
			if r.State == subscriptions.SubscriptionActive {
				w.proven(rt, email, r, rows, events)
			}
		}
		for id := range w.wants[email] {
			w.notLost(rt, email, id, last, rows, events)
		}
	}
}

// proven follows an active subscription back to something the person did, after
// they last left it.
func (w *topicWorld) proven(rt *rapid.T, email string, row subscriptions.Subscription, rows []subscriptions.Subscription, events []subscriptions.Consent) {
	names := w.slugs[row.TopicID]
	at := len(events)
	for want := ""; ; {
		found := -1
		for i := at - 1; i >= 0; i-- {
			c := events[i]
			agrees := c.Kind == subscriptions.ConsentConfirmed || c.Kind == subscriptions.ConsentChanged
			if agrees && (want == "" && slices.Contains(c.Topics, names) || want == fmt.Sprint(c.ID)) {
				found = i
				break
			}
		}
		if found < 0 {
			rt.Fatalf("%s has %s, and nothing proves it: %+v", email, names, events)
		}
		c := events[found]
		if c.Source == "return" {
			w.notChosenAnew(rt, email, row, rows, events, c)
		}
		if c.Origin == 0 {
			if c.Source == "merge" || c.Source == "return" {
				rt.Fatalf("event %d of %s rests on nothing: %+v", c.ID, email, c)
			}
			if mark := w.left[email][row.TopicID]; mark >= c.ID {
				rt.Fatalf("%s left %s with event %d and has it again by event %d", email, names, mark, c.ID)
			}
			return
		}
		if c.Origin >= c.ID {
			rt.Fatalf("event %d of %s rests on %d", c.ID, email, c.Origin)
		}
		at, want = found, fmt.Sprint(c.Origin)
	}
}

// notChosenAnew wants that who was given a topic back has not chosen since it ended.
func (w *topicWorld) notChosenAnew(rt *rapid.T, email string, row subscriptions.Subscription, rows []subscriptions.Subscription, events []subscriptions.Consent, back subscriptions.Consent) {
	var ended time.Time
	for _, r := range rows {
		if r.TopicID == row.TopicID && r.EndReason == subscriptions.EndRetired && !r.EndedAt.After(back.At) {
			ended = r.EndedAt
		}
	}
	for _, c := range events {
		if c.ID < back.ID && !ended.IsZero() && !c.At.Before(ended) && c.Origin == 0 && (c.Kind == subscriptions.ConsentChanged || c.Kind == subscriptions.ConsentWithdrawn) {
			rt.Fatalf("%s chose anew with event %d after the topic had ended, and got it back by event %d", email, c.ID, back.ID)
		}
	}
}

// notLost wants what a person chose and did not leave to be there, or to have ended
// with a reason that is not silence.
func (w *topicWorld) notLost(rt *rapid.T, email string, id int64, last map[int64]subscriptions.Subscription, rows []subscriptions.Subscription, events []subscriptions.Consent) {
	for topic := w.topic(id); ; topic = w.topic(topic.MergedInto) {
		row, had := last[topic.ID]
		switch {
		case had && row.State == subscriptions.SubscriptionActive:
			return
		case slices.ContainsFunc(rows, func(r subscriptions.Subscription) bool { return r.TopicID == topic.ID && r.EndReason.Declined() }):
			return // they had left what it became
		case had && row.EndReason == subscriptions.EndRetired && row.ConfirmedAt.IsZero():
			return // it had ended before they confirmed anything
		case had && row.EndReason == subscriptions.EndRetired:
			chosen := slices.ContainsFunc(events, func(c subscriptions.Consent) bool {
				return c.Origin == 0 && !c.At.Before(row.EndedAt) && (c.Kind == subscriptions.ConsentChanged || c.Kind == subscriptions.ConsentWithdrawn)
			})
			if topic.RetiredAt.IsZero() && !chosen {
				rt.Fatalf("%s lost %s to its retirement, and it is there again without them", email, topic.Slug)
			}
			return
		case topic.MergedInto == 0:
			rt.Fatalf("%s chose %s, and has lost it silently as %s: %+v", email, w.slugs[id], topic.Slug, last)
		}
	}
}
