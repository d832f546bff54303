package compose

import (
	"context"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type addressView struct {
	frame
	ConfirmURL string
	Until      string
}

// newAddress asks whether the owner of a mailbox wants somebody's letters to come
// there. RefID is the change of address. It names neither the person nor the
// address before: whoever typed this one may have mistyped it (MAIL 16).
func (c *voice) newAddress(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	change, err := c.store.FindAddressChange(ctx, d.RefID)
	if err != nil {
		return nil, err
	}
	if !change.Open() || change.SubscriberID != d.SubscriberID || change.Address != d.Address {
		return nil, &mailer.Skip{Reason: "another request took its place"}
	}
	if err := c.barred(ctx, d.Address); err != nil {
		return nil, err
	}
	token := c.keys.Issue(subscriptions.PurposeAddress, d.SubscriberID, change.ID, d.CreatedAt)
	claims, err := c.keys.Parse(subscriptions.PurposeAddress, token, c.now())
	if err != nil {
		return nil, &mailer.Skip{Reason: "the link would have expired before it arrived"}
	}
	v := addressView{ConfirmURL: c.link("address", token), Until: dayAs(claims.Expires.In(c.zoneOf(r.Subscriber)), r.Subscriber.Dates)}
	v.frame = c.frame("Confirm this address", "One press, and the letters come here. If this was not you, do nothing.")
	return c.single("address", v.Title+" · "+line(c.id.Site), v, d, r)
}

type movedView struct {
	frame
	Masked     string // the address letters go to now
	On         string
	Back       bool   // to the address before
	RestoreURL string // "" then
	Until      string
	Contact    string
}

// moved tells the address that was left where letters go now, and what to do if
// that was not its owner's wish. After a change was taken back there is no second
// link to take that back as well: the two would go on for ever.
func (c *voice) moved(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	change, err := c.store.FindAddressChange(ctx, d.RefID)
	if err != nil {
		return nil, err
	}
	if change.ConfirmedAt.IsZero() || change.SubscriberID != d.SubscriberID {
		return nil, &mailer.Skip{Reason: "the address was not changed"}
	}
	if err := c.barred(ctx, d.Address); err != nil {
		return nil, err
	}
	zone, style := c.zoneOf(r.Subscriber), r.Subscriber.Dates
	v := movedView{Masked: subscriptions.MaskAddress(change.Address), On: dayAs(change.ConfirmedAt.In(zone), style), Contact: line(c.id.Reply()), Back: change.Restores != 0}
	if c.id.Contact != "" {
		v.Contact = line(c.id.Contact)
	}
	token := c.keys.Issue(subscriptions.PurposeRestore, d.SubscriberID, change.ID, d.CreatedAt)
	if claims, err := c.keys.Parse(subscriptions.PurposeRestore, token, c.now()); err == nil && !v.Back {
		v.RestoreURL, v.Until = c.link("restore", token), dayAs(claims.Expires.In(zone), style)
	}
	v.frame = c.frame("Your letters go to another address", "Was this not you? Here is what to do.")
	return c.single("moved", v.Title+" · "+line(c.id.Site), v, d, r)
}

// barred is a *mailer.Skip when the address must not be mailed. The worker looks
// only at the person's own. Who asked to be forgotten may be asked, as after a
// sign-up: only the owner of the mailbox can say yes.
func (c *Composer) barred(ctx context.Context, address string) error {
	hash := c.keys.HashAddress(address)
	found, err := c.store.Suppressions(ctx, []string{hash})
	if err != nil {
		return err
	}
	if s, ok := found[hash]; ok && s.Reason != subscriptions.SuppressedErased {
		return &mailer.Skip{Reason: "suppressed"}
	}
	return nil
}
