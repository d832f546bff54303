package store

import (
	"errors"
	"os"
	"strings"
	"sync"
)

// A worker beside SQLite holds a lock on a small file next to the database for as
// long as its process lives. The operating system lets go of it at the moment the
// process ends, however it ends, so that what a killed worker held need not wait
// until its last heartbeat is old: the next one goes on at once. Where there are no
// such locks, and on PostgreSQL, the heartbeat decides alone.

// workerLocks are the locks of this process's workers.
type workerLocks struct {
	mu    sync.Mutex
	files map[string]*os.File
}

// lockPath is the file of a worker, "" when its name is none for a file.
func (s *Store) lockPath(worker string) string {
	if s.postgres || worker == "" || strings.Trim(worker, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return s.path + "-worker-" + worker
}

// holdLock takes the lock of a worker, once. Without it the heartbeat decides.
func (s *Store) holdLock(worker string) {
	path := s.lockPath(worker)
	if path == "" || s.locks == nil {
		return
	}
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	if s.locks.files[worker] != nil {
		return
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	if !tryLock(f) {
		_ = f.Close()
		return
	}
	s.locks.files[worker] = f
}

// letGo ends the lock of a worker that leaves, or removes what one left behind.
func (s *Store) letGo(worker string) {
	path := s.lockPath(worker)
	if path == "" || s.locks == nil {
		return
	}
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	_ = os.Remove(path)
	if f := s.locks.files[worker]; f != nil {
		_ = f.Close()
		delete(s.locks.files, worker)
	}
}

// gone reports whether the process of a worker has certainly ended: its file is
// there and nobody holds it.
func (s *Store) gone(worker string) bool {
	path := s.lockPath(worker)
	if path == "" {
		return false
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return tryLock(f)
}

// Close lets go of all, as the end of the process would.
func (l *workerLocks) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for worker, f := range l.files {
		errs = append(errs, f.Close())
		delete(l.files, worker)
	}
	return errors.Join(errs...)
}
