package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"sesec.eu/tidings/subscriptions"
)

// What an editor decides about an item in a collecting edition.

// placeArgs name an edition and an item.
type placeArgs struct {
	ID   int64  `arg:"" type:"edition" help:"Number of the edition."`
	Item string `arg:"" help:"Number of the item, or its slug."`
	JSON bool   `help:"Answer as JSON."`
}

type editionMoveCmd struct {
	placeArgs
	Before  string `placeholder:"ITEM" help:"Put it before this entry, in its section."`
	Top     bool   `help:"Put it on top of its section."`
	End     bool   `help:"Put it at the end of its section."`
	Section string `placeholder:"TOPIC" help:"Put it at the end of the section of another of its topics."`
}

// Run moves an entry within the edition.
func (c editionMoveCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	ways := 0
	for _, said := range []bool{c.Before != "", c.Top, c.End, c.Section != ""} {
		if said {
			ways++
		}
	}
	if ways != 1 {
		return errUsage{errors.New("say one of --before, --top, --end and --section")}
	}
	return c.run(ctx, s, std, "stands where you put it", func(a *app) (subscriptions.Placing, error) {
		switch {
		case c.Top:
			return subscriptions.Placing{Verb: subscriptions.PlaceTop}, nil
		case c.End:
			return subscriptions.Placing{Verb: subscriptions.PlaceEnd}, nil
		case c.Before != "":
			other, err := a.item(ctx, c.Before)
			return subscriptions.Placing{Verb: subscriptions.PlaceBefore, Before: other.ID}, err
		}
		topics, err := a.store.Topics(ctx)
		if err != nil {
			return subscriptions.Placing{}, err
		}
		for _, t := range topics {
			if t.Slug == c.Section {
				return subscriptions.Placing{Verb: subscriptions.PlaceSection, Topic: t.ID}, nil
			}
		}
		return subscriptions.Placing{}, &subscriptions.Error{Code: subscriptions.NotFound, Message: fmt.Sprintf("there is no topic %q", c.Section),
			Hint: fmt.Sprintf("The sections of the edition: tidings edition show %d", c.ID)}
	})
}

type editionPinCmd struct{ placeArgs }

// Run keeps an entry on top of its section.
func (c editionPinCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlacePin, "stays on top of its section")
}

type editionUnpinCmd struct{ placeArgs }

// Run takes the pin off.
func (c editionUnpinCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlaceUnpin, "is no longer pinned")
}

type editionLeaveOutCmd struct{ placeArgs }

// Run takes an item out; it stays published.
func (c editionLeaveOutCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlaceLeave, "is left out; it stays published")
}

type editionMoveOnCmd struct{ placeArgs }

// Run gives an item to the next edition.
func (c editionMoveOnCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlaceOn, "goes into the next edition")
}

type editionPutBackCmd struct{ placeArgs }

// Run takes back that an item was left out or moved.
func (c editionPutBackCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlaceBack, "is put back")
}

type editionAddCmd struct{ placeArgs }

// Run puts a published item in, whatever its date.
func (c editionAddCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return c.verb(ctx, s, std, subscriptions.PlaceAdd, "is in the edition")
}

func (c placeArgs) verb(ctx context.Context, s *Settings, std stdio, verb subscriptions.PlacingVerb, done string) error {
	return c.run(ctx, s, std, done, func(*app) (subscriptions.Placing, error) { return subscriptions.Placing{Verb: verb}, nil })
}

func (c placeArgs) run(ctx context.Context, s *Settings, std stdio, done string, what func(a *app) (subscriptions.Placing, error)) error {
	return inEditions(ctx, s, std, func(a *app) error {
		item, err := a.item(ctx, c.Item)
		if err != nil {
			return err
		}
		p, err := what(a)
		if err != nil {
			return err
		}
		if err := a.editions.Place(ctx, c.ID, item.ID, p); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"edition": c.ID, "item": item.ID, "slug": item.Slug, "done": string(p.Verb)})
		}
		fmt.Fprintf(std.out, "%q %s. The edition now: tidings edition show %d\n", item.Title, done, c.ID)
		return nil
	})
}

// item finds an item by its number or its slug.
func (a *app) item(ctx context.Context, name string) (subscriptions.Item, error) {
	var i subscriptions.Item
	var err error
	if id, bad := strconv.ParseInt(name, 10, 64); bad == nil {
		i, err = a.store.FindItem(ctx, id)
	} else {
		i, err = a.store.FindItemBySlug(ctx, name)
	}
	if subscriptions.CodeOf(err) == subscriptions.NotFound {
		err = &subscriptions.Error{Code: subscriptions.NotFound, Message: fmt.Sprintf("there is no item %q", name),
			Hint: "The numbers stand beside the entries: tidings edition show ID"}
	}
	return i, err
}
