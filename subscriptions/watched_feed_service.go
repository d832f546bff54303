package subscriptions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// WatchService watches feeds.
type WatchService struct {
	Store   Store
	Imports *ImportService
	Reader  FeedReader
	Now     func() time.Time
}

// Try gets a feed once and changes nothing.
func (s *WatchService) Try(ctx context.Context, url string) (FeedAnswer, error) {
	return s.Reader.ReadFeed(ctx, strings.TrimSpace(url), "", "")
}

// NewFeed is what an editor says of a feed to watch.
type NewFeed struct {
	URL    string
	Title  string   // "" for the feed's own
	Topics []string // slugs
	Every  time.Duration
	// FromNow leaves what the feed holds today alone: only later entries become
	// drafts.
	FromNow bool
}

// Watch begins to watch a feed. It is looked at once, and refused when that
// fails.
func (s *WatchService) Watch(ctx context.Context, by Actor, n NewFeed) (WatchedFeed, error) {
	answer, err := s.Try(ctx, n.URL)
	if err != nil {
		return WatchedFeed{}, err
	}
	var f WatchedFeed
	err = s.Store.InTx(ctx, func(tx Store) error {
		now := s.Now()
		topics, err := tx.Topics(ctx)
		if err != nil {
			return err
		}
		picked, err := pickTopics(topics, n.Topics)
		if err != nil {
			return err
		}
		f = WatchedFeed{URL: strings.TrimSpace(n.URL), Title: cmp.Or(strings.TrimSpace(n.Title), answer.Import.Title, strings.TrimSpace(n.URL)), Every: n.Every, CreatedAt: now}
		if f.Title = strings.Join(strings.Fields(f.Title), " "); len([]rune(f.Title)) > maxTitle {
			f.Title = string([]rune(f.Title)[:maxTitle])
		}
		for _, t := range picked {
			f.Topics = append(f.Topics, t.ID)
		}
		if err := f.Validate(); err != nil {
			return err
		}
		all, err := tx.Feeds(ctx)
		if err != nil {
			return err
		}
		watched := 0
		for _, other := range all {
			if !other.EndedAt.IsZero() {
				continue
			}
			if watched++; NormalLink(other.URL) == NormalLink(f.URL) {
				return &Error{Code: Conflict, Field: "url", Message: "this feed is watched already, as " + other.Title, Hint: "Look for it in the list of feeds."}
			}
		}
		if watched >= maxFeeds {
			return refused("%d feeds are watched already", maxFeeds).hint("End one that nobody needs.")
		}
		if err := tx.AddFeed(ctx, &f); err != nil {
			return err
		}
		if err := s.auditFeed(ctx, tx, by, f, "feed.watch", f.URL+", "+f.Pace()); err != nil {
			return err
		}
		if n.FromNow {
			if err := tx.KnowFeedEntries(ctx, f.ID, keysOf(answer.Import), now); err != nil {
				return err
			}
			answer.Import = Import{}
		}
		_, err = s.bring(ctx, tx, by, &f, answer)
		return err
	})
	return f, err
}

// Look looks at a feed now, whatever the clock says, and tells which import it
// made: zero when there was nothing new. A feed that cannot be read is no error
// of ours: its row says what is wrong, and so does the answer.
func (s *WatchService) Look(ctx context.Context, by Actor, id int64) (WatchedFeed, ImportRun, error) {
	f, err := s.Store.FindFeed(ctx, id)
	if err != nil {
		return f, ImportRun{}, err
	}
	if f.State() == FeedEnded {
		return f, ImportRun{}, refused("the feed %s is not watched any more", f.Title).hint("Watch it anew.")
	}
	answer, failure := s.Reader.ReadFeed(ctx, f.URL, f.ETag, f.LastModified)
	if failure != nil && ctx.Err() != nil {
		return f, ImportRun{}, ctx.Err() // we were told to stop; the feed is not at fault
	}
	var run ImportRun
	err = s.Store.InTx(ctx, func(tx Store) (err error) {
		if f, err = tx.FindFeed(ctx, id); err != nil { // held: two looks come one after the other
			return err
		}
		if failure == nil {
			run, err = s.bring(ctx, tx, by, &f, answer)
			if err == nil || CodeOf(err) != Invalid {
				return err
			}
			failure = err // too much of it, say
		}
		f.failed(s.Now(), sentenceOf(failure))
		return tx.UpdateFeed(ctx, f)
	})
	if err == nil && failure != nil && CodeOf(failure) == Internal {
		err = failure
	}
	return f, run, err
}

// bring makes drafts of what is new in an answer, and remembers it.
func (s *WatchService) bring(ctx context.Context, tx Store, by Actor, f *WatchedFeed, answer FeedAnswer) (run ImportRun, err error) {
	fresh := Import{Title: answer.Import.Title, Findings: answer.Import.Findings}
	for _, d := range answer.Import.Items {
		known, err := tx.KnownFeedEntry(ctx, f.ID, d.Key)
		if err != nil {
			return run, err
		}
		if !known {
			fresh.Items = append(fresh.Items, d)
		}
	}
	if len(fresh.Items) > 0 {
		topics, err := tx.Topics(ctx)
		if err != nil {
			return run, err
		}
		slugs := topicSlugsOf(topics, f.Topics)
		if len(slugs) == 0 {
			return run, invalid("topics", "the topics of the feed are not offered any more").hint("End it, and watch it anew with topics that are.")
		}
		for n := range fresh.Items {
			fresh.Items[n].Item.Origin = "feed " + f.Title
		}
		from := ImportSource{Kind: ImportFeed, Name: f.Title, FeedID: f.ID, Topics: slugs}
		prepared, entries, err := s.Imports.prepare(ctx, tx, by, fresh, from)
		if err != nil {
			return run, err
		}
		if err := s.Imports.takeIn(ctx, tx, by, &prepared, entries, nil); err != nil {
			return run, err
		}
		run = prepared
		// The faulty too: the report has them, and one report is enough.
		if err := tx.KnowFeedEntries(ctx, f.ID, keysOf(fresh), s.Now()); err != nil {
			return run, err
		}
	}
	if !answer.Known {
		f.ETag, f.LastModified = answer.ETag, answer.LastModified
	}
	f.looked(s.Now(), run.Counts.New > 0)
	return run, tx.UpdateFeed(ctx, *f)
}

// LookDue looks at the feeds that are due, and says how many it looked at. One
// that fails does not keep the others.
func (s *WatchService) LookDue(ctx context.Context) (int, error) {
	feeds, err := s.Store.DueFeeds(ctx, s.Now(), maxFeeds)
	if err != nil {
		return 0, err
	}
	var faults []error
	looked := 0
	for _, f := range feeds {
		if ctx.Err() != nil {
			return looked, ctx.Err()
		}
		if _, _, err := s.Look(ctx, BySchedule, f.ID); err != nil {
			faults = append(faults, fmt.Errorf("look at feed %d: %w", f.ID, err))
			continue
		}
		looked++
	}
	return looked, errors.Join(faults...)
}

// Pause stops looking until Resume.
func (s *WatchService) Pause(ctx context.Context, by Actor, id int64) (WatchedFeed, error) {
	return s.change(ctx, by, id, "feed.pause", func(f *WatchedFeed) { f.PausedAt = s.Now() })
}

// Resume goes on; the feed is due at once.
func (s *WatchService) Resume(ctx context.Context, by Actor, id int64) (WatchedFeed, error) {
	return s.change(ctx, by, id, "feed.resume", func(f *WatchedFeed) { f.PausedAt, f.NextAt, f.Failures = time.Time{}, s.Now(), 0 })
}

// End stops watching for good. The drafts it brought stay.
func (s *WatchService) End(ctx context.Context, by Actor, id int64) (WatchedFeed, error) {
	return s.change(ctx, by, id, "feed.end", func(f *WatchedFeed) { f.EndedAt = s.Now() })
}

func (s *WatchService) change(ctx context.Context, by Actor, id int64, action string, move func(*WatchedFeed)) (f WatchedFeed, err error) {
	err = s.Store.InTx(ctx, func(tx Store) error {
		if f, err = tx.FindFeed(ctx, id); err != nil {
			return err
		}
		if !f.EndedAt.IsZero() {
			return refused("the feed %s is not watched any more", f.Title).hint("Watch it anew.")
		}
		was := f.State()
		move(&f)
		if err := tx.UpdateFeed(ctx, f); err != nil {
			return err
		}
		return s.auditFeed(ctx, tx, by, f, action, fmt.Sprintf("state %s → %s", was, f.State()))
	})
	return f, err
}

func (s *WatchService) auditFeed(ctx context.Context, tx Store, by Actor, f WatchedFeed, action, detail string) error {
	return audit(ctx, tx, by, s.Now(), action, "feed:"+strconv.FormatInt(f.ID, 10), f.Title, detail)
}

func keysOf(in Import) []string {
	keys := make([]string, len(in.Items))
	for n, d := range in.Items {
		keys[n] = d.Key
	}
	return keys
}
