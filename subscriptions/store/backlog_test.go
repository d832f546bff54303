package store_test

import (
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// queueAt adds a digest of the edition, of a priority, for a moment.
func (o *outbox) queueAt(t *testing.T, key string, edition int64, priority int, at time.Time) {
	t.Helper()
	n, err := o.QueueDeliveries(t.Context(), []subscriptions.Delivery{{Kind: subscriptions.KindDigest, Key: key, EditionID: edition,
		SubscriberID: o.readers[0].ID, Address: o.readers[0].Address, Priority: priority, NotBefore: at, CreatedAt: storetest.Now()}})
	must(t, err)
	same(t, 1, n)
}

func TestTheOldestDueIsWhatCouldHaveLeftFirst(t *testing.T) {
	eachOutbox(t, 1, func(t *testing.T, o *outbox) {
		now := storetest.Now()
		ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
		oldest := func(what string, want time.Time) {
			t.Helper()
			got, err := o.OldestDue(t.Context(), now)
			must(t, err)
			if !got.Equal(want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		oldest("nothing", time.Time{})
		o.mail(t, "later", now.Add(time.Minute))
		oldest("what is not due", time.Time{})
		o.mail(t, "now", now)
		oldest("what is due from now on", now)
		o.mail(t, "mail", ago(1))
		oldest("mail of no edition", ago(1))
		o.queueAt(t, "first", o.edition.ID, subscriptions.PriorityPerson, ago(2))
		oldest("an edition's", ago(2))
		o.queueAt(t, "second", o.edition.ID, subscriptions.PriorityDigest, ago(3))
		o.queueAt(t, "third", o.edition.ID, subscriptions.PriorityDigest+1, ago(4))
		oldest("the lowest priority", ago(4))
		other := sendingEdition(t, o.Store, "April 2019")
		o.queueAt(t, "other", other.ID, subscriptions.PriorityDigest, ago(5))
		oldest("another edition's", ago(5))
		other.State = subscriptions.EditionPaused
		must(t, o.UpdateEdition(t.Context(), other, subscriptions.EditionSending))
		oldest("not a paused one's", ago(4))
		claimed, err := o.Claim(t.Context(), "a", 100, now, now)
		must(t, err)
		same(t, 5, len(claimed))
		oldest("what is claimed waits no more", time.Time{})
		o.record(t, "a", now, subscriptions.Outcome{DeliveryID: claimed[0].ID, State: subscriptions.DeliveryDeferred, NotBefore: ago(6)})
		oldest("what is to be tried again waits", ago(6))
	})
}

func TestOpenMailIsWhatPeopleWaitFor(t *testing.T) {
	eachOutbox(t, 2, func(t *testing.T, o *outbox) {
		o.digests(t)
		now := storetest.Now()
		for _, key := range []string{"a", "b", "c", "d"} {
			o.mail(t, key, now)
		}
		open := func(want int) {
			t.Helper()
			n, err := o.OpenMail(t.Context())
			must(t, err)
			same(t, want, n)
		}
		open(4)
		claimed, err := o.Claim(t.Context(), "w", 3, now, now)
		must(t, err)
		open(4)
		if !o.begin(t, "w", claimed[1], 0) {
			t.Fatal("not granted")
		}
		o.record(t, "w", now, subscriptions.Outcome{DeliveryID: claimed[0].ID, State: subscriptions.DeliverySent})
		open(3)
		o.record(t, "w", now, subscriptions.Outcome{DeliveryID: claimed[1].ID, State: subscriptions.DeliveryUncertain},
			subscriptions.Outcome{DeliveryID: claimed[2].ID, State: subscriptions.DeliveryDeferred, NotBefore: now})
		open(2)
	})
}

// Those who watch ask every few seconds; a million rows must not be read for it,
// nor sorted.
func TestTheBacklogIsReadFromAnIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for query, args := range store.BacklogQueries() {
			plan, err := s.Explain(t.Context(), query, args...)
			must(t, err)
			index := "deliveries_due"
			switch {
			case strings.Contains(query, "worker <> ''"):
				index = "deliveries_held"
			case strings.Contains(query, "count("):
				index = "deliveries_edition"
			}
			searched := strings.HasPrefix(plan, "SEARCH ") // on SQLite; SCAN reads from end to end
			if s.IsPostgres() {
				searched = strings.Contains(plan, "Index Cond: ")
			}
			if index == "deliveries_held" { // a few hundred rows: the whole of a small index
				searched = strings.Contains(plan, "INDEX "+index) || strings.Contains(plan, "Index Scan on "+index)
			}
			if !searched || !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort") {
				t.Errorf("%s\nis planned as\n%s", query, plan)
			}
		}
	})
}

func TestTheSchemaHasItsVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		has, knows, err := s.Schema(t.Context())
		must(t, err)
		if has != knows || has < 4 {
			t.Errorf("the schema has the version %d, the program knows %d", has, knows)
		}
		must(t, s.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)"))
		has, _, err = s.Schema(t.Context())
		must(t, err)
		same(t, int64(99), has)
	})
}
