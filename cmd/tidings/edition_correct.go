package main

import (
	"context"
	"fmt"

	"sesec.eu/tidings/subscriptions"
)

type editionCorrectCmd struct {
	ID    int64  `arg:"" type:"edition" help:"Number of the edition in which an entry was wrong."`
	Item  int64  `required:"" placeholder:"ID" help:"Number of the item."`
	Wrong string `required:"" placeholder:"TEXT" help:"What was wrong, in Markdown."`
	Right string `required:"" placeholder:"TEXT" help:"What is right, in Markdown."`
	JSON  bool   `help:"Answer as JSON."`
}

// Run begins a correction. It is approved and sent as an edition.
func (c editionCorrectCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inEditions(ctx, s, std, func(a *app) error {
		e, err := a.editions.Correct(ctx, c.ID, c.Item, subscriptions.Correction{Wrong: c.Wrong, Right: c.Right})
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, viewOf(e))
		}
		fmt.Fprintf(std.out, "Edition %d, %q, goes to those whose letter had the entry.\nWhen it is right: tidings edition approve %d\n", e.ID, e.Title, e.ID)
		return nil
	})
}
