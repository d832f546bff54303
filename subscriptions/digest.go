package subscriptions

import (
	"fmt"
	"strings"
)

// Digest is an edition as the people of one variant get it: each entry once,
// in its home section if they have that topic, else in the section of the first
// of its topics they have.
type Digest struct {
	Edition  Content
	Topics   []Topic // of the variant, in order
	Sections []Section
	Events   []Event // entries that announce a webinar, and webinars of the topics
	Soon     []Deadline
	Glossary []Term // the abbreviations this digest uses
	Count    int    // of entries, events included
}

// Section is a topic with its entries.
type Section struct {
	Topic   Topic
	Entries []Entry
}

// Entry is an item in its place.
type Entry struct {
	Item
	Topic  Topic
	AlsoIn []Topic // its other topics, whether or not the reader has them
}

// Event is an upcoming webinar, with the entry that announces it if there is
// one.
type Event struct {
	Webinar Webinar
	Entry   *Entry
}

// BuildDigest selects and orders. today decides what closes soon.
func BuildDigest(c Content, set TopicSet, today Date) Digest {
	d := Digest{Edition: c}
	sections := map[int64]*Section{}
	for _, t := range c.Topics {
		if set.Has(t.ID) {
			d.Topics = append(d.Topics, t)
			sections[t.ID] = &Section{Topic: t}
		}
	}
	announced := map[string]*Entry{}
	var used strings.Builder
	var items []Item
	for _, item := range c.Entries {
		place := placeOf(item, set)
		if place == 0 {
			continue
		}
		entry := Entry{Item: item}
		for _, id := range item.Topics {
			t, ok := c.Topic(id)
			switch {
			case !ok:
			case id == place:
				entry.Topic = t
			default:
				entry.AlsoIn = append(entry.AlsoIn, t)
			}
		}
		d.Count++
		items = append(items, item)
		used.WriteString(item.SearchText() + "\n")
		if _, ok := c.Webinar(item.WebinarSlug); ok {
			announced[item.WebinarSlug] = &entry
			continue
		}
		if s := sections[place]; s != nil {
			s.Entries = append(s.Entries, entry)
		}
	}
	for _, t := range d.Topics {
		if s := sections[t.ID]; len(s.Entries) > 0 {
			d.Sections = append(d.Sections, *s)
		}
	}
	for _, w := range c.Webinars {
		entry := announced[w.Slug]
		if entry != nil || set.HasAny(w.Topics) {
			d.Events = append(d.Events, Event{Webinar: w, Entry: entry})
			used.WriteString(w.Title + "\n" + w.Contents + "\n")
		}
	}
	d.Soon = ClosingSoon(items, today)
	d.Glossary = TermsUsed(c.Glossary, used.String())
	return d
}

// placeOf gives the topic whose section holds the item for readers of the set:
// its home if they have it, else the first they have, 0 when none.
func placeOf(item Item, set TopicSet) int64 {
	for _, id := range item.Topics {
		if set.Has(id) {
			return id
		}
	}
	return 0
}

// Subject says what is inside: "3 in Cybersecurity, 2 in IoT · January–March
// 2019". More than three topics are summed up.
func (d Digest) Subject() string {
	var parts []string
	rest := 0
	for i, s := range d.Sections {
		if i < 3 || len(d.Sections) == 4 {
			parts = append(parts, fmt.Sprintf("%d in %s", len(s.Entries), s.Topic.ShortName))
		} else {
			rest += len(s.Entries)
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%d more", rest))
	}
	if len(parts) == 0 && len(d.Events) > 0 {
		parts = append(parts, d.Events[0].Webinar.Title)
	}
	return strings.Join(append([]string{strings.Join(parts, ", ")}, d.Edition.Period.Words()), " · ")
}
