//go:build linux || darwin

package store

import (
	"syscall"

	"sesec.eu/tidings/subscriptions"
)

// room asks the file system; one that does not answer is not known.
func room(path string) subscriptions.Room {
	var st syscall.Statfs_t
	if syscall.Statfs(path, &st) != nil || st.Bsize <= 0 {
		return subscriptions.Room{}
	}
	size := uint64(st.Bsize)
	return subscriptions.Room{Known: true, Free: st.Bavail * size, Total: st.Blocks * size}
}
