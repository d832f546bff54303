package subscriptions

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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
	RetiredAt   time.Time `json:"-"` // nothing new is filed under it, and nobody gets it
	MergedInto  int64     `json:"-"` // of a retired one: the topic it is now part of
	Version     int       `json:"-"` // rises with every change by an editor
}

// Bounds of a topic's texts, in characters.
const (
	maxTopicName  = 80
	maxShortName  = 24
	maxTopicAbout = 200
	maxTopics     = 60 // a form with more is read by nobody
)

// Validate tells every fault: a topic wants a slug and a name, and single lines
// that fit.
func (t Topic) Validate() error {
	var faults []error
	if !ValidSlug(t.Slug) {
		faults = append(faults, invalid("slug", "the topic slug %q is not made of small letters, digits and hyphens", t.Slug))
	}
	if strings.TrimSpace(t.Name) == "" {
		faults = append(faults, invalid("name", "the topic %s needs a name", t.Slug))
	}
	for _, text := range []struct {
		field, what, value string
		most               int
	}{{"name", "name", t.Name, maxTopicName}, {"short_name", "short name", t.ShortName, maxShortName}, {"description", "description", t.Description, maxTopicAbout}} {
		switch {
		case utf8.RuneCountInString(text.value) > text.most:
			faults = append(faults, invalid(text.field, "the %s has more than %d characters", text.what, text.most))
		case !oneLine(text.value):
			faults = append(faults, invalid(text.field, "the %s is not a single line of text", text.what))
		}
	}
	if t.Accent != "" && !slices.Contains(Accents(), t.Accent) {
		faults = append(faults, invalid("accent", "there is no colour %q", t.Accent))
	}
	return errors.Join(faults...)
}

// Accents are the colours a topic may have, as the style sheets of site and mail
// name them, in the order in which new topics get them. The first six are those
// of the standard topics.
func Accents() []string {
	return []string{"horizontal", "iot", "blockchain", "communication", "industrial", "cybersecurity",
		"moss", "plum", "ocean", "olive", "rose", "indigo"}
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

// pickTopics finds the topics by slug; none, and an unknown one, are faults.
func pickTopics(all []Topic, slugs []string) ([]Topic, error) {
	var picked []Topic
	for _, slug := range slugs {
		i := slices.IndexFunc(all, func(t Topic) bool { return t.Slug == slug })
		if i < 0 {
			return nil, unknownTopic(slug, all)
		}
		if !slices.ContainsFunc(picked, func(t Topic) bool { return t.ID == all[i].ID }) {
			picked = append(picked, all[i])
		}
	}
	if len(picked) == 0 {
		return nil, invalid("topics", "choose at least one topic")
	}
	return picked, nil
}

func topicsIn(all []Topic, set TopicSet) []Topic {
	return slices.DeleteFunc(slices.Clone(all), func(t Topic) bool { return !set.Has(t.ID) })
}

func slugsOf(topics []Topic) []string {
	slugs := make([]string, len(topics))
	for i, t := range topics {
		slugs[i] = t.Slug
	}
	return slugs
}

func idsOf(topics []Topic) TopicSet {
	ids := make([]int64, len(topics))
	for i, t := range topics {
		ids[i] = t.ID
	}
	return NewTopicSet(ids...)
}

func unknownTopic(slug string, all []Topic) error {
	known := ""
	for i, t := range all {
		if i > 0 {
			known += ", "
		}
		known += t.Slug
	}
	return invalid("topics", "there is no topic %q", slug).hint("The topics are: %s.", known)
}
