package subscriptions

import (
	"context"
	"slices"
)

// TopicPage is a page of a topic's entries, newest edition first.
type TopicPage struct {
	Topic  Topic
	Issues []TopicIssue
	Paging
}

// TopicIssue is what one edition had in a topic.
type TopicIssue struct {
	Edition EditionRef
	Entries []Entry
}

func (s *ArchiveService) topicNews(ctx context.Context, entries []Item) ([]TopicNews, error) {
	topics, err := s.Store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	news := make([]TopicNews, len(topics))
	for i, t := range topics {
		news[i].Topic = t
		for _, e := range entries {
			if slices.Contains(e.Topics, t.ID) {
				news[i].Last++
			}
		}
	}
	return news, nil
}

// Topics lists the topics with what each held lately.
func (s *ArchiveService) Topics(ctx context.Context) ([]TopicNews, error) {
	issues, err := s.issues(ctx, 1, 0)
	if err != nil {
		return nil, err
	}
	var entries []Item
	if len(issues) > 0 {
		entries = issues[0].Content.Entries
	}
	return s.topicNews(ctx, entries)
}

// Topic reads a page of a topic.
func (s *ArchiveService) Topic(ctx context.Context, slug string, page int) (TopicPage, error) {
	topic, err := s.topic(ctx, slug)
	if err != nil {
		return TopicPage{}, err
	}
	f := ArchiveFilter{TopicID: topic.ID, Limit: topicPage}
	total, err := s.Store.CountArchiveEntries(ctx, f)
	if err != nil {
		return TopicPage{}, err
	}
	p := TopicPage{Topic: topic, Paging: newPaging(page, total, topicPage)}
	f.Offset = p.offset()
	entries, err := s.Store.ArchiveEntries(ctx, f)
	for _, e := range entries {
		if n := len(p.Issues); n == 0 || p.Issues[n-1].Edition != e.Edition {
			p.Issues = append(p.Issues, TopicIssue{Edition: e.Edition})
		}
		last := &p.Issues[len(p.Issues)-1]
		last.Entries = append(last.Entries, e.Entry)
	}
	return p, err
}

// topic finds the topic by any name it ever had in addresses, and by those of topics
// that are part of it now. The handler sends who came by another to its own.
func (s *ArchiveService) topic(ctx context.Context, slug string) (Topic, error) {
	return topicNamed(ctx, s.Store, slug)
}
