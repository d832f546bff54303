package store_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Who confirms holds a person and queues a letter of an edition; the plan holds an
// edition and queues letters to people. Neither waits for the other's row to be free,
// or PostgreSQL would end one of the two (40P01).
func TestConfirmingAndPlanningDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := storetest.NewPostgres(t) // on SQLite one transaction comes after the other
	o := newOutbox(t, s, 2)
	ctx := t.Context()
	person, edition, queued := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	queue := func(tx subscriptions.Store, key string, person int64) error {
		_, err := tx.QueueDeliveries(ctx, []subscriptions.Delivery{{Kind: subscriptions.KindDigest, Key: key, EditionID: o.edition.ID, SubscriberID: person,
			Address: "a@example.org", NotBefore: storetest.Now(), CreatedAt: storetest.Now()}})
		return err
	}
	go func() {
		queued <- s.InTx(ctx, func(tx subscriptions.Store) error {
			if _, err := tx.FindSubscriber(ctx, o.readers[0].ID); err != nil {
				return err
			}
			close(person)
			<-edition
			return queue(tx, "of who confirms", o.readers[0].ID)
		})
	}()
	<-person
	must(t, s.InTx(ctx, func(tx subscriptions.Store) error {
		if _, err := tx.FindEdition(ctx, o.edition.ID); err != nil {
			return err
		}
		close(edition)
		return queue(tx, "of the plan", o.readers[0].ID)
	}))
	select {
	case err := <-queued:
		must(t, err)
	case <-time.After(30 * time.Second):
		t.Fatal("who confirms waits for ever")
	}
}
