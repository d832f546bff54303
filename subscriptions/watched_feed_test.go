package subscriptions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// reader stands for the network: it answers what the test says.
type reader struct {
	answer subscriptions.FeedAnswer
	err    error
	etags  []string // that it was asked with
}

func (r *reader) ReadFeed(_ context.Context, _, etag, _ string) (subscriptions.FeedAnswer, error) {
	r.etags = append(r.etags, etag)
	return r.answer, r.err
}

// holds makes it a feed of entries with these titles.
func (r *reader) holds(etag string, titles ...string) {
	r.answer, r.err = subscriptions.FeedAnswer{ETag: etag, Import: subscriptions.Import{Title: "Notices"}}, nil
	for _, title := range titles {
		d := draft(title)
		d.TopicSlugs, d.Key = nil, "key of "+title
		r.answer.Import.Items = append(r.answer.Import.Items, d)
	}
}

func (h *house) watching(t testing.TB, r *reader) *subscriptions.WatchService {
	t.Helper()
	return &subscriptions.WatchService{Store: h.store, Imports: h.imports, Reader: r, Now: h.clock}
}

var notices = subscriptions.NewFeed{URL: "https://example.org/feed", Topics: []string{"cybersecurity", "iot"}, Every: time.Hour}

func TestAWatchedFeedBringsWhatIsNewOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, r := t.Context(), &reader{}
		watch := h.watching(t, r)
		r.holds(`"1"`, "One", "Two")
		f, err := watch.Watch(ctx, editor, notices)
		must(t, err)
		same(t, "Notices", f.Title)
		same(t, "one draft, two draft", h.kept(t))
		one, err := h.store.FindItemBySlug(ctx, "one")
		must(t, err)
		same(t, []int64{h.topics["cybersecurity"].ID, h.topics["iot"].ID}, one.Topics)
		same(t, "feed Notices", one.Origin)

		looked, err := watch.LookDue(ctx)
		must(t, err)
		same(t, 0, looked) // not due yet
		h.wait(time.Hour)
		r.holds(`"2"`, "Three", "Two", "One")
		looked, err = watch.LookDue(ctx)
		must(t, err)
		same(t, 1, looked)
		same(t, "one draft, two draft, three draft", h.kept(t))
		same(t, `"1"`, r.etags[len(r.etags)-1])

		// What was taken back does not come again with the next look.
		runs, err := h.store.Imports(ctx, 0, 0)
		must(t, err)
		same(t, 2, len(runs))
		same(t, "schedule", runs[0].By)
		same(t, f.ID, runs[0].FeedID)
		_, err = h.imports.Undo(ctx, editor, runs[0].ID)
		must(t, err)
		h.wait(time.Hour)
		_, err = watch.LookDue(ctx)
		must(t, err)
		same(t, "one draft, two draft", h.kept(t))
		h.wait(time.Hour)
		r.answer = subscriptions.FeedAnswer{Known: true}
		f, run, err := watch.Look(ctx, editor, f.ID)
		must(t, err)
		same(t, `"2"`, f.ETag)
		same(t, int64(0), run.ID)
	})
}

// Two entries of the same title are two items; the slug of one has a number.
func TestEntriesOfOneTitleAreKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := &reader{}
		r.holds("", "Weekly notice", "公告")
		more := r.answer.Import.Items[0]
		more.Key = "another"
		r.answer.Import.Items = append(r.answer.Import.Items, more, more)
		_, err := h.watching(t, r).Watch(t.Context(), editor, notices)
		must(t, err)
		same(t, "weekly-notice draft, item draft, weekly-notice-2 draft", h.kept(t))
		same(t, "Weekly notice taken; 公告 taken; Weekly notice taken; Weekly notice known (It stands in the feed twice.)", h.entries(t, 1))
	})
}

func TestAFeedMayBeginWithWhatComesNext(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, r := t.Context(), &reader{}
		watch := h.watching(t, r)
		r.holds("", "One")
		fromNow := notices
		fromNow.FromNow, fromNow.Title = true, "Our name for it"
		f, err := watch.Watch(ctx, editor, fromNow)
		must(t, err)
		same(t, "Our name for it", f.Title)
		same(t, "", h.kept(t))
		r.holds("", "Two", "One")
		_, run, err := watch.Look(ctx, editor, f.ID)
		must(t, err)
		same(t, 1, run.Counts.New)
		same(t, "two draft", h.kept(t))
	})
}

func TestAFeedThatFailsIsLookedAtLessOften(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, r := t.Context(), &reader{}
		watch := h.watching(t, r)
		r.holds("", "One")
		f, err := watch.Watch(ctx, editor, notices)
		must(t, err)
		r.err = &subscriptions.Error{Code: subscriptions.Unavailable, Message: "the server answered 500", Hint: "Try again later."}
		for _, want := range []time.Duration{2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 32 * time.Hour, 64 * time.Hour, 128 * time.Hour, 168 * time.Hour, 168 * time.Hour, 168 * time.Hour} {
			h.wait(7 * 24 * time.Hour)
			_, err = watch.LookDue(ctx)
			must(t, err)
			f, err = h.store.FindFeed(ctx, f.ID)
			must(t, err)
			same(t, want, f.NextAt.Sub(h.clock()))
		}
		same(t, "The server answered 500. Try again later.", f.Fault)
		same(t, 10, f.Failures)
		same(t, subscriptions.FeedFailing, f.State())
		r.holds("", "One", "Two")
		f, _, err = watch.Look(ctx, editor, f.ID)
		must(t, err)
		same(t, subscriptions.FeedWatched, f.State())
		same(t, time.Hour, f.NextAt.Sub(h.clock()))
		same(t, "", f.Fault)
		same(t, "one draft, two draft", h.kept(t))
	})
}

func TestAFeedIsPausedResumedAndEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, r := t.Context(), &reader{}
		watch := h.watching(t, r)
		r.holds("", "One")
		f, err := watch.Watch(ctx, editor, notices)
		must(t, err)
		_, err = watch.Watch(ctx, editor, subscriptions.NewFeed{URL: "http://www.example.org/feed/", Topics: []string{"iot"}, Every: time.Hour})
		fails(t, err, subscriptions.Conflict)
		_, err = watch.Pause(ctx, editor, f.ID)
		must(t, err)
		h.wait(48 * time.Hour)
		looked, err := watch.LookDue(ctx)
		must(t, err)
		same(t, 0, looked)
		_, err = watch.Resume(ctx, editor, f.ID)
		must(t, err)
		looked, err = watch.LookDue(ctx)
		must(t, err)
		same(t, 1, looked)
		f, err = watch.End(ctx, editor, f.ID)
		must(t, err)
		same(t, subscriptions.FeedEnded, f.State())
		_, _, err = watch.Look(ctx, editor, f.ID)
		fails(t, err, subscriptions.Refused)
		_, err = watch.Resume(ctx, editor, f.ID)
		fails(t, err, subscriptions.Refused)
		_, err = watch.Watch(ctx, editor, notices) // anew
		must(t, err)
		same(t, "one draft, one-2 draft", h.kept(t))
		log := h.audited(t, "feed.")
		for _, want := range []string{"Mei Lin feed.watch feed:1 Notices: https://example.org/feed, every hour", "feed.pause feed:1 Notices: state watched → paused",
			"feed.resume feed:1 Notices: state paused → watched", "feed.end feed:1 Notices: state watched → ended"} {
			if !strings.Contains(log, want) {
				t.Errorf("the log has no %q:\n%s", want, log)
			}
		}
	})
}

func TestAFeedThatCannotBeWatchedIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, r := t.Context(), &reader{}
		watch := h.watching(t, r)
		r.holds("", "One")
		for name, change := range map[string]func(*subscriptions.NewFeed){
			"no topic":      func(n *subscriptions.NewFeed) { n.Topics = nil },
			"unknown topic": func(n *subscriptions.NewFeed) { n.Topics = []string{"nosuch"} },
			"too often":     func(n *subscriptions.NewFeed) { n.Every = time.Minute },
			"too rarely":    func(n *subscriptions.NewFeed) { n.Every = 30 * 24 * time.Hour },
		} {
			n := notices
			change(&n)
			if _, err := watch.Watch(ctx, editor, n); subscriptions.CodeOf(err) != subscriptions.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.err = &subscriptions.Error{Code: subscriptions.Refused, Message: "no"}
		_, err := watch.Watch(ctx, editor, notices)
		fails(t, err, subscriptions.Refused)
		feeds, err := h.store.Feeds(ctx)
		must(t, err)
		same(t, 0, len(feeds))
		same(t, "", h.kept(t))
	})
}
