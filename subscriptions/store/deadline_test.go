package store_test

import (
	"fmt"
	"strings"
	"testing"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// Nearly all items are published, and few have a deadline: those alone are read.
func TestDeadlinesAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 25, 20)
		ctx := t.Context()
		today := subscriptions.DateOf(storetest.Now())
		for n := -30; n < 30; n++ {
			must(t, s.AddItem(ctx, &subscriptions.Item{Slug: fmt.Sprintf("draft-%d", n+30), Title: "A draft", Date: today, Topics: []int64{1}, EditionID: 1,
				State: subscriptions.ItemPublished, CreatedAt: storetest.Now(), UpdatedAt: storetest.Now(), Comments: &subscriptions.CommentPeriod{Until: today.AddDays(n)}}))
		}
		if !s.IsPostgres() { // nobody has counted for the planner yet
			must(t, s.Exec(ctx, "DELETE FROM sqlite_stat1"))
			must(t, s.Exec(ctx, "ANALYZE sqlite_schema"))
		}
		archive := &subscriptions.ArchiveService{Store: s, Now: storetest.Now}
		read := 0
		queries, err := s.Watch(func() {
			page, err := archive.Deadlines(ctx, nil, 1)
			must(t, err)
			same(t, []int{30, 25, 2}, []int{len(page.Open), len(page.Closed), page.Pages})
			calendar, err := archive.CalendarDeadlines(ctx, nil)
			must(t, err)
			same(t, 60, len(calendar))
		})
		must(t, err)
		for _, q := range queries {
			if !strings.Contains(q, "comments_until <> ''") {
				continue
			}
			read++
			plan, err := s.Explain(ctx, q)
			must(t, err)
			if !strings.Contains(plan, "items_comments") {
				t.Errorf("%s\n%s", q, plan)
			}
		}
		same(t, 4, read)
	})
}
