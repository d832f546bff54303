package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sesec.eu/tidings/subscriptions/store"
)

type migrateCmd struct {
	JSON bool `help:"Answer as JSON."`
}

// Run brings the database to this program's version.
func (c migrateCmd) Run(ctx context.Context, s *Settings, std stdio) (err error) {
	read, err := s.read()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, read.database, store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	announceNew(db, std.err)
	n, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(std.out, map[string]int{"steps": n})
	}
	if n == 0 {
		fmt.Fprintln(std.out, "The database is up to date.")
		return nil
	}
	fmt.Fprintf(std.out, "The database took %d %s.\n", n, plural(n, "step", "steps"))
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
