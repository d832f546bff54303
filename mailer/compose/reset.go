package compose

import (
	"context"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type resetView struct {
	frame
	URL   string
	Until string
}

// reset leads an editor who has forgotten the password to where they set another.
// RefID is the editor.
func (c *voice) reset(ctx context.Context, d subscriptions.Delivery) (*mailer.Message, error) {
	_, token, until, err := c.deskLink(ctx, d)
	if err != nil {
		return nil, err
	}
	v := resetView{URL: c.link("desk/reset", token), Until: until}
	v.frame = c.frame("Set a new password", "The link works for an hour. If this was not you, do nothing.")
	return c.single("reset", v.Title+" · "+line(c.id.Site)+" desk", v, d, subscriptions.Recipient{})
}
