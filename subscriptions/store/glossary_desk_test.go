package store_test

import (
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

func TestAnItemThatChangesIsReadAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		i := subscriptions.Item{Slug: "one", Title: "One", Topics: []int64{storetest.Topics(t, s)["iot"].ID}, Body: "b", State: subscriptions.ItemDraft, CreatedAt: now, UpdatedAt: now}
		must(t, s.AddItem(ctx, &i))
		unread := func() int {
			items, err := s.UnreadItems(ctx, 10)
			must(t, err)
			n, err := s.CountUnread(ctx)
			must(t, err)
			if n != len(items) {
				t.Errorf("%d items are unread, and %d are counted", len(items), n)
			}
			for _, found := range items {
				must(t, s.PutItemWords(ctx, found, map[string]bool{"CAC": false, "TC": true}))
			}
			return n
		}
		same(t, []int{1, 0}, []int{unread(), unread()})
		// A moment earlier, as by a clock that was set back, is another state too.
		must(t, s.Exec(ctx, "UPDATE items SET updated_at = ?", now.Add(-time.Microsecond)))
		same(t, []int{1, 0}, []int{unread(), unread()})
		uses, err := s.WordUses(ctx)
		must(t, err)
		same(t, map[string]int{"TC": 1}, uses)
	})
}
