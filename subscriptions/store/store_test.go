package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestEveryNounComesBackAsItWasStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		now := storetest.Now()
		topics := storetest.Topics(t, s)

		item := subscriptions.Item{Slug: "gb-t", Title: "标准 & <title>", Number: 3, Topics: []int64{topics["iot"].ID, topics["horizontal"].ID},
			Date: subscriptions.Date{Year: 2019, Month: 2, Day: 4}, Issuer: "TC260", Summary: "s", Body: "b\n\n| a |\n|---|",
			Standard: &subscriptions.Standard{Identifier: "GB/T 35273", Title: "t", OriginalTitle: "个人信息安全规范", Committee: "TC260", Stage: "WD", Relation: "none"},
			Comments: &subscriptions.CommentPeriod{Until: subscriptions.Date{Year: 2019, Month: 3, Day: 3}, URL: "https://example.org/c"},
			Sources: []subscriptions.Source{{Title: "one", URL: "https://example.org/1", Language: "zh", Accessed: subscriptions.Date{Year: 2019, Month: 3, Day: 1}},
				{URL: "http://example.org/2"}},
			WebinarSlug: "w", State: subscriptions.ItemPublished, Origin: "test", CreatedAt: now, UpdatedAt: now, PublishedAt: now}
		must(t, s.AddItem(ctx, &item))
		got, err := s.FindItemBySlug(ctx, "gb-t")
		must(t, err)
		same(t, item, got)
		item.Topics, item.Sources, item.Standard = item.Topics[:1], nil, nil
		must(t, s.UpdateItem(ctx, item))
		got, err = s.FindItem(ctx, item.ID)
		must(t, err)
		same(t, item, got)

		w := subscriptions.Webinar{Slug: "w", Title: "W", Topics: []int64{topics["iot"].ID}, Starts: now.Add(time.Hour), Ends: now.Add(2 * time.Hour),
			Zone: "Europe/Brussels", Language: "English", Presenters: []subscriptions.Presenter{{Name: "Speaker", Role: "expert"}}, Contents: "c",
			RegistrationURL: "https://example.org/r", JoinURL: "https://example.org/j", Capacity: 3, RegisterUntil: now, RecordingURL: "https://example.org/v",
			SlidesURL: "https://example.org/s", State: subscriptions.WebinarAnnounced, Sequence: 2, CreatedAt: now, UpdatedAt: now}
		must(t, s.AddWebinar(ctx, &w))
		gotW, err := s.FindWebinarBySlug(ctx, "w")
		must(t, err)
		same(t, w, gotW)

		reg := subscriptions.Registration{WebinarID: w.ID, Address: "A@example.org", Name: "n", Zone: "Asia/Shanghai",
			State: subscriptions.RegistrationActive, CreatedAt: now, ConfirmedAt: now}
		must(t, s.AddRegistration(ctx, &reg))
		regs, err := s.Registrations(ctx, w.ID)
		must(t, err)
		same(t, []subscriptions.Registration{reg}, regs)
		again := reg
		again.Address = "a@EXAMPLE.org"
		if err := s.AddRegistration(ctx, &again); !errors.Is(err, subscriptions.ErrConflict) {
			t.Errorf("a second place of the same person: %v, want a conflict", err)
		}

		person := subscriptions.Subscriber{Address: "Who@example.org", Name: "n", Organisation: "o", Zone: "Europe/Rome", CreatedAt: now,
			ConfirmedAt: now, PausedUntil: now.Add(time.Hour), Revision: 4}
		must(t, s.AddSubscribers(ctx, []*subscriptions.Subscriber{&person}))
		gotP, err := s.FindSubscriberByAddress(ctx, "wHO@Example.ORG")
		must(t, err)
		same(t, person, gotP)
		person.End(now, subscriptions.EndBounced)
		person.PausedUntil = time.Time{}
		must(t, s.UpdateSubscriber(ctx, person))
		gotP, err = s.FindSubscriber(ctx, person.ID)
		must(t, err)
		same(t, person, gotP)

		consent := subscriptions.Consent{SubscriberID: person.ID, Kind: subscriptions.ConsentGiven, Topics: []string{"iot", "horizontal"},
			Wording: "2019-04", Source: "test", IP: "192.0.2.1", At: now}
		must(t, s.AddConsents(ctx, []*subscriptions.Consent{&consent}))
		gotC, err := s.FindConsent(ctx, consent.ID)
		must(t, err)
		same(t, consent, gotC)

		sup := subscriptions.Suppression{Hash: "h", Reason: subscriptions.SuppressedBounce, Note: "n", CreatedAt: now}
		must(t, s.PutSuppression(ctx, sup))
		gotS, err := s.Suppressions(ctx, []string{"h", "other"})
		must(t, err)
		same(t, map[string]subscriptions.Suppression{"h": sup}, gotS)
		sup.LiftedAt = now
		must(t, s.PutSuppression(ctx, sup))
		gotS, err = s.Suppressions(ctx, []string{"h"})
		must(t, err)
		same(t, map[string]subscriptions.Suppression{}, gotS)

		e := edition(t, s)
		content := subscriptions.Content{EditionID: e.ID, Title: "内容", Topics: []subscriptions.Topic{{ID: 1, Slug: "iot"}}, Entries: []subscriptions.Item{item}}
		must(t, s.PutContent(ctx, content))
		gotContent, err := s.Content(ctx, e.ID)
		must(t, err)
		wantHash, _ := content.Hash()
		if hash, _ := gotContent.Hash(); hash != wantHash {
			t.Errorf("the frozen content has another hash after it was stored")
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for name, find := range map[string]func() error{
			"subscriber": func() error { _, err := s.FindSubscriber(ctx, 99); return err },
			"address":    func() error { _, err := s.FindSubscriberByAddress(ctx, "x@example.org"); return err },
			"item":       func() error { _, err := s.FindItem(ctx, 99); return err },
			"slug":       func() error { _, err := s.FindItemBySlug(ctx, "x"); return err },
			"edition":    func() error { _, err := s.FindEdition(ctx, 99); return err },
			"content":    func() error { _, err := s.Content(ctx, 99); return err },
			"webinar":    func() error { _, err := s.FindWebinarBySlug(ctx, "x"); return err },
			"variant":    func() error { _, err := s.FindVariant(ctx, 99); return err },
			"delivery":   func() error { _, err := s.FindDeliveryByKey(ctx, "x"); return err },
			"consent":    func() error { _, err := s.FindConsent(ctx, 99); return err },
		} {
			if err := find(); !errors.Is(err, subscriptions.ErrNotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
	})
}

func TestATransactionIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		boom := errors.New("boom")
		err := s.InTx(t.Context(), func(tx subscriptions.Store) error {
			must(t, tx.AddSubscribers(t.Context(), []*subscriptions.Subscriber{{Address: "a@example.org", CreatedAt: storetest.Now()}}))
			return tx.InTx(t.Context(), func(tx subscriptions.Store) error {
				must(t, tx.AddSubscribers(t.Context(), []*subscriptions.Subscriber{{Address: "b@example.org", CreatedAt: storetest.Now()}}))
				return boom
			})
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v, want the error of the inner function", err)
		}
		found, err := s.SubscribersByAddress(t.Context(), []string{"a@example.org", "b@example.org"})
		must(t, err)
		if len(found) != 0 {
			t.Errorf("%d of the rows were kept", len(found))
		}
	})
}

func TestOneOpenSubscriptionAPersonAndTopic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		iot := storetest.Topics(t, s)["iot"].ID
		p := people(t, s, 1)[0]
		first := &subscriptions.Subscription{SubscriberID: p.ID, TopicID: iot, State: subscriptions.SubscriptionPending, CreatedAt: now}
		must(t, s.AddSubscriptions(ctx, []*subscriptions.Subscription{first}))
		second := &subscriptions.Subscription{SubscriberID: p.ID, TopicID: iot, State: subscriptions.SubscriptionActive, CreatedAt: now, ConfirmedAt: now}
		if err := s.AddSubscriptions(ctx, []*subscriptions.Subscription{second}); !errors.Is(err, subscriptions.ErrConflict) {
			t.Fatalf("a second open row: %v, want a conflict", err)
		}
		first.End(now, subscriptions.EndUnsubscribed)
		must(t, s.UpdateSubscription(ctx, *first))
		must(t, s.AddSubscriptions(ctx, []*subscriptions.Subscription{second}))
		rows, err := s.Subscriptions(ctx, p.ID)
		must(t, err)
		same(t, []subscriptions.Subscription{*first, *second}, rows)
	})
}

func TestRecipientsAreReadInPagesByID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		topics := storetest.Topics(t, s)
		all := people(t, s, 25)
		var want []int64
		for i, p := range all {
			switch i % 5 {
			case 3:
				p.ConfirmedAt = time.Time{}
			case 4:
				p.End(now, subscriptions.EndUnsubscribed)
			default:
				want = append(want, p.ID)
				must(t, s.AddSubscriptions(ctx, []*subscriptions.Subscription{
					{SubscriberID: p.ID, TopicID: topics["iot"].ID, State: subscriptions.SubscriptionActive, CreatedAt: now, ConfirmedAt: now},
					{SubscriberID: p.ID, TopicID: topics["blockchain"].ID, State: subscriptions.SubscriptionPending, CreatedAt: now}}))
			}
			must(t, s.UpdateSubscriber(ctx, p))
		}
		var got []int64
		after := int64(0)
		for {
			page, err := s.Recipients(ctx, after, 4)
			must(t, err)
			for _, r := range page {
				got = append(got, r.Subscriber.ID)
				if r.Chosen.Key() != subscriptions.NewTopicSet(topics["iot"].ID).Key() {
					t.Errorf("subscriber %d has chosen %q, want iot alone", r.Subscriber.ID, r.Chosen.Key())
				}
			}
			if len(page) < 4 {
				break
			}
			after = page[len(page)-1].Subscriber.ID
		}
		same(t, want, got)
		for _, ids := range [][]int64{{want[0], all[3].ID, 999}, {want[0], all[3].ID}} {
			people, err := s.RecipientsByID(ctx, ids)
			must(t, err)
			byID := map[int64]subscriptions.Recipient{}
			for _, p := range people {
				byID[p.Subscriber.ID] = p
			}
			if len(byID[want[0]].Chosen) != 1 || byID[all[3].ID].Subscriber.Address == "" || byID[all[3].ID].Chosen != nil {
				t.Errorf("by id %v: %+v", ids, byID)
			}
		}
	})
}

func TestMigrateTwiceChangesNothingAndANewerSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		id, err := s.Instance(ctx)
		must(t, err)
		n, err := s.Migrate(ctx)
		must(t, err)
		after, err := s.Instance(ctx)
		must(t, err)
		if n != 0 || id == "" || id != after {
			t.Errorf("a second migration took %d steps and the identity went from %q to %q", n, id, after)
		}
		must(t, s.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, TRUE)"))
		if _, err := s.Migrate(ctx); !errors.Is(err, subscriptions.ErrRefused) || subscriptions.HintOf(err) == "" {
			t.Errorf("a newer schema: %v, want a refusal with a hint", err)
		}
	})
}

// A database holds addresses of people, however it is opened.
func TestANewDatabaseIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tidings.db")
	for _, created := range []string{path, ""} {
		s, err := store.Open(t.Context(), path, store.Options{Now: storetest.Now})
		must(t, err)
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, created, s.Created())
		for _, file := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(file)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %v", filepath.Base(file), info.Mode())
			}
		}
		must(t, s.Close())
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{
		"a folder that is not there":     filepath.Join(t.TempDir(), "no", "such", "tidings.db"),
		"a folder in place of a file":    t.TempDir(),
		"a PostgreSQL that is not there": "postgres://nobody@127.0.0.1:1/none?connect_timeout=1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(context.Background(), dsn, store.Options{})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if subscriptions.HintOf(err) == "" {
				t.Errorf("%v: no hint what to do", err)
			}
		})
	}
}

// people adds n confirmed subscribers.
func people(t testing.TB, s *store.Store, n int) []subscriptions.Subscriber {
	t.Helper()
	rows := make([]*subscriptions.Subscriber, n)
	for i := range rows {
		rows[i] = &subscriptions.Subscriber{Address: fmt.Sprintf("p%d@example.org", i), CreatedAt: storetest.Now(), ConfirmedAt: storetest.Now()}
	}
	must(t, s.AddSubscribers(t.Context(), rows))
	all := make([]subscriptions.Subscriber, n)
	for i, r := range rows {
		all[i] = *r
	}
	return all
}

func edition(t testing.TB, s *store.Store) subscriptions.Edition {
	t.Helper()
	e, err := subscriptions.NewEdition("March 2019", subscriptions.Period{From: subscriptions.Date{Year: 2019, Month: 3, Day: 1},
		To: subscriptions.Date{Year: 2019, Month: 3, Day: 31}}, storetest.Now())
	must(t, err)
	must(t, s.AddEdition(t.Context(), &e))
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAContentThatWasFrozenAnewIsReadAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := sendingEdition(t, s, "March 2019")
		put := func(hash, intro string) {
			t.Helper()
			must(t, s.InTx(t.Context(), func(tx subscriptions.Store) error {
				e.Hash = hash
				must(t, tx.UpdateEdition(t.Context(), e, e.State))
				return tx.PutContent(t.Context(), subscriptions.Content{EditionID: e.ID, Intro: intro})
			}))
		}
		read := func() string {
			t.Helper()
			c, err := s.Content(t.Context(), e.ID)
			must(t, err)
			return c.Intro
		}
		put("", "not hashed")
		same(t, "not hashed", read())
		put("one", "first")
		same(t, "first", read())
		same(t, "first", read())
		put("two", "second")
		same(t, "second", read())
		must(t, s.InTx(t.Context(), func(tx subscriptions.Store) error {
			must(t, tx.PutContent(t.Context(), subscriptions.Content{EditionID: e.ID, Intro: "third"}))
			c, err := tx.Content(t.Context(), e.ID)
			must(t, err)
			same(t, "third", c.Intro)
			return nil
		}))
	})
}
