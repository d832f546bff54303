package subscriptions

import (
	"context"
	"time"
)

// feedLength is how many entries a feed holds.
const feedLength = 50

// Feed is the newest entries of the archive, of one topic or of all.
type Feed struct {
	Topic   *Topic // nil for all
	Entries []ArchiveEntry
	Since   time.Time // when there was first something to ask for: of the id
	Updated time.Time // when the newest entry came out; Since when there is none
}

// Feed reads the newest entries of a topic, or of all with "".
func (s *ArchiveService) Feed(ctx context.Context, topic string) (Feed, error) {
	var f Feed
	filter := ArchiveFilter{Limit: feedLength}
	if topic != "" {
		found, err := s.topic(ctx, topic)
		if err != nil {
			return Feed{}, err
		}
		f.Topic, filter.TopicID, f.Since = &found, found.ID, found.CreatedAt
	} else {
		topics, err := s.Store.Topics(ctx)
		if err != nil {
			return Feed{}, err
		}
		for _, t := range topics {
			if f.Since.IsZero() || t.CreatedAt.Before(f.Since) {
				f.Since = t.CreatedAt
			}
		}
	}
	var err error
	f.Updated = f.Since
	f.Entries, err = s.Store.ArchiveEntries(ctx, filter)
	for _, e := range f.Entries {
		if e.Edition.StartedAt.After(f.Updated) {
			f.Updated = e.Edition.StartedAt
		}
	}
	return f, err
}
