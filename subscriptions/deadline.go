package subscriptions

import (
	"context"
	"slices"
)

// Deadline is the last day for comments on an item.
type Deadline struct {
	Item     Item
	Until    Date
	DaysLeft int // 0 is the last day
}

// soonDays is how far ahead "closing soon" looks: the time a national mirror
// committee needs to agree on a comment.
const soonDays = 60

// ClosingSoon gives the items that can still be commented on within the next
// sixty days, the nearest deadline first. What has passed is left out: a letter
// that asks for comments on a closed draft costs trust.
func ClosingSoon(items []Item, today Date) []Deadline {
	var soon []Deadline
	for _, i := range items {
		if i.Comments == nil {
			continue
		}
		if left := today.DaysUntil(i.Comments.Until); left >= 0 && left <= soonDays {
			soon = append(soon, Deadline{Item: i, Until: i.Comments.Until, DaysLeft: left})
		}
	}
	slices.SortStableFunc(soon, func(a, b Deadline) int { return a.Until.Compare(b.Until) })
	return soon
}

// DeadlineFilter selects public items with a deadline: published ones in an
// edition that has begun to leave.
type DeadlineFilter struct {
	From   Date    // until this day or later, the nearest first
	Before Date    // or until before this day, the latest first
	Topics []int64 // in one of them; none means all
	Limit  int     // 0 means 500
	Offset int

	Withdrawn bool // the withdrawn items too
}

// DeadlineStore reads deadlines. They are told as they are now and not as an
// edition froze them: a deadline that was extended is extended.
type DeadlineStore interface {
	PublicDeadlines(ctx context.Context, f DeadlineFilter) ([]Item, error)
	CountPublicDeadlines(ctx context.Context, f DeadlineFilter) (int, error)
}

// DeadlinePage is what the public page of deadlines shows.
type DeadlinePage struct {
	Topic  *Topic // that it is narrowed to, nil for all
	Topics []Topic
	Open   []Deadline // the nearest first
	Closed []Deadline // the latest first
	Paging            // of the closed
}

// closedPage is how many closed ones stand on a page, and mostOpen how many open
// ones there may be.
const (
	closedPage = 25
	mostOpen   = 500
)

// Deadlines reads a page of those closed, and on the first one all that are open,
// of a topic or of all.
func (s *ArchiveService) Deadlines(ctx context.Context, topic *Topic, page int) (DeadlinePage, error) {
	today := DateOf(s.Now())
	p := DeadlinePage{Topic: topic}
	var err error
	if p.Topics, err = s.Store.Topics(ctx); err != nil {
		return p, err
	}
	var topics []int64
	if topic != nil {
		topics = []int64{topic.ID}
	}
	closed := DeadlineFilter{Before: today, Topics: topics, Limit: closedPage}
	total, err := s.Store.CountPublicDeadlines(ctx, closed)
	if err != nil {
		return p, err
	}
	p.Paging = newPaging(page, total, closedPage)
	closed.Offset = p.offset()
	if p.Closed, err = s.deadlines(ctx, closed, today); err != nil || p.Page > 1 {
		return p, err
	}
	p.Open, err = s.deadlines(ctx, DeadlineFilter{From: today, Topics: topics, Limit: mostOpen}, today)
	return p, err
}

func (s *ArchiveService) deadlines(ctx context.Context, f DeadlineFilter, today Date) ([]Deadline, error) {
	items, err := s.Store.PublicDeadlines(ctx, f)
	all := make([]Deadline, len(items))
	for i, item := range items {
		all[i] = Deadline{Item: item, Until: item.Comments.Until, DaysLeft: today.DaysUntil(item.Comments.Until)}
	}
	return all, err
}

// keepInCalendar is how long a deadline stays in the calendar after its day.
const keepInCalendar = 90

// CalendarDeadlines are those a calendar shows: all that are open, and those of the
// last three months. What was withdrawn is among them, to be shown as cancelled.
func (s *ArchiveService) CalendarDeadlines(ctx context.Context, topics TopicSet) ([]Deadline, error) {
	today := DateOf(s.Now())
	return s.deadlines(ctx, DeadlineFilter{From: today.AddDays(-keepInCalendar), Topics: topics, Limit: mostOpen, Withdrawn: true}, today)
}
