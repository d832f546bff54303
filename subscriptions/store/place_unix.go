//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"syscall"
)

// fileIdentity is the file's inode: it stays when the file is renamed or the
// machine restarts, and is another in every copy. (Device numbers change at a
// restart.)
func fileIdentity(info fs.FileInfo) string {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(st.Ino)
	}
	return info.Name()
}
