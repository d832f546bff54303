package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// A restored database sends nothing before tidings release, wherever it lies: it
// holds thousands of addresses and perhaps half an edition, and the one it is a
// copy of may be sending. Nothing is written over.

// maxPadding is more than an archive is filled up with at its end.
const maxPadding = 1 << 20

type restoreCmd struct {
	File string `arg:"" help:"A backup."`
	JSON bool   `help:"Answer as JSON."`
}

// Run reads the whole backup before it puts anything in its place.
func (c restoreCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	read, err := s.read()
	if err != nil {
		return err
	}
	r := restoring{settings: read, postgres: store.IsPostgres(read.database)}
	if err := r.checkPlace(ctx); err != nil {
		return err
	}
	if err := r.run(ctx, c.File); err != nil {
		if r.placed {
			return err
		}
		return fmt.Errorf("nothing was restored: %w", err)
	}
	if c.JSON {
		return writeJSON(std.out, map[string]any{"database": r.manifest.Database, "made_at": r.manifest.MadeAt, "files": r.files, "secret": r.manifest.Secret})
	}
	fmt.Fprintf(std.out, "Restored the backup of %s, with %d attached %s.\n", r.manifest.MadeAt.Format("2 January 2006, 15:04 MST"), r.files, plural(r.files, "file", "files"))
	if !r.manifest.Secret && len(read.secrets) == 0 {
		fmt.Fprintf(std.out, "The secret was not in it. Put the one it was used with at %s, or set TIDINGS_SECRET.\n", read.secretIn())
	}
	fmt.Fprintln(std.out, "It sends nothing yet. If it is the one that should, stop the other and say: tidings release")
	return nil
}

// restoring is one run.
type restoring struct {
	settings settings
	placed   bool // the database stands where it is to stand
	postgres bool
	manifest manifest
	files    int
}

func occupied(what string) error {
	return &subscriptions.Error{Code: subscriptions.Refused, Message: what + " is there already", Hint: "Nothing is written over. Move it away, or restore to another place."}
}

// checkPlace refuses to write over anything.
func (r *restoring) checkPlace(ctx context.Context) error {
	if entries, err := os.ReadDir(r.settings.files); err == nil && len(entries) > 0 {
		return occupied("the folder of files " + r.settings.files)
	}
	if !r.postgres {
		path := sqlitePath(r.settings.database)
		for _, name := range []string{path, path + "-wal"} {
			if _, err := os.Lstat(name); err == nil {
				return occupied("the database " + name)
			}
		}
		return nil
	}
	db, err := store.Open(ctx, r.settings.database, store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	empty, err := db.Empty(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if !empty {
		return occupied("something in this PostgreSQL database")
	}
	return nil
}

// damaged says that a file is no backup, or not all of one.
func damaged(why string) error {
	return &subscriptions.Error{Code: subscriptions.Invalid, Message: "the file is no whole backup: " + why, Hint: "Take another copy of it, or an older backup."}
}

func (r *restoring) run(ctx context.Context, file string) (err error) {
	// Each beside its place, so that it gets there by a rename.
	database, folder := "", filepath.Dir(r.settings.files)
	if !r.postgres {
		database = filepath.Dir(sqlitePath(r.settings.database))
	}
	dir, err := os.MkdirTemp(database, ".tidings-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files := dir
	if r.settings.files != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if files, err = os.MkdirTemp(folder, ".tidings-restore-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(files)) }()
	}
	if err := r.unpack(ctx, file, dir, files); err != nil {
		return err
	}
	if want := map[bool]string{true: "postgres", false: "sqlite"}[r.postgres]; r.manifest.Database != want {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: fmt.Sprintf("the backup is one of %s, and TIDINGS_DATABASE names one of %s", r.manifest.Database, want),
			Hint: "Name a database of the same kind."}
	}
	if err := r.place(ctx, dir, files); err != nil {
		return err
	}
	r.placed = true
	if err := r.hold(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("it is restored and not held from sending; start nothing, take the schema away and restore once more: %w", err)
	}
	return nil
}

// unpack writes the entries into a folder, and holds the database against its sum.
func (r *restoring) unpack(ctx context.Context, file, dir, files string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return damaged("it is not compressed as one is")
	}
	sum := ""
	for pack := tar.NewReader(&stoppable{ctx, zip}); ; {
		h, err := pack.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return damaged(err.Error())
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			return damaged(fmt.Sprintf("an entry is called %q", h.Name))
		}
		switch name := h.Name; {
		case name == "manifest.json":
			if err := json.NewDecoder(io.LimitReader(pack, 1<<20)).Decode(&r.manifest); err != nil || r.manifest.Format != backupFormat {
				return damaged("its manifest is of another kind")
			}
		case r.manifest.Format == "":
			return damaged("it does not begin with its manifest")
		case name == "database", name == "secret", strings.HasPrefix(name, "files/"):
			hash, to := sha256.New(), dir
			if strings.HasPrefix(name, "files/") {
				to = files
			}
			if err := writeNew(filepath.Join(to, filepath.FromSlash(name)), io.TeeReader(pack, hash)); err != nil {
				return fmt.Errorf("unpack %s: %w", name, err)
			}
			if name == "database" {
				sum = hex.EncodeToString(hash.Sum(nil))
			} else if name != "secret" {
				r.files++
			}
		default:
			return damaged(fmt.Sprintf("an entry is called %q", name))
		}
	}
	switch _, err := io.CopyN(io.Discard, zip, maxPadding); { // to the sum at its end
	case err == nil:
		return damaged("it goes on after its end")
	case !errors.Is(err, io.EOF):
		return damaged(err.Error())
	}
	if sum == "" || sum != r.manifest.SHA256 {
		return damaged("its database is not the one that was packed")
	}
	return nil
}

func writeNew(name string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}

// place puts everything where it belongs: the database last, so that what was
// broken off can be begun again.
func (r *restoring) place(ctx context.Context, dir, files string) error {
	if r.manifest.Files && r.files > 0 {
		if r.settings.files == "" {
			return &subscriptions.Error{Code: subscriptions.Invalid, Field: "files", Message: "the backup holds attached files, and TIDINGS_FILES names no folder for them",
				Hint: "Set it to one that every process can read."}
		}
		_ = os.Remove(r.settings.files) // an empty one
		if err := os.Rename(filepath.Join(files, "files"), r.settings.files); err != nil {
			return err
		}
	}
	if r.postgres {
		return postgresProgram(ctx, "pg_restore", r.settings.database, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", filepath.Join(dir, "database"))
	}
	path := sqlitePath(r.settings.database)
	if r.manifest.Secret {
		// An own secret at the place belongs to whoever put it there.
		if err := os.Link(filepath.Join(dir, "secret"), path+".secret"); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	if err := r.holdAt(ctx, filepath.Join(dir, "database")); err != nil {
		return err
	}
	for _, beside := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(path + beside); err == nil { // a service was started meanwhile
			return occupied("the database " + path + beside)
		}
	}
	err := os.Link(filepath.Join(dir, "database"), path) // never over anything
	if errors.Is(err, os.ErrExist) {
		return occupied("the database " + path)
	}
	return err
}

// hold keeps a restored database from sending. An SQLite file is held before it
// has its name.
func (r *restoring) hold(ctx context.Context) error {
	if !r.postgres {
		return nil
	}
	return r.holdAt(ctx, r.settings.database)
}

func (r *restoring) holdAt(ctx context.Context, database string) error {
	db, err := store.Open(ctx, database, store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	err = db.Whole(ctx)
	if err == nil {
		err = db.Release(ctx, "restored from the backup of "+r.manifest.MadeAt.Format(time.RFC3339))
	}
	return errors.Join(err, db.Close())
}
