package main

import (
	"context"
	"errors"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/web/desk"
)

// demoDesk adds an editor of each role, whom the demo lets in without a password.
// They have a second factor nobody knows the secret of: the desk asks for one.
func (a *app) demoDesk(ctx context.Context) error {
	for role, name := range map[subscriptions.Role]string{subscriptions.RoleEditor: "The editor", subscriptions.RolePublisher: "The publisher", subscriptions.RoleAdmin: "The admin"} {
		address := string(role) + "@example.org"
		_, err := a.store.FindEditorByAddress(ctx, address)
		if err == nil {
			continue
		}
		if !errors.Is(err, subscriptions.ErrNotFound) {
			return err
		}
		e := subscriptions.Editor{Name: name, Address: address, Role: role, CreatedAt: a.now(), FactorAt: a.now()}
		if err := a.store.AddEditor(ctx, &e); err != nil {
			return err
		}
		if err := a.people.SetPassword(ctx, subscriptions.Actor{Name: "demo"}, e.ID, desk.DemoPassword); err != nil {
			return err
		}
	}
	return nil
}
