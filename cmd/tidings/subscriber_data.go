package main

import (
	"context"
	"errors"
	"fmt"

	"sesec.eu/tidings/subscriptions"
)

type subscriberExportCmd struct {
	Address string `arg:"" help:"E-mail address."`
}

// Run writes what the person gets on the page of their topics.
func (c subscriberExportCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		data, err := a.readers.ExportAddress(ctx, c.Address)
		if err != nil {
			return spelled(err)
		}
		return writeJSON(std.out, data)
	})
}

type subscriberEraseCmd struct {
	Address string `arg:"" help:"E-mail address."`
	JSON    bool   `help:"Answer as JSON."`
}

// Run erases the person, and says what was done and what stays.
func (c subscriberEraseCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		done, err := a.readers.EraseAddress(ctx, c.Address, "operator")
		if err != nil {
			return spelled(err)
		}
		if c.JSON {
			return writeJSON(std.out, map[string]any{"address": done.Masked, "erased": !done.Already, "letters": done.Letters, "registrations": done.Registrations})
		}
		if done.Already {
			fmt.Fprintln(std.out, "Nothing is left to erase: of this address only a keyed hash is kept.")
			return nil
		}
		fmt.Fprintf(std.out, "Erased %s: %d letters that waited are skipped, %d registrations emptied.\n", done.Masked, done.Letters, done.Registrations)
		fmt.Fprintln(std.out, "Events without a name stay, and a keyed hash of the address, so that no list brings it back. Backups made before still hold the data.")
		return nil
	})
}

// spelled adds what to do when an address is not known.
func spelled(err error) error {
	var e *subscriptions.Error
	if errors.As(err, &e) && e.Code == subscriptions.NotFound && e.Hint == "" {
		e.Hint = "Check how the address is spelled."
	}
	return err
}
