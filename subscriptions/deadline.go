package subscriptions

import "slices"

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
