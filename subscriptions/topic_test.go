package subscriptions_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sesec.eu/tidings/subscriptions"
)

func TestATopicSetIsASet(t *testing.T) {
	t.Parallel()
	ids := rapid.SliceOfN(rapid.Int64Range(1, 20), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		a, b := ids.Draw(t, "a"), ids.Draw(t, "b")
		before := slices.Clone(a)
		set := subscriptions.NewTopicSet(a...)
		if !slices.IsSorted(set) || len(slices.Compact(slices.Clone(set))) != len(set) {
			t.Errorf("%v became %v", a, set)
		}
		if !slices.Equal(a, before) {
			t.Errorf("the caller's ids were sorted in place")
		}
		back, err := subscriptions.ParseTopicSet(set.Key())
		if err != nil || !slices.Equal(back, set) {
			t.Errorf("%v came back from %q as %v, %v", set, set.Key(), back, err)
		}
		union := set.With(b...)
		for id := range int64(21) {
			inA, inB := slices.Contains(a, id), slices.Contains(b, id)
			if set.Has(id) != inA || union.Has(id) != (inA || inB) {
				t.Errorf("%d: in %v is %t, with %v is %t", id, a, set.Has(id), b, union.Has(id))
			}
		}
		if want := slices.ContainsFunc(b, func(id int64) bool { return slices.Contains(a, id) }); set.HasAny(b) != want {
			t.Errorf("%v has any of %v: %t", set, b, set.HasAny(b))
		}
	})
}

func TestParseTopicSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want subscriptions.TopicSet
		bad  bool
	}{
		"nothing is the empty set":      {in: ""},
		"order and repeats are mended":  {in: "3,1,3", want: subscriptions.TopicSet{1, 3}},
		"a gap is refused":              {in: "1,,2", bad: true},
		"a trailing comma is refused":   {in: "1,", bad: true},
		"words are refused":             {in: "iot", bad: true},
		"a number too large is refused": {in: "99999999999999999999", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := subscriptions.ParseTopicSet(c.in)
			if c.bad {
				fails(t, err, subscriptions.Invalid)
				return
			}
			must(t, err)
			same(t, c.want, got)
		})
	}
}

func TestTheStandardTopicsAreTheContract(t *testing.T) {
	t.Parallel()
	var slugs []string
	for i, topic := range subscriptions.StandardTopics() {
		must(t, topic.Validate())
		slugs = append(slugs, topic.Slug)
		if topic.Position != i+1 || topic.ForEveryone != (topic.Slug == "horizontal") {
			t.Errorf("%s: position %d, for everyone %t", topic.Slug, topic.Position, topic.ForEveryone)
		}
	}
	same(t, []string{"horizontal", "iot", "blockchain", "communication-networks", "industrial-internet", "cybersecurity"}, slugs)
	fails(t, subscriptions.Topic{Slug: "Not a slug", Name: "n"}.Validate(), subscriptions.Invalid)
	fails(t, subscriptions.Topic{Slug: "iot", Name: "  "}.Validate(), subscriptions.Invalid)
}
