package main

import (
	"context"

	"sesec.eu/tidings/subscriptions"
)

// demoReaders leaves somebody to look at letters as, and a group that gets tests. The
// demo's inbox takes what is sent to it.
func (a *app) demoReaders(ctx context.Context, by subscriptions.Actor, topics map[string]int64) error {
	personas := &subscriptions.PersonaService{Store: a.store, Now: a.now, By: by}
	for _, p := range []subscriptions.Persona{
		{Name: "A national committee", Topics: subscriptions.NewTopicSet(topics["iot"], topics["cybersecurity"], topics["industrial-internet"]), Zone: "Europe/Lisbon"},
		{Name: "One topic, dates as numbers", Topics: subscriptions.NewTopicSet(topics["blockchain"]), Dates: subscriptions.DatesISO},
	} {
		if _, err := personas.Save(ctx, p); err != nil {
			return err
		}
	}
	tests := a.tests()
	tests.By = by
	_, err := tests.SaveGroup(ctx, 0, "The editors", "editor@example.org\npublisher@example.org")
	return err
}
