// Package files keeps bytes in a folder, each file named by the SHA-256 of what
// it holds.
//
//	ab/ab12…   a file, whole: it came here by a rename
//	tmp/       what is being received, and what died on the way
//
// A file is written in tmp, forced to the disk and renamed; so whatever has a
// hash for its name holds what that hash says, also after a crash. Keep renames
// even when there is such a file already: its time is that of the last Keep, by
// which Sweep knows that somebody may be about to name it in a row.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"sesec.eu/tidings/subscriptions"
)

// Folder is a folder of files. It is safe for concurrent use, also by several
// processes.
type Folder struct {
	path string
	now  func() time.Time
}

var _ subscriptions.FileStore = (*Folder)(nil)

// New gives the folder; it is made with the first file. Files are stamped by the
// clock.
func New(path string, now func() time.Time) *Folder { return &Folder{path, now} }

// Receive implements subscriptions.FileStore.
func (d *Folder) Receive(ctx context.Context, r io.Reader, limit int64) (_ subscriptions.Received, err error) {
	tmp := filepath.Join(d.path, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return nil, trouble(err)
	}
	f, err := os.CreateTemp(tmp, "in-")
	if err != nil {
		return nil, trouble(err)
	}
	in := &received{folder: d, file: f}
	defer func() {
		if err != nil {
			in.Discard()
		}
	}()
	hash := sha256.New()
	from := &source{ctx: ctx, r: r}
	in.size, err = io.Copy(io.MultiWriter(f, hash), io.LimitReader(from, limit+1))
	switch {
	case from.err != nil:
		return nil, fmt.Errorf("receive a file: %w", from.err)
	case err != nil:
		return nil, trouble(err)
	case in.size > limit:
		return nil, subscriptions.ErrTooLarge
	}
	in.hash = hex.EncodeToString(hash.Sum(nil))
	return in, nil
}

// source remembers an error of the sender, which is none of the disk.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

type received struct {
	folder *Folder
	file   *os.File
	size   int64
	hash   string
	kept   bool
}

func (in *received) ReadAt(p []byte, at int64) (int, error) { return in.file.ReadAt(p, at) }
func (in *received) Size() int64                            { return in.size }
func (in *received) Hash() string                           { return in.hash }

// Keep implements subscriptions.Received.
func (in *received) Keep() error {
	to := in.folder.place(in.hash)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return trouble(err)
	}
	now := in.folder.now()
	if err := errors.Join(in.file.Sync(), in.file.Close(), os.Chtimes(in.file.Name(), now, now)); err != nil {
		return trouble(err)
	}
	if err := os.Rename(in.file.Name(), to); err != nil {
		return trouble(err)
	}
	in.kept = true
	for _, dir := range []string{filepath.Dir(to), in.folder.path} {
		if err := syncDir(dir); err != nil {
			return trouble(err)
		}
	}
	return nil
}

// Discard implements subscriptions.Received. What cannot be removed is swept
// later.
func (in *received) Discard() {
	_ = in.file.Close()
	if !in.kept {
		_ = os.Remove(in.file.Name())
	}
}

// syncDir makes a rename outlive a loss of power. Windows has no such thing.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements subscriptions.FileStore.
func (d *Folder) Open(hash string) (io.ReadSeekCloser, error) {
	missing := &subscriptions.Error{Code: subscriptions.NotFound, Message: "there is no such file"}
	if !isHash(hash) {
		return nil, missing
	}
	f, err := os.Open(d.place(hash))
	if errors.Is(err, fs.ErrNotExist) {
		missing.Err = err
		return nil, missing
	}
	if err != nil {
		return nil, trouble(err)
	}
	return f, nil
}

func (d *Folder) place(hash string) string { return filepath.Join(d.path, hash[:2], hash) }

// isHash also keeps every path within the folder.
func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// trouble says what to do when the disk does not do its part.
func trouble(err error) error {
	e := &subscriptions.Error{Code: subscriptions.Unavailable, Field: "file", Message: "the file could not be stored",
		Hint: "Whoever runs the service checks the folder of TIDINGS_FILES: that it can be written, and that the disk has room.", Err: err}
	if errors.Is(err, syscall.ENOSPC) {
		e.Message = "the file could not be stored: the disk is full"
	}
	return e
}
