package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// What lies beside an SQLite database, for whoever has set nothing: the secret
// that signs its links.

// sqlitePath is the file that a setting names.
func sqlitePath(database string) string { return strings.TrimPrefix(database, "sqlite:") }

// announceNew says that a database was not there yet: who calls the program in
// the wrong folder would otherwise look at an empty list and wonder.
func announceNew(db *store.Store, w io.Writer) {
	if path := db.Created(); path != "" {
		fmt.Fprintf(w, "A new database was made: %s\n", path)
	}
}

// ownSecret keeps a random secret in a file beside the SQLite database, for
// whoever has set none. On PostgreSQL, where many processes must agree, it has to
// be set.
func (a *app) ownSecret(ctx context.Context) ([]byte, error) {
	if store.IsPostgres(a.settings.database) {
		return nil, errUsage{&subscriptions.Error{Code: subscriptions.Invalid, Field: "secret", Message: "TIDINGS_SECRET is not set",
			Hint: "Make one with: openssl rand -base64 32, and give it to every process, as TIDINGS_SECRET or in the file TIDINGS_SECRET_FILE names."}}
	}
	path := sqlitePath(a.settings.database) + ".secret"
	secret, err := readSecret(path)
	if !errors.Is(err, os.ErrNotExist) {
		return secret, err
	}
	if err := a.checkNobodyHere(ctx, path); err != nil {
		return nil, err
	}
	return makeSecret(path)
}

func readSecret(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return nil, fmt.Errorf("the secret in %s is empty: restore it, or links in letters already sent stop working", path)
	}
	return []byte(secret), nil
}

// checkNobodyHere refuses a new secret for a database that has people: it was
// restored without the old one, or a setting was forgotten. With another secret
// no link in a letter works, and who must not be mailed is not recognised.
func (a *app) checkNobodyHere(ctx context.Context, path string) error {
	counts, err := a.store.CountSubscribers(ctx, a.now())
	if err != nil {
		return err
	}
	for _, n := range counts {
		if n > 0 {
			return &subscriptions.Error{Code: subscriptions.Refused, Field: "secret",
				Message: "the secret of this database is missing: TIDINGS_SECRET is not set, and there is no file " + path,
				Hint:    "Set it, or restore the file from the backup. With another one, links in letters already sent stop working, and suppressed addresses are mailed."}
		}
	}
	return nil
}

// makeSecret writes a new one. It appears under its name whole or not at all, and
// of two processes that start together one makes it and the other reads it.
func makeSecret(path string) ([]byte, error) {
	secret := rand.Text() + rand.Text()
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // readable by us alone
	if err != nil {
		return nil, fmt.Errorf("keep a secret: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = io.WriteString(f, secret+"\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path)
		if errors.Is(err, os.ErrExist) {
			return readSecret(path)
		}
		if err != nil {
			err = os.Rename(f.Name(), path) // a file system without links
		}
	}
	if err != nil {
		return nil, fmt.Errorf("keep a secret: %w", err)
	}
	return []byte(secret), nil
}
