package desk

import (
	"net/http"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/page"
)

// The demo lets a newcomer in without a password, as any of its editors. Without
// Desk.Demo there is no such route.

const demoPath = "/desk/demo"

// DemoPassword is that of the demo's editors, for where the desk asks once more
// who is there. The sign-in page of the demo says it.
const DemoPassword = "a desk to look around"

func (d *Desk) demoRoutes() []Route {
	if !d.Demo {
		return nil
	}
	return []Route{{http.MethodPost, demoPath, Everybody, d.enterDemo, 0}}
}

func (d *Desk) enterDemo(v *Visit) error {
	sent, err := page.Form(v.Context)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	all, err := d.Sessions.Store.Editors(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Role != subscriptions.Role(sent.Get("role")) || !e.Active() {
			continue
		}
		token, err := d.Sessions.Begin(ctx, e.ID, page.ClientIP(v.Context), v.Request.UserAgent())
		if err != nil {
			return err
		}
		d.remember(v, token)
		return v.Go("/desk")
	}
	return &subscriptions.Error{Code: subscriptions.NotFound, Message: "the demo has no such editor"}
}
