//go:build !race

package storetest

// Raced says whether the race detector looks on.
const Raced = false
