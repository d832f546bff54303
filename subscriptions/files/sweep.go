package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// sweepBatch is how many files are asked about at once.
const sweepBatch = 500

// Sweep implements subscriptions.FileStore.
//
// A file that nobody names is first moved aside and only then looked at again: a
// Keep that came before the move has given it a new time, and it goes back; one
// that comes after makes a file of its own.
func (d *Folder) Sweep(ctx context.Context, before time.Time, keep func(hashes []string) (map[string]bool, error)) (int, error) {
	removed, errs := 0, []error{}
	var batch []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		named, err := keep(batch)
		if err != nil {
			return err
		}
		for _, hash := range batch {
			if named[hash] {
				continue
			}
			gone, err := d.remove(hash, before)
			if gone {
				removed++
			}
			errs = append(errs, err)
		}
		batch = batch[:0]
		return nil
	}
	err := filepath.WalkDir(d.path, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // no folder yet, or somebody else swept it
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir():
			return nil
		}
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			return nil //nolint:nilerr // gone since, or new
		}
		switch {
		case filepath.Base(filepath.Dir(name)) == "tmp":
			if err := os.Remove(name); err == nil { //nolint:gosec // nobody else makes links in this folder, and a link goes instead of what it leads to
				removed++
			}
		case isHash(e.Name()):
			if batch = append(batch, e.Name()); len(batch) == sweepBatch {
				return flush()
			}
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return removed, errors.Join(append(errs, err)...)
}

// remove takes a file away unless it was kept again at this moment.
func (d *Folder) remove(hash string, before time.Time) (bool, error) {
	from := d.place(hash)
	if err := os.MkdirAll(filepath.Join(d.path, "tmp"), 0o700); err != nil {
		return false, err
	}
	aside := filepath.Join(d.path, "tmp", "out-"+hash)
	if err := os.Rename(from, aside); err != nil {
		return false, err
	}
	info, err := os.Stat(aside)
	if err != nil {
		return false, err
	}
	if !info.ModTime().Before(before) {
		return false, os.Rename(aside, from)
	}
	return true, os.Remove(aside)
}
