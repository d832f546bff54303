package compose

import (
	"context"
	"fmt"
	"strings"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// deadlinesView is the letter of what closes within the week.
type deadlinesView struct {
	frame
	Heading string
	Lead    string
	Due     []dueView
	More    int // that the letter has no room for
	Links   []linkView
}

// dueView is one of them.
type dueView struct {
	Until, Left string
	Title, URL  string
	About       string
	Draft       string // address of the draft, "" for none
	First       bool
}

// mostDue is how many a letter names. A week in which more close has their page.
const mostDue = 25

// deadlines reminds a reader who wished for it of what closes within a week. It can
// be left like a digest (MAIL 9).
func (c *voice) deadlines(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	zone := c.zone
	if r.Subscriber.Zone != "" {
		zone = r.Subscriber.Location()
	}
	due, why, err := subscriptions.DeadlinesDue(ctx, c.store, d, r, subscriptions.DateOf(c.now().In(zone)))
	if err != nil {
		return nil, err
	}
	if len(due) == 0 {
		return nil, &mailer.Skip{Reason: why}
	}
	leave := c.keys.Issue(subscriptions.PurposeUnsubscribe, r.Subscriber.ID, 0, d.CreatedAt)
	preferences := c.link("preferences", c.keys.Issue(subscriptions.PurposePreferences, r.Subscriber.ID, 0, d.CreatedAt))
	v := deadlinesView{Heading: "Comments close soon", Lead: "Drafts in your topics can be commented on for a few days more.", More: max(0, len(due)-mostDue),
		Links: []linkView{{URL: c.id.URL("/deadlines"), Label: "All deadlines"}}}
	if len(due) == 1 {
		v.Lead = "A draft in your topics can be commented on for a few days more."
	}
	for i, one := range due[:min(len(due), mostDue)] {
		view := dueView{Until: r.Subscriber.Dates.Format(one.Until), Left: capital(daysLeft(one.DaysLeft)), Title: shorten(line(one.Item.Title), 200), URL: c.id.URL("/items/" + one.Item.Slug), First: i == 0}
		var about []string
		if s := one.Item.Standard; s != nil && s.Identifier != "" {
			about = append(about, shorten(line(s.Identifier), 60))
		}
		if one.Item.Issuer != "" {
			about = append(about, shorten(line(one.Item.Issuer), 100))
		}
		view.About = strings.Join(about, ", ")
		if draft := safe(one.Item.Comments.URL); len(draft) <= 500 {
			view.Draft = draft
		}
		v.Due = append(v.Due, view)
	}
	subject := fmt.Sprintf("%d drafts close for comments within a week", len(due))
	if len(due) == 1 {
		subject = "Comments close " + daysLeft(due[0].DaysLeft) + ": " + v.Due[0].Title
	}
	v.frame = c.frame(subject, v.Due[0].Title+", until "+v.Due[0].Until)
	v.Foot.Why = "You get this because you asked to be reminded of deadlines."
	v.Foot.Links = []linkView{{URL: preferences, Label: "Stop these reminders, or change topics"}, {URL: c.link("unsubscribe", leave), Label: "Unsubscribe from all"}}
	m, err := c.single("deadlines", shorten(v.Title, 180), v, d, r)
	if err != nil {
		return nil, err
	}
	m.Headers = []mailer.Header{{Name: "List-Unsubscribe", Value: "<" + c.link("unsubscribe", leave) + ">"},
		{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
	return m, nil
}

// capital begins a line.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
