package compose

import (
	"context"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// announcement tells a subscriber of a webinar in their topics, with a link by which
// they register in one press. RefID is the webinar. It can be left like a digest
// (MAIL 9), and does not go to who has registered since it was queued.
func (c *voice) announcement(ctx context.Context, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	w, err := c.store.FindWebinar(ctx, d.RefID)
	if err != nil {
		return nil, err
	}
	now := c.now()
	switch {
	case !w.TakesRegistrations(now):
		return nil, &mailer.Skip{Reason: "registration is over"}
	case !r.Chosen.HasAny(w.Topics):
		return nil, &mailer.Skip{Reason: "unsubscribed"}
	}
	registered, err := c.store.RegisteredAmong(ctx, w.ID, []string{r.Subscriber.Address})
	if err != nil {
		return nil, err
	}
	if len(registered) > 0 {
		return nil, &mailer.Skip{Reason: "they have registered"}
	}
	m, err := c.announce(w, d, r)
	if err == nil {
		m.Standing, m.Until = w.Standing(), subscriptions.TrueUntil(d.Kind, w)
	}
	return m, err
}

func (c *voice) announce(w subscriptions.Webinar, d subscriptions.Delivery, r subscriptions.Recipient) (*mailer.Message, error) {
	// Signed as of the delivery, so that every attempt carries the same links.
	leave := c.keys.Issue(subscriptions.PurposeUnsubscribe, r.Subscriber.ID, 0, d.CreatedAt)
	v := webinarView{Heading: line(w.Title), Button: &linkView{URL: c.link("register", c.keys.Issue(subscriptions.PurposeRegister, r.Subscriber.ID, w.ID, d.CreatedAt)), Label: "Register"},
		Facts: append([]factView{{Label: "When", Lines: oneDay(c.sittings(w, r.Subscriber.Zone))}}, c.who(w)...),
		Links: []linkView{{URL: c.id.URL("/webinars/" + w.Slug), Label: "More about it"}}}
	v.frame = c.frame("Webinar: "+w.Title, v.Facts[0].Lines[0])
	v.Lead = []string{"A webinar in your topics, online and without charge."}
	if contents := line(subscriptions.PlainText(w.Contents)); contents != "" {
		v.Lead = []string{shorten(contents, 600)}
	}
	v.Fine = "With the button you register as " + r.Subscriber.Address + ": one press on the page behind it, and the invitation for your calendar is on its way. This link is yours; others register on the webinar’s page."
	if !w.Own() {
		v.Button.URL = safe(w.RegistrationURL)
		v.Fine = "Registration is with another service. What you enter there goes to it, not to us."
	}
	v.Foot.Why = "You get this because it is in your topics."
	v.Foot.Links = []linkView{{URL: c.link("preferences", c.keys.Issue(subscriptions.PurposePreferences, r.Subscriber.ID, 0, d.CreatedAt)), Label: "Change topics, or pause"},
		{URL: c.link("unsubscribe", leave), Label: "Unsubscribe from all"}}
	m, err := c.single("webinar", v.Title, v, d, r)
	if err != nil {
		return nil, err
	}
	m.Headers = []mailer.Header{{Name: "List-Unsubscribe", Value: "<" + c.link("unsubscribe", leave) + ">"},
		{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
	return m, nil
}
