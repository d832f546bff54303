package compose

import (
	"context"

	"sesec.eu/tidings/mailer"
	"sesec.eu/tidings/subscriptions"
)

// PreviewWebinar composes a letter of a webinar for a made-up reader, as it would
// leave now: nothing is queued, and its links open nothing.
func (c *Composer) PreviewWebinar(ctx context.Context, w subscriptions.Webinar, kind subscriptions.Kind) (*mailer.Message, error) {
	v, err := c.voice(ctx)
	if err != nil {
		return nil, err
	}
	d := subscriptions.Delivery{Kind: kind, Key: "preview", Address: "reader@example.org", CreatedAt: c.now()}
	reader := subscriptions.Recipient{Subscriber: subscriptions.Subscriber{Address: d.Address, Name: "A reader", ConfirmedAt: c.now()}}
	if kind == subscriptions.KindAnnouncement {
		return v.announce(w, d, reader)
	}
	place := subscriptions.Registration{WebinarID: w.ID, Address: d.Address, Name: "A reader", State: subscriptions.RegistrationActive}
	switch kind { //nolint:exhaustive // the others have a place
	case subscriptions.KindRegisterConfirm:
		place.State = subscriptions.RegistrationPending
	case subscriptions.KindWaiting:
		place.State = subscriptions.RegistrationWaiting
	case subscriptions.KindLeft:
		place.State, place.Turns = subscriptions.RegistrationCancelled, 1
	case subscriptions.KindWebinarCancelled:
		if w.State != subscriptions.WebinarCancelled {
			w.State, w.Sequence = subscriptions.WebinarCancelled, w.Sequence+1
		}
	case subscriptions.KindFollowUp:
		place.State = subscriptions.RegistrationAttended
	}
	return v.seatLetter(w, place, d, reader)
}
