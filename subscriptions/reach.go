package subscriptions

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// TopicSetCounts is how many people there are for each exact set of topics, as
// they were counted. There are few sets, however many people.
type TopicSetCounts struct {
	At     time.Time     // when the count began; zero before the first
	Took   time.Duration // to count
	Counts []TopicSetCount
}

// ReachStore keeps the last count.
type ReachStore interface {
	TopicSets(ctx context.Context) (TopicSetCounts, error)    // with a zero At before the first
	PutTopicSets(ctx context.Context, c TopicSetCounts) error // replaces
}

// TopicSetCount is one line of the count.
type TopicSetCount struct {
	Chosen  TopicSet
	Refusal string // Recipient.Refusal: why these get no digest now; "" for those who may
	People  int
}

// Reach is who would get what of a content: arithmetic over the counts, by the
// same Audience that plans the send.
type Reach struct {
	At         time.Time // as of; zero: nobody was counted yet
	People     int       // who get a letter
	Letters    int       // different ones: variants
	Nothing    int       // who get none: nothing in their topics
	Paused     int
	Suppressed int
	Mailable   int            // People + Nothing
	Asked      map[int64]int  // by topic: who chose it and may be mailed
	Entries    []int          // by place: who get the entry
	Variants   []VariantReach // the longest first
}

// VariantReach is one of the letters.
type VariantReach struct {
	Topics  TopicSet
	Entries int
	People  int
}

// NewReach computes it.
func NewReach(c Content, counts TopicSetCounts) Reach {
	r := Reach{At: counts.At, Asked: map[int64]int{}, Entries: make([]int, len(c.Entries))}
	audience := NewAudience(c)
	there := idsOf(c.Topics)
	letters := map[string]*VariantReach{}
	for _, n := range counts.Counts {
		switch n.Refusal {
		case "":
		case string(SubscriberPaused):
			r.Paused += n.People
			continue
		case "suppressed":
			r.Suppressed += n.People
			continue
		default:
			continue // left, or never confirmed: nobody expects a letter
		}
		r.Mailable += n.People
		for _, id := range n.Chosen {
			r.Asked[id] += n.People
		}
		set, ok := audience.VariantFor(n.Chosen)
		if !ok {
			r.Nothing += n.People
			continue
		}
		r.People += n.People
		v := letters[set.Key()]
		if v == nil {
			v = &VariantReach{Topics: set}
			letters[set.Key()] = v
		}
		v.People += n.People
	}
	r.Letters = len(letters)
	for _, v := range letters {
		shown := NewTopicSet(shared(v.Topics, there)...) // as in BuildDigest
		for n, i := range c.Entries {
			if placeOf(i, shown) != 0 {
				r.Entries[n] += v.People
				v.Entries++
			}
		}
		r.Variants = append(r.Variants, *v)
	}
	slices.SortFunc(r.Variants, func(a, b VariantReach) int {
		return cmp.Or(b.Entries-a.Entries, b.People-a.People, cmp.Compare(a.Topics.Key(), b.Topics.Key()))
	})
	return r
}

// shared gives those of the ids that are in the set.
func shared(ids []int64, set TopicSet) []int64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !set.Has(id) })
}
