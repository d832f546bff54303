package compose

import (
	"context"
	"errors"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

type invitationView struct {
	frame
	Role    string // what they may do there
	URL     string
	Until   string
	Contact string
}

// mays says what a role is for.
var mays = map[subscriptions.Role]string{
	subscriptions.RoleEditor:    "write items and put editions together",
	subscriptions.RolePublisher: "write items, put editions together, approve and send them",
	subscriptions.RoleAdmin:     "do everything there, and look after its people and settings",
}

// invitation leads somebody to the desk who has set no password yet. RefID is the
// editor. Their name is not in it: an admin typed it, and the address beside it.
func (c *voice) invitation(ctx context.Context, d subscriptions.Delivery) (*mailer.Message, error) {
	e, token, until, err := c.deskLink(ctx, d)
	if err != nil {
		return nil, err
	}
	v := invitationView{Role: mays[e.Role], URL: c.link("desk/invitation", token), Until: until, Contact: line(c.id.Reply())}
	v.frame = c.frame("You are invited to the desk", "Set a password, and you can begin.")
	return c.single("invitation", v.Title+" · "+line(c.id.Site), v, d, subscriptions.Recipient{})
}

// deskLink gives the link of a letter to an editor, as of the delivery, so that
// every attempt carries the same. The letter is skipped when the link would not
// work: it was used, or has expired.
func (c *voice) deskLink(ctx context.Context, d subscriptions.Delivery) (e subscriptions.Editor, token, until string, err error) {
	e, err = c.store.FindEditor(ctx, d.RefID)
	if errors.Is(err, subscriptions.ErrNotFound) {
		return e, "", "", &mailer.Skip{Reason: "there is no such editor"}
	}
	if err != nil {
		return e, "", "", err
	}
	switch {
	case !e.Active() || subscriptions.AddressKey(e.Address) != subscriptions.AddressKey(d.Address):
		return e, "", "", &mailer.Skip{Reason: "the editor has ended, or has another address"}
	case d.Kind == subscriptions.KindInvitation && e.PasswordHash != "":
		return e, "", "", &mailer.Skip{Reason: "the invitation was taken"}
	}
	token, ends := e.Link(c.keys, d.Kind, d.CreatedAt)
	if !c.now().Before(ends) {
		return e, "", "", &mailer.Skip{Reason: "the link would have expired before it arrived"}
	}
	at := ends.In(c.zone)
	return e, token, day(at) + ", " + at.Format("15:04") + " in " + city(c.zone.String()), nil
}
