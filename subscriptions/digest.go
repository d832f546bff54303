package subscriptions

import (
	"cmp"
	"fmt"
	"slices"
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
	Heading string // the topic's name, or what the edition says in its place
	Intro   string // Markdown, may be empty
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
			words := c.Section(t.ID)
			sections[t.ID] = &Section{Topic: t, Heading: cmp.Or(words.Heading, t.Name), Intro: words.Intro}
		}
	}
	set = idsOf(d.Topics) // without topics that were retired since they were chosen
	announced := map[string]*Entry{}
	var used strings.Builder
	var items []Item
	for _, item := range c.Entries {
		place := placeOf(item, set)
		if place == 0 {
			continue
		}
		entry := c.Entry(item, place)
		d.Count++
		items = append(items, item)
		used.WriteString(item.SearchText() + "\n")
		if _, ok := c.Webinar(item.WebinarSlug); ok && announced[item.WebinarSlug] == nil {
			announced[item.WebinarSlug] = &entry
			continue
		}
		sections[place].Entries = append(sections[place].Entries, entry)
	}
	for _, t := range d.Topics {
		if s := sections[t.ID]; len(s.Entries) > 0 {
			d.Sections = append(d.Sections, *s)
			used.WriteString(s.Intro + "\n")
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

// Entry puts an item into the section of a topic, its home when place is 0.
func (c Content) Entry(i Item, place int64) Entry {
	if place == 0 {
		place = i.Home()
	}
	e := Entry{Item: i}
	for _, id := range i.Topics {
		switch t, ok := c.Topic(id); {
		case !ok:
		case id == place:
			e.Topic = t
		default:
			e.AlsoIn = append(e.AlsoIn, t)
		}
	}
	return e
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

// Subject says what is inside: "3 in Cybersecurity, 2 in IoT · January–March 2019".
// Where the edition has a subject of its own it is that, with {inside} and {period}
// for those words.
func (d Digest) Subject() string {
	if d.Edition.Subject == "" {
		return d.inside() + " · " + d.Edition.Period.Words()
	}
	return d.inboxLine(d.Edition.Subject)
}

// Preheader is what the edition wants an inbox to show beside the subject, empty
// where it wants nothing of its own.
func (d Digest) Preheader() string { return d.inboxLine(d.Edition.Preheader) }

func (d Digest) inboxLine(words string) string {
	return strings.NewReplacer("{inside}", d.inside(), "{period}", d.Edition.Period.Words()).Replace(words)
}

// inside counts the entries, what the reader asked for first. More than three topics
// are summed up: "11 entries in 6 topics".
func (d Digest) inside() string {
	asked := func(s Section) int {
		if s.Topic.ForEveryone {
			return 1
		}
		return 0
	}
	sections := slices.Clone(d.Sections)
	slices.SortStableFunc(sections, func(a, b Section) int { return asked(a) - asked(b) })
	switch {
	case len(sections) > 3:
		return fmt.Sprintf("%d entries in %d topics", d.Count, len(sections))
	case len(sections) > 0:
		parts := make([]string, len(sections))
		for i, s := range sections {
			parts[i] = fmt.Sprintf("%d in %s", len(s.Entries), s.Topic.ShortName)
		}
		return strings.Join(parts, ", ")
	case len(d.Events) > 0:
		return d.Events[0].Webinar.Title
	}
	return ""
}
