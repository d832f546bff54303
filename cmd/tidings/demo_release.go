package main

import (
	"context"
	"errors"
	"fmt"

	"sesec.eu/tidings/subscriptions"
)

// demoNext leaves an edition to play with: three items that the editor has written.
// It is to be submitted as the editor, approved and sent as the publisher. It takes a
// quarter of a minute to send, so that one can watch and stop it, and an order can be
// taken back for a minute only.
func (a *app) demoNext(ctx context.Context) error {
	const title = "April 2019"
	if _, err := a.store.FindEditionBySlug(ctx, "april-2019"); !errors.Is(err, subscriptions.ErrNotFound) {
		return err
	}
	editor, err := a.store.FindEditorByAddress(ctx, string(subscriptions.RoleEditor)+"@example.org")
	if err != nil {
		return err
	}
	by := subscriptions.Actor{EditorID: editor.ID, Name: editor.Name}
	topics, err := a.store.Topics(ctx)
	if err != nil {
		return err
	}
	ids := map[string]int64{}
	for _, t := range topics {
		ids[t.Slug] = t.ID
	}
	if err := a.demoReaders(ctx, by, ids); err != nil {
		return err
	}
	today := subscriptions.DateOf(a.now())
	items := &subscriptions.ItemService{Store: a.store, Now: a.now}
	for _, i := range []struct {
		title, body string
		topics      []string
	}{
		{"Try it: an item for everyone", "This edition is here to be released. Submit it as the editor, approve and send it as the publisher, and look into the inbox.", []string{"horizontal", "iot"}},
		{"Try it: an item on security", "Change it, or another, after the approval: the approval is gone, and the other person is asked again.", []string{"cybersecurity"}},
		{"Try it: an item on blockchain", "Pause the send while it runs, change its pace, and have it go on.", []string{"blockchain"}},
	} {
		edit := subscriptions.ItemEdit{Title: &i.title, Body: &i.body, Date: &today, State: subscriptions.ItemPublished}
		var filed []int64
		for _, slug := range i.topics {
			filed = append(filed, ids[slug])
		}
		edit.Topics = &filed
		if _, err := items.Create(ctx, edit, by); err != nil {
			return fmt.Errorf("write an item of the demo: %w", err)
		}
	}
	e, err := a.editions.As(by).Create(ctx, title, subscriptions.Period{From: today, To: today.AddMonths(1).AddDays(-1)})
	if err != nil {
		return err
	}
	if _, err := a.editions.As(by).SetRate(ctx, e.ID, 0.5); err != nil {
		return err
	}
	stored, err := a.house.Stored(ctx)
	if err == nil {
		_, _, err = a.house.Change(ctx, stored.Version, subscriptions.Settings{"send.cooling": "1"}, subscriptions.Actor{Name: "demo"})
	}
	return err
}
