//go:build !unix

package store

import "io/fs"

// fileIdentity is the name alone where files have no inode.
func fileIdentity(info fs.FileInfo) string { return info.Name() }
