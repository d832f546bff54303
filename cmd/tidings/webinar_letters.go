package main

import (
	"context"
	"sync"

	"sesec.eu/tidings/mailer/compose"
	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// webinarLetters composes letters of webinars to be looked at at the desk.
func (a *app) webinarLetters() func(ctx context.Context, w subscriptions.Webinar, kind subscriptions.Kind) (desk.WebinarLetter, error) {
	composer := sync.OnceValues(func() (*compose.Composer, error) { return a.composer(context.Background()) })
	return func(ctx context.Context, w subscriptions.Webinar, kind subscriptions.Kind) (desk.WebinarLetter, error) {
		c, err := composer()
		if err != nil {
			return desk.WebinarLetter{}, err
		}
		m, err := c.PreviewWebinar(ctx, w, kind)
		if err != nil {
			return desk.WebinarLetter{}, err
		}
		l := desk.WebinarLetter{Subject: m.Body.Subject}
		l.Text, l.HTML = m.Render()
		if m.Body.Invite != nil {
			l.Invite = string(m.Body.Invite.Data)
		}
		return l, nil
	}
}
