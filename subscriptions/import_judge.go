package subscriptions

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// judge decides what becomes of entries, one after the other.
type judge struct {
	from   ImportSource
	topics []Topic
	slugs  map[string]string // slug → title, of items and of entries before
	keys   map[string]bool   // of entries before
	alike  *likeness
}

func (s *ImportService) judge(ctx context.Context, tx Store, from ImportSource) (*judge, error) {
	topics, err := tx.Topics(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := tx.ItemMarks(ctx)
	if err != nil {
		return nil, err
	}
	j := &judge{from: from, topics: topics, slugs: make(map[string]string, len(marks)), keys: map[string]bool{}, alike: newLikeness(marks)}
	for _, m := range marks {
		j.slugs[m.Slug] = m.Title
	}
	return j, nil
}

// entry judges one. What a feed brings is known by its key and gets a slug that
// is free; what a file brings is known by its slug.
func (j *judge) entry(d DraftItem) ImportEntry {
	if len(d.TopicSlugs) == 0 {
		d.TopicSlugs = j.from.Topics
	}
	e := ImportEntry{Title: d.Item.Title, Place: d.Place, Key: d.Key, Outcome: EntryNew}
	known := j.known(&d)
	e.Draft = d
	if known != "" {
		e.Outcome, e.Why = EntryKnown, known
		return e
	}
	picked, err := pickTopics(j.topics, d.TopicSlugs)
	if err == nil {
		d.Item.Topics = nil
		for _, t := range picked {
			d.Item.Topics = append(d.Item.Topics, t.ID)
		}
		err = d.Item.Validate()
	}
	e.Draft = d
	if err != nil {
		e.Outcome, e.Why = EntryFaulty, sentenceOf(err)
		return e
	}
	e.Alike = j.alike.of(d.Item)
	j.slugs[d.Item.Slug] = d.Item.Title
	j.alike.add(0, d.Item.Title, identifierOf(d.Item), linksOf(d.Item))
	return e
}

// known says how an entry is known, or gives it the slug under which it will be.
func (j *judge) known(d *DraftItem) string {
	if d.Key == "" {
		if title, ok := j.slugs[d.Item.Slug]; ok && d.Item.Slug != "" {
			return "An item with the link /items/" + d.Item.Slug + " is here: " + title
		}
		if d.Item.Slug == "" && d.Item.Title != "" {
			d.Item.Slug = j.free("item")
		}
		return ""
	}
	if j.keys[d.Key] {
		return "It stands in the feed twice."
	}
	j.keys[d.Key] = true
	d.Item.Slug = j.free(d.Item.Slug)
	return ""
}

// free gives a slug that no item has: the one asked for, or with a number.
func (j *judge) free(slug string) string {
	if slug == "" {
		slug = "item"
	}
	if _, taken := j.slugs[slug]; !taken {
		return slug
	}
	for n := 2; ; n++ {
		end := "-" + strconv.Itoa(n)
		s := strings.TrimRight(slug[:min(len(slug), maxSlug-len(end))], "-") + end
		if _, taken := j.slugs[s]; !taken {
			return s
		}
	}
}

// sentenceOf is an error as a report has it, with what to do.
func sentenceOf(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	s := strings.ToUpper(e.Message[:min(1, len(e.Message))]) + e.Message[min(1, len(e.Message)):] + "."
	if e.Hint != "" {
		s += " " + e.Hint
	}
	return s
}
