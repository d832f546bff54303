package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"sesec.eu/tidings/subscriptions"
)

// postgresProgram runs pg_dump or pg_restore on a database. The password goes by
// the environment: arguments are seen by everybody on the machine.
func postgresProgram(ctx context.Context, name, database string, args ...string) error {
	program, err := exec.LookPath(name)
	if err != nil {
		return &subscriptions.Error{Code: subscriptions.Unavailable, Message: name + " is not on the PATH, and copies PostgreSQL databases",
			Hint: "Install PostgreSQL's client, of the server's version or a later one; on Debian: apt-get install postgresql-client"}
	}
	u, err := url.Parse(database)
	if err != nil {
		return errors.New("read the address of the database")
	}
	env := os.Environ()
	if password, ok := u.User.Password(); ok {
		env = append(env, "PGPASSWORD="+password)
		u.User = url.User(u.User.Username())
	}
	args = append(args, "--dbname="+u.String())
	c := exec.CommandContext(ctx, program, args...) //nolint:gosec // one of two programs, named in this file
	var said bytes.Buffer
	c.Env, c.Stderr = env, &said
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &subscriptions.Error{Code: subscriptions.Unavailable, Message: fmt.Sprintf("%s failed: %s", name, strings.TrimSpace(said.String())), Err: err,
			Hint: "It has to be of the server's version or a later one."}
	}
	return nil
}
