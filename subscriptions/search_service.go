package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// searchPage is how many hits stand on a page.
const searchPage = 20

// Found is a page of what a search has found.
type Found struct {
	Query  SearchQuery
	Topic  *Topic // nil for all
	Topics []Topic
	Hits   []Hit
	Paging
	Elsewhere int // without hits in the topic: how many there are in all topics
}

// Hit is an entry that was found, with the words that were looked for marked in
// what is shown of it.
type Hit struct {
	ArchiveEntry
	Heading  []Fragment // its title
	Standard []Fragment // its identifier and titles, when the words stand there
	Excerpt  []Fragment
}

// Search looks for text in the entries of the public editions, as they were
// frozen. A topic narrows it; one that is not there does not. Without a word to
// look for it finds nothing.
func (s *ArchiveService) Search(ctx context.Context, text, topic string, page int) (Found, error) {
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return Found{}, err
	}
	f := Found{Query: ParseSearch(text), Topics: topics, Paging: newPaging(1, 0, searchPage)}
	filter := ArchiveFilter{Limit: searchPage}
	if topic != "" {
		if found, err := s.topic(ctx, topic); err == nil {
			f.Topic, filter.TopicID = &found, found.ID
		} else if !errors.Is(err, ErrNotFound) {
			return Found{}, err
		}
	}
	if len(f.Query.Phrases) == 0 {
		return f, nil
	}
	total, err := s.Store.CountSearch(ctx, f.Query.Phrases, filter)
	if err != nil {
		return Found{}, fmt.Errorf("search the archive: %w", err)
	}
	if total == 0 {
		if f.Topic != nil {
			f.Elsewhere, err = s.Store.CountSearch(ctx, f.Query.Phrases, ArchiveFilter{})
		}
		return f, err
	}
	f.Paging = newPaging(page, total, searchPage)
	filter.Offset = f.offset()
	entries, err := s.Store.SearchEntries(ctx, f.Query.Phrases, filter)
	if err != nil {
		return Found{}, fmt.Errorf("search the archive: %w", err)
	}
	for _, e := range entries {
		f.Hits = append(f.Hits, f.Query.hit(e))
	}
	return f, nil
}

// hit marks what is shown of an entry.
func (q SearchQuery) hit(e ArchiveEntry) Hit {
	h := Hit{ArchiveEntry: e, Heading: q.Mark(e.Title)}
	if s := e.Standard; s != nil {
		said := strings.Join(slices.DeleteFunc([]string{s.Identifier, s.Title, s.OriginalTitle, s.Committee}, func(s string) bool { return s == "" }), " · ")
		if len(q.hits(said)) > 0 {
			h.Standard = q.Mark(said)
		}
	}
	fields := e.SearchFields()
	body, about := fields[3], fields[2]
	switch {
	case len(q.hits(body)) > 0 || strings.TrimSpace(e.Summary) == "":
		h.Excerpt = q.Excerpt(body)
	default:
		h.Excerpt = q.Excerpt(about)
	}
	return h
}
