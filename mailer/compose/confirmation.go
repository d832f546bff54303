package compose

import (
	"context"
	"fmt"
	"slices"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type confirmationView struct {
	frame
	Topics     []topicView
	ConfirmURL string
	Until      string
	Wording    string
}

// confirmation asks whether it was really the owner of the mailbox who signed
// up. RefID is the consent that was given. Nothing in it was typed by whoever
// signed up (MAIL 16).
func (c *Composer) confirmation(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	consent, err := c.store.FindConsent(ctx, d.RefID)
	if err != nil {
		return nil, err
	}
	if consent.SubscriberID != d.SubscriberID {
		return nil, fmt.Errorf("consent %d belongs to subscriber %d, not %d", consent.ID, consent.SubscriberID, d.SubscriberID)
	}
	all, err := c.store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var topics []topicView
	for _, t := range all {
		if slices.Contains(consent.Topics, t.Slug) {
			topics = append(topics, viewTopic(t))
		}
	}
	if len(topics) == 0 {
		return nil, &mailer.Skip{Reason: "none of the topics exists any more"}
	}
	// Signed as of the delivery, so that every attempt carries the same link.
	token := c.keys.Issue(subscriptions.PurposeConfirm, d.SubscriberID, consent.ID, d.CreatedAt)
	now := c.now()
	claims, err := c.keys.Parse(subscriptions.PurposeConfirm, token, now)
	if err != nil {
		return nil, &mailer.Skip{Reason: "the link would have expired before it arrived"}
	}
	wording, _ := subscriptions.WordingText(consent.Wording)
	v := confirmationView{Topics: topics, ConfirmURL: c.link("confirm", token), Wording: line(wording),
		Until: day(claims.Expires.In(c.zone))}
	v.frame = c.frame("Confirm your topics", "One click, and the letters begin. If this was not you, do nothing.")
	return c.single("confirmation", v.Title+" at "+line(c.id.Site), v, d, r)
}

// single builds a mail that is nobody else's: a body without slots.
func (c *Composer) single(mail, subject string, view any, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	b := c.body(mail, subject)
	var err error
	if b.Text, b.HTML, err = c.texts(mail, view, softLimit); err != nil {
		return nil, err
	}
	m := c.message(d, r, c.now())
	m.Body = b
	return m, nil
}
