package main

import (
	"context"
	"fmt"
)

type releaseCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run says that this database is the one that sends. A copy, restored or cloned,
// sends nothing before.
func (c releaseCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	return inApp(ctx, s, std, func(a *app) error {
		if err := a.instance.Release(ctx); err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(std.out, map[string]bool{"released": true})
		}
		fmt.Fprintln(std.out, "This database sends from now on. Make sure that no other copy of it does.")
		return nil
	})
}
