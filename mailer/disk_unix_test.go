//go:build unix

package mailer_test

import "syscall"

// limitFiles lets no file of this process grow beyond 64 KB, as on a full disk:
// there the write fails with EFBIG instead of ENOSPC, and what is there can still
// be changed. The limit is the soft one, so that it can be taken away again.
func limitFiles(full bool) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if full {
		limit.Cur = 64 << 10
	}
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
