package store_test

import (
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Items from before the desk are found and compared as soon as the program that
// brought the index has migrated.
func TestOldItemsAreIndexedByMigrate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, slug := range []string{"a", "b"} {
			must(t, s.AddItem(ctx, &subscriptions.Item{Slug: slug, Title: "Radio", State: subscriptions.ItemDraft, CreatedAt: storetest.Now(), UpdatedAt: storetest.Now(),
				Standard: &subscriptions.Standard{Identifier: "GB/T 1"}, Sources: []subscriptions.Source{{URL: "https://example.org/"}}}))
		}
		for _, before := range []string{"DELETE FROM item_search", "UPDATE items SET indexed = 0, standard_key = ''", "UPDATE item_sources SET url_key = ''"} {
			must(t, s.Exec(ctx, before))
		}
		_, err := s.Migrate(ctx)
		must(t, err)
		n, err := s.CountMatching(ctx, subscriptions.ItemFilter{Phrases: subscriptions.ParseSearch("radio").Phrases})
		must(t, err)
		same(t, 2, n)
		like, err := s.ItemsLike(ctx, subscriptions.ItemKeys{Standards: []string{"GBT1"}, Links: []string{"example.org"}}, 10)
		must(t, err)
		same(t, 4, len(like))
		item, err := s.FindItemBySlug(ctx, "a")
		must(t, err)
		same(t, storetest.Now(), item.UpdatedAt) // indexing is no change
	})
}

func TestHintsAndListsOfItemsUseIndexes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for query, index := range store.ItemQueries() {
			plan, err := s.Explain(ctx, query, []string{"a", "b"}, 10)
			must(t, err)
			if !strings.Contains(plan, index) {
				t.Errorf("%s is not answered by %s:\n%s", query, index, plan)
			}
		}
	})
}
