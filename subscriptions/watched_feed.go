package subscriptions

import (
	"context"
	"slices"
	"strings"
	"time"
)

// WatchedFeed is a feed of others that is looked at by the clock. What is new in
// it becomes drafts.
type WatchedFeed struct {
	ID           int64
	URL          string
	Title        string  // as the feed calls itself, or as an editor does
	Topics       []int64 // of its drafts, home first
	Every        time.Duration
	CreatedAt    time.Time
	ETag         string // of the last answer
	LastModified string
	LookedAt     time.Time // last; zero: never
	FoundAt      time.Time // when it last brought something new
	NextAt       time.Time // not before
	Fault        string    // of the last look, in a sentence; "" when it went well
	Failures     int       // in a row
	PausedAt     time.Time
	EndedAt      time.Time // zero while it is watched
}

// FeedState says where a feed stands.
type FeedState string

// The states of a feed.
const (
	FeedWatched FeedState = "watched"
	FeedFailing FeedState = "failing"
	FeedPaused  FeedState = "paused"
	FeedEnded   FeedState = "ended"
)

// State gives it.
func (f WatchedFeed) State() FeedState {
	switch {
	case !f.EndedAt.IsZero():
		return FeedEnded
	case !f.PausedAt.IsZero():
		return FeedPaused
	case f.Failures > 0:
		return FeedFailing
	}
	return FeedWatched
}

// How often a feed may be looked at.
const (
	minFeedEvery = time.Hour
	maxFeedEvery = 7 * 24 * time.Hour
	maxFeeds     = 200 // watched at once
)

// FeedPace is a choice of how often.
type FeedPace struct {
	Every time.Duration
	Words string
}

// FeedPaces lists the choices.
func FeedPaces() []FeedPace {
	return []FeedPace{{time.Hour, "every hour"}, {6 * time.Hour, "every 6 hours"}, {24 * time.Hour, "every day"}, {7 * 24 * time.Hour, "every week"}}
}

// Pace says how often in words.
func (f WatchedFeed) Pace() string {
	for _, p := range FeedPaces() {
		if p.Every == f.Every {
			return p.Words
		}
	}
	return "every " + strings.TrimSuffix(strings.TrimSuffix(f.Every.String(), "0s"), "0m")
}

// Validate wants an address, a title, a topic and a bearable pace.
func (f WatchedFeed) Validate() error {
	if err := validLink("url", f.URL); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(f.Title) == "" || !oneLine(f.Title):
		return invalid("title", "the feed has no title").hint("Give it the name of who publishes it.")
	case len([]rune(f.Title)) > maxTitle:
		return invalid("title", "the title has more than %d characters", maxTitle)
	case len(f.Topics) == 0:
		return invalid("topics", "the feed has no topic").hint("Choose the topics that its drafts get; the first is their home.")
	case f.Every < minFeedEvery || f.Every > maxFeedEvery:
		return invalid("every", "a feed is looked at every hour to every week")
	}
	return nil
}

// looked records a look that went well.
func (f *WatchedFeed) looked(now time.Time, found bool) {
	f.LookedAt, f.NextAt, f.Fault, f.Failures = now, now.Add(f.Every), "", 0
	if found {
		f.FoundAt = now
	}
}

// failed records one that did not. The next is later each time, up to a week:
//
//	every hour   2 h  4 h  8 h  16 h  32 h  64 h  128 h  a week …
//	every day    2 d  4 d  a week …
func (f *WatchedFeed) failed(now time.Time, why string) {
	f.Failures++
	wait := f.Every << min(f.Failures, 8)
	f.LookedAt, f.NextAt, f.Fault = now, now.Add(min(wait, maxFeedEvery)), why
}

// FeedAnswer is what looking at a feed gave.
type FeedAnswer struct {
	Known        bool   // not changed since the last look; Import is empty
	URL          string // where it was found, after redirects
	ETag         string
	LastModified string
	Import       Import
}

// FeedReader gets a feed and reads it. Its errors have a sentence.
type FeedReader interface {
	ReadFeed(ctx context.Context, url, etag, lastModified string) (FeedAnswer, error)
}

// WatchedFeedStore keeps feeds, and which of their entries are known.
type WatchedFeedStore interface {
	Feeds(ctx context.Context) ([]WatchedFeed, error) // the ended last, then by title
	// DueFeeds are those to look at now, the longest due first.
	DueFeeds(ctx context.Context, now time.Time, limit int) ([]WatchedFeed, error)
	FindFeed(ctx context.Context, id int64) (WatchedFeed, error) // held, inside a transaction
	AddFeed(ctx context.Context, f *WatchedFeed) error
	UpdateFeed(ctx context.Context, f WatchedFeed) error
	// KnowFeedEntries remembers entries by their keys; the known stay.
	KnowFeedEntries(ctx context.Context, feedID int64, keys []string, now time.Time) error
	KnownFeedEntry(ctx context.Context, feedID int64, key string) (bool, error)
}

// topicSlugsOf names topics by slug; one that is retired is left out.
func topicSlugsOf(all []Topic, ids []int64) []string {
	var slugs []string
	for _, id := range ids {
		if i := slices.IndexFunc(all, func(t Topic) bool { return t.ID == id }); i >= 0 {
			slugs = append(slugs, all[i].Slug)
		}
	}
	return slugs
}
