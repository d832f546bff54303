package compose

import (
	"context"

	"sesec.eu/tidings/subscriptions"
)

// The sample of a reminder of deadlines: the entries of the content that are open for
// comments, or the first of it, made so.

func (s sampleStore) WantsDeadlines(context.Context, int64) (bool, error) { return true, nil }

// DeadlinesOf names the entries, a few days apart.
func (s sampleStore) DeadlinesOf(_ context.Context, id int64, on subscriptions.Date) ([]subscriptions.DeadlineReminder, error) {
	var all []subscriptions.DeadlineReminder
	for n, e := range s.content.Entries {
		all = append(all, subscriptions.DeadlineReminder{SubscriberID: id, ItemID: e.ID, Until: s.closes(n), Day: on})
	}
	return all, nil
}

func (s sampleStore) closes(n int) subscriptions.Date {
	return subscriptions.DateOf(s.at).AddDays(1 + n%7)
}

// FindItem gives an entry, open until its day.
func (s sampleStore) FindItem(_ context.Context, id int64) (subscriptions.Item, error) {
	for n, e := range s.content.Entries {
		if e.ID != id {
			continue
		}
		e.State = subscriptions.ItemPublished
		period := subscriptions.CommentPeriod{Until: s.closes(n)}
		if e.Comments != nil {
			period.URL = e.Comments.URL
		}
		e.Comments = &period
		return e, nil
	}
	return subscriptions.Item{}, subscriptions.ErrNotFound
}
