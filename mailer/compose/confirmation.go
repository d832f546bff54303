package compose

import (
	"context"
	"fmt"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type confirmationView struct {
	frame
	Topics     []topicView
	These      string // "this topic", "these topics"
	Already    bool   // they get letters, and asked for more
	Button     string
	ConfirmURL string
	ChangeURL  string // of their preferences, when they get letters
	Newest     bool
	Until      string
	Wording    string
}

// confirmation asks whether it was really the owner of the mailbox who signed
// up. Nothing in it was typed by whoever signed up (MAIL 16).
//
// It asks about all that waits for a confirmation by now: one letter a day goes to
// an address, and a second form may have come before it leaves (RefID is the consent
// that the first one gave). A form after that is told of by the page behind the
// link, which names the last consent that the letter knew.
//
// Who gets letters already is told so, with the topics that were asked for behind
// one link and their preferences behind another; the page said the same to all
// (MAIL 15).
func (c *voice) confirmation(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	past, err := c.store.Consents(ctx, d.SubscriberID)
	if err != nil {
		return nil, err
	}
	rows, err := c.store.Subscriptions(ctx, d.SubscriberID)
	if err != nil {
		return nil, err
	}
	consent, pending := subscriptions.Asked(past, rows)
	if consent.ID < d.RefID {
		return nil, fmt.Errorf("consent %d is not one of subscriber %d", d.RefID, d.SubscriberID)
	}
	all, err := c.store.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var topics []topicView
	for _, t := range all {
		if pending.Has(t.ID) && !r.Chosen.Has(t.ID) {
			topics = append(topics, viewTopic(t))
		}
	}
	if len(topics) == 0 {
		return nil, &mailer.Skip{Reason: "nothing waits for a confirmation any more"}
	}
	// Signed as of the delivery, so that every attempt carries the same link.
	token := c.keys.Issue(subscriptions.PurposeConfirm, d.SubscriberID, consent.ID, d.CreatedAt)
	now := c.now()
	claims, err := c.keys.Parse(subscriptions.PurposeConfirm, token, now)
	if err != nil {
		return nil, &mailer.Skip{Reason: "the link would have expired before it arrived"}
	}
	wording, err := subscriptions.FindWording(ctx, c.store, consent.Wording)
	if err != nil {
		return nil, err
	}
	v := confirmationView{Topics: topics, These: these(len(topics)), ConfirmURL: c.link("confirm", token), Wording: line(wording),
		Newest: consent.Newest, Until: dayAs(claims.Expires.In(c.zoneOf(r.Subscriber)), r.Subscriber.Dates)}
	if r.Subscriber.EndedAt.IsZero() && !r.Subscriber.ConfirmedAt.IsZero() && len(r.Chosen) > 0 {
		v.Already = true
		v.ChangeURL = c.link("preferences", c.keys.IssueOwn(r.Subscriber.ID, d.CreatedAt))
		v.Button = "Add it to my letters"
		if len(topics) > 1 {
			v.Button = "Add them to my letters"
		}
		v.frame = c.frame("You are subscribed already", "Here is your link, and one to add the topics that were asked for.")
		return c.single("confirmation", v.Title+" · "+line(c.id.Site), v, d, r)
	}
	v.Button = line(c.id.Text("confirmation.button"))
	v.frame = c.frame("Confirm your topics", "One click, and the letters begin. If this was not you, do nothing.")
	return c.single("confirmation", v.Title+" at "+line(c.id.Site), v, d, r)
}

func these(n int) string {
	if n == 1 {
		return "this topic"
	}
	return "these topics"
}

// single builds a mail that is nobody else's: a body without slots.
func (c *voice) single(mail, subject string, view any, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	b := c.body(mail, subject)
	var err error
	if b.Text, b.HTML, err = c.texts(mail, view, softLimit); err != nil {
		return nil, err
	}
	m := c.message(d, r, c.now())
	m.Body = b
	return m, nil
}

// PreviewConfirmation composes the letter that asks a person about topics, with a
// link that opens nothing: to see what it looks like.
func (c *Composer) PreviewConfirmation(r subscriptions.Recipient, topics []subscriptions.Topic) (*mailer.Message, error) {
	speaks, err := c.voice(context.Background())
	if err != nil {
		return nil, err
	}
	v := confirmationView{These: these(len(topics)), ConfirmURL: speaks.link("confirm", "preview"), Wording: line(speaks.id.Consent().Text),
		Until: dayAs(c.now().In(speaks.zone).AddDate(0, 0, 7), r.Subscriber.Dates)}
	for _, t := range topics {
		v.Topics = append(v.Topics, viewTopic(t))
	}
	v.Button = line(speaks.id.Text("confirmation.button"))
	v.frame = speaks.frame("Confirm your topics", "One click, and the letters begin. If this was not you, do nothing.")
	d := subscriptions.Delivery{Kind: subscriptions.KindConfirmation, Key: "preview", CreatedAt: c.now()}
	return speaks.single("confirmation", v.Title+" at "+line(speaks.id.Site), v, d, r)
}
