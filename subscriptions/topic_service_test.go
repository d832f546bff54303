package subscriptions_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

func ptr[T any](v T) *T { return &v }

// deeds writes the audit log down, oldest first: "topic.create IoT: name …".
func (h *house) deeds(t testing.TB, action string) string {
	t.Helper()
	events, err := h.store.AuditEvents(t.Context(), subscriptions.AuditFilter{Action: action})
	must(t, err)
	var lines []string
	for _, e := range slices.Backward(events) {
		lines = append(lines, e.Actor+" "+e.Action+" "+e.About+": "+e.Detail)
	}
	return strings.Join(lines, "\n")
}

func TestATopicIsMadeAndChanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		made, err := h.subjects.Create(ctx, subscriptions.TopicChange{Name: ptr(" Quantum computing "), Description: ptr("Qubits.")}, deskEditor)
		must(t, err)
		if made.Slug != "quantum-computing" || made.ShortName != "Quantum computing" || made.Accent != "moss" || made.Position != 7 || made.Version != 1 {
			t.Errorf("made %+v", made)
		}
		h.topics[made.Slug] = made
		h.reader(t, "a@example.org", "quantum-computing")

		changed, err := h.subjects.Change(ctx, made.ID, 1, subscriptions.TopicChange{Name: ptr("Quantum"), Slug: ptr("quantum"), Accent: ptr("plum"), ForEveryone: ptr(true)}, deskEditor)
		must(t, err)
		if changed.Version != 2 || changed.Slug != "quantum" || !changed.ForEveryone {
			t.Errorf("changed to %+v", changed)
		}
		_, err = h.subjects.Change(ctx, made.ID, 1, subscriptions.TopicChange{Name: ptr("Lost?")}, deskEditor)
		fails(t, err, subscriptions.Conflict)
		found, err := h.subjects.Find(ctx, made.ID)
		must(t, err)
		if found.Name != "Quantum" || found.People != 1 {
			t.Errorf("found %+v", found)
		}

		// The old name leads to the new one for ever, and is nobody else's.
		page, err := h.archive.Topic(ctx, "quantum-computing", 1)
		must(t, err)
		if page.Topic.Slug != "quantum" {
			t.Errorf("the old name leads to %s", page.Topic.Slug)
		}
		feed, err := h.archive.Feed(ctx, "quantum-computing")
		must(t, err)
		if feed.Topic.Slug != "quantum" {
			t.Errorf("the old name of the feed leads to %s", feed.Topic.Slug)
		}
		_, err = h.subjects.Create(ctx, subscriptions.TopicChange{Name: ptr("Quantum computing")}, deskEditor)
		fails(t, err, subscriptions.Invalid)
		_, err = h.subjects.Create(ctx, subscriptions.TopicChange{Name: ptr("QUANTUM"), Slug: ptr("q")}, deskEditor)
		fails(t, err, subscriptions.Invalid)
		// A topic takes its own name back, and gives the other one up.
		_, err = h.subjects.Change(ctx, made.ID, 2, subscriptions.TopicChange{Slug: ptr("quantum-computing")}, deskEditor)
		must(t, err)
		old, err := h.store.OldSlugs(ctx)
		must(t, err)
		same(t, map[string]int64{"quantum": made.ID}, old)

		same(t, "editor topic.create Quantum computing: name Quantum computing; short name Quantum computing; description Qubits.; address quantum-computing; colour moss\n"+
			"editor topic.change Quantum: name Quantum computing → Quantum; address quantum-computing → quantum; colour moss → plum; for everyone no → yes\n"+
			"editor topic.change Quantum: address quantum → quantum-computing", h.deeds(t, "topic."))

		for name, bad := range map[string]subscriptions.TopicChange{
			"no name": {Name: ptr(" ")}, "a long name": {Name: ptr(strings.Repeat("x", 81)), ShortName: ptr("x")}, "lines": {Name: ptr("a\nb"), ShortName: ptr("x")},
			"no colour": {Name: ptr("n"), Accent: ptr("pink")}, "no slug": {Name: ptr("标准")}, "a slug": {Name: ptr("n"), Slug: ptr("A b")},
			"a long name without a short one": {Name: ptr(strings.Repeat("x", 40))},
		} {
			if _, err := h.subjects.Create(ctx, bad, deskEditor); !errors.Is(err, subscriptions.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTopicsAreOrderedAllAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		topics, err := h.store.Topics(t.Context())
		must(t, err)
		var ids []int64
		for _, topic := range slices.Backward(topics) {
			ids = append(ids, topic.ID)
		}
		must(t, h.subjects.Order(t.Context(), ids, deskEditor))
		must(t, h.subjects.Order(t.Context(), ids, deskEditor)) // again changes nothing
		topics, err = h.store.Topics(t.Context())
		must(t, err)
		var now []int64
		for _, topic := range topics {
			now = append(now, topic.ID)
		}
		same(t, ids, now)
		for _, bad := range [][]int64{ids[1:], append(slices.Clone(ids[1:]), ids[1]), append(slices.Clone(ids), 99), nil} {
			fails(t, h.subjects.Order(t.Context(), bad, deskEditor), subscriptions.Conflict)
		}
		same(t, "editor topic.order the order of topics: cybersecurity, industrial-internet, communication-networks, blockchain, iot, horizontal", h.deeds(t, "topic.order"))
	})
}

func TestAMergeTakesPeopleAndItemsAlong(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		iot, industrial := h.topics["iot"], h.topics["industrial-internet"]
		h.reader(t, "only@example.org", "iot")
		h.reader(t, "both@example.org", "iot", "industrial-internet")
		h.reader(t, "left@example.org", "iot", "industrial-internet", "blockchain")
		_, err := h.people.Unsubscribe(ctx, h.link(t, subscriptions.PurposeUnsubscribe, "left@example.org"), "industrial-internet", "test", "")
		must(t, err)
		h.signUp(t, "waits@example.org", "iot")
		h.reader(t, "half@example.org", "iot")
		h.signUp(t, "half@example.org", "industrial-internet")
		h.reader(t, "other@example.org", "blockchain")
		one := h.item(t, "one", day(2019, 2, 1), "iot", "blockchain")
		two := h.item(t, "two", day(2019, 2, 2), "iot", "industrial-internet")
		three := h.item(t, "three", day(2019, 2, 3), "blockchain", "industrial-internet", "iot")

		four := h.item(t, "four", day(2019, 2, 4), "iot", "blockchain", "industrial-internet")

		effect, err := h.subjects.Effect(ctx, iot.ID, industrial.ID)
		must(t, err)
		same(t, subscriptions.TopicEffect{AsOf: h.clock(), People: 4, Alone: 2, More: 1, Both: 1}, effect)

		before := h.find(t, "only@example.org").Revision
		move, err := h.subjects.Merge(ctx, iot.ID, iot.Version, industrial.ID, deskEditor)
		must(t, err)
		if !move.Running() || move.People != 4 {
			t.Errorf("the move begins as %+v", move)
		}
		same(t, "iot active", h.rows(t, "only@example.org"))
		_, err = h.subjects.Retire(ctx, h.topics["blockchain"].ID, 1, deskEditor)
		fails(t, err, subscriptions.Refused) // one at a time
		// What was offered before and comes now is told that the topic is gone.
		fails(t, h.people.Subscribe(ctx, subscriptions.SubscribeRequest{Email: "late@example.org", Topics: []string{"iot"}}), subscriptions.Invalid)

		h.wait(time.Minute)
		must(t, (&subscriptions.TopicService{Store: h.store, Now: h.clock, Batch: 2}).Work(ctx))
		for email, want := range map[string]string{
			"only@example.org":  "iot ended (merged), industrial-internet active",
			"both@example.org":  "iot ended (merged), industrial-internet active",
			"left@example.org":  "iot ended (merged), industrial-internet ended (unsubscribed), blockchain active",
			"waits@example.org": "iot ended (merged), industrial-internet pending",
			"half@example.org":  "iot ended (merged), industrial-internet active",
			"other@example.org": "blockchain active",
		} {
			if got := h.rows(t, email); !slices.Equal(sorted(got), sorted(want)) {
				t.Errorf("%s has %s, want %s", email, got, want)
			}
		}
		if now := h.find(t, "only@example.org").Revision; now <= before {
			t.Errorf("the revision went from %d to %d", before, now)
		}
		// The proof rests on the event with which they agreed.
		events, err := h.store.Consents(ctx, h.find(t, "only@example.org").ID)
		must(t, err)
		last := events[len(events)-1]
		if last.Kind != subscriptions.ConsentChanged || last.Source != "merge" || last.Origin != events[1].ID || events[1].Kind != subscriptions.ConsentConfirmed {
			t.Errorf("the proof is %+v after %+v", last, events)
		}
		same(t, []string{"industrial-internet"}, last.Topics)
		words, err := subscriptions.FindWording(ctx, h.store, last.Wording)
		must(t, err)
		same(t, "The topic IoT you chose is now part of Industrial internet.", words)

		// Who was still to confirm confirms what it has become.
		confirmed, err := h.people.Confirm(ctx, h.link(t, subscriptions.PurposeConfirm, "waits@example.org"), "")
		must(t, err)
		same(t, "industrial-internet", slugs(confirmed.Topics))

		for id, want := range map[int64][]int64{one.ID: {industrial.ID, h.topics["blockchain"].ID}, two.ID: {industrial.ID}, four.ID: {industrial.ID, h.topics["blockchain"].ID}, three.ID: {h.topics["blockchain"].ID, industrial.ID}} {
			i, err := h.store.FindItem(ctx, id)
			must(t, err)
			same(t, want, i.Topics)
		}
		moves, err := h.subjects.Moves(ctx, industrial.ID)
		must(t, err)
		if m := moves[0]; m.Running() || m.Ended != 5 || m.Opened != 2 || m.Had != 2 || m.KeptOut != 1 {
			t.Errorf("the move ended as %+v", m)
		}
		same(t, "editor topic.merge IoT: into Industrial internet; items moved: 4, webinars: 0\n"+
			"schedule topic.merge-done IoT: subscriptions ended: 5, opened: 2; had it already: 2; left out: 1", h.deeds(t, "topic.merge")+"\n"+h.deeds(t, "topic.merge-done"))

		page, err := h.archive.Topic(ctx, "iot", 1)
		must(t, err)
		if page.Topic.ID != industrial.ID {
			t.Errorf("the page of iot is %s", page.Topic.Slug)
		}
		_, err = h.subjects.BringBack(ctx, iot.ID, 2, deskEditor)
		fails(t, err, subscriptions.Refused)
	})
}

func sorted(rows string) []string {
	all := strings.Split(rows, ", ")
	slices.Sort(all)
	return all
}

func TestNoTopicMovesWhileAnEditionIsOnItsWay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.reader(t, "a@example.org", "iot")
		h.item(t, "one", day(2019, 2, 1), "iot")
		iot, into := h.topics["iot"], h.topics["industrial-internet"]
		e := h.approved(t)
		_, err := h.subjects.Merge(ctx, iot.ID, 1, into.ID, deskEditor)
		fails(t, err, subscriptions.Refused)
		effect, err := h.subjects.Effect(ctx, iot.ID, into.ID)
		must(t, err)
		if !strings.Contains(effect.Busy, "First quarter") || effect.Hint == "" {
			t.Errorf("the page is told %q, %q", effect.Busy, effect.Hint)
		}
		_, err = h.editions.Reopen(ctx, e.ID)
		must(t, err)
		_, err = h.subjects.Merge(ctx, iot.ID, 1, into.ID, deskEditor)
		must(t, err)

		// An edition that is released while people move waits for the last of them.
		e, err = h.editions.Freeze(ctx, e.ID)
		must(t, err)
		_, err = h.editions.Approve(ctx, e.ID, e.Hash, "publisher")
		must(t, err)
		_, err = h.editions.Start(ctx, e.ID)
		must(t, err)
		if e = h.plan(t, e.ID, 10); e.Planned != 0 || !e.PlannedAt.IsZero() {
			t.Errorf("while people move, %d were planned", e.Planned)
		}
		must(t, h.subjects.Work(ctx))
		if e = h.plan(t, e.ID, 10); e.Planned != 1 || e.PlannedAt.IsZero() {
			t.Errorf("after it, %d were planned", e.Planned)
		}
	})
}

func TestATopicIsRetiredAndBroughtBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		iot := h.topics["iot"]
		h.reader(t, "stays@example.org", "iot")
		h.reader(t, "leaves@example.org", "iot", "blockchain")
		h.reader(t, "chooses@example.org", "iot", "blockchain")
		h.reader(t, "nothing@example.org", "iot")
		h.item(t, "one", day(2019, 2, 1), "iot")
		_, err := h.subjects.Retire(ctx, iot.ID, 7, deskEditor)
		fails(t, err, subscriptions.Conflict)
		_, err = h.subjects.Retire(ctx, iot.ID, 1, deskEditor)
		must(t, err)
		must(t, h.subjects.Work(ctx))
		same(t, "iot ended (retired)", h.rows(t, "stays@example.org"))
		list, err := h.subjects.List(ctx)
		must(t, err)
		if len(list.Running) != 5 || len(list.Retired) != 1 || list.Retired[0].Items != 1 || list.Retired[0].People != 0 {
			t.Errorf("the list is %+v", list)
		}
		page, err := h.archive.Topic(ctx, "iot", 1) // the page of what there was stays
		must(t, err)
		if page.Topic.RetiredAt.IsZero() {
			t.Error("the page does not say that the topic has ended")
		}

		h.wait(time.Hour)
		_, err = h.people.Unsubscribe(ctx, h.link(t, subscriptions.PurposeUnsubscribe, "leaves@example.org"), "", "test", "")
		must(t, err)
		left, err := h.people.Unsubscribe(ctx, h.link(t, subscriptions.PurposeUnsubscribe, "nothing@example.org"), "", "test", "")
		must(t, err)
		if said, err := h.store.Consents(ctx, h.find(t, "nothing@example.org").ID); err != nil || said[len(said)-1].Kind != subscriptions.ConsentWithdrawn || left.Undo != "" {
			t.Errorf("who had nothing else said %+v (%v) and may undo %q", said, err, left.Undo)
		}
		leaving, err := h.people.Leaving(ctx, h.link(t, subscriptions.PurposeUnsubscribe, "nothing@example.org"))
		must(t, err)
		same(t, "", leaving.Undo)
		_, err = h.people.ChangeTopics(ctx, h.link(t, subscriptions.PurposePreferences, "chooses@example.org"), []string{"cybersecurity"}, "")
		must(t, err)
		_, err = h.subjects.BringBack(ctx, iot.ID, 2, deskEditor)
		must(t, err)
		must(t, h.subjects.Work(ctx))
		same(t, "iot ended (retired), iot active", h.rows(t, "stays@example.org"))
		same(t, "iot ended (retired), blockchain ended (unsubscribed)", h.rows(t, "leaves@example.org"))
		same(t, "iot ended (retired)", h.rows(t, "nothing@example.org"))
		same(t, "iot ended (retired), blockchain ended (unsubscribed), cybersecurity active", h.rows(t, "chooses@example.org"))
		events, err := h.store.Consents(ctx, h.find(t, "stays@example.org").ID)
		must(t, err)
		if last := events[len(events)-1]; last.Source != "return" || last.Origin != events[1].ID {
			t.Errorf("the proof is %+v", last)
		}
		topics, err := h.store.Topics(ctx)
		must(t, err)
		if last := topics[len(topics)-1]; last.Slug != "iot" {
			t.Errorf("the last topic is %s", last.Slug)
		}
		_, err = h.subjects.BringBack(ctx, iot.ID, 3, deskEditor)
		fails(t, err, subscriptions.Refused)
	})
}

// A sign-up reads the topics, then a topic ends, then the sign-up is stored.
func TestWhoWasLeftBehindByAMoveIsFetched(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		iot := h.topics["iot"]
		_, err := h.subjects.Merge(ctx, iot.ID, 1, h.topics["blockchain"].ID, deskEditor)
		must(t, err)
		must(t, h.subjects.Work(ctx))
		p := h.reader(t, "late@example.org", "cybersecurity")
		must(t, h.store.AddSubscriptions(ctx, []*subscriptions.Subscription{{SubscriberID: p.ID, TopicID: iot.ID, State: subscriptions.SubscriptionPending, CreatedAt: h.clock()}}))
		must(t, h.subjects.Work(ctx))
		same(t, "cybersecurity active, iot ended (merged), blockchain pending", h.rows(t, "late@example.org"))
	})
}

// In a large house a page shows the last count, and Recount makes the next.
func TestPeopleAreCountedInTheBackgroundOfALargeHouse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		s := &subscriptions.TopicService{Store: h.store, Now: h.clock, SmallHouse: 1}
		h.reader(t, "a@example.org", "iot")
		h.reader(t, "b@example.org", "iot")
		have := func() int {
			p, err := s.People(ctx)
			must(t, err)
			return p.Have(h.topics["iot"].ID)
		}
		if n := have(); n != 2 {
			t.Errorf("%d people, want 2", n)
		}
		h.reader(t, "c@example.org", "iot")
		if n := have(); n != 2 {
			t.Errorf("%d people before the next count, want 2", n)
		}
		h.wait(time.Minute)
		must(t, s.Recount(ctx))
		p, err := s.People(ctx)
		must(t, err)
		if p.Have(h.topics["iot"].ID) != 3 || !p.AsOf.Equal(h.clock()) {
			t.Errorf("after it: %+v", p)
		}
	})
}
