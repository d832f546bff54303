package subscriptions

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Topic is something a person can ask for.
type Topic struct {
	ID          int64     `json:"id"`
	Slug        string    `json:"slug"`
	Name        string    `json:"name"`       // Cybersecurity and digital identity
	ShortName   string    `json:"short_name"` // Cybersecurity
	Description string    `json:"description"`
	Accent      string    `json:"accent"` // the name of its colour in the design tokens
	Position    int       `json:"position"`
	ForEveryone bool      `json:"for_everyone"`
	CreatedAt   time.Time `json:"-"`
	RetiredAt   time.Time `json:"-"`
}

// Validate wants a slug and a name.
func (t Topic) Validate() error {
	switch {
	case !ValidSlug(t.Slug):
		return invalid("slug", "the topic slug %q is not made of small letters, digits and hyphens", t.Slug)
	case strings.TrimSpace(t.Name) == "":
		return invalid("name", "the topic %s needs a name", t.Slug)
	}
	return nil
}

// StandardTopics are the six topics of the SESEC newsletter, written into a new
// database. Editors change them from then on.
func StandardTopics() []Topic {
	return []Topic{
		{Slug: "horizontal", Name: "Horizontal issues", ShortName: "Horizontal", Accent: "horizontal", Position: 1, ForEveryone: true,
			Description: "Laws, agreements and events that touch every field."},
		{Slug: "iot", Name: "IoT", ShortName: "IoT", Accent: "iot", Position: 2,
			Description: "Architectures, sensors, interoperability."},
		{Slug: "blockchain", Name: "Blockchain", ShortName: "Blockchain", Accent: "blockchain", Position: 3,
			Description: "Services, filing, platforms."},
		{Slug: "communication-networks", Name: "Communication networks and services", ShortName: "Communication", Accent: "communication", Position: 4,
			Description: "5G, radio spectrum, equipment."},
		{Slug: "industrial-internet", Name: "Industrial internet", ShortName: "Industrial internet", Accent: "industrial", Position: 5,
			Description: "Platforms, identifiers, edge, applications."},
		{Slug: "cybersecurity", Name: "Cybersecurity and digital identity", ShortName: "Cybersecurity", Accent: "cybersecurity", Position: 6,
			Description: "TC260, personal data, product security."},
	}
}

// TopicSet is a set of topic ids, sorted and without repeats. It is the identity
// of a variant.
type TopicSet []int64

// NewTopicSet sorts the ids and drops repeats.
func NewTopicSet(ids ...int64) TopicSet {
	s := slices.Clone(ids)
	slices.Sort(s)
	return slices.Compact(s)
}

// ParseTopicSet reads a Key.
func ParseTopicSet(key string) (TopicSet, error) {
	if key == "" {
		return nil, nil
	}
	var ids []int64
	for part := range strings.SplitSeq(key, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, invalid("topics", "%q is not a topic set", key)
		}
		ids = append(ids, id)
	}
	return NewTopicSet(ids...), nil
}

// Key is the set as text: "1,3,6".
func (s TopicSet) Key() string {
	b := make([]byte, 0, 3*len(s))
	for i, id := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// Has reports whether the topic is in the set.
func (s TopicSet) Has(id int64) bool {
	_, ok := slices.BinarySearch(s, id)
	return ok
}

// HasAny reports whether any of the topics is in the set.
func (s TopicSet) HasAny(ids []int64) bool { return slices.ContainsFunc(ids, s.Has) }

// With gives the union.
func (s TopicSet) With(ids ...int64) TopicSet { return NewTopicSet(append(slices.Clone(s), ids...)...) }
