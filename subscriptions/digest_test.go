package subscriptions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

// Topics 1 to 5 in the order 5, 1, 2, 3, 4; the first is for everyone.
func fiveTopics() []subscriptions.Topic {
	return []subscriptions.Topic{
		{ID: 5, Slug: "horizontal", Name: "Horizontal issues", ShortName: "Horizontal", ForEveryone: true},
		{ID: 1, Slug: "iot", Name: "Internet of Things", ShortName: "IoT"}, {ID: 2, Slug: "blockchain", Name: "Blockchain", ShortName: "Blockchain"},
		{ID: 3, Slug: "networks", Name: "Networks", ShortName: "Networks"}, {ID: 4, Slug: "cyber", Name: "Cybersecurity", ShortName: "Cybersecurity"},
	}
}

func entry(number int, title string, topics ...int64) subscriptions.Item {
	return subscriptions.Item{ID: int64(number), Number: number, Slug: subscriptions.Slugify(title), Title: title, Topics: topics}
}

// sketch writes a digest down as "topic: number title (also in …); …".
func sketch(d subscriptions.Digest) string {
	var lines []string
	for _, s := range d.Sections {
		var parts []string
		for _, e := range s.Entries {
			part := e.Describe()
			for _, also := range e.AlsoIn {
				part += " +" + also.Slug
			}
			if e.Topic.ID != s.Topic.ID {
				part += " (its topic is " + e.Topic.Slug + ")"
			}
			parts = append(parts, part)
		}
		lines = append(lines, s.Topic.Slug+": "+strings.Join(parts, "; "))
	}
	for _, e := range d.Events {
		line := "event: " + e.Webinar.Title
		if e.Entry != nil {
			line += " by " + e.Entry.Describe()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestBuildDigest(t *testing.T) {
	t.Parallel()
	content := subscriptions.Content{Topics: fiveTopics(), Period: quarter,
		Entries: []subscriptions.Item{entry(1, "Law", 5), entry(2, "Sensors", 1), entry(3, "Ledger of things", 2, 1), entry(4, "Spectrum", 3, 4, 1), entry(5, "Meeting", 1)},
		Webinars: []subscriptions.Webinar{{Slug: "seminar", Title: "Seminar", Topics: []int64{1}}, {Slug: "open-day", Title: "Open day", Topics: []int64{4}},
			{Slug: "fair", Title: "Fair", Topics: []int64{5}}}}
	content.Entries[4].WebinarSlug = "seminar"
	for name, c := range map[string]struct {
		set  subscriptions.TopicSet
		want string
	}{
		"one topic with what is for everyone": {subscriptions.TopicSet{2, 5},
			"horizontal: 1. Law\nblockchain: 3. Ledger of things +iot\nevent: Fair"},
		"an entry whose home is not chosen stands in the first of its topics that is": {subscriptions.TopicSet{1, 5},
			"horizontal: 1. Law\niot: 2. Sensors; 3. Ledger of things +blockchain; 4. Spectrum +networks +cyber\nevent: Seminar by 5. Meeting\nevent: Fair"},
		"the order of an entry's topics decides, not that of the sections": {subscriptions.TopicSet{1, 4},
			"iot: 2. Sensors; 3. Ledger of things +blockchain\ncyber: 4. Spectrum +networks +iot\nevent: Seminar by 5. Meeting\nevent: Open day"},
		"everything": {subscriptions.TopicSet{1, 2, 3, 4, 5},
			"horizontal: 1. Law\niot: 2. Sensors\nblockchain: 3. Ledger of things +iot\nnetworks: 4. Spectrum +cyber +iot\n" +
				"event: Seminar by 5. Meeting\nevent: Open day\nevent: Fair"},
		"nothing":                   {nil, ""},
		"a topic that is not there": {subscriptions.TopicSet{99}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, sketch(subscriptions.BuildDigest(content, c.set, day(2019, 4, 1))))
		})
	}
}

func TestTwoEntriesThatAnnounceOneWebinarAreBothThere(t *testing.T) {
	t.Parallel()
	c := subscriptions.Content{Topics: fiveTopics(), Webinars: []subscriptions.Webinar{{Slug: "w", Title: "W", Topics: []int64{1}}},
		Entries: []subscriptions.Item{entry(1, "First call", 1), entry(2, "Last call", 1), entry(3, "Of a past one", 1)}}
	c.Entries[0].WebinarSlug, c.Entries[1].WebinarSlug, c.Entries[2].WebinarSlug = "w", "w", "past"
	d := subscriptions.BuildDigest(c, subscriptions.TopicSet{1}, day(2019, 4, 1))
	same(t, "iot: 2. Last call; 3. Of a past one\nevent: W by 1. First call", sketch(d))
	same(t, 3, d.Count)
}

func TestATopicThatIsGoneTakesNoEntryWithIt(t *testing.T) {
	t.Parallel()
	c := subscriptions.Content{Topics: fiveTopics(), Entries: []subscriptions.Item{entry(1, "Both", 9, 1), entry(2, "Gone", 9)},
		Webinars: []subscriptions.Webinar{{Slug: "w", Title: "W", Topics: []int64{9}}}}
	d := subscriptions.BuildDigest(c, subscriptions.TopicSet{1, 9}, day(2019, 4, 1))
	same(t, "iot: 1. Both", sketch(d))
	same(t, 1, d.Count)
	if _, ok := subscriptions.NewAudience(c).VariantFor(subscriptions.TopicSet{9}); ok {
		t.Error("who chose only a topic that is gone would get an empty digest")
	}
}

// Whatever the edition: a digest is sent exactly when there is something in it,
// and every entry of the reader's topics stands in it once.
func TestADigestHoldsEveryEntryOfItsTopicsOnceAndIsNeverEmpty(t *testing.T) {
	t.Parallel()
	ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 6), 1, 4, rapid.ID[int64]) // 6 is no topic of the content
	rapid.Check(t, func(t *rapid.T) {
		c := subscriptions.Content{Topics: fiveTopics()}
		for n := range rapid.IntRange(0, 3).Draw(t, "webinars") {
			c.Webinars = append(c.Webinars, subscriptions.Webinar{Slug: fmt.Sprintf("w%d", n), Title: "W", Topics: ids.Draw(t, "of webinar")})
		}
		for n := range rapid.IntRange(0, 6).Draw(t, "entries") {
			item := entry(n+1, fmt.Sprintf("Entry %d", n+1), ids.Draw(t, "of entry")...)
			item.WebinarSlug = rapid.SampledFrom([]string{"", "", "w0", "w1", "gone"}).Draw(t, "announces")
			c.Entries = append(c.Entries, item)
		}
		chosen := subscriptions.NewTopicSet(rapid.SliceOfN(rapid.Int64Range(1, 6), 0, 4).Draw(t, "chosen")...)
		set, ok := subscriptions.NewAudience(c).VariantFor(chosen)
		d := subscriptions.BuildDigest(c, set, day(2019, 4, 1))
		if ok != (d.Count+len(d.Events) > 0) {
			t.Errorf("a digest for %v is sent: %t, with %d entries and %d events in it", chosen, ok, d.Count, len(d.Events))
		}
		shown := map[int64]int{}
		for _, s := range d.Sections {
			if len(s.Entries) == 0 || !set.Has(s.Topic.ID) {
				t.Errorf("section %s has %d entries", s.Topic.Slug, len(s.Entries))
			}
			for _, e := range s.Entries {
				shown[e.ID]++
				if set.Has(e.Home()) && e.Home() != 6 && s.Topic.ID != e.Home() {
					t.Errorf("entry %d stands in %d, not in its home %d", e.ID, s.Topic.ID, e.Home())
				}
			}
			if !slices.IsSortedFunc(s.Entries, func(a, b subscriptions.Entry) int { return a.Number - b.Number }) {
				t.Errorf("section %s is out of order", s.Topic.Slug)
			}
		}
		for _, e := range d.Events {
			if e.Entry != nil {
				shown[e.Entry.ID]++
			}
		}
		total := 0
		for _, i := range c.Entries {
			want := 0
			if slices.ContainsFunc(i.Topics, func(id int64) bool { return id != 6 && set.Has(id) }) {
				want = 1
			}
			total += want
			if shown[i.ID] != want {
				t.Errorf("entry %d of topics %v is shown %d times to %v", i.ID, i.Topics, shown[i.ID], set)
			}
		}
		if d.Count != total {
			t.Errorf("the digest counts %d entries and holds %d", d.Count, total)
		}
	})
}

func TestADigestExplainsOnlyTheTermsItUses(t *testing.T) {
	t.Parallel()
	c := subscriptions.Content{Topics: fiveTopics(), Entries: []subscriptions.Item{entry(1, "By TC260", 1), entry(2, "By MIIT", 2)},
		Webinars: []subscriptions.Webinar{{Slug: "w", Title: "With CAC", Topics: []int64{2}}},
		Glossary: []subscriptions.Term{{Abbreviation: "MIIT"}, {Abbreviation: "CAC"}, {Abbreviation: "TC260"}, {Abbreviation: "SAC"}}}
	for set, want := range map[int64]string{1: "TC260", 2: "CAC MIIT"} {
		var got []string
		for _, term := range subscriptions.BuildDigest(c, subscriptions.TopicSet{set}, day(2019, 4, 1)).Glossary {
			got = append(got, term.Abbreviation)
		}
		same(t, want, strings.Join(got, " "))
	}
}

func TestClosingSoon(t *testing.T) {
	t.Parallel()
	today := day(2019, 4, 1)
	until := func(title string, d subscriptions.Date, topics ...int64) subscriptions.Item {
		i := entry(1, title, topics...)
		i.Comments = &subscriptions.CommentPeriod{Until: d}
		return i
	}
	c := subscriptions.Content{Topics: fiveTopics(), Entries: []subscriptions.Item{
		until("in sixty days", day(2019, 5, 31), 1), until("in sixty-one days", day(2019, 6, 1), 1), until("yesterday", day(2019, 3, 31), 1),
		until("today", today, 1), until("tomorrow", day(2019, 4, 2), 1), until("of another topic", today, 2), entry(2, "without comments", 1)}}
	var got []string
	for _, d := range subscriptions.BuildDigest(c, subscriptions.TopicSet{1}, today).Soon {
		got = append(got, fmt.Sprintf("%s (%d)", d.Item.Title, d.DaysLeft))
	}
	same(t, []string{"today (0)", "tomorrow (1)", "in sixty days (60)"}, got)
}

func TestSubject(t *testing.T) {
	t.Parallel()
	c := subscriptions.Content{Topics: fiveTopics(), Period: quarter, Entries: []subscriptions.Item{
		entry(1, "a", 5), entry(2, "b", 5), entry(3, "c", 1), entry(4, "d", 2), entry(5, "e", 3), entry(6, "f", 4), entry(7, "g", 4)}}
	own := c
	own.Subject, own.Preheader = "China opens 5G: {inside}", "{period}, at a glance"
	onlyEvent := subscriptions.Content{Topics: fiveTopics(), Period: quarter, Webinars: []subscriptions.Webinar{{Slug: "w", Title: "Seminar on 5G", Topics: []int64{3}}}}
	for name, c := range map[string]struct {
		content subscriptions.Content
		set     subscriptions.TopicSet
		want    string
	}{
		"what was asked for comes before what is for everyone": {c, subscriptions.TopicSet{1, 5}, "1 in IoT, 2 in Horizontal · January–March 2019"},
		"three topics are named":                               {c, subscriptions.TopicSet{1, 4, 5}, "1 in IoT, 2 in Cybersecurity, 2 in Horizontal · January–March 2019"},
		"more are summed up":                                   {c, subscriptions.TopicSet{1, 2, 3, 4, 5}, "7 entries in 5 topics · January–March 2019"},
		"an editor's own words may tell what is inside":        {own, subscriptions.TopicSet{1, 5}, "China opens 5G: 1 in IoT, 2 in Horizontal"},
		"a lone event gives its name":                          {onlyEvent, subscriptions.TopicSet{3}, "Seminar on 5G · January–March 2019"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, subscriptions.BuildDigest(c.content, c.set, day(2019, 4, 1)).Subject())
		})
	}
	same(t, "January–March 2019, at a glance", subscriptions.BuildDigest(own, subscriptions.TopicSet{1}, day(2019, 4, 1)).Preheader())
}
