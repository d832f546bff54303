// Package intake gets what is imported to package importer: it knows what kind a
// file is, gets feeds through package fetch, and has Word documents turned into
// HTML by pandoc, where that program is installed.
//
// # Pandoc
//
// A document comes from outside, and pandoc is a large program. It is run on
// documents that unpack to little (importer.CheckWord), with --sandbox, so that
// it reads nothing else; without our environment; in a folder of its own that is
// deleted; with 512 MB of memory, 20 seconds and 16 MB of output, and killed at
// the first of them.
package intake
