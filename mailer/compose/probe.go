package compose

import (
	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type probeView struct {
	frame
	AliveURL       string
	UnsubscribeURL string
	Until          string
}

// probe asks whether an address still works from which letters came back for what
// may pass. RefID is the mark in the history of the address. Its one button proves
// that somebody reads there, and nothing else.
func (c *voice) probe(d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	if !r.Subscriber.EndedAt.IsZero() {
		return nil, &mailer.Skip{Reason: "ended"}
	}
	token := c.keys.Issue(subscriptions.PurposeAlive, r.Subscriber.ID, d.RefID, d.CreatedAt)
	claims, err := c.keys.Parse(subscriptions.PurposeAlive, token, c.now())
	if err != nil {
		return nil, &mailer.Skip{Reason: "the link would have expired before it arrived"}
	}
	v := probeView{AliveURL: c.link("alive", token), UnsubscribeURL: c.link("unsubscribe", c.keys.Issue(subscriptions.PurposeUnsubscribe, r.Subscriber.ID, 0, d.CreatedAt)),
		Until: dayAs(claims.Expires.In(c.zoneOf(r.Subscriber)), r.Subscriber.Dates)}
	v.frame = c.frame("Do our letters reach you?", "Some came back. One press, and they go on.")
	return c.single("probe", v.Title+" · "+line(c.id.Site), v, d, r)
}
