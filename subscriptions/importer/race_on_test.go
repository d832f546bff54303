//go:build race

package importer_test

// everyLine thins out the longest test where each step costs twenty times as
// much; without the race detector it looks at every line.
const everyLine = 8
