package subscriptions

import (
	"context"
	"errors"
	"slices"
	"time"
)

// TodayStore answers what the first page of the desk asks.
type TodayStore interface {
	// OpenForComments gives published items whose comment period ends on the day or
	// later, the nearest first.
	OpenForComments(ctx context.Context, from Date, limit int) ([]Item, error)
	CountItems(ctx context.Context) (map[ItemState]int, error)
	// CountSuppressions counts those made since, by reason.
	CountSuppressions(ctx context.Context, since time.Time) (map[SuppressionReason]int, error)
	// Clock is the database's own clock; zero where it has none.
	Clock(ctx context.Context) (time.Time, error)
	// Room is the space left where the database lies.
	Room(ctx context.Context) (Room, error)
}

// TodayService puts the first page of the desk together.
type TodayService struct {
	Store    Store
	Editions *EditionService
	Now      func() time.Time
	Zone     *time.Location

	books booksCounter
}

// How much of each is shown, and how long a worker may be silent: as long as
// package mailer takes it for alive, and a page's time more.
const (
	todayEditions = 4
	todayRows     = 6
	todayNews     = 12
	workerSilent  = 15 * time.Second
)

// Today looks around for an editor whose session began at the moment.
func (s *TodayService) Today(ctx context.Context, editorID int64, began time.Time) (Today, error) {
	now := s.Now()
	t := Today{Date: DateOf(now.In(s.Zone))}
	var err error
	if t.Items, err = s.Store.CountItems(ctx); err != nil {
		return Today{}, err
	}
	all, err := s.Store.Dispatches(ctx)
	if err != nil {
		return Today{}, err
	}
	health, err := s.health(ctx, now, all)
	if err != nil {
		return Today{}, err
	}
	t.Checks = health.Checks()
	if t.Editions, err = s.editions(ctx, all); err != nil {
		return Today{}, err
	}
	webinars, err := s.Store.Webinars(ctx)
	if err != nil {
		return Today{}, err
	}
	for _, w := range webinars {
		if (w.State == WebinarAnnounced || w.State == WebinarLive) && now.Before(w.Ends) && len(t.Webinars) < todayRows {
			t.Webinars = append(t.Webinars, w)
		}
	}
	open, err := s.Store.OpenForComments(ctx, t.Date, todayRows)
	if err != nil {
		return Today{}, err
	}
	t.Deadlines = ClosingSoon(open, t.Date)
	if t.Since, err = s.before(ctx, editorID, began); err != nil {
		return Today{}, err
	}
	t.News, err = s.news(ctx, editorID, t.Since)
	return t, err
}

// editions are those that are not over, the earliest period first: it is the next
// to leave.
func (s *TodayService) editions(ctx context.Context, all []Edition) ([]EditionToday, error) {
	var open []EditionToday
	for _, e := range slices.Backward(all) {
		if e.State == EditionSent || e.State == EditionCancelled || len(open) == todayEditions {
			continue
		}
		one := EditionToday{Edition: e}
		content, err := s.Editions.Collect(ctx, e.ID)
		if err != nil && !errors.Is(err, ErrRefused) { // too many items: its own page says so
			return nil, err
		}
		one.Entries = len(content.Entries)
		if !e.StartedAt.IsZero() {
			if one.Books, _, err = s.books.count(ctx, s.Store, e.ID); err != nil {
				return nil, err
			}
		}
		open = append(open, one)
	}
	return open, nil
}

func (s *TodayService) health(ctx context.Context, now time.Time, editions []Edition) (Health, error) {
	h := Health{Now: now}
	workers, err := s.Store.Workers(ctx, now, workerSilent)
	if err != nil {
		return h, err
	}
	h.Workers = len(workers)
	if h.Open, err = s.Store.OpenMail(ctx); err != nil {
		return h, err
	}
	if h.OldestDue, err = s.Store.OldestDue(ctx, now); err != nil {
		return h, err
	}
	var last Edition
	for _, e := range editions {
		h.Sending = h.Sending || e.State == EditionSending
		if e.StartedAt.After(last.StartedAt) {
			last = e
		}
	}
	if last.ID != 0 {
		h.Last = &EditionToday{Edition: last}
		if h.Last.Books, h.Counted, err = s.books.count(ctx, s.Store, last.ID); err != nil {
			return h, err
		}
	}
	if h.Last != nil {
		h.Rate.Sent = h.Last.Books.Sent
		if h.Rate.Complaints, err = s.Store.CountComplaints(ctx, last.ID); err != nil {
			return h, err
		}
	}
	lost, err := s.Store.CountSuppressions(ctx, now.Add(-30*oneDay))
	if err != nil {
		return h, err
	}
	h.Bounced, h.Complaint = lost[SuppressedBounce], lost[SuppressedComplaint]
	if h.Room, err = s.Store.Room(ctx); err != nil {
		return h, err
	}
	newest, err := s.Store.AuditEvents(ctx, AuditFilter{Limit: 1})
	if err != nil {
		return h, err
	}
	if len(newest) > 0 {
		h.Ahead = newest[0].At.Sub(now)
	}
	clock, err := s.Store.Clock(ctx)
	if err == nil && !clock.IsZero() {
		h.Drift = clock.Sub(now)
	}
	return h, err
}

// before is when the editor signed in the time before this session; zero: never.
func (s *TodayService) before(ctx context.Context, editorID int64, began time.Time) (time.Time, error) {
	const read = 20 // they may have signed in elsewhere since
	events, err := s.Store.AuditEvents(ctx, AuditFilter{EditorID: editorID, Action: "session.begin", Limit: read})
	for _, e := range events {
		if e.At.Before(began) {
			return e.At, err
		}
	}
	return time.Time{}, err
}

// news is what others did, without what the log holds for the record only:
// signing in and out.
func (s *TodayService) news(ctx context.Context, editorID int64, since time.Time) ([]AuditEvent, error) {
	const read = 200
	events, err := s.Store.AuditEvents(ctx, AuditFilter{From: since, Limit: read})
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e AuditEvent) bool {
		return e.EditorID == editorID || e.About == "" || hasNoun(e.Action, "session")
	})
	return events[:min(len(events), todayNews)], nil
}

func hasNoun(action, noun string) bool {
	return len(action) > len(noun) && action[:len(noun)] == noun && action[len(noun)] == '.'
}
