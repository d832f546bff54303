package calendar

import (
	"fmt"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// deadlineAlarm is when a calendar rings: a week before, in the morning of that
// day as most programs take it.
const deadlineAlarm = 7 * 24 * time.Hour

// Deadline is the last day for comments on an item, as a whole day. Its SEQUENCE
// is the number of times the item was saved, so that a deadline that was extended
// moves in the calendars that have it.
func Deadline(d subscriptions.Deadline, topics []subscriptions.Topic, id subscriptions.Identity) Event {
	item := d.Item
	link := id.URL("/items/" + item.Slug)
	day := d.Until.In(time.UTC)
	e := Event{UID: fmt.Sprintf("deadline-%d@%s", item.ID, id.Domain()), Sequence: int(item.Version), Stamp: item.UpdatedAt, Starts: day, Ends: day, AllDay: true,
		Title: "Comments close: " + item.Title, URL: link, Cancelled: item.State == subscriptions.ItemWithdrawn, Alarms: []time.Duration{deadlineAlarm}}
	if e.Cancelled {
		e.Sequence++ // it is no save
		e.Title = "Withdrawn: " + item.Title
	}
	var about []string
	if s := item.Standard; s != nil && s.Identifier != "" {
		about = append(about, s.Identifier)
	}
	if item.Issuer != "" {
		about = append(about, item.Issuer)
	}
	if len(about) > 0 {
		e.Description = strings.Join(about, ", ") + "\n\n"
	}
	if item.Comments != nil && item.Comments.URL != "" {
		e.Description += "The draft: " + item.Comments.URL + "\n"
	}
	e.Description += link
	for _, t := range topics {
		for _, topic := range item.Topics {
			if t.ID == topic {
				e.Categories = append(e.Categories, t.Name)
			}
		}
	}
	return e
}
