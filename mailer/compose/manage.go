package compose

import (
	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type manageView struct {
	frame
	Already        bool
	ChangeURL      string
	UnsubscribeURL string
}

// manage sends the links by which a person looks after their subscription:
// because somebody asked for them (RefID ManageAsked), or signed up with an
// address that is subscribed already (ManageAlready). The page said the same in
// both cases, so only the owner of the mailbox learns which it was (MAIL 15).
func (c *voice) manage(d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	v := manageView{
		Already: d.RefID == subscriptions.ManageAlready,
		// Signed as of the delivery, so that every attempt carries the same links.
		ChangeURL:      c.link("preferences", c.keys.IssueOwn(r.Subscriber.ID, d.CreatedAt)),
		UnsubscribeURL: c.link("unsubscribe", c.keys.Issue(subscriptions.PurposeUnsubscribe, r.Subscriber.ID, 0, d.CreatedAt)),
	}
	title, preheader := "Your link", "See or change your topics, or leave."
	if v.Already {
		title, preheader = "You are subscribed already", "Nothing was changed. Here you can see your topics."
	}
	v.frame = c.frame(title, preheader)
	return c.single("manage", title+" · "+line(c.id.Site), v, d, r)
}
