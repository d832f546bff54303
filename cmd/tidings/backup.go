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
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sesec.eu/tidings/subscriptions"
	"sesec.eu/tidings/subscriptions/store"
)

// A backup is one file, a tar compressed by gzip, so that it can be looked into and
// taken apart without us:
//
//	manifest.json   what it is, when and of what it was made
//	database        SQLite as a file; PostgreSQL as pg_dump --format=custom writes it
//	files/…         the documents that are attached to items
//	secret          only with --with-secret
//
// It is taken while the service runs. The database comes first and the files after
// it: a file that a row names is kept for days after the row is gone.
//
// The secret is left out unless somebody asks for it: whoever has both can make
// links in anybody's name. Without it a restored database is not opened.

// manifest is the first entry of a backup.
type manifest struct {
	Format   string    `json:"format"` // tidings-backup/1
	MadeAt   time.Time `json:"made_at"`
	Version  string    `json:"version"`
	Database string    `json:"database"` // sqlite or postgres
	Size     int64     `json:"size"`     // of the database entry
	SHA256   string    `json:"sha256"`
	Secret   bool      `json:"secret"` // is in it
	Files    bool      `json:"files"`  // are in it
}

const backupFormat = "tidings-backup/1"

type backupCmd struct {
	File       string `arg:"" help:"Where to write it: a new file."`
	WithSecret bool   `name:"with-secret" help:"Put the secret in too. Who has the file can then make links in anybody's name."`
	JSON       bool   `help:"Answer as JSON."`
}

// backupView is what the command answers.
type backupView struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	Files  int    `json:"files"`
	Secret bool   `json:"secret"`
	manifest
}

// Run writes the backup, whole or not at all.
func (c backupCmd) Run(ctx context.Context, s *Settings, std stdio) error {
	if _, err := os.Stat(c.File); err == nil {
		return &subscriptions.Error{Code: subscriptions.Refused, Message: c.File + " is there already", Hint: "Name a new file; an old backup is not written over."}
	}
	return inApp(ctx, s, std, func(a *app) error {
		v, err := a.backUp(ctx, c.File, c.WithSecret)
		if err != nil {
			return fmt.Errorf("no backup was made: %w", err)
		}
		if c.JSON {
			return writeJSON(std.out, v)
		}
		fmt.Fprintf(std.out, "Wrote %s: the database and %d attached %s, %.1f MB.\n", v.File, v.Files, plural(v.Files, "file", "files"), float64(v.Size)/1e6)
		if v.Secret {
			fmt.Fprintln(std.out, "The secret is in it: keep it as you keep a password.")
		} else {
			fmt.Fprintf(std.out, "The secret is not in it. Keep a copy of it elsewhere: %s\n", a.settings.secretIn())
		}
		return nil
	})
}

// secretIn says where the secret is.
func (s settings) secretIn() string {
	if len(s.secrets) > 0 {
		return "TIDINGS_SECRET, or the file that TIDINGS_SECRET_FILE names"
	}
	return sqlitePath(s.database) + ".secret"
}

func (a *app) backUp(ctx context.Context, file string, withSecret bool) (v backupView, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(file), ".tidings-backup-") // ours alone
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	database := filepath.Join(dir, "database")
	m := manifest{Format: backupFormat, MadeAt: a.now().Truncate(time.Second), Version: versionText(), Database: "sqlite", Secret: withSecret}
	if store.IsPostgres(a.settings.database) {
		m.Database = "postgres"
		err = postgresProgram(ctx, "pg_dump", a.settings.database, "--format=custom", "--no-owner", "--no-privileges", "--file="+database)
	} else {
		err = a.store.Backup(ctx, database)
	}
	if err != nil {
		return v, err
	}
	if m.Size, m.SHA256, err = sumOf(database); err != nil {
		return v, err
	}
	secret := ""
	if withSecret {
		if secret, err = a.settings.secretText(); err != nil {
			return v, err
		}
	}
	m.Files = isFolder(a.settings.files)
	whole := filepath.Join(dir, "backup")
	if v.Files, err = writeBackup(ctx, whole, m, database, a.settings.files, secret); err != nil {
		return v, err
	}
	info, err := os.Stat(whole)
	if err != nil {
		return v, err
	}
	v.File, v.Size, v.Secret, v.manifest = file, info.Size(), withSecret, m
	return v, os.Rename(whole, file)
}

// secretText is the secret as it stands in its setting or file.
func (s settings) secretText() (string, error) {
	if len(s.secrets) == 0 {
		secret, err := readSecret(sqlitePath(s.database) + ".secret")
		return string(secret), err
	}
	parts := make([]string, len(s.secrets))
	for i, one := range s.secrets {
		parts[i] = string(one)
	}
	return strings.Join(parts, " "), nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return name != "" && err == nil && info.IsDir()
}

func sumOf(file string) (int64, string, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	return n, hex.EncodeToString(hash.Sum(nil)), err
}

// writeBackup packs everything, and forces it to the disk.
func writeBackup(ctx context.Context, to string, m manifest, database, folder, secret string) (files int, err error) {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	pack := tar.NewWriter(zip)
	head, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return 0, err
	}
	if err := packText(pack, "manifest.json", string(head)+"\n", m.MadeAt); err != nil {
		return 0, err
	}
	if secret != "" {
		if err := packText(pack, "secret", secret+"\n", m.MadeAt); err != nil {
			return 0, err
		}
	}
	if err := packFile(pack, "database", database); err != nil {
		return 0, err
	}
	if m.Files {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir() && d.Name() == "tmp":
				return fs.SkipDir // what is being received
			case !d.Type().IsRegular():
				return nil
			}
			within, err := filepath.Rel(folder, name)
			if err != nil {
				return err
			}
			files++
			return packFile(pack, path.Join("files", filepath.ToSlash(within)), name)
		})
		if err != nil {
			return files, err
		}
	}
	return files, errors.Join(pack.Close(), zip.Close(), out.Sync())
}

func packText(pack *tar.Writer, name, text string, at time.Time) error {
	if err := pack.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), ModTime: at}); err != nil {
		return err
	}
	_, err := io.WriteString(pack, text)
	return err
}

func packFile(pack *tar.Writer, name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := pack.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(pack, io.LimitReader(f, info.Size()))
	return err
}
