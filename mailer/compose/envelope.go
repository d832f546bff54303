package compose

import (
	"strings"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// envelope gives the message the sender that reports of failure go to, and what they
// name the letter by: both hold the delivery's token where an address of ours reads
// them (MAIL 31). A token that an address has no room for is left out of it; its
// setting was checked with a larger one. A service that sends for us, and reports by
// a hook, is told the token in a field of its own.
func (c *voice) envelope(m *mailer.Message, d subscriptions.Delivery) {
	m.Envelope = c.id.EnvelopeSender()
	if c.id.Bounce == "" && len(c.id.Reports) == 0 {
		return
	}
	token := c.keys.Issue(subscriptions.PurposeDelivery, d.SubscriberID, d.ID, d.CreatedAt)
	for _, h := range c.id.Reports {
		m.Headers = append(m.Headers, mailer.Header{Name: h.Name, Value: strings.Replace(h.Value, "%s", token, 1)})
	}
	with, err := subscriptions.WithMailToken(m.Envelope, token)
	if err != nil || c.id.Bounce == "" {
		return
	}
	at := strings.LastIndexByte(with, '@')
	m.EnvelopeID = with[strings.LastIndexByte(with[:at], '+')+1 : at]
	if !c.id.PlainBounce {
		m.Envelope = with
	}
}

// listUnsubscribe is the field by which mail programs leave: one link, and beside it
// an address where mail to it is read (MAIL 9).
func (c *voice) listUnsubscribe(token string) mailer.Header {
	value := "<" + c.link("unsubscribe", token) + ">"
	if c.id.LeaveByMail {
		if address, err := subscriptions.WithMailToken(c.id.Bounce, token); err == nil {
			value += ", <mailto:" + address + "?subject=unsubscribe>"
		}
	}
	return mailer.Header{Name: "List-Unsubscribe", Value: value}
}
