package store_test

import (
	"testing"

	"sesec.eu/tidings/subscriptions/store"
	"sesec.eu/tidings/subscriptions/store/storetest"
)

// What editors put into the section of a topic stands in that of the topic it is
// merged into, and no word of theirs is lost. What is frozen stays.
func TestTheSectionsOfAMergedTopicMove(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		e := edition(t, s)
		must(t, s.Exec(ctx, "INSERT INTO editions (slug, title, period_from, period_to, state, created_at) VALUES ('b', 'B', '2019-01-01', '2019-03-31', 'collecting', ?), ('c', 'C', '2019-01-01', '2019-03-31', 'frozen', ?)", storetest.Now(), storetest.Now()))
		must(t, s.Exec(ctx, "UPDATE editions SET state = 'collecting' WHERE id = ?", e.ID))
		topics := storetest.Topics(t, s)
		a, b := topics["iot"].ID, topics["blockchain"].ID
		section := func(edition string, topic int64, intro string) {
			must(t, s.Exec(ctx, "INSERT INTO edition_sections (edition_id, topic_id, intro, at) SELECT id, ?, ?, ? FROM editions WHERE slug = ?", topic, intro, storetest.Now(), edition))
		}
		section(e.Slug, a, "of iot")
		section(e.Slug, b, "of blockchain")
		section("b", a, "alone")
		section("c", a, "frozen")
		_, _, err := s.Refile(ctx, a, b)
		must(t, err)
		for _, want := range []struct {
			edition string
			topic   int64
			intro   string
		}{{e.Slug, b, "of blockchain\n\nof iot"}, {"b", b, "alone"}, {"c", a, "frozen"}} {
			found, err := s.FindEditionBySlug(ctx, want.edition)
			must(t, err)
			sections, err := s.EditionSections(ctx, found.ID)
			must(t, err)
			if len(sections) != 1 || sections[0].TopicID != want.topic || sections[0].Intro != want.intro {
				t.Errorf("%s: %+v, want %+v", want.edition, sections, want)
			}
		}
	})
}
