package store_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// fill writes public editions of n entries each, and the items they were made
// of. The newest edition is not out yet.
func fill(t *testing.T, s *store.Store, editions, entries int) {
	t.Helper()
	ctx := t.Context()
	topics, err := s.Topics(ctx)
	must(t, err)
	now := storetest.Now()
	must(t, s.InTx(ctx, func(tx subscriptions.Store) error {
		for n := range editions {
			from := subscriptions.DateOf(now.AddDate(0, n-editions, 0))
			e := subscriptions.Edition{Slug: fmt.Sprintf("edition-%d", n), Title: fmt.Sprintf("Edition %d", n), Period: subscriptions.Period{From: from, To: from},
				State: subscriptions.EditionSent, CreatedAt: now, StartedAt: now}
			if n == editions-1 {
				e.State, e.StartedAt = subscriptions.EditionApproved, time.Time{}
			}
			if err := tx.AddEdition(ctx, &e); err != nil {
				return err
			}
			c := subscriptions.Content{EditionID: e.ID, Slug: e.Slug, Title: e.Title, Period: e.Period, Topics: topics}
			for k := range entries {
				i := subscriptions.Item{Slug: fmt.Sprintf("item-%d-%d", n, k), Title: fmt.Sprintf("News %d of edition %d", k, n), Number: k + 1, Date: from,
					Topics: []int64{topics[k%len(topics)].ID, topics[(k+1)%len(topics)].ID}, Body: fmt.Sprintf("Body number %d. 信息安全", k),
					State: subscriptions.ItemPublished, EditionID: e.ID, CreatedAt: now, UpdatedAt: now}
				if err := tx.AddItem(ctx, &i); err != nil {
					return err
				}
				c.Entries = append(c.Entries, i)
			}
			if err := tx.PutContent(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Exec(ctx, "ANALYZE"))
}

// small tables are read whole, and should be.
var small = regexp.MustCompile(`(?i)\b(scan|scan on) (topics|webinars|webinar_topics|t USING|s VIRTUAL)\b`)

// inOrder are walks along an index that stop at the LIMIT, or count a part of
// it: no table is read.
var inOrder = regexp.MustCompile(`SCAN (e USING INDEX archive_entries_newest|editions USING (COVERING )?INDEX editions_issues)`)

// No page of the archive reads more rows than it shows, however many there are.
func TestFiveThousandItemsAreReadByTheirIndexes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 250, 20)
		ctx := t.Context()
		archive := &subscriptions.ArchiveService{Store: s, Now: storetest.Now}
		const rare = "a search for what is rare"
		pages := map[string]func() error{
			"home":             func() error { _, err := archive.Home(ctx); return err },
			"topics":           func() error { _, err := archive.Topics(ctx); return err },
			"a topic":          func() error { _, err := archive.Topic(ctx, "iot", 1); return err },
			"its last page":    func() error { _, err := archive.Topic(ctx, "iot", 99); return err },
			"an item":          func() error { _, err := archive.Article(ctx, "item-100-7"); return err },
			"an edition":       func() error { _, err := archive.Issue(ctx, "edition-100"); return err },
			"the editions":     func() error { _, err := archive.Issues(ctx, 3); return err },
			"the feed":         func() error { _, err := archive.Feed(ctx, ""); return err },
			"a topic's feed":   func() error { _, err := archive.Feed(ctx, "iot"); return err },
			rare:               func() error { _, err := archive.Search(ctx, `"7 of edition 100"`, "", 1); return err },
			"a search":         func() error { _, err := archive.Search(ctx, "信息安全 number 17", "", 1); return err },
			"one in its topic": func() error { _, err := archive.Search(ctx, "news", "iot", 2); return err },
		}
		for name, read := range pages {
			var err error
			queries, watchErr := s.Watch(func() { err = read() })
			must(t, err)
			must(t, watchErr)
			if len(queries) < 2 {
				t.Errorf("%s: only %d queries were seen", name, len(queries))
			}
			for _, q := range queries {
				plan, err := s.Explain(ctx, q)
				must(t, err)
				// What most entries have is filtered, and that is well.
				if strings.Contains(q, "tsquery") && name == rare && !strings.Contains(plan, "archive_search_words") {
					t.Errorf("%s does not look its words up:\n%s", name, plan)
				}
				for line := range strings.SplitSeq(plan, "\n") {
					full := strings.Contains(line, "Seq Scan") || strings.HasPrefix(line, "SCAN ") && !inOrder.MatchString(line)
					if full && !small.MatchString(line) {
						t.Errorf("%s reads a table from end to end: %s\n%s\n%s", name, line, q, plan)
					}
					if strings.Contains(line, "TEMP B-TREE") && strings.Contains(q, "archive_topics") && !strings.Contains(q, "archive_search") {
						t.Errorf("%s sorts: %s\n%s", name, line, q)
					}
				}
			}
		}

		// And what they read is right.
		topic, err := archive.Topic(ctx, "iot", 1)
		must(t, err)
		same(t, []int{1, 40, 249 * 8}, []int{topic.Page, topic.Pages, topic.Total})
		same(t, "edition-248 item-248-0 item-248-1", topic.Issues[0].Edition.Slug+" "+topic.Issues[0].Entries[0].Slug+" "+topic.Issues[0].Entries[1].Slug)
		feed, err := archive.Feed(ctx, "")
		must(t, err)
		same(t, "item-248-0 item-246-9", feed.Entries[0].Slug+" "+feed.Entries[49].Slug)
		list, err := archive.Issues(ctx, 25)
		must(t, err)
		same(t, []int{249, 25, 9}, []int{list.Total, list.Pages, len(list.Issues)})
		found, err := archive.Search(ctx, `"edition 120"`, "iot", 1)
		must(t, err)
		same(t, 8, found.Total)
	})
}

// What was frozen before there were rows is put into them at the next start.
func TestMigrateFillsTheArchive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s, 3, 2)
		ctx := t.Context()
		phrases := subscriptions.ParseSearch("信息").Phrases
		count := func() []int {
			n, err := s.CountArchiveEntries(ctx, subscriptions.ArchiveFilter{})
			must(t, err)
			found, err := s.CountSearch(ctx, phrases, subscriptions.ArchiveFilter{})
			must(t, err)
			return []int{n, found}
		}
		before, err := s.ArchiveEntries(ctx, subscriptions.ArchiveFilter{})
		must(t, err)
		must(t, s.ForgetArchive(ctx))
		same(t, []int{0, 0}, count())
		for range 2 { // the second finds nothing to do
			_, err := s.Migrate(ctx)
			must(t, err)
			same(t, []int{4, 4}, count())
		}
		after, err := s.ArchiveEntries(ctx, subscriptions.ArchiveFilter{})
		must(t, err)
		same(t, before, after)
	})
}

// The order of equals is that of their dates, not that in which they were filed.
func TestOfEqualsTheLatestIsFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), storetest.Now()
		for n, date := range []string{"2019-02-05", "2019-03-05", "2019-01-05"} {
			var d subscriptions.Date
			must(t, d.UnmarshalText([]byte(date)))
			e := subscriptions.Edition{Slug: fmt.Sprintf("e-%d", n), Title: "E", Period: subscriptions.Period{From: d, To: d}, State: subscriptions.EditionSent, CreatedAt: now, StartedAt: now}
			must(t, s.AddEdition(ctx, &e))
			must(t, s.PutContent(ctx, subscriptions.Content{EditionID: e.ID, Period: e.Period,
				Entries: []subscriptions.Item{{ID: int64(n), Slug: date, Title: "News", Date: d}}}))
		}
		found, err := s.SearchEntries(ctx, subscriptions.ParseSearch("news").Phrases, subscriptions.ArchiveFilter{})
		must(t, err)
		same(t, "2019-03-05 2019-02-05 2019-01-05", found[0].Slug+" "+found[1].Slug+" "+found[2].Slug)
	})
}
