package inbound

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Maildir is a folder into which a mail server delivers (https://cr.yp.to/proto/maildir.html).
type Maildir struct {
	Door *Door
	Path string
	Poll time.Duration // 0 means ten seconds
}

// CheckMaildir wants new and cur in it.
func CheckMaildir(path string) error {
	for _, dir := range []string{"new", "cur"} {
		if info, err := os.Stat(filepath.Join(path, dir)); err != nil || !info.IsDir() {
			return &subscriptions.Error{Code: subscriptions.Invalid, Message: path + " is no Maildir: it has no folder " + dir,
				Hint: "Name the folder that holds new, cur and tmp; it has to be readable and writable."}
		}
	}
	return nil
}

// Run looks at it until the context ends.
func (m *Maildir) Run(ctx context.Context) error {
	every := m.Poll
	if every <= 0 {
		every = 10 * time.Second
	}
	for ctx.Err() == nil {
		if err := m.Once(ctx); err != nil && ctx.Err() == nil {
			m.Door.Log.Warn("the folder of reports could not be read to its end; trying again", "error", err)
		}
		wait(ctx, every)
	}
	return nil
}

// Once takes what is new. What was understood is deleted, its original kept with the
// record; what was not goes to cur, for a person. A message that is not recorded
// stays in new.
func (m *Maildir) Once(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(m.Path, "new"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !e.Type().IsRegular() || e.Name()[0] == '.' {
			continue
		}
		name := filepath.Join(m.Path, "new", e.Name())
		raw, err := readStart(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody else was faster
		}
		if err != nil {
			return err
		}
		kind, err := m.Door.Take(ctx, raw, subscriptions.WayMaildir, "")
		if err != nil {
			return err
		}
		if kind == subscriptions.ReturnOther {
			err = os.Rename(name, filepath.Join(m.Path, "cur", e.Name()+":2,S"))
		} else {
			err = os.Remove(name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// readStart reads as much of a file as the reader looks at.
func readStart(name string) (raw []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, kept))
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
